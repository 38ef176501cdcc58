"""What the use cases of requests need."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Protocol

from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.messages import Letter, OutboxMessage
from services.common.domain.paging import Page
from services.requests.domain.request import RetrievalRequest, WantedRecord


class OpenCatalogue(Protocol):
    """The union catalogue of open entries."""

    def record(self, record_id: str) -> WantedRecord:
        """Raises: RecordNotOpen: retracted or never open; Unavailable."""
        ...


class Numbers(Protocol):
    """Gives 申请编号."""

    def next(self, region_id: str, day: date) -> str:
        """A number nobody got before, e.g. `520000-20261123-000017`; gaps are allowed."""
        ...

    def skip(self, given: Iterable[str]) -> None:
        """Never gives these again: a restored counter has forgotten them."""
        ...


class Unit(Protocol):
    """One transaction over requests."""

    def of_leg(self, leg_id: str) -> RetrievalRequest:
        """Raises: NotFound."""
        ...

    def own(self, request_id: str, pseudonym: str) -> RetrievalRequest:
        """Raises: NotFound: none of this person's."""
        ...

    def get(self, request_id: str) -> RetrievalRequest:
        """For the clock. Raises: NotFound."""
        ...

    def add(self, request: RetrievalRequest) -> None:
        """Raises: RequestIdReused: somebody else's request has this id."""
        ...

    def save(self, request: RetrievalRequest) -> None:
        """Replaces what was read in this transaction."""
        ...

    def emit(self, *messages: OutboxMessage) -> None: ...

    def record(self, event: AuditEvent) -> None: ...

    def post(self, letter: Letter) -> None: ...

    def arrived(self, leg_id: str, number: int, at: datetime) -> None:
        """Letters of ours up to this number need not be sent: the province has them."""
        ...


class MutatingRequest(Protocol):
    """A Protobuf request with an idempotency key."""

    @property
    def request_id(self) -> str: ...

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802 - Protobuf's name


class Requests(Protocol):
    """Where requests are kept."""

    def run(self, work: Callable[[Unit], bytes]) -> bytes:
        """One transaction; `work` may run again."""
        ...

    def answered(self, by: Caller, message: MutatingRequest) -> bytes | None:
        """The stored answer of a repeat. Raises: InvalidArgument, RequestIdReused."""
        ...

    def run_once(
        self, by: Caller, message: MutatingRequest, work: Callable[[Unit], bytes], known: bytes | None = None
    ) -> bytes:
        """One transaction; a repeat of the same message gets the stored answer. `known`: what `work` will answer.

        Raises: RequestIdReused.
        """
        ...

    def own(self, request_id: str, pseudonym: str) -> RetrievalRequest:
        """Raises: NotFound: none of this person's."""
        ...

    def list_own(self, pseudonym: str, size: int, token: str) -> Page[RetrievalRequest]:
        """Newest first. Raises: InvalidPageToken."""
        ...

    def running_out(self, today: date) -> Iterator[str]:
        """Ids of requests whose clock runs, whose day has passed, and that are not marked late yet."""
        ...
