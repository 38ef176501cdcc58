"""Waiting for something to answer, as long as whoever should answer lives."""

import time
from collections.abc import Callable

import httpx

Alive = Callable[[], bool]
_STEP_S = 0.05


class ProcessEnded(RuntimeError):
    """What we waited for died instead of answering."""


def until(ready: Callable[[], bool], name: str, alive: Alive, patience_s: float) -> None:
    """Asks again and again.

    Raises: TimeoutError: it lives but does not answer; ProcessEnded.
    """
    give_up = time.monotonic() + patience_s
    while not ready():
        if not alive():
            raise ProcessEnded(f"{name} ended")
        if time.monotonic() > give_up:
            raise TimeoutError(f"{name} is not ready after {patience_s:.0f} s")
        time.sleep(_STEP_S)


def until_http_ok(url: str, name: str, alive: Alive, patience_s: float) -> None:
    """Until the URL answers 200.

    Raises: TimeoutError, ProcessEnded.
    """
    with httpx.Client(timeout=2, trust_env=False) as client:

        def ready() -> bool:
            try:
                return client.get(url).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        until(ready, name, alive, patience_s)
