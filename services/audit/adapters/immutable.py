"""Documents that are written once: whoever writes them again must write the same."""

from collections.abc import Sequence

from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from services.audit.domain.errors import LogDiverged
from services.common.mongo.database import Document

_DUPLICATE = 11000


def insert_once(collection: Collection[Document], documents: Sequence[Document], content: str) -> None:
    """Inserts; of what is there already the bytes in field `content` must be the same.

    Raises: LogDiverged.
    """
    if not documents:
        return
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as clash:
        if any(error["code"] != _DUPLICATE for error in clash.details["writeErrors"]):
            raise
        wanted = {document["_id"]: bytes(document[content]) for document in documents}
        rows = collection.find({"_id": {"$in": list(wanted)}}, {content: 1})
        if {row["_id"]: bytes(row[content]) for row in rows} != wanted:
            where = f"{collection.name} {documents[0]['_id']} to {documents[-1]['_id']}"
            raise LogDiverged(f"{where} holds something else") from clash
