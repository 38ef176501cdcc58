"""Applying the realm: an answer that was lost is no failure, a refusal is."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from keycloak.exceptions import KeycloakPostError

from services.auth.adapters import realm
from services.auth.application.names import Officer
from services.common.domain.errors import Unavailable

OFFICERS = [Officer("1" * 32, "龙·买提", "director")]


def answering(
    monkeypatch: pytest.MonkeyPatch, *answers: Exception | list[Officer]
) -> Iterator[Exception | list[Officer]]:
    """Keycloak as seen by `apply_realm`, one answer a try; what is left of them."""
    left = iter(answers)

    def apply(_: object) -> list[Officer]:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(realm, "_apply", apply)
    return left


def test_what_a_repeated_request_finds_in_place_is_looked_at_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    left = answering(monkeypatch, KeycloakPostError("exists", response_code=409), OFFICERS)
    assert realm.apply_realm(cast("Any", None)) == OFFICERS
    assert not list(left)


@pytest.mark.parametrize("code", [409, 403, 500])
def test_a_refusal_that_stays_is_told_by_its_code_alone(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    refused = KeycloakPostError("secret words", response_code=code)
    answering(monkeypatch, refused, refused)
    with pytest.raises(Unavailable, match=f"KeycloakPostError {code}$") as told:
        realm.apply_realm(cast("Any", None))
    assert "secret words" not in str(told.value)
