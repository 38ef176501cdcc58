"""Who may have something signed, and who may see officers' names."""

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

ACCESS: AccessTable = {
    "/tongdang.auth.v1.SigningService/SignBatchStatement": Access(
        "batch.seal-statement",
        ("catalog-",),
        frozenset({Role.REVIEWER, Role.UNIT_OFFICER}),
        Recording.WRITE,
        object_of=lambda request: ObjectRef("batch", request.batch_id),
        correlation_of=lambda request: request.batch_id,
    ),
    "/tongdang.auth.v1.DirectoryService/ResolveNames": Access(
        "officer.resolve-names",
        ("portal",),
        frozenset({Role.CLERK, Role.REVIEWER, Role.DIRECTOR, Role.UNIT_OFFICER, Role.REGULATOR}),
        Recording.CLOSED,
        object_of=lambda request: ObjectRef("officer", ",".join(sorted(request.pseudonyms))[:1000]),
    ),
}
