"""申请编号 from blocks taken ahead: a counter inside the business transaction would serialise all of them."""

import re
import threading
from collections.abc import Iterable
from datetime import date

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.common.mongo.database import MongoDatabase
from services.requests.adapters.mongo_requests import COUNTERS

_BLOCK = 20
_NUMBER = re.compile(r"[0-9]+-[0-9]{8}-[0-9]{6,}")


class BlockNumbers:
    """Port `Numbers`: `<region>-<YYYYMMDD>-<six digits or more>`. What is left of a block at the end is lost."""

    def __init__(self, database: MongoDatabase) -> None:
        self._counters = database.db[COUNTERS]
        self._lock = threading.Lock()
        self._blocks: dict[str, tuple[int, int]] = {}
        """Prefix → next number, last of the block; those of past days are dropped."""
        self._day = date.min

    def next(self, region_id: str, day: date) -> str:
        prefix = f"{region_id}-{day:%Y%m%d}"
        with self._lock:
            if day > self._day:
                self._blocks, self._day = {}, day
            number, last = self._blocks.get(prefix) or self._take(prefix)
            if number < last:
                self._blocks[prefix] = (number + 1, last)
            else:
                self._blocks.pop(prefix, None)
        return f"{prefix}-{number:06d}"

    def skip(self, given: Iterable[str]) -> None:
        """With the whole block each was taken from."""
        highest: dict[str, int] = {}
        for number in given:
            if _NUMBER.fullmatch(number):
                prefix, _, place = number.rpartition("-")
                highest[prefix] = max(int(place), highest.get(prefix, 0))
        for prefix, last in highest.items():
            end = -(-last // _BLOCK) * _BLOCK
            self._counters.update_one({"_id": prefix}, {"$max": {"last": end}}, upsert=True)

    def _take(self, prefix: str) -> tuple[int, int]:
        try:
            last = self._advance(prefix)
        except DuplicateKeyError:  # two replicas began the day at once
            last = self._advance(prefix)
        return last - _BLOCK + 1, last

    def _advance(self, prefix: str) -> int:
        counter = self._counters.find_one_and_update(
            {"_id": prefix}, {"$inc": {"last": _BLOCK}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        assert counter is not None  # an upsert always answers
        return int(counter["last"])
