"""What Keycloak costs, as those who ask it see it."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from services.common.metrics import KEYCLOAK_FAILED, KEYCLOAK_SECONDS


@contextmanager
def asking_keycloak(call: str) -> Iterator[None]:
    """`call`: `keys` or `token`. A refusal is an answer; no answer, or one that is none, is a failure."""
    failures = KEYCLOAK_FAILED.labels(call=call).count_exceptions((httpx.HTTPError, ValueError))
    with KEYCLOAK_SECONDS.labels(call=call).time(), failures:
        yield
