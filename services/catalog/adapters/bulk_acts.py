"""Goes on with an act on many lines: one chunk of the list a transaction, each line once."""

from dataclasses import replace

from services.catalog.adapters.review_tx import MongoReviewTx
from services.catalog.domain.acts import AT_ONCE, Act, LineFilter
from services.catalog.domain.batches import Batch
from services.catalog.domain.lines import taking_suggestion
from services.catalog.domain.verdicts import Decision

_ALL = LineFilter()


def go_on(tx: MongoReviewTx) -> int:
    """Applies the next chunk of the batch's act and answers how many lines it changed; after the last the act is done.

    While it is under way nothing else changes lines, so what the filter matched at its acceptance is what it matches
    ahead of the cursor.
    """
    batch = tx.batch
    bulk = batch.bulk
    assert bulk is not None
    act = tx.act(bulk.act_id)
    end = bulk.cursor + AT_ONCE
    before, after = tx.undo_between(act, bulk.cursor, end) if bulk.undoes else _decide(tx, act, bulk.cursor, end)
    moved = batch.moved(before, after)
    further = replace(bulk, cursor=end, done=bulk.done + len(before))
    tx.put(replace(moved, bulk=further if end < batch.total else None))
    return len(before)


def _decide(tx: MongoReviewTx, act: Act, start: int, end: int) -> tuple[list[Decision], list[Decision]]:
    verdict_on = taking_suggestion(act.verdict)
    lines = [line for line in tx.between(act.filter or _ALL, start, end) if line.record_id not in act.exceptions]
    after = [line.decided(verdict_on(line), act_id=act.act_id, by=act.by, at=act.at) for line in lines]
    tx.decide(after)
    return [line.decision for line in lines], [line.decision for line in after]


def progress(before: Batch) -> dict[str, str | int | bool]:
    """Facts of a step, for its audit event."""
    bulk = before.bulk
    assert bulk is not None
    return {"act": bulk.act_id, "done": bulk.done, "total": bulk.total, "undoes": bulk.undoes}
