"""Who may look into the log: regulators, through the portal; each look is recorded, a trail's with its purpose."""

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_SERVICE = "/tongdang.audit.v1.SupervisionService/"
_PUBLIC = "/tongdang.audit.v1.PublicLogService/"
_REGULATOR = frozenset({Role.REGULATOR})
_CALLERS = ("portal", "operator")

ACCESS: AccessTable = {
    _SERVICE + "SearchEvents": Access(
        "audit.search",
        _CALLERS,
        _REGULATOR,
        Recording.CLOSED,
        object_of=lambda request: ObjectRef("audit-log", "", request.region_id, request.archive_id),
    ),
    _SERVICE + "GetTrail": Access(
        "audit.read-trail",
        _CALLERS,
        _REGULATOR,
        Recording.WRITE,
        object_of=lambda request: ObjectRef("trail", request.correlation[:100]),
    ),
    _SERVICE + "GetProof": Access(
        "audit.read-event",
        _CALLERS,
        _REGULATOR,
        Recording.CLOSED,
        object_of=lambda request: ObjectRef("leaf", str(request.leaf_index)),
    ),
    _SERVICE + "GetLogStatus": Access(
        "audit.read-status", _CALLERS, frozenset(Role), Recording.OPEN, object_of=lambda _: ObjectRef("audit-log", "")
    ),
    _PUBLIC + "LocatePublication": Access(
        "audit.locate-publication",
        _CALLERS,
        frozenset(Role),
        Recording.OPEN,
        object_of=lambda request: ObjectRef("batch", request.batch_id),
    ),
}
