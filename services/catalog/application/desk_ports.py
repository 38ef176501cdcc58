"""What the desk, the vault and the delivery need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.catalog.domain.cases import Case
from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.messages import Letter
from services.common.domain.paging import Page


@dataclass(frozen=True)
class ScanKind:
    """What a file's content says it is."""

    media_type: str
    pages: int


@dataclass(frozen=True)
class Fixity:
    """SHA-256 and SM3 (GB/T 32905) as hex; size in bytes."""

    sha256: str
    sm3: str
    size: int


@dataclass(frozen=True)
class Applicant:
    """Opened from the sealed part of a request."""

    name: str
    phone: str
    purpose: str
    note: str


@dataclass(frozen=True)
class Certificate:
    """What anyone may learn from a certificate's code; no name."""

    code: str
    case_id: str
    request_id: str
    request_number: str
    region_id: str
    archive_id: str
    reference_code: str
    pages: int
    issued_at: datetime
    sha256: str
    sample: bool


@dataclass(frozen=True)
class CertificateText:
    """What the first page says (DOMAIN §4.4): what the record says and where; the archive is no notary."""

    archive_name: str
    archive_address: str
    archive_phone: str
    request_number: str
    applicant_name: str
    purpose: str
    reference_code: str
    title: str
    creator: str
    record_date: str
    pages: int
    handler: str
    issued_at: datetime
    code: str
    verify_url: str


@dataclass(frozen=True)
class Ticket:
    """Leave to read one certified copy for ten minutes; kept by its hash."""

    token_sha256: str
    pseudonym: str
    sha256: str
    size: int
    expires_at: datetime


Record = Callable[[AuditEvent], None]
"""Makes an audit event durable, for reads. Raises: AuditUnavailable."""


class Sealing(Protocol):
    """What stands behind the seal: so far a sample; later PAdES by the archive's certificate, or a provincial seal."""

    sample: bool
    mark: str
    """Printed across every page; empty for a real seal."""

    def seal(self, pdf: bytes) -> bytes:
        """The sealed document."""
        ...


class Renderer(Protocol):
    """Makes the certified copy."""

    def render(self, text: CertificateText, scans: Sequence[tuple[str, bytes]], mark: str) -> tuple[bytes, int]:
        """The PDF and its pages. `scans`: (media type, bytes). Raises: ScanUnreadable."""
        ...


class Blobs(Protocol):
    """Content-addressed files."""

    def put(self, content: bytes) -> Any:
        """Fixity of what is now stored durably (`sha256`, `sm3`, `size`)."""
        ...

    def read(self, sha256: str) -> bytes:
        """Fixity is checked again. Raises: NotFound, FixityBroken."""
        ...

    def read_range(self, sha256: str, offset: int, length: int) -> bytes:
        """Raises: NotFound."""
        ...


class Seals(Protocol):
    """Opens what was sealed to this province."""

    def open(self, box: bytes) -> Applicant | None:
        """None when it was not sealed to us, or holds something else."""
        ...


class Unit(Protocol):
    """One transaction over cases."""

    def case(self, case_id: str) -> Case:
        """Raises: NotFound."""
        ...

    def find(self, case_id: str) -> Case | None: ...

    def of_request(self, request_id: str, applicant: str) -> Case:
        """Raises: NotFound: none of this person's."""
        ...

    def add(self, case: Case) -> None: ...

    def save(self, case: Case) -> None: ...

    def issue(self, certificate: Certificate) -> None: ...

    def admit(self, ticket: Ticket) -> None: ...

    def record(self, event: AuditEvent) -> None: ...

    def post(self, letter: Letter) -> None: ...


class MutatingRequest(Protocol):
    """A Protobuf request with an idempotency key."""

    @property
    def request_id(self) -> str: ...

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802 - Protobuf's name


class Cases(Protocol):
    """Where cases are kept."""

    def run(self, work: Callable[[Unit], bytes]) -> bytes:
        """One transaction; `work` may run again."""
        ...

    def answered(self, by: Caller, message: MutatingRequest, content_sha256: str = "") -> bytes | None:
        """The stored answer of a repeat. Raises: InvalidArgument, RequestIdReused."""
        ...

    def run_once(
        self, by: Caller, message: MutatingRequest, work: Callable[[Unit], bytes], content_sha256: str = ""
    ) -> bytes:
        """One transaction; a repeat gets the stored answer. `content_sha256`: of bytes that came with the message."""
        ...

    def case(self, case_id: str) -> Case:
        """Raises: NotFound."""
        ...

    def queue(self, archive_id: str, include_closed: bool, size: int, token: str) -> Page[Case]:
        """What is due first, first. Raises: InvalidPageToken."""
        ...

    def certificate(self, code: str) -> Certificate | None: ...

    def ticket(self, token_sha256: str) -> Ticket | None: ...

    def scans_in_use(self) -> Sequence[str]:
        """SHA-256 of every scan a case refers to."""
        ...

    def copies_in_use(self) -> Sequence[str]:
        """SHA-256 of every certified copy a case refers to."""
        ...


class Holdings(Protocol):
    """The archive's own records, as far as the desk needs them."""

    def record(self, record_id: str) -> dict[str, Any]:
        """The stored record. Raises: NotFound."""
        ...
