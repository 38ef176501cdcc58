"""`publication_rhythms`: when an archive publishes, one document an archive whose director said so."""

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.catalog.domain.issues import Rhythm
from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import VersionConflict
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import create_collections
from services.common.mongo.transactions import Transactions, Tx, clash_of_keys

RHYTHMS = "publication_rhythms"


def create_rhythms(db: Database[Document]) -> None:
    """For the migrations only; the key is all the index it needs. Idempotent."""
    create_collections(db, RHYTHMS)


class MongoRhythms:
    """`usual`: where no director set another (configuration)."""

    def __init__(self, database: MongoDatabase, transactions: Transactions, usual: Rhythm) -> None:
        self._rhythms = database.db[RHYTHMS]
        self._transactions = transactions
        self._usual = usual

    def get(self, archive_id: str) -> Rhythm:
        stored = self._rhythms.find_one({"_id": archive_id}, {"_id": 0})
        return Rhythm(**stored) if stored else self._usual

    def put(self, archive_id: str, rhythm: Rhythm, event: AuditEvent) -> None:
        def work(tx: Tx) -> None:
            former = {"_id": archive_id, "version": rhythm.version - 1}
            document = {"_id": archive_id, **vars(rhythm)}
            if rhythm.version == 1:
                tx.db[RHYTHMS].insert_one(document, session=tx.session)
            elif tx.db[RHYTHMS].replace_one(former, document, session=tx.session).matched_count != 1:
                raise VersionConflict(archive_id)
            tx.record(event)

        try:
            self._transactions.run(work)
        except DuplicateKeyError as clash:
            if clash_of_keys(clash):
                raise  # the request's own key: it came twice at once
            raise VersionConflict(archive_id) from clash
