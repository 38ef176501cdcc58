"""When a dump of the open catalogue is due, and what one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from services.common.domain.clock import LEGAL_ZONE
from services.common.domain.errors import Kind, TongdangError
from services.common.domain.open_dump import MANIFEST, SIGNATURE, DataFile


class DumpGone(TongdangError):
    """No longer offered: a newer one took its place, or an entry in it was retracted."""

    code = "DUMP_GONE"
    kind = Kind.NOT_FOUND


class CatalogueMoved(TongdangError):
    """An entry was retracted while the dump was written; it is begun again and nothing of it is offered."""

    code = "CATALOGUE_MOVED"
    kind = Kind.CONFLICT


@dataclass(frozen=True)
class Dump:
    """What is offered. `manifest`: the bytes that `signature` is of. `files`: those with data."""

    dump_id: str
    made_at: datetime
    manifest: bytes
    signature: bytes
    files: Sequence[DataFile]

    def small(self, name: str) -> bytes | None:
        """Manifest or signature; None for a data file."""
        return {MANIFEST: self.manifest, SIGNATURE: self.signature}.get(name)


def is_due(now: datetime, newest: datetime | None, at: time, wanted: datetime | None) -> bool:
    """Whether one is to be written: none is offered, its daily time has passed since, or somebody wanted one since.

    `newest`: when the newest was made. `at`: time of day where the law counts days.
    """
    return newest is None or newest < last_time(now, at) or (wanted is not None and newest < wanted)


def last_time(now: datetime, at: time) -> datetime:
    """The newest moment, not after `now`, at which it was `at` in Asia/Shanghai."""
    local = now.astimezone(LEGAL_ZONE)
    today = local.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0)
    return today if today <= local else today - timedelta(days=1)
