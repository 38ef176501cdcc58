"""Brings back what others still have into a restored database: public states of records, letters of the centre."""

from collections.abc import Callable, Set
from datetime import UTC, datetime
from typing import Protocol

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.adapters.comparison import Elsewhere
from services.catalog.adapters.deferral_documents import as_stored, enter, leave
from services.catalog.adapters.desk_documents import CASES, case_document, case_of
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.published_messages import LEVEL_NAMES, PRECISION_NAMES, retraction_message
from services.catalog.adapters.recovered_corrections import bring_back_correction
from services.catalog.adapters.recovered_publications import Published, PublishedTexts, bring_back_publication
from services.catalog.adapters.recovered_texts import bring_back_text
from services.catalog.adapters.retractions import keep_retraction
from services.catalog.domain.differences import Difference, Finding
from services.catalog.domain.record import AccessStatus, content_hash
from services.catalog.domain.work_list import State
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.letters import COLLECTION as LETTERS
from services.common.mongo.transactions import Transactions, Tx
from tongdang.catalog.v1 import record_pb2, text_pb2
from tongdang.fulfilment.v1 import fulfilment_pb2

RESTORED = "restored"
"""`import_id` of a record that came back from the public catalogue; importing its catalogue again completes it."""
_STATUS_NAMES = {
    fulfilment_pb2.STATUS_EXPECT_TO_SUPPLY: "ExpectToSupply",
    fulfilment_pb2.STATUS_WILL_SUPPLY: "ExpectToSupply",
    fulfilment_pb2.STATUS_UNFILLED: "Unfilled",
    fulfilment_pb2.STATUS_CANCELLED: "Cancelled",
    fulfilment_pb2.STATUS_COPY_COMPLETED: "CopyCompleted",
}


class Letters(Elsewhere, Protocol):
    """Also gives the centre's letters again."""

    def letters(self, leg_id: str, after: int) -> list[fulfilment_pb2.SentLetter]:
        """By number, those above `after`."""
        ...


Receive = Callable[[fulfilment_pb2.SentLetter, Caller], None]
"""Applies a letter as if the centre had just sent it."""


class Recovery:
    """Each difference in a transaction of its own, so that a kill leaves the rest for the next run."""

    def __init__(
        self, database: MongoDatabase, transactions: Transactions, elsewhere: Letters, receive: Receive, by: Caller
    ) -> None:
        self._db = database.db
        self._transactions = transactions
        self._elsewhere = elsewhere
        self._receive = receive
        self._by = by

    def repair(self, found: list[Difference]) -> None:
        """Brings back what is repairable; what is not stays as it is. Records first: a case refers to one."""
        published = self._elsewhere.published()
        absent = {one.object_id for one in found if one.finding is Finding.PUBLICATION_ABSENT}
        for difference in found:
            if difference.finding in (Finding.RECORD_ABSENT, Finding.RECORD_BEHIND):
                self._record(difference.object_id, published[difference.object_id], absent)
        texts = self._elsewhere.texts()
        for difference in found:
            if difference.finding is Finding.TEXT_BEHIND:
                self._text(texts[difference.object_id], absent)
        for manifest in self._elsewhere.manifests():
            if manifest.event.subject in absent:
                self._publication(manifest, published, texts)
        cases = {one.object_id for one in found if one.finding in (Finding.CASE_ABSENT, Finding.CASE_BEHIND)}
        for leg in self._elsewhere.legs():
            if leg.leg_id in cases:
                self._case(leg)

    def _publication(
        self, manifest: record_pb2.PublicationManifest, published: Published, texts: PublishedTexts
    ) -> None:
        def work(tx: Tx) -> None:
            if bring_back_publication(tx, manifest, published, texts):
                object_ = ObjectRef("batch", manifest.event.subject)
                tx.record(self._by.granted(object_, action="batch.bring-back"))

        self._transactions.run(work)

    def _record(self, record_id: str, state: record_pb2.RecordPublished, ended: Set[str]) -> None:
        """`ended`: batches whose manifest is public, while this database may be in the middle of them."""

        def work(tx: Tx) -> None:
            known = tx.db[RECORDS].find_one({"_id": record_id}, session=tx.session)
            change = _public_fields(state, known, self._by.clock.now())
            if known is None and not state.HasField("open"):
                return  # a retraction says nothing from which a record could be made
            if known is not None:
                batch_id = state.open.batch_id
                goes_on = state.HasField("open") and batch_id not in ended
                publishing = {"_id": batch_id, "state": State.PUBLISHING.value}
                if goes_on and tx.db[BATCHES].find_one(publishing, {"_id": 1}, session=tx.session) is not None:
                    return  # the batch worker comes to it again, with the same result; a retracted one it skips
                if state.open.corrected_on:
                    change |= bring_back_correction(tx, state.open, known)
                tx.db[RECORDS].update_one({"_id": record_id}, {"$set": change}, session=tx.session)
                if state.HasField("retracted"):
                    self._retracted(tx, {**known, **change}, state)
                else:
                    leave(tx, [record_id])
            else:
                tx.db[RECORDS].insert_one({**_described(state.open), **change}, session=tx.session)
            object_ = ObjectRef("record", record_id)
            tx.record(self._by.granted(object_, action="record.bring-back", facts={"version": change["version"]}))

        self._transactions.run(work)

    def _retracted(self, tx: Tx, record: Document, state: record_pb2.RecordPublished) -> None:
        """A backup of before holds the salt, and does not know whether the retraction was repeated."""
        at = state.event.time.ToDatetime(tzinfo=UTC)
        event = state.event
        message = retraction_message(record, state.retracted, at, event.actor, event.correlation_id)
        keep_retraction(tx, message, at)
        enter(tx, [as_stored(record)])

    def _text(self, state: text_pb2.TextPublished, ended: Set[str]) -> None:
        def work(tx: Tx) -> None:
            if bring_back_text(tx, state, ended):
                facts = {"version": int(state.event.version)}
                object_ = ObjectRef("text", state.event.subject)
                tx.record(self._by.granted(object_, action="text.bring-back", facts=facts))

        self._transactions.run(work)

    def _case(self, leg: fulfilment_pb2.Leg) -> None:
        known = self._db[CASES].find_one({"_id": leg.leg_id}, {"conversation": 1})
        heard = len(known["conversation"]["heard"]) if known else 0
        for letter in self._elsewhere.letters(leg.leg_id, heard):
            self._receive(letter, self._by)
        self._transactions.run(lambda tx: self._resume(tx, leg))

    def _resume(self, tx: Tx, leg: fulfilment_pb2.Leg) -> None:
        """Goes on behind what the centre has heard: those numbers are taken, by letters this database forgot."""
        row = tx.db[CASES].find_one({"_id": leg.leg_id}, session=tx.session)
        if row is None:
            return
        case = case_of(row).resumed(leg.heard, _STATUS_NAMES.get(leg.status, ""), leg.reason)
        tx.db[CASES].replace_one({"_id": leg.leg_id}, case_document(case), session=tx.session)
        told: Document = {"conversation": leg.leg_id, "number": {"$lte": leg.heard}, "state": {"$ne": "delivered"}}
        tx.db[LETTERS].update_many(
            told, {"$set": {"state": "delivered", "delivered_at": self._by.clock.now()}}, session=tx.session
        )
        facts = {"state": case.state.value, "sent": case.conversation.sent}
        tx.record(self._by.granted(ObjectRef("case", leg.leg_id), action="case.bring-back", facts=facts))


def _public_fields(state: record_pb2.RecordPublished, known: Document | None, now: datetime) -> Document:
    """A title other than the record's own was masked when it opened."""
    version = int(state.event.version)
    if state.HasField("open"):
        entry = state.open
        return {
            "access_status": AccessStatus.OPEN.value,
            "version": version,
            "batch_id": entry.batch_id,
            "decision": "open",
            "rule": entry.rule,
            "masked_title": entry.title if known and known["title"] != entry.title else "",
            "opened_on": entry.opened_on,
            "corrected_on": entry.corrected_on or None,
            "reviewed_by_archive_alone": entry.reviewed_by_archive_alone,
            "updated_at": now,
        }
    return {
        "access_status": AccessStatus.DEFERRED.value,
        "version": version,
        "rule": state.retracted.rule,
        "reason": "",
        "opened_on": None,
        "updated_at": now,
    }


def _described(entry: record_pb2.OpenEntry) -> Document:
    """The record as far as its open entry tells; what never was public stays empty."""
    date = entry.date
    stored_date = {
        "raw": date.raw,
        "earliest": date.earliest or None,
        "latest": date.latest or None,
        "precision": PRECISION_NAMES[date.precision],
        "attested": date.attested,
    }
    described: Document = {
        "reference_code": entry.reference_code,
        "reference_code_raw": entry.reference_code,
        "fonds": entry.fonds,
        "level": LEVEL_NAMES[entry.level],
        "title": entry.title,
        "creator": entry.creator,
        "date": stored_date,
        "retention_period": "",
        "security_classification": "",
        "disclosure": "",
        "pages": entry.pages,
        "other": {},
    }
    return {
        "_id": entry.record_id,
        "region_id": entry.region_id,
        "archive_id": entry.archive_id,
        **described,
        "content_hash": content_hash(described),
        "control_rule": "",
        "eligible_on": None,
        "aliases": [],
        "unit_id": "",
        "import_id": RESTORED,
        "reason": "",
        "created_at": datetime.fromisoformat(f"{entry.opened_on}T00:00:00+00:00"),
    }
