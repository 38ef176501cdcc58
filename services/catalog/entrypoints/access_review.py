"""Access table of ReviewService."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_SERVICE = "/tongdang.catalog.v1.ReviewService/"
_CALLERS = ("portal", "operator")
_STAFF = frozenset({Role.CLERK, Role.REVIEWER, Role.DIRECTOR, Role.UNIT_OFFICER})


def _archive(request: Any) -> ObjectRef:
    return ObjectRef("archive", request.archive_id, archive_id=request.archive_id)


def _record(request: Any) -> ObjectRef:
    return ObjectRef("record", request.record_id)


def _batch(request: Any) -> ObjectRef:
    return ObjectRef("batch", request.batch_id)


def _batch_id(request: Any) -> str:
    return str(request.batch_id)


def _on_batch(action: str, roles: frozenset[Role], recording: Recording) -> Access:
    return Access(action, _CALLERS, roles, recording, object_of=_batch, correlation_of=_batch_id)


REVIEW_ACCESS: AccessTable = {
    _SERVICE + "ListRecords": Access("record.list", _CALLERS, _STAFF, Recording.CLOSED, object_of=_archive),
    _SERVICE + "GetRecord": Access("record.read", _CALLERS, _STAFF, Recording.CLOSED, object_of=_record),
    _SERVICE + "CreateBatch": Access(
        "batch.create", _CALLERS, frozenset({Role.REVIEWER}), Recording.WRITE, object_of=_archive
    ),
    _SERVICE + "GetBatch": _on_batch("batch.read", _STAFF, Recording.CLOSED),
    _SERVICE + "ListBatches": Access("batch.list", _CALLERS, _STAFF, Recording.CLOSED, object_of=_archive),
    _SERVICE + "ListBatchRecords": _on_batch("batch.read-list", _STAFF, Recording.CLOSED),
    _SERVICE + "DecideRecords": _on_batch(
        "batch.decide", frozenset({Role.REVIEWER, Role.UNIT_OFFICER}), Recording.WRITE
    ),
    _SERVICE + "SignBatch": _on_batch("batch.sign", frozenset({Role.REVIEWER, Role.UNIT_OFFICER}), Recording.WRITE),
    _SERVICE + "PublishBatch": _on_batch("batch.publish", frozenset({Role.DIRECTOR}), Recording.WRITE),
    _SERVICE + "RetractRecord": Access(
        "record.retract", _CALLERS, frozenset({Role.DIRECTOR}), Recording.WRITE, object_of=_record
    ),
}
