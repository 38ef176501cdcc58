"""Who acts next on a batch, and what for: a table read from the top, so that no batch waits without an owner."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tongdang.catalog.v1 import review_pb2 as review

Batch = Any


@dataclass(frozen=True)
class Step:
    """`who`: role, `system` or `nobody`. `what`: key of the sentence under `step.`. `count`: of what is left."""

    who: str
    what: str
    count: int = 0


def to_tick(batch: Batch) -> int:
    """Lines whose secrecy review is outstanding; held ones are not part of the list."""
    return int(max(0, batch.records_total - batch.records_held - batch.records_ticked))


def _signed(batch: Batch, *sides: int) -> bool:
    return bool({signature.side for signature in batch.signatures} & set(sides))


def _other_side(batch: Batch) -> bool:
    return _signed(batch, review.SIDE_CREATING_UNIT, review.SIDE_ARCHIVE_SECOND) or batch.HasField("opinion")


_SIGNING = (review.BATCH_STATE_READY, review.BATCH_STATE_PARTLY_SIGNED)
_FROZEN = (*_SIGNING, review.BATCH_STATE_SIGNED)


def _in(*states: int) -> Callable[[Batch], bool]:
    return lambda batch: batch.state in states


def _reviewing(test: Callable[[Batch], Any]) -> Callable[[Batch], bool]:
    return lambda batch: batch.state == review.BATCH_STATE_REVIEW and bool(test(batch))


def _signing(test: Callable[[Batch], Any]) -> Callable[[Batch], bool]:
    return lambda batch: batch.state in _SIGNING and bool(test(batch))


def _none(_: Batch) -> int:
    return 0


_TABLE: tuple[tuple[Callable[[Batch], bool], str, str, Callable[[Batch], int]], ...] = (
    (_in(review.BATCH_STATE_GATHERING), "system", "gather", _none),
    (lambda batch: batch.HasField("bulk"), "system", "bulk", lambda batch: batch.bulk.total - batch.bulk.done),
    (_reviewing(lambda batch: batch.rules_outdated), "reviewer", "renew", _none),
    (_reviewing(lambda batch: batch.records_undecided), "reviewer", "decide", lambda batch: batch.records_undecided),
    (_reviewing(to_tick), "reviewer", "tick", to_tick),
    (
        _reviewing(lambda batch: batch.aggregation.result != review.AGGREGATION_RESULT_CLEAR),
        "reviewer",
        "aggregate",
        _none,
    ),
    (_in(review.BATCH_STATE_REVIEW), "reviewer", "freeze", _none),
    (lambda batch: batch.state in _FROZEN and batch.rules_outdated, "reviewer", "reopen", _none),
    (_signing(lambda batch: not _signed(batch, review.SIDE_ARCHIVE)), "reviewer", "sign", _none),
    (_signing(lambda batch: batch.archive_alone), "reviewer", "sign-second", _none),
    (_signing(lambda batch: not _other_side(batch)), "unit_officer", "opinion", _none),
    (_in(review.BATCH_STATE_SIGNED), "director", "confirm", _none),
    (_in(review.BATCH_STATE_SCHEDULED), "system", "schedule", _none),
    (_in(review.BATCH_STATE_PUBLISHING), "system", "publish", lambda batch: batch.records_open - batch.records_applied),
    (_in(review.BATCH_STATE_PUBLISHED), "nobody", "published", _none),
    (_in(review.BATCH_STATE_CANCELLING), "system", "release", _none),
    (_in(review.BATCH_STATE_CANCELLED), "nobody", "cancelled", _none),
)
"""When, who, what for, how many are left."""


def next_step(batch: Batch) -> Step:
    """The first row that fits."""
    for fits, who, what, count in _TABLE:
        if fits(batch):
            return Step(who, what, count(batch))
    return Step("nobody", "unknown")
