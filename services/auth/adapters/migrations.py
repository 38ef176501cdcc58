"""Collections of auth."""

from pymongo.database import Database

from services.auth.adapters import directory, signing_keys
from services.common.mongo.database import Document
from services.common.mongo.migrations import DATA_PLANE, Migration


def _collections(db: Database[Document]) -> None:
    present = set(db.list_collection_names())
    for name in (signing_keys.COLLECTION, directory.COLLECTION):
        if name not in present:
            db.create_collection(name)


MIGRATIONS = [*DATA_PLANE, Migration(100, "signing keys, officers", _collections)]
