"""A client that does not give up: it sends the same request, with the same id, until it is answered."""

import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import grpc
import httpx

from deploy.local.client import LocalClient
from deploy.local.stack import Stack
from services.audit.entrypoints.access import ACCESS as AUDIT_ACCESS
from services.catalog.entrypoints.access_desk import DESK_ACCESS
from services.catalog.entrypoints.access_import import IMPORT_ACCESS
from services.catalog.entrypoints.access_review import REVIEW_ACCESS
from services.common.domain.access import AccessTable, Recording
from services.common.domain.errors import Kind, TongdangError
from services.common.grpc.call import AUTHORIZATION_KEY, CAUSATION_KEY
from services.common.grpc.channel import call
from services.discovery.entrypoints.access import ACCESS as DISCOVERY_ACCESS
from services.requests.entrypoints.access import ACCESS as REQUESTS_ACCESS
from tests.fault.ledger import Access, Ledger, Steps

ACCESS: AccessTable = {
    **REVIEW_ACCESS,
    **IMPORT_ACCESS,
    **DESK_ACCESS,
    **DISCOVERY_ACCESS,
    **REQUESTS_ACCESS,
    **AUDIT_ACCESS,
}
_COVERED = frozenset({"delivery.read"})
"""Actions whose event is another's: reading a copy chunk by chunk is the one opening that was recorded before."""
_TRY_AGAIN = frozenset({Kind.UNAVAILABLE, Kind.EXHAUSTED, Kind.INTERNAL})
_BREATH_S = 0.2
_DEADLINE_S = 10.0
_PATIENCE_S = 240.0
_SERVER_ERROR, _UNAVAILABLE = 500, (502, 503, 504)


class PersistentClient:
    """Shared by all actors; keeps the ledger."""

    def __init__(self, stack: Stack, ledger: Ledger, steps: Steps) -> None:
        self.layout = stack.layout
        self.ledger = ledger
        self.steps = steps
        self._clients = {name: LocalClient(stack.layout, name) for name in ("operator", "portal")}
        self._site = httpx.Client(base_url=stack.url("portal"), timeout=_DEADLINE_S)

    def channel(self, service: str, via: str = "operator") -> grpc.Channel:
        """The channel of the tool or of the portal."""
        return self._clients[via].channel(service)

    def stub(self, make: Callable[[Any], Any], service: str, via: str = "operator") -> Any:
        """A stub over the channel of the tool or of the portal."""
        return make(self._clients[via].channel(service))

    def token(self, username: str) -> str:
        """Raises: httpx.HTTPError: Keycloak is down and none is kept."""
        return self._clients["operator"].tokens(username)

    def ask(self, method: Any, request: Any, username: str, timeout_s: float = _DEADLINE_S) -> Any:
        """Asks until answered; a stream is given as a function that makes its messages.

        Raises: TongdangError: a refusal that time does not heal.
        """
        access = ACCESS[method._method]
        call_id = str(uuid.uuid4())

        def attempt() -> Any:
            metadata = [(AUTHORIZATION_KEY, f"Bearer {self.token(username)}"), (CAUSATION_KEY, call_id)]
            message: Any = iter(_messages(request)) if callable(request) else request
            return call(method, message, timeout_s=timeout_s, metadata=metadata)

        answer = self._persist(access.action, attempt)
        if access.recording is not Recording.OPEN and access.action not in _COVERED:
            self.ledger.accesses.append(Access(access.action, username, call_id))
        return answer

    def page(self, path: str, **query: str) -> httpx.Response:
        """A page of the site, as nobody in particular."""

        def attempt() -> httpx.Response:
            answer = self._site.get(path, params=query)
            if answer.status_code in _UNAVAILABLE:
                raise httpx.HTTPStatusError(str(answer.status_code), request=answer.request, response=answer)
            if answer.status_code == _SERVER_ERROR:
                self.ledger.defects.append(f"500 at {path}")
            return answer

        answer: httpx.Response = self._persist("page", attempt)
        self.ledger.pages += 1
        return answer

    def close(self) -> None:
        self._site.close()

    def _persist(self, action: str, attempt: Callable[[], Any]) -> Any:
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            self.steps.attempted()
            try:
                answer = attempt()
            except TongdangError as problem:
                if problem.kind not in _TRY_AGAIN or time.monotonic() > give_up:
                    raise
                if problem.kind is Kind.INTERNAL:
                    self.ledger.defects.append(f"{problem.code} of {action}")
                self.ledger.setbacks[problem.code] += 1
            except httpx.HTTPError as problem:
                if time.monotonic() > give_up:
                    raise
                self.ledger.setbacks[type(problem).__name__] += 1
            else:
                self.steps.answered()
                return answer
            time.sleep(_BREATH_S)


def _messages(make: Callable[[], Iterable[Any]]) -> Iterable[Any]:
    return make()
