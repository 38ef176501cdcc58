"""ImportService over gRPC."""

from collections.abc import Iterator
from datetime import datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from services.catalog.application import imports as use_cases
from services.catalog.application.imports import MAX_UPLOAD_BYTES, Imports, RejectedCell, Upload
from services.catalog.domain.import_errors import UploadTooLarge
from services.catalog.domain.import_job import ImportJob, ImportState
from services.common.domain.errors import InvalidArgument
from services.common.domain.registry import Registry
from services.common.grpc.call import current_call
from tongdang.catalog.v1 import import_pb2 as pb
from tongdang.catalog.v1 import import_pb2_grpc as rpc

_STATES = {
    ImportState.QUEUED: pb.IMPORT_STATE_QUEUED,
    ImportState.RUNNING: pb.IMPORT_STATE_RUNNING,
    ImportState.COMPLETED: pb.IMPORT_STATE_COMPLETED,
    ImportState.PARTLY_COMPLETED: pb.IMPORT_STATE_PARTLY_COMPLETED,
    ImportState.FAILED: pb.IMPORT_STATE_FAILED,
}


class ImportServicer(rpc.ImportServiceServicer):
    """Thin: message to arguments, use case, result to message."""

    def __init__(self, imports: Imports, registry: Registry, region_id: str) -> None:
        self._imports = imports
        self._registry = registry
        self._region_id = region_id

    def UploadCatalogue(  # noqa: N802 - name of the contract
        self, request_iterator: Iterator[pb.UploadCatalogueRequest], context: grpc.ServicerContext
    ) -> pb.UploadCatalogueResponse:
        job, recognised = use_cases.upload(
            received(request_iterator),
            by=current_call(),
            imports=self._imports,
            registry=self._registry,
            region_id=self._region_id,
        )
        return pb.UploadCatalogueResponse(job=job_message(job), recognised=recognised)

    def GetImport(  # noqa: N802
        self, request: pb.GetImportRequest, context: grpc.ServicerContext
    ) -> pb.GetImportResponse:
        job = use_cases.get_import(request.import_id, by=current_call(), imports=self._imports)
        return pb.GetImportResponse(job=job_message(job))

    def ListImports(  # noqa: N802
        self, request: pb.ListImportsRequest, context: grpc.ServicerContext
    ) -> pb.ListImportsResponse:
        page = use_cases.list_imports(
            request.archive_id,
            request.page_size,
            request.page_token,
            by=current_call(),
            imports=self._imports,
        )
        return pb.ListImportsResponse(jobs=[job_message(job) for job in page.items], next_page_token=page.next_token)

    def ListRejectedRows(  # noqa: N802
        self, request: pb.ListRejectedRowsRequest, context: grpc.ServicerContext
    ) -> pb.ListRejectedRowsResponse:
        page = use_cases.list_rejected(
            request.import_id, request.page_size, request.page_token, by=current_call(), imports=self._imports
        )
        return pb.ListRejectedRowsResponse(
            rows=[_rejected_message(cell) for cell in page.items], next_page_token=page.next_token
        )


def received(parts: Iterator[pb.UploadCatalogueRequest]) -> Upload:
    """The whole upload, in memory: header first, then bytes.

    Raises: InvalidArgument: no header first, or a second one. UploadTooLarge: as soon as it is.
    """
    first = next(parts, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidArgument("header", "the first message")
    content = bytearray()
    for part in parts:
        if part.WhichOneof("part") != "content":
            raise InvalidArgument("content", "bytes after the header")
        content += part.content
        if len(content) > MAX_UPLOAD_BYTES:
            raise UploadTooLarge(metadata={"max_bytes": str(MAX_UPLOAD_BYTES)})
    header = first.header
    return Upload(header.request_id, header.archive_id, header.file_name, bytes(content))


def job_message(job: ImportJob) -> pb.ImportJob:
    """The job as the contract words it."""
    counts = job.counts
    return pb.ImportJob(
        import_id=job.import_id,
        archive_id=job.archive_id,
        file_name=job.file_name,
        state=_STATES[job.state],
        rows_total=job.rows_total,
        rows_done=counts.done,
        rows_created=counts.created,
        rows_updated=counts.updated,
        rows_unchanged=counts.unchanged,
        rows_rejected=counts.rejected,
        rows_warned=counts.warned,
        created_at=_timestamp(job.created_at),
        updated_at=_timestamp(job.updated_at),
        failure=job.failure,
    )


def _rejected_message(cell: RejectedCell) -> pb.RejectedRow:
    return pb.RejectedRow(
        line=cell.line, column=cell.column, value=cell.value, reason=cell.reason, expected=cell.expected
    )


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
