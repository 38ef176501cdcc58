"""gRPC as a person of the local stack, through a service's certificate: for samples and tests."""

from pathlib import Path
from typing import Any

import grpc

from deploy.local.layout import Layout
from deploy.local.people import SampleTokens
from services.common.grpc.channel import call, secure_channel
from services.common.settings import Tls


def tls_of(layout: Layout, principal: str) -> Tls:
    """Certificate and key of a principal of this stack."""
    folder: Path = layout.etc / "tls"
    return Tls(
        certificate_file=folder / f"{principal}.pem", key_file=folder / f"{principal}.key", ca_file=folder / "ca.pem"
    )


class LocalClient:
    """Calls any service's method as a sample person."""

    def __init__(self, layout: Layout, principal: str = "operator") -> None:
        self._layout = layout
        self._principal = principal
        self._channels: dict[str, grpc.Channel] = {}
        self.tokens = SampleTokens(layout)

    def channel(self, service: str) -> grpc.Channel:
        """The channel to a service, made once."""
        if service not in self._channels:
            address = f"{self._layout.host(service)}:{self._layout.grpc_port(service)}"
            self._channels[service] = secure_channel(address, tls_of(self._layout, self._principal))
        return self._channels[service]

    def call(self, method: Any, request: Any, username: str = "", *, timeout_s: float = 60) -> Any:
        """Calls a stub's method; anonymously without a username.

        Raises: TongdangError.
        """
        metadata = [("authorization", f"Bearer {self.tokens(username)}")] if username else []
        return call(method, request, timeout_s=timeout_s, metadata=metadata)
