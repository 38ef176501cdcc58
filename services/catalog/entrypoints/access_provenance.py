"""Access table of ProvenanceService: anybody may ask, as of an open entry."""

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

PROVENANCE_ACCESS: AccessTable = {
    "/tongdang.catalog.v1.ProvenanceService/GetProvenance": Access(
        "record.prove",
        ("portal", "operator"),
        frozenset(Role),
        Recording.OPEN,
        object_of=lambda request: ObjectRef("record", request.record_id),
    ),
}
