"""Access table of ImportService: the clerk of an archive, through the portal or the operator's tools."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_SERVICE = "/tongdang.catalog.v1.ImportService"
_CALLERS = ("portal", "operator")
_CLERK = frozenset({Role.CLERK})


def _archive_of_upload(first: Any) -> ObjectRef:
    return ObjectRef("archive", first.header.archive_id, archive_id=first.header.archive_id)


def _archive(request: Any) -> ObjectRef:
    return ObjectRef("archive", request.archive_id, archive_id=request.archive_id)


def _import(request: Any) -> ObjectRef:
    return ObjectRef("import", request.import_id)


def _import_id(request: Any) -> str:
    return str(request.import_id)


IMPORT_ACCESS: AccessTable = {
    f"{_SERVICE}/UploadCatalogue": Access(
        "import.upload", _CALLERS, _CLERK, Recording.WRITE, object_of=_archive_of_upload
    ),
    f"{_SERVICE}/GetImport": Access(
        "import.read", _CALLERS, _CLERK, Recording.CLOSED, object_of=_import, correlation_of=_import_id
    ),
    f"{_SERVICE}/ListImports": Access("import.list", _CALLERS, _CLERK, Recording.CLOSED, object_of=_archive),
    f"{_SERVICE}/ListRejectedRows": Access(
        "import.report", _CALLERS, _CLERK, Recording.CLOSED, object_of=_import, correlation_of=_import_id
    ),
}
