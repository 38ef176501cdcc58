"""Texts of records: entered by the clerk, withdrawn by the director. What publishes them is a list of their own."""

from typing import Protocol

from services.catalog.application.review_ports import Records
from services.catalog.domain.rules import DEFERRALS
from services.catalog.domain.texts import Text, read_text, require_open
from services.catalog.domain.verdicts import MAX_REASON
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.errors import InvalidArgument


class Texts(Protocol):
    """Texts of one province. Every change is one transaction with its audit event."""

    def get(self, record_id: str) -> Text:
        """Raises: NotFound."""
        ...

    def enter(self, text: Text, event: AuditEvent) -> Text:
        """Stores it, in the place of a former one if there is one.

        Raises: EntryNotOpen, TextFixed.
        """
        ...

    def withdraw(self, record_id: str, *, rule: str, reason: str, event: AuditEvent) -> Text:
        """One transaction: state, salt destroyed, withdrawal sent.

        Raises: NotFound, TextNotPublic.
        """
        ...


def enter_text(*, record_id: str, content: bytes, by: Caller, records: Records, texts: Texts) -> Text:
    """Keeps the text of an open record, to be decided on.

    Raises: NotFound, OutOfScope, EntryNotOpen, TextFixed; and as `read_text`: nothing is stored then.
    """
    record = records.get(record_id)
    by.actor.require_archive(record["archive_id"])
    require_open(record["access_status"])
    text = Text(
        record_id=record_id,
        region_id=record["region_id"],
        archive_id=record["archive_id"],
        fonds=record["fonds"],
        year=int((record["date"]["latest"] or "0")[:4]),
        text=read_text(content),
        entered_by=by.actor.pseudonym,
        entered_at=by.clock.now(),
    )
    return texts.enter(text, by.granted(_ref(text), facts={"bytes": len(text.text.encode())}))


def get_text(*, record_id: str, by: Caller, texts: Texts) -> Text:
    """Raises: NotFound, OutOfScope."""
    text = texts.get(record_id)
    by.actor.require_archive(text.archive_id)
    return text


def withdraw_text(*, record_id: str, rule: str, reason: str, by: Caller, texts: Texts) -> Text:
    """Takes a public text back at once; its entry stays.

    Raises: NotFound, OutOfScope, InvalidArgument, TextNotPublic.
    """
    text = get_text(record_id=record_id, by=by, texts=texts)
    if rule not in DEFERRALS:
        raise InvalidArgument("rule", " | ".join(sorted(DEFERRALS)))
    if not 0 < len(reason.strip()) <= MAX_REASON:
        raise InvalidArgument("reason", f"1 to {MAX_REASON} characters")
    event = by.granted(_ref(text), correlation_id=text.batch_id, facts={"rule": rule})
    return texts.withdraw(record_id, rule=rule, reason=reason.strip(), event=event)


def _ref(text: Text) -> ObjectRef:
    return ObjectRef("text", text.record_id, text.region_id, text.archive_id)
