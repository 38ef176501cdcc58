"""A page of documents whose ids grow with time (UUIDv7): the newest come first."""

from collections.abc import Callable
from typing import TypeVar

from pymongo.collection import Collection

from services.common.domain.paging import Page, decode_token, encode_token, page_size
from services.common.mongo.database import Document

T = TypeVar("T")


def newest_first(
    collection: Collection[Document],
    found: Document,
    read: Callable[[Document], T],
    *,
    bound: Document,
    size: int,
    token: str,
) -> Page[T]:
    """What `found` finds, each by `read`. `bound`: the caller's filter, which the token holds to.

    Raises: InvalidArgument, InvalidPageToken.
    """
    after = decode_token(bound, token)
    limit = page_size(size)
    older = found if after is None else {**found, "_id": {"$lt": after[0]}}
    rows = list(collection.find(older).sort("_id", -1).limit(limit + 1))
    shown = rows[:limit]
    return Page([read(row) for row in shown], encode_token(bound, [shown[-1]["_id"]]) if len(rows) > limit else "")
