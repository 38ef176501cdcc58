"""The gRPC server: native threads, mutual TLS, and the chain every call passes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc

from services.common.domain.errors import Unavailable
from services.common.grpc.interceptors import AccessControl, Authorisation, Correlation, Errors, KnownMethods, Metrics
from services.common.grpc.tracing import Tracing
from services.common.settings import Grpc, Tls

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_GRACE_S = 5.0


@dataclass
class GrpcServer:
    """A component that serves; `register` adds servicers, e.g. `add_DiscoveryServiceServicer_to_server` bound."""

    settings: Grpc
    tls: Tls
    control: AccessControl
    register: Sequence[Callable[[grpc.Server], None]]
    name: str = "grpc"
    _serving: bool = False

    def start(self) -> None:
        """Raises: Unavailable: the port is taken."""
        chain: list[grpc.ServerInterceptor] = [
            KnownMethods(self.control.table),
            Tracing(),
            Correlation(self.control.ids),
            Metrics(),
            Errors(),
            Authorisation(self.control),
        ]
        self._server = grpc.server(
            ThreadPoolExecutor(max_workers=self.settings.threads, thread_name_prefix="grpc"),
            interceptors=chain,
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),
                ("grpc.keepalive_time_ms", 60_000),
                # callers come anew now and then, and so to replicas that were not there before
                ("grpc.max_connection_age_ms", 600_000),
                ("grpc.max_connection_age_grace_ms", 60_000),
                ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
            ],
        )
        for add in self.register:
            add(self._server)
        address = f"{self.settings.host}:{self.settings.port}"
        try:
            self._server.add_secure_port(address, _credentials(self.tls))
        except RuntimeError as problem:
            raise Unavailable(f"port {address} is taken") from problem
        self._server.start()
        self._serving = True

    def stop(self) -> None:
        """Ends calls in flight within five seconds."""
        self._serving = False
        self._server.stop(_GRACE_S).wait(_GRACE_S + 1)

    def check(self) -> None:
        """Raises: Unavailable: not started, or stopped."""
        if not self._serving:
            raise Unavailable(self.name)


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.key_file.read_bytes(), tls.certificate_file.read_bytes())],
        root_certificates=tls.ca_file.read_bytes(),
        require_client_auth=True,
    )
