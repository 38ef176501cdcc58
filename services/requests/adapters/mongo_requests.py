"""Requests in MongoDB: one document a request, its leg inside, so that one write moves both."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.common.domain.audit_event import AuditEvent
from services.common.domain.caller import Caller
from services.common.domain.deadlines import Deadline
from services.common.domain.errors import NotFound, RequestIdReused, VersionConflict
from services.common.domain.messages import Letter, OutboxMessage
from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.conversations import conversation_fields, conversation_of
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.letters import COLLECTION as LETTERS
from services.common.mongo.migrations import Migration, create_collections
from services.common.mongo.transactions import Transactions, Tx
from services.requests.application.ports import MutatingRequest, Unit
from services.requests.domain.lifecycle import OPEN_STATES, RequestState
from services.requests.domain.request import RetrievalRequest, StateChange, WantedRecord

COLLECTION = "requests"
COUNTERS = "request_numbers"


def _create(db: Database[Document]) -> None:
    create_collections(db, COLLECTION, COUNTERS)
    db[COLLECTION].create_indexes(
        [
            IndexModel([("number", ASCENDING)], unique=True),
            IndexModel([("leg_id", ASCENDING)], unique=True),
            IndexModel([("pseudonym", ASCENDING), ("submitted_at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("overdue", ASCENDING), ("state", ASCENDING), ("deadline.due_on", ASCENDING)]),
        ]
    )


def _legs_of_region(db: Database[Document]) -> None:
    db[COLLECTION].create_index([("record.region_id", ASCENDING), ("leg_id", ASCENDING)])


MIGRATIONS: tuple[Migration, ...] = (
    Migration(101, "requests and their numbers", _create),
    Migration(102, "legs of a region", _legs_of_region),
)


class MongoRequests:
    """Port `Requests`."""

    def __init__(self, database: MongoDatabase, transactions: Transactions) -> None:
        self._requests = database.db[COLLECTION]
        self._transactions = transactions

    def run(self, work: Callable[[Unit], bytes]) -> bytes:
        return self._transactions.run(lambda tx: work(MongoUnit(tx)))

    def answered(self, by: Caller, message: MutatingRequest) -> bytes | None:
        return self._transactions.answered(idempotency_key(by, message))

    def run_once(
        self, by: Caller, message: MutatingRequest, work: Callable[[Unit], bytes], known: bytes | None = None
    ) -> bytes:
        return self._transactions.run_once(idempotency_key(by, message), lambda tx: work(MongoUnit(tx)), known)

    def own(self, request_id: str, pseudonym: str) -> RetrievalRequest:
        return _found(self._requests.find_one({"_id": request_id, "pseudonym": pseudonym}))

    def list_own(self, pseudonym: str, size: int, token: str) -> Page[RetrievalRequest]:
        filter_ = {"pseudonym": pseudonym}
        last = decode_token(filter_, token)
        query: Document = dict(filter_)
        if last is not None:
            at = self._requests.find_one({"_id": last[0], **filter_}, {"submitted_at": 1})
            if at is None:
                raise NotFound("page")
            moment = at["submitted_at"]
            query["$or"] = [{"submitted_at": {"$lt": moment}}, {"submitted_at": moment, "_id": {"$lt": last[0]}}]
        limit = page_size(size)
        rows = list(self._requests.find(query).sort([("submitted_at", -1), ("_id", -1)]).limit(limit + 1))
        more = encode_token(filter_, [rows[limit - 1]["_id"]]) if len(rows) > limit else ""
        return Page([request_of(row) for row in rows[:limit]], more)

    def running_out(self, today: date) -> Iterator[str]:
        late = {
            "overdue": False,
            "state": {"$in": [state.value for state in OPEN_STATES]},
            "deadline.due_on": {"$lt": today.isoformat()},
        }
        for row in self._requests.find(late, {"_id": 1}):
            yield row["_id"]


class MongoUnit:
    """Port `Unit`, over one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._requests = tx.db[COLLECTION]

    def of_leg(self, leg_id: str) -> RetrievalRequest:
        return self._one({"leg_id": leg_id})

    def own(self, request_id: str, pseudonym: str) -> RetrievalRequest:
        return self._one({"_id": request_id, "pseudonym": pseudonym})

    def get(self, request_id: str) -> RetrievalRequest:
        return self._one({"_id": request_id})

    def add(self, request: RetrievalRequest) -> None:
        try:
            self._requests.insert_one(request_document(request), session=self._tx.session)
        except DuplicateKeyError as clash:
            raise RequestIdReused("another request has this id") from clash

    def save(self, request: RetrievalRequest) -> None:
        done = self._requests.replace_one(
            {"_id": request.request_id}, request_document(request), session=self._tx.session
        )
        if done.matched_count != 1:
            raise VersionConflict(request.request_id)

    def emit(self, *messages: OutboxMessage) -> None:
        self._tx.emit(*messages)

    def record(self, event: AuditEvent) -> None:
        self._tx.record(event)

    def post(self, letter: Letter) -> None:
        self._tx.post(letter)

    def arrived(self, leg_id: str, number: int, at: datetime) -> None:
        under_way: Document = {"conversation": leg_id, "number": {"$lte": number}, "state": {"$ne": "delivered"}}
        change = {"$set": {"state": "delivered", "delivered_at": at}}
        self._tx.db[LETTERS].update_many(under_way, change, session=self._tx.session)

    def _one(self, filter_: Document) -> RetrievalRequest:
        return _found(self._requests.find_one(filter_, session=self._tx.session))


def request_document(request: RetrievalRequest) -> Document:
    """As stored; no personal field but the pseudonym."""
    record = request.record
    return {
        "_id": request.request_id,
        "number": request.number,
        "pseudonym": request.pseudonym,
        "region_id": request.region_id,
        "record": {
            "record_id": record.record_id,
            "region_id": record.region_id,
            "archive_id": record.archive_id,
            "reference_code": record.reference_code,
            "title": record.title,
        },
        "leg_id": request.leg_id,
        "state": request.state.value,
        "iso_status": request.iso_status,
        "reason": request.reason,
        "deadline": request.deadline.fields(),
        "overdue": request.overdue,
        "cancel_asked": request.cancel_asked,
        "submitted_at": request.submitted_at,
        "history": [
            {"state": one.state.value, "at": one.at, "reason": one.reason, "by": one.by} for one in request.history
        ],
        "conversation": conversation_fields(request.conversation),
        "version": request.version,
    }


def request_of(row: Document) -> RetrievalRequest:
    """Back from storage."""
    return RetrievalRequest(
        request_id=row["_id"],
        number=row["number"],
        pseudonym=row["pseudonym"],
        region_id=row["region_id"],
        record=WantedRecord(**row["record"]),
        leg_id=row["leg_id"],
        state=RequestState(row["state"]),
        iso_status=row["iso_status"],
        reason=row["reason"],
        deadline=Deadline.from_fields(row["deadline"]),
        overdue=row["overdue"],
        cancel_asked=row["cancel_asked"],
        submitted_at=row["submitted_at"],
        history=tuple(
            StateChange(RequestState(one["state"]), one["at"], one["reason"], one["by"]) for one in row["history"]
        ),
        conversation=conversation_of(row["conversation"]),
        version=row["version"],
    )


def _found(row: Document | None) -> RetrievalRequest:
    if row is None:
        raise NotFound("request")
    return request_of(row)
