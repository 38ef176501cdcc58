"""DumpService over gRPC."""

from collections.abc import Iterator

import grpc

from services.catalog.application.dumps import Shelf, read_dump
from services.catalog.domain.dumps import Dump
from services.common.domain.canonical import sha256_hex
from services.common.domain.open_dump import MANIFEST, SIGNATURE
from services.common.grpc.stamps import stamp
from tongdang.catalog.v1 import dump_pb2 as pb
from tongdang.catalog.v1 import dump_pb2_grpc


class DumpServicer(dump_pb2_grpc.DumpServiceServicer):
    """Thin: message to use case, result to message."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def ListDumps(  # noqa: N802 - named by the contract
        self, request: pb.ListDumpsRequest, context: grpc.ServicerContext
    ) -> pb.ListDumpsResponse:
        return pb.ListDumpsResponse(dumps=map(_message, self._shelf.offered()))

    def ReadDump(  # noqa: N802
        self, request: pb.ReadDumpRequest, context: grpc.ServicerContext
    ) -> pb.ReadDumpResponse:
        content = read_dump(request.dump_id, request.name, request.offset, request.length, shelf=self._shelf)
        return pb.ReadDumpResponse(content=content)


def _message(dump: Dump) -> pb.Dump:
    made_at = stamp(dump.made_at)
    return pb.Dump(dump_id=dump.dump_id, made_at=made_at, manifest=dump.manifest, files=_files(dump))


def _files(dump: Dump) -> Iterator[pb.DumpFile]:
    for name, content in ((MANIFEST, dump.manifest), (SIGNATURE, dump.signature)):
        yield pb.DumpFile(name=name, size=len(content), sha256=sha256_hex(content))
    for file in dump.files:
        yield pb.DumpFile(name=file.name, size=file.size, sha256=file.sha256)
