"""`Records` of the review on MongoDB; reads come through the mongoengine schema, so that a strange document is seen."""

import re
from datetime import date

from services.catalog.adapters.correction_store import drop_with_record
from services.catalog.adapters.deferral_documents import deferral, enter
from services.catalog.adapters.documents import RECORDS, record_from_raw
from services.catalog.adapters.gathering import to_gather
from services.catalog.adapters.published_messages import retraction_message, retraction_of
from services.catalog.adapters.retractions import keep_retraction
from services.catalog.adapters.subjects import SOURCES
from services.catalog.adapters.text_store import leave_with_record
from services.catalog.application.review_ports import RecordFields
from services.catalog.domain.batch_errors import NotPublished
from services.catalog.domain.batches import Batch
from services.catalog.domain.record import AccessStatus
from services.catalog.domain.rules.terms import re_evaluate_on
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import NotFound
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.transactions import Transactions, Tx


class MongoRecords:
    """One province's records. `years`: after which a deferral comes up again (rule D5)."""

    def __init__(self, database: MongoDatabase, transactions: Transactions, years: int) -> None:
        self._db = database.db
        self._records = self._db[RECORDS]
        self._transactions = transactions
        self._years = years

    def get(self, record_id: str) -> RecordFields:
        record = self._records.find_one({"_id": record_id})
        if record is None:
            raise NotFound("record")
        record_from_raw(record).validate()
        return record

    def list(
        self, archive_id: str, unit_id: str | None, status: str, prefix: str, *, size: int, token: str
    ) -> Page[RecordFields]:
        bound: Document = {"archive_id": archive_id, "unit_id": unit_id, "status": status, "prefix": prefix}
        found: Document = {"archive_id": archive_id}
        if unit_id is not None:
            found["unit_id"] = unit_id
        if status:
            found["access_status"] = status
        code: Document = {}
        if prefix:
            code["$regex"] = f"^{re.escape(prefix)}"
        after = decode_token(bound, token)
        if after is not None:
            code["$gt"] = after[0]
        if code:
            found["reference_code"] = code
        limit = page_size(size)
        rows = list(self._records.find(found).sort("reference_code", 1).limit(limit + 1))
        more = len(rows) > limit
        return Page(rows[:limit], encode_token(bound, [rows[limit - 1]["reference_code"]]) if more else "")

    def any_to_gather(self, batch: Batch) -> bool:
        source = self._db[SOURCES[batch.matter]]
        return any(source.find_one(found, {"_id": 1}) is not None for found in to_gather(batch))

    def retract(self, record_id: str, *, rule: str, reason: str, on: date, event: AuditEvent) -> RecordFields:
        def work(tx: Tx) -> RecordFields:
            found = {"_id": record_id, "access_status": AccessStatus.OPEN.value}
            record = tx.db[RECORDS].find_one(found, session=tx.session)
            if record is None:
                raise NotPublished(record_id)
            change = {
                "access_status": AccessStatus.DEFERRED.value,
                "version": record["version"] + 1,
                "rule": rule,
                "reason": reason,
                "opened_on": None,
                "reevaluate_on": re_evaluate_on(on, self._years).isoformat(),
                "updated_at": event.time,
            }
            tx.db[RECORDS].update_one({"_id": record_id}, {"$set": change}, session=tx.session)
            after = {**record, **change}
            retraction = retraction_of(after, on)
            message = retraction_message(after, retraction, event.time, event.actor.pseudonym, event.correlation_id)
            keep_retraction(tx, message, event.time)
            enter(tx, [deferral(record, ground=rule, reason=reason, on=on, years=self._years, batch_id="")])
            tx.emit(message)
            leave_with_record(tx, record_id, rule=rule, reason=reason, event=event)
            drop_with_record(tx, record_id)
            tx.record(event)
            return after

        return self._transactions.run(work)
