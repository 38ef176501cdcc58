"""Access table of DumpService: anybody may read, as of open entries."""

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_SERVICE = "/tongdang.catalog.v1.DumpService/"
_CALLERS, _EVERYONE = ("portal", "operator"), frozenset(Role)

DUMP_ACCESS: AccessTable = {
    _SERVICE + "ListDumps": Access(
        "dump.list", _CALLERS, _EVERYONE, Recording.OPEN, object_of=lambda _: ObjectRef("dumps", "")
    ),
    _SERVICE + "ReadDump": Access(
        "dump.read",
        _CALLERS,
        _EVERYONE,
        Recording.OPEN,
        object_of=lambda request: ObjectRef("dump", request.dump_id),
    ),
}
