"""A list through its review by the use cases alone, as one diligent reviewer does it."""

from services.catalog.application.lines import Matching, decide_matching, preview_matching, review_secrecy
from services.catalog.application.review import ReviewDesk, freeze_batch, state_aggregation
from services.catalog.application.review_ports import Batches, Lines
from services.catalog.domain.acts import MAX_TICKED, LineFilter
from services.catalog.domain.batches import Batch
from services.catalog.domain.verdicts import Verdict
from services.common.domain.caller import Caller
from tests.builders.review import OPEN

ALL = LineFilter()


def review_whole(batch_id: str, *, desk: ReviewDesk, lines: Lines, by: Caller, verdict: Verdict = OPEN) -> Batch:
    """Every line gets the verdict and its secrecy review, and the list is fixed; the worker runs."""
    expected = desk.batches.get(batch_id).total
    preview_matching(batch_id=batch_id, wanted=ALL, by=by, batches=desk.batches, lines=lines)
    decide_matching(
        act_id=by.ids.new(),
        batch_id=batch_id,
        matching=Matching(ALL, (), expected),
        verdict=verdict,
        by=by,
        batches=desk.batches,
    )
    desk.batches.await_worker(batch_id, 60)
    tick_whole(batch_id, batches=desk.batches, lines=lines, by=by)
    state_aggregation(batch_id=batch_id, clear=True, reason="无", by=by, batches=desk.batches)
    return freeze_batch(batch_id=batch_id, by=by, desk=desk)


def tick_whole(batch_id: str, *, batches: Batches, lines: Lines, by: Caller) -> None:
    """The secrecy review page by page, of what is listed."""
    token = ""
    while True:
        page = lines.page(batch_id, ALL, False, size=MAX_TICKED, token=token)
        lines.show(batch_id, by.actor.pseudonym, page.items)
        ids = [line.record_id for line, _ in page.items]
        if ids:
            review_secrecy(batch_id=batch_id, record_ids=ids, by=by, batches=batches)
        token = page.next_token
        if not token:
            return
