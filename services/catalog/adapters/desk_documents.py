"""How cases, certificates and tickets are stored; their collections and indexes, for the migrations."""

from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.catalog.application.desk_ports import Certificate, Ticket
from services.catalog.domain.cases import OPEN_STATES, Case, CaseState, Delivery, Scan
from services.common.domain.deadlines import Deadline
from services.common.mongo.conversations import conversation_fields, conversation_of
from services.common.mongo.database import Document
from services.common.mongo.files import create_bucket
from services.common.mongo.migrations import create_collections

CASES = "cases"
CERTIFICATES = "certificates"
TICKETS = "delivery_tickets"
VAULT = "vault"
"""GridFS bucket of scans."""
COPIES = "certified_copies"
"""GridFS bucket of what was delivered; it holds names, and never leaves the province but to the applicant."""


def create_desk_collections(db: Database[dict[str, Any]]) -> None:
    """Idempotent."""
    create_collections(db, CASES, CERTIFICATES, TICKETS, f"{VAULT}.files", f"{VAULT}.chunks")
    create_collections(db, f"{COPIES}.files", f"{COPIES}.chunks")
    create_bucket(db, VAULT)
    create_bucket(db, COPIES)
    db[CASES].create_indexes(
        [
            IndexModel(
                [("archive_id", ASCENDING), ("open", ASCENDING), ("deadline.due_on", ASCENDING), ("_id", ASCENDING)]
            ),
            IndexModel([("archive_id", ASCENDING), ("deadline.due_on", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("request_id", ASCENDING), ("applicant", ASCENDING)]),
        ]
    )
    db[TICKETS].create_index("expires_at", expireAfterSeconds=0)


def case_document(case: Case) -> Document:
    """As stored in `cases`."""
    delivery = case.delivery
    return {
        "_id": case.case_id,
        "region_id": case.region_id,
        "archive_id": case.archive_id,
        "request_id": case.request_id,
        "number": case.number,
        "record_id": case.record_id,
        "reference_code": case.reference_code,
        "title": case.title,
        "applicant": case.applicant,
        "sealed_applicant": case.sealed_applicant,
        "state": case.state.value,
        "open": case.state in OPEN_STATES,
        "received_at": case.received_at,
        "deadline": case.deadline.fields(),
        "handler": case.handler,
        "scans": [vars(scan) for scan in case.scans],
        "decline_reason": case.decline_reason,
        "note": case.note,
        "delivery": vars(delivery) if delivery else None,
        "conversation": conversation_fields(case.conversation),
        "version": case.version,
    }


def case_of(row: Document) -> Case:
    """Back from storage."""
    delivery = row["delivery"]
    return Case(
        case_id=row["_id"],
        request_id=row["request_id"],
        number=row["number"],
        region_id=row["region_id"],
        archive_id=row["archive_id"],
        record_id=row["record_id"],
        reference_code=row["reference_code"],
        title=row["title"],
        applicant=row["applicant"],
        sealed_applicant=bytes(row["sealed_applicant"]),
        state=CaseState(row["state"]),
        received_at=row["received_at"],
        deadline=Deadline.from_fields(row["deadline"]),
        handler=row["handler"],
        scans=tuple(Scan(**scan) for scan in row["scans"]),
        decline_reason=row["decline_reason"],
        note=row["note"],
        delivery=Delivery(**delivery) if delivery else None,
        conversation=conversation_of(row["conversation"]),
        version=row["version"],
    )


def certificate_document(certificate: Certificate) -> Document:
    """As stored in `certificates`, under its code."""
    fields = dict(vars(certificate))
    return {"_id": fields.pop("code"), **fields}


def certificate_of(row: Document) -> Certificate:
    """Back from storage."""
    fields = dict(row)
    return Certificate(code=fields.pop("_id"), **fields)


def ticket_document(ticket: Ticket) -> Document:
    """As stored in `delivery_tickets`; the token itself is nowhere."""
    fields = dict(vars(ticket))
    return {"_id": fields.pop("token_sha256"), **fields}


def ticket_of(row: Document) -> Ticket:
    """Back from storage."""
    fields = dict(row)
    return Ticket(token_sha256=fields.pop("_id"), **fields)
