"""Hands the certified copy to the person who asked for it, and lets anyone check one."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from services.catalog.application.desk_ports import Blobs, Cases, Certificate, Record, Ticket, Unit
from services.catalog.domain.cases import Case
from services.catalog.domain.desk_errors import TicketInvalid
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.errors import InvalidArgument, NotFound

MAX_CHUNK = 1024 * 1024
TICKET_LIVES = timedelta(minutes=10)


@dataclass(frozen=True)
class Opened:
    """Leave to read, and what there is to read."""

    token: str
    ticket: Ticket
    case: Case


def open_delivery(request_id: str, *, by: Caller, cases: Cases, random_bytes: Callable[[int], bytes]) -> Opened:
    """One audited opening, for the requester alone; the ticket lives ten minutes.

    Raises: NotFound: no delivered copy of this person's request.
    """
    token = base64.urlsafe_b64encode(random_bytes(32)).decode().rstrip("=")
    opened: list[Opened] = []

    def work(unit: Unit) -> bytes:
        case = unit.of_request(request_id, by.actor.pseudonym)
        if case.delivery is None:
            raise NotFound("delivery")
        ticket = Ticket(
            _sha256(token),
            by.actor.pseudonym,
            case.delivery.sha256,
            case.delivery.size,
            by.clock.now() + TICKET_LIVES,
        )
        unit.admit(ticket)
        object_ = ObjectRef("delivery", case.case_id, case.region_id, case.archive_id)
        unit.record(by.granted(object_, correlation_id=request_id, facts={"sha256": case.delivery.sha256}))
        opened[:] = [Opened(token, ticket, case)]
        return b""

    cases.run(work)
    return opened[0]


def read_chunk(ticket: str, offset: int, length: int, *, by: Caller, cases: Cases, copies: Blobs) -> bytes:
    """Bytes from `offset`, at most 1 MiB, fewer at the end; the opening that gave the ticket is on record.

    Raises: TicketInvalid, InvalidArgument.
    """
    if not 0 < length <= MAX_CHUNK:
        raise InvalidArgument("length", f"1 to {MAX_CHUNK}")
    found = cases.ticket(_sha256(ticket))
    if found is None or found.pseudonym != by.actor.pseudonym or found.expires_at <= by.clock.now():
        raise TicketInvalid
    if offset > found.size:
        raise InvalidArgument("offset", f"0 to {found.size}")
    return copies.read_range(found.sha256, offset, length)


def verify(code: str, *, by: Caller, cases: Cases, record: Record) -> Certificate | None:
    """What is known of a certificate's code; None: not one of this province's.

    The check is recorded under the request. Raises: AuditUnavailable.
    """
    plain = code.strip().lower()[:64]
    found = cases.certificate(plain)
    if found is not None:
        object_ = ObjectRef("certificate", certificate_id(plain), found.region_id, found.archive_id)
        record(by.granted(object_, correlation_id=found.request_id))
    return found


def certificate_id(code: str) -> str:
    """How the audit log names a certificate: whoever reads the log must not be able to use the code."""
    return _sha256(code.strip().lower())[:32]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
