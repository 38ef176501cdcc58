"""A dump as a province writes it, in a folder, whose every part a test may change."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.verifier.registry import KnownRegion
from services.catalog.adapters.dump_files import PackedFile
from services.catalog.application.dumps import Publisher, Rows, write_dump
from services.catalog.domain.dumps import Dump, DumpGone
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.domain.open_dump import MANIFEST, SIGNATURE, Source
from tests.builders.publications import ARCHIVE, REGION, entry, public_key

MADE_AT = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
CONDITIONS = {"zh": "请注明来源。", "en": "Name the source."}
BY = Caller(Actor.service("catalog-320000"), Role.SERVICE, "dump.offer", "", "", SystemClock(), RandomIds())


def retraction(number: int = 99) -> dict[str, Any]:
    """What stands in an entry's place."""
    kept = {name: value for name, value in entry(number).items() if name in ("record_id", "region_id", "archive_id")}
    return {**kept, "reason": "rights-of-others", "rule": "D2", "retracted_on": "2026-11-20"}


@dataclass
class ListedCatalogue:
    """`OpenCatalogue` of these entries, a few a page."""

    listed: Sequence[Mapping[str, Any]]
    gone: Sequence[Mapping[str, Any]] = ()

    def entries(self) -> Rows:
        for at in range(0, len(self.listed), 3):
            yield self.listed[at : at + 3]

    def retracted(self) -> Rows:
        if self.gone:
            yield self.gone


@dataclass
class FolderShelf:
    """`Shelf` that keeps the newest dump in a folder."""

    folder: Path
    dumps: list[Dump] = field(default_factory=list)

    @contextmanager
    def writing(self, dump_id: str, name: str) -> Iterator[PackedFile]:
        path = self.folder / name
        out = path.open("wb")
        try:
            yield PackedFile(name, out)
        except BaseException:
            path.unlink()
            raise
        finally:
            out.close()

    def offer(self, dump: Dump, *, by: Caller) -> None:
        (self.folder / MANIFEST).write_bytes(dump.manifest)
        (self.folder / SIGNATURE).write_bytes(dump.signature)
        self.dumps = [dump]

    def offered(self) -> Sequence[Dump]:
        return self.dumps

    def get(self, dump_id: str) -> Dump | None:
        return next((one for one in self.dumps if one.dump_id == dump_id), None)

    def read(self, dump_id: str, name: str, offset: int, length: int) -> bytes:
        if self.get(dump_id) is None:
            raise DumpGone(dump_id)
        return (self.folder / name).read_bytes()[offset : offset + length]


@dataclass
class Dumped:
    """A province that writes its dump into a folder."""

    folder: Path
    entries: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [entry(number) for number in range(7)])
    gone: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [retraction()])
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.shelf = FolderShelf(self.folder)
        source = Source(REGION, "江苏省开放档案目录", "Open archives of Jiangsu", CONDITIONS)
        publisher = Publisher(source, self.key.public_key().public_bytes_raw(), self.key.sign)
        catalogue = ListedCatalogue(self.entries, self.gone)
        self.dump = write_dump(
            "0192f0c4-0000-7000-8000-00000000000d",
            at=MADE_AT,
            by=BY,
            catalogue=catalogue,
            shelf=self.shelf,
            publisher=publisher,
        )

    def registry(self, **fields: Any) -> dict[str, KnownRegion]:
        """Where this province stands."""
        return {REGION: KnownRegion("江苏省", (public_key(self.key, **fields),), {ARCHIVE: "常熟市档案馆"})}

    def unpacked(self, name: str) -> bytes:
        return gzip.decompress((self.folder / name).read_bytes())

    def resigned(self, manifest: bytes) -> None:
        """The province puts its name to another manifest."""
        (self.folder / MANIFEST).write_bytes(manifest)
        (self.folder / SIGNATURE).write_bytes(self.key.sign(manifest))
