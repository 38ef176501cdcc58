"""Corrections of open entries: proposed and given up by the clerk. What publishes them is a list of their own."""

from typing import Protocol

from services.catalog.application.review_ports import Records
from services.catalog.domain.corrections import Correction, Words, corrected_fields, public_words
from services.catalog.domain.texts import require_open
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller


class Corrections(Protocol):
    """Proposals of one province. Every change is one transaction with its audit event."""

    def get(self, record_id: str) -> Correction:
        """Raises: NotFound."""
        ...

    def propose(self, correction: Correction, event: AuditEvent) -> Correction:
        """Stores it, in the place of a former one if there is one.

        Raises: EntryNotOpen, CorrectionFixed; Unavailable: the entry changed meanwhile.
        """
        ...

    def drop(self, record_id: str, event: AuditEvent) -> Correction:
        """Raises: NotFound, CorrectionFixed, CorrectionNotWaiting."""
        ...


def propose_correction(
    *, record_id: str, words: Words, by: Caller, records: Records, corrections: Corrections
) -> Correction:
    """Keeps what an open entry is to say instead, to be decided on.

    Raises: NotFound, OutOfScope, EntryNotOpen, CorrectionFixed; and as `corrected_fields`: nothing is stored then.
    """
    record = records.get(record_id)
    by.actor.require_archive(record["archive_id"])
    require_open(record["access_status"])
    fields = corrected_fields(record, words)
    content_hash = fields.pop("content_hash")
    correction = Correction(
        record_id=record_id,
        region_id=record["region_id"],
        archive_id=record["archive_id"],
        fonds=record["fonds"],
        year=int((fields["date"]["latest"] or "0")[:4]),
        fields=fields,
        before=public_words(record),
        record_version=record["version"],
        content_hash=content_hash,
        reason=words.reason,
        proposed_by=by.actor.pseudonym,
        proposed_at=by.clock.now(),
    )
    return corrections.propose(correction, by.granted(_ref(correction)))


def get_correction(*, record_id: str, by: Caller, corrections: Corrections) -> Correction:
    """Raises: NotFound, OutOfScope."""
    correction = corrections.get(record_id)
    by.actor.require_archive(correction.archive_id)
    return correction


def drop_correction(*, record_id: str, by: Caller, corrections: Corrections) -> Correction:
    """Gives up a proposal that is on no list.

    Raises: NotFound, OutOfScope, CorrectionFixed, CorrectionNotWaiting.
    """
    correction = get_correction(record_id=record_id, by=by, corrections=corrections)
    return corrections.drop(record_id, by.granted(_ref(correction)))


def _ref(correction: Correction) -> ObjectRef:
    return ObjectRef("correction", correction.record_id, correction.region_id, correction.archive_id)
