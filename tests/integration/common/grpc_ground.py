"""A real gRPC server with mutual TLS on loopback, its certificates from a throw-away authority."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import trustme
from google.protobuf.wrappers_pb2 import StringValue

from services.common.audit.recorded import mark_recorded
from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.clock import SystemClock
from services.common.domain.errors import AuditUnavailable, Unauthenticated
from services.common.domain.ids import RandomIds
from services.common.grpc.channel import call, secure_channel
from services.common.grpc.interceptors import AccessControl
from services.common.grpc.server import GrpcServer
from services.common.settings import Grpc, Tls
from tests.ports import free_port

PSEUDONYM = "ab" * 16
PEOPLE: dict[str, dict[str, Any]] = {
    "clerk": {"pseudonym": PSEUDONYM, "roles": ["clerk"], "archive_id": "a1", "region_id": "320000"},
    "citizen": {"pseudonym": "cd" * 16, "roles": ["citizen"], "proof": "checked"},
    "nobody": {"roles": ["clerk"]},
}


class Tokens:
    """Believes the names in PEOPLE."""

    def verify(self, bearer: str) -> dict[str, Any]:
        if bearer not in PEOPLE:
            raise Unauthenticated("no such token")
        return PEOPLE[bearer]


@dataclass
class MemoryRecorder:
    """Keeps what becomes durable; validates as the real one does; can be down."""

    durable: list[AuditEvent] = field(default_factory=list)
    queued: list[AuditEvent] = field(default_factory=list)
    down: bool = False

    def record(self, event: AuditEvent) -> None:
        self._keep(event, self.durable)

    def record_open(self, event: AuditEvent) -> None:
        self._keep(event, self.queued)

    def _keep(self, event: AuditEvent, where: list[AuditEvent]) -> None:
        event.leaf()
        if self.down:
            raise AuditUnavailable("down")
        where.append(event)
        mark_recorded()


def _named(request: StringValue) -> ObjectRef:
    return ObjectRef("thing", request.value)


def _row(action: str, roles: set[Role], recording: Recording, callers: tuple[str, ...] = ("portal",)) -> Access:
    return Access(action, callers, frozenset(roles), recording, _named, lambda request: request.value)


ACCESS: AccessTable = {
    "/test.Things/Closed": _row("thing.read", {Role.CLERK}, Recording.CLOSED, ("portal", "catalog-")),
    "/test.Things/Open": _row("thing.search", {Role.ANONYMOUS, Role.CLERK}, Recording.OPEN),
    "/test.Things/Write": _row("thing.write", {Role.CLERK}, Recording.WRITE),
    "/test.Things/Message": _row("thing.message", {Role.SERVICE}, Recording.WRITE, ("requests",)),
    "/test.Things/Upload": _row("thing.upload", {Role.CLERK}, Recording.CLOSED),
}

Behaviour = Callable[[StringValue], StringValue]


class Ground:
    """One server; `behave` says what its methods do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.recorder = MemoryRecorder()
        self.behave: Behaviour = lambda request: StringValue(value=f"seen {request.value}")
        self.seen: list[str] = []
        self._channels: list[grpc.Channel] = []
        self.server = self._server()

    def _server(self) -> GrpcServer:
        control = AccessControl(ACCESS, Tokens(), self.recorder, SystemClock(), RandomIds())  # type: ignore[arg-type]
        self.port = free_port()
        settings = Grpc(port=self.port, threads=4)
        return GrpcServer(settings, self.tls("catalog-320000"), control, [self._register])

    def _register(self, server: grpc.Server) -> None:
        def unary(request: StringValue, context: grpc.ServicerContext) -> StringValue:
            self.seen.append(request.value)
            return self.behave(request)

        def upload(requests: Iterator[StringValue], context: grpc.ServicerContext) -> StringValue:
            parts = [request.value for request in requests]
            self.seen.extend(parts)
            return StringValue(value=" ".join(parts))

        shape = {"request_deserializer": StringValue.FromString, "response_serializer": StringValue.SerializeToString}
        names = ("Closed", "Open", "Write", "Message", "WithoutRow")
        handlers = {name: grpc.unary_unary_rpc_method_handler(unary, **shape) for name in names}
        handlers["Upload"] = grpc.stream_unary_rpc_method_handler(upload, **shape)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Things", handlers),))

    def tls(self, principal: str, authority: trustme.CA | None = None) -> Tls:
        """Certificate and key of a principal."""
        leaf = (authority or self._authority).issue_cert("localhost", common_name=principal)
        certificate, key = self._folder / f"{principal}.pem", self._folder / f"{principal}.key"
        leaf.cert_chain_pems[0].write_to_path(str(certificate))
        leaf.private_key_pem.write_to_path(str(key))
        return Tls(certificate_file=certificate, key_file=key, ca_file=self._folder / "ca.pem")

    def channel(self, principal: str = "portal", authority: trustme.CA | None = None) -> grpc.Channel:
        """A channel as a principal."""
        channel = secure_channel(f"localhost:{self.port}", self.tls(principal, authority))
        self._channels.append(channel)
        return channel

    def call(self, method: str, value: str = "x", *, person: str = "", by: str = "portal", **more: str) -> str:
        """Calls `test.Things/<method>`.

        Raises: TongdangError.
        """
        metadata = [*more.items(), *([("authorization", f"Bearer {person}")] if person else [])]
        answer = call(_method(self.channel(by), method), StringValue(value=value), metadata=metadata)
        return str(answer.value)

    def upload(self, parts: Iterator[str], person: str = "", timeout_s: float = 10) -> str:
        """Streams to `test.Things/Upload`.

        Raises: TongdangError.
        """
        stub = self.channel().stream_unary(
            "/test.Things/Upload",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        metadata = [("authorization", f"Bearer {person}")] if person else []
        messages = (StringValue(value=part) for part in parts)
        return str(call(stub, messages, timeout_s=timeout_s, metadata=metadata).value)

    def close(self) -> None:
        for channel in self._channels:
            channel.close()
        self.server.stop()


def _method(channel: grpc.Channel, name: str) -> Any:
    path = name if name.startswith("/") else f"/test.Things/{name}"
    return channel.unary_unary(
        path, request_serializer=StringValue.SerializeToString, response_deserializer=StringValue.FromString
    )
