"""Writing a dump of the open catalogue, and reading what is offered (ADR 20)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.catalog.domain.dumps import Dump, DumpGone
from services.common.domain.caller import Caller
from services.common.domain.dump_fields import ENTRY_FIELDS, RETRACTED_FIELDS, csv_header, csv_lines, json_lines
from services.common.domain.errors import InvalidArgument
from services.common.domain.open_dump import CSV, JSON_LINES, RETRACTED, DataFile, Source, manifest

MAX_READ = 1024 * 1024
"""Bytes an answer."""
Rows = Iterator[Sequence[Mapping[str, Any]]]
"""Pages of rows in their JSON form, each bounded."""


class OpenCatalogue(Protocol):
    """Everything published and not retracted, as of one state: publications that ended by then, whole."""

    def entries(self) -> Rows:
        """By archive and reference code. Raises: CatalogueMoved: an entry was retracted since the state."""
        ...

    def retracted(self) -> Rows:
        """Retractions of what was not opened again, by record id."""
        ...


class Writing(Protocol):
    """A file that is being written; packed on the way."""

    def write(self, content: bytes, rows: int) -> None: ...

    def done(self) -> DataFile:
        """Closes it. Nobody sees it before its dump is offered."""
        ...


class Shelf(Protocol):
    """The dumps that are offered."""

    def writing(self, dump_id: str, name: str) -> AbstractContextManager[Writing]:
        """A new file; where the block fails, nothing of it stays."""
        ...

    def offer(self, dump: Dump, *, by: Caller) -> None:
        """All of it at once; the oldest beyond the number kept go. Raises: CatalogueMoved, LeaseLost."""
        ...

    def offered(self) -> Sequence[Dump]:
        """Newest first."""
        ...

    def get(self, dump_id: str) -> Dump | None:
        """One that is offered."""
        ...

    def read(self, dump_id: str, name: str, offset: int, length: int) -> bytes:
        """Bytes of a data file. Raises: DumpGone."""
        ...


@dataclass(frozen=True)
class Publisher:
    """The province as it stands behind a dump. `sign`: Ed25519 with the private half of `public`."""

    source: Source
    public: bytes
    sign: Callable[[bytes], bytes]


def write_dump(
    dump_id: str, *, at: datetime, by: Caller, catalogue: OpenCatalogue, shelf: Shelf, publisher: Publisher
) -> Dump:
    """Writes, signs and offers one; the same state gives the same data files, byte by byte.

    Memory holds a page of entries at a time. Raises: CatalogueMoved, LeaseLost; nothing is offered then.
    """
    with ExitStack() as stack:
        csv, lines, gone = (stack.enter_context(shelf.writing(dump_id, name)) for name in (CSV, JSON_LINES, RETRACTED))
        csv.write(csv_header(ENTRY_FIELDS), 0)
        for page in catalogue.entries():
            csv.write(csv_lines(ENTRY_FIELDS, page), len(page))
            lines.write(json_lines(page), len(page))
        gone.write(csv_header(RETRACTED_FIELDS), 0)
        for page in catalogue.retracted():
            gone.write(csv_lines(RETRACTED_FIELDS, page), len(page))
        files = [csv.done(), lines.done(), gone.done()]
        content = manifest(dump_id, publisher.source, at, {one.name: one for one in files}, publisher.public)
        dump = Dump(dump_id, at, content, publisher.sign(content), files)
        shelf.offer(dump, by=by)
        return dump


def read_dump(dump_id: str, name: str, offset: int, length: int, *, shelf: Shelf) -> bytes:
    """Bytes of a file from `offset`, fewer at its end.

    Raises: DumpGone; InvalidArgument: no such file in it, or not 0 to 1 MiB from 0 on.
    """
    if offset < 0 or not 0 < length <= MAX_READ:
        raise InvalidArgument("offset", f"from 0 on, at most {MAX_READ} bytes")
    dump = shelf.get(dump_id)
    if dump is None:
        raise DumpGone(dump_id)
    small = dump.small(name)
    if small is not None:
        return small[offset : offset + length]
    if name not in {one.name for one in dump.files}:
        raise InvalidArgument("name", "a file of the dump")
    return shelf.read(dump_id, name, offset, length)
