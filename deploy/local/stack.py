"""One local stack: its engines and services as processes. The supervisor runs one; tests run their own."""

import hashlib
import signal
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local import kafka, keycloak, keys, mongo, services
from deploy.local.layout import ROOT, Layout
from deploy.local.members import remember
from deploy.local.process import Process
from deploy.local.scraping import write_targets
from deploy.local.waiting import ProcessEnded, until_http_ok

_MAKERS = {"mongo": mongo.process, "kafka": kafka.process, "keycloak": keycloak.process}
_INITIALISERS = {"mongo": mongo.initialise, "kafka": kafka.initialise, "keycloak": keycloak.initialise}
ENGINES = tuple(_MAKERS)


class Stack:
    """Processes by name. Start them from a thread that outlives them: a child dies with its parent's thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._processes: dict[str, Process] = {}

    def prepare(self) -> None:
        """Makes secrets, certificates and rendered configuration.

        Raises: UnknownProvince, InvalidProvince.
        """
        remember(self.layout.folder, self.layout.members)
        keys.materialise(self.layout)
        mongo.write_uris(self.layout)
        write_targets(self.layout)

    def taken_ports(self) -> dict[str, int]:
        """Name → port, of those somebody else listens on."""
        return {name: port for name, port in self.layout.ports().items() if _taken(port)}

    def launch(self, name: str) -> None:
        """Starts an engine or a service without waiting for it; a running one is left alone."""
        if name == "mongo" and mongo.is_external():
            return
        if name not in self._processes:
            make = _MAKERS.get(name)
            self._processes[name] = make(self.layout) if make else services.process(self.layout, name)
        self._processes[name].start()

    def settle(self, name: str) -> None:
        """Waits until an engine is initialised or a service ready.

        Raises: TimeoutError, ProcessEnded, with the end of its log.
        """
        try:
            if name in ENGINES:
                _INITIALISERS[name](self.layout, lambda: self._alive(name))
            else:
                until_http_ok(f"{self.url(name)}/readyz", name, lambda: self._alive(name), 90)
        except (TimeoutError, ProcessEnded) as problem:
            raise type(problem)(f"{problem}; the end of its log:\n{self._tail(name)}") from None

    def start_engines(self, names: Sequence[str] = ENGINES) -> None:
        """Starts the engines and waits until each is initialised.

        Raises: TimeoutError, ProcessEnded.
        """
        self._start_all(names)

    def start_services(self, names: Sequence[str] = ()) -> None:
        """Starts services, all of them and the witnesses where none is named, and waits until each is ready.

        Raises: TimeoutError, ProcessEnded.
        """
        self._start_all(names or self.layout.processes)

    def start_service(self, name: str) -> None:
        """Starts a service without waiting for it."""
        self.launch(name)

    def wait_ready(self, name: str) -> None:
        """Until the service says it is ready.

        Raises: TimeoutError, ProcessEnded.
        """
        self.settle(name)

    def provision_realm(self) -> None:
        """Brings Keycloak's realm to what the code says; skipped while neither code nor its settings changed.

        Raises: RuntimeError: the step failed; its output is in the message.
        """
        if (step := self.realm_step()) is not None:
            step.start()
            self.finish_realm(step)

    def realm_step(self) -> Process | None:
        """The process that does it, not yet started; none where nothing changed."""
        return None if self._realm_stamp().exists() else services.process(self.layout, "auth", "realm")

    def finish_realm(self, step: Process) -> None:
        """Waits for it and remembers its success.

        Raises: RuntimeError.
        """
        _finish(step)
        self._realm_stamp().touch()

    def run_command(self, service: str, command: str) -> None:
        """Runs `python -m services.x COMMAND` to its end.

        Raises: RuntimeError: it failed; its output is in the message.
        """
        step = services.process(self.layout, service, command)
        step.start()
        _finish(step)

    def process(self, name: str) -> Process:
        """The process of an engine or service that was started here."""
        return self._processes[name]

    @property
    def started(self) -> dict[str, Process]:
        """Everything started so far, by name."""
        return dict(self._processes)

    def stop(self, name: str) -> None:
        """Asks one to end and waits."""
        self._processes[name].stop()

    def kill(self, name: str) -> None:
        """kill -9."""
        self._processes[name].kill()

    def pause(self, name: str) -> None:
        """SIGSTOP."""
        self._processes[name].signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT."""
        self._processes[name].signal(signal.SIGCONT)

    def url(self, name: str) -> str:
        """HTTP base of a service."""
        return f"http://localhost:{self.layout.http_port(name)}"

    def env(self, name: str) -> dict[str, str]:
        """Environment of a service."""
        return services.environment(self.layout, name)

    def close(self) -> None:
        """Stops everything: services first, then the engines, each group at once."""
        names = list(self._processes)
        for group in ([name for name in names if name not in ENGINES], [name for name in names if name in ENGINES]):
            if group:
                with ThreadPoolExecutor(len(group)) as pool:
                    list(pool.map(self.stop, group))

    def _start_all(self, names: Sequence[str]) -> None:
        for name in names:
            self.launch(name)
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(self.settle, names))

    def _alive(self, name: str) -> bool:
        return name not in self._processes or self._processes[name].running

    def _tail(self, name: str) -> str:
        return self._processes[name].tail() if name in self._processes else ""

    def _realm_stamp(self) -> Path:
        code = sorted((ROOT / "services" / "auth").rglob("*.py"))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in (*code, self.layout.etc / "people.toml")))
        digest.update(self.layout.portal_url.encode())
        return self.layout.data / f"realm-{digest.hexdigest()[:16]}"


def _finish(step: Process, patience_s: float = 120) -> None:
    if not step.wait(patience_s):
        step.kill()
        raise RuntimeError(f"{step.name} took longer than {patience_s:.0f} s:\n{step.tail()}")
    if step.returncode != 0:
        raise RuntimeError(f"{step.name} failed:\n{step.tail()}")


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
