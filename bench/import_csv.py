"""Importing a catalogue against csv.reader and one bulk insert.

The import screens, reads, hashes, checks against what is held, and writes 500 rows a transaction with progress and
audit event, durably. The peer reads the same bytes and inserts each row as a document, same write concern.
A catalogue of more than 250,000 rows comes in several files, as an upload has at most 64 MiB.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bench.figures import Bound, Figure, alternating, figure
from bench.setting import CLOCK, IDS, Setting, seconds
from deploy.samples.archives import sample_archives
from deploy.samples.generator import csv_file
from services.catalog.adapters.import_wiring import wire_imports
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.application.import_worker import run_import
from services.catalog.application.imports import Upload, upload
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.registry import Region, Registry
from services.common.mongo.transactions import Transactions

ARCHIVE = sample_archives()["a320581"]
ROWS_A_FILE = 250_000
FLOOR, AIM = Bound(least_ratio=0.4), Bound(least_ratio=0.6)
REGISTRY = Registry(1, (Region("320000", "江苏省", "Jiangsu", "catalog-320000", "localhost:1", (), (ARCHIVE,)),), {})


class Never:
    """Nobody stops a benchmark."""

    def is_set(self) -> bool:
        return False


def measure(setting: Setting) -> Iterator[Figure]:
    """Rows a second from the upload's first byte to the last row durable, at each size."""
    for rows in setting.sizes:
        files = _files(rows)
        grown: list[int] = []
        mine, theirs = alternating(
            lambda: rows / _imported(setting, files, rows, grown),  # noqa: B023 - called at once
            lambda: rows / _bulk(setting, files),  # noqa: B023
            setting.rounds,
            setting.budget_s,
        )
        note = f"{sum(map(len, files)) / 1e6:.1f} MB in {len(files)} files, {max(grown)} MB of memory"
        yield figure(f"{rows:,} rows", "rows/s", rows, mine, theirs, floor=FLOOR, aim=AIM, note=note)


def _files(rows: int) -> list[bytes]:
    """One catalogue, each file under the same header."""
    text = io.StringIO(newline="")
    csv_file(ARCHIVE, rows, 7, text)
    text.seek(0)
    lines = csv.reader(text)
    header = next(lines)
    files = []
    while part := list(islice(lines, ROWS_A_FILE)):
        out = io.StringIO(newline="")
        csv.writer(out).writerows([header, *part])
        files.append(out.getvalue().encode())
    return files


def _imported(setting: Setting, files: Sequence[bytes], rows: int, grown: list[int]) -> float:
    """Seconds of upload, screen and import into an empty database; notes by how many MB memory grew at most."""
    with setting.mongo(MIGRATIONS) as database:
        imports, queue, _ = wire_imports(database, Transactions(database, IDS, CLOCK), "catalog-320000", CLOCK, IDS)
        actor = Actor("c" * 32, frozenset({Role.CLERK}), "portal", archive_id=ARCHIVE.archive_id)

        def one(content: bytes) -> int:
            by = Caller(actor, Role.CLERK, "import.upload", "", "", CLOCK, IDS)
            sent = Upload(IDS.new(), ARCHIVE.archive_id, "bench.csv", content)
            upload(sent, by=by, imports=imports, registry=REGISTRY, region_id="320000")
            claimed = queue.claim()
            assert claimed is not None
            run_import(claimed, registry=REGISTRY, stopping=Never())
            claimed.release()
            return claimed.job.counts.created

        def work() -> None:
            assert sum(map(one, files)) == rows

        Path("/proc/self/clear_refs").write_text("5")  # the peak is taken anew from here on, proc(5)
        before = _memory_mb("VmRSS")
        took = seconds(work)
        grown.append(_memory_mb("VmHWM") - before)
        return took


def _bulk(setting: Setting, files: Sequence[bytes]) -> float:
    with setting.mongo([]) as database:

        def one(content: bytes) -> None:
            lines = csv.reader(io.StringIO(content.decode(), newline=""))
            header = next(lines)
            database.db["peer"].insert_many([dict(zip(header, line, strict=True)) for line in lines])

        def work() -> None:
            for content in files:
                one(content)

        return seconds(work)


def _memory_mb(which: str) -> int:
    """Of this process: `VmRSS` now, `VmHWM` at its highest."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith(which)).split()[1]) // 1024
