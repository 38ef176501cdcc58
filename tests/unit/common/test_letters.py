"""Which troubles time may heal, and how long to wait."""

import pytest

from services.common.domain.errors import (
    AuditUnavailable,
    CallerNotAllowed,
    Internal,
    InvalidArgument,
    NotFound,
    RequestIdReused,
    TongdangError,
    Unavailable,
    VersionConflict,
)
from services.common.mongo.dispatcher import delay_after, may_pass


@pytest.mark.parametrize("trouble", [Unavailable(), AuditUnavailable(), Internal(), VersionConflict()])
def test_passing_troubles_are_tried_again(trouble: TongdangError) -> None:
    assert may_pass(trouble)


@pytest.mark.parametrize(
    "refusal", [InvalidArgument("leg", "known"), NotFound(), CallerNotAllowed(), RequestIdReused()]
)
def test_refusals_for_good_park(refusal: TongdangError) -> None:
    assert not may_pass(refusal)


def test_delays_double_up_to_five_seconds() -> None:
    assert [delay_after(attempts) for attempts in (1, 2, 3, 4, 5, 6, 100)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
