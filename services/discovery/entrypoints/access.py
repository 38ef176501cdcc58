"""Who may search, and how it is recorded."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_EVERYONE = frozenset(Role)
_SERVICE = "/tongdang.discovery.v1.DiscoveryService/"


def _searched(request: Any) -> ObjectRef:
    """Where was searched, never for what: a query may hold a name."""
    return ObjectRef("open-catalogue", "", region_id=request.region_id, archive_id=request.archive_id)


ACCESS: AccessTable = {
    _SERVICE + "Search": Access(
        "catalogue.search", ("portal", "operator"), _EVERYONE, Recording.OPEN, object_of=_searched
    ),
    _SERVICE + "ListChanges": Access(
        "catalogue.harvest", ("portal", "operator"), _EVERYONE, Recording.OPEN, object_of=_searched
    ),
    _SERVICE + "GetText": Access(
        "record.read-text",
        ("portal", "operator"),
        _EVERYONE,
        Recording.OPEN,
        object_of=lambda request: ObjectRef("text", request.record_id),
    ),
    _SERVICE + "GetEntry": Access(
        "record.view-open",
        ("portal", "requests", "operator"),
        _EVERYONE,
        Recording.OPEN,
        object_of=lambda request: ObjectRef("record", request.record_id),
    ),
}
