"""Where Prometheus reads: a port of its own, which no public proxy leads to."""

from prometheus_client import start_http_server

from services.common.domain.errors import Unavailable


class MetricsEndpoint:
    """`GET /metrics` in native threads; answers also while the service is busy or not ready."""

    name = "metrics"

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    def start(self) -> None:
        """Raises: Unavailable: the port is taken."""
        try:
            self._server, self._thread = start_http_server(self._port, self._host)
        except OSError as problem:
            raise Unavailable(f"port {self._host}:{self._port} is taken") from problem

    def stop(self) -> None:
        """Closes the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def check(self) -> None:
        """Figures are no condition for serving."""
