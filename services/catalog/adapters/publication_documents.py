"""What stays in the province of a publication: a chunk's commitments, one document each, and the signed manifest."""

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.domain.publications import PublicationUnfinished
from services.catalog.domain.work_list import State
from services.common.domain.merkle import HASH_SIZE
from services.common.mongo.database import Document
from services.common.mongo.migrations import create_collections

COMMITMENTS = "batch_commitments"
PUBLICATIONS = "publications"


def create_publication_collections(db: Database[Document]) -> None:
    """Collections and indexes; for the migrations only. Idempotent.

    Raises: PublicationUnfinished.
    """
    if COMMITMENTS not in db.list_collection_names():
        begun = {"state": State.PUBLISHING.value, "cursor": {"$gt": 0}}
        if db[BATCHES].find_one(begun, {"_id": 1}) is not None:
            raise PublicationUnfinished("start the former program once more, until no batch is being published")
    create_collections(db, COMMITMENTS, PUBLICATIONS)
    db[COMMITMENTS].create_indexes([IndexModel([("batch_id", ASCENDING), ("start", ASCENDING)], name="order")])


def commitments_document(batch_id: str, start: int, ordinals: Sequence[int], commitments: Sequence[bytes]) -> Document:
    """Of the chunk that begins with line `start`. They outlive the salts: proofs of the other records need them."""
    return {
        "_id": f"{batch_id}/{start:06d}",
        "batch_id": batch_id,
        "start": start,
        "ordinals": list(ordinals),
        "commitments": b"".join(commitments),
    }


def commitments_of(
    db: Database[Document], batch_id: str, session: ClientSession | None = None
) -> tuple[list[int], list[bytes]]:
    """Lines that were opened, by their number on the list, and the commitment of each."""
    ordinals: list[int] = []
    commitments: list[bytes] = []
    for row in db[COMMITMENTS].find({"batch_id": batch_id}, session=session).sort("start", 1):
        ordinals += row["ordinals"]
        joined = bytes(row["commitments"])
        commitments += [joined[at : at + HASH_SIZE] for at in range(0, len(joined), HASH_SIZE)]
    return ordinals, commitments
