"""A work list is given up before its confirmation: nothing of it is published, its records can be gathered again."""

from services.catalog.application.review import PATIENCE_S, change_batch, void_event
from services.catalog.application.review_ports import Batches, ReviewTx
from services.catalog.domain.batches import Batch
from services.common.domain.caller import Caller


def cancel_batch(*, batch_id: str, reason: str, by: Caller, batches: Batches) -> Batch:
    """Gives a list up, whatever was decided, ticked or signed on it; the worker lets its records go, chunk by chunk.

    A record that the unit objected to stays with its disagreement: no list is cancelled to be rid of an objection.
    Raises: NotFound, OutOfScope, InvalidArgument; RoleNotAllowed: neither a director nor who gathered it;
    BatchNotReady: confirmed or cancelled already.
    """

    def work(tx: ReviewTx) -> Batch:
        before = tx.batch
        after = before.cancelled(reason.strip(), by=by.actor, at=by.clock.now())
        tx.void_letters()
        if before.root:
            tx.record(void_event(before, by))
        return after

    change_batch(batch_id, work, by, batches)
    return batches.await_worker(batch_id, PATIENCE_S)
