"""Importing a catalogue against csv.reader and one bulk insert: `python -m bench.import_csv MONGODB_URI [ROWS]`.

The import screens, reads, hashes, checks against what is held, and writes 500 rows a transaction with progress and
audit event, durably. The peer reads the same bytes and inserts each row as a document, same write concern.
"""

import csv
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.samples.archives import sample_archives
from deploy.samples.generator import csv_file
from services.catalog.adapters.import_wiring import wire_imports
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.application.import_worker import run_import
from services.catalog.application.imports import Upload, upload
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.domain.registry import Region, Registry
from services.common.mongo.database import MongoDatabase
from services.common.mongo.migrations import migrate
from services.common.mongo.transactions import Transactions

CLOCK, IDS = SystemClock(), RandomIds()
ARCHIVE = sample_archives()["a320581"]
REGISTRY = Registry(1, (Region("320000", "江苏省", "Jiangsu", "catalog-320000", "localhost:1", (), (ARCHIVE,)),), {})


class Never:
    """Nobody stops a benchmark."""

    def is_set(self) -> bool:
        return False


def timed(work: Callable[[], object]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_mb() -> int:
    """Highest resident memory of this process so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def main() -> None:
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    text = io.StringIO(newline="")
    csv_file(ARCHIVE, rows, 7, text)
    content = text.getvalue().encode()
    database = MongoDatabase(sys.argv[1], "bench_import_csv")
    database.client.drop_database(database.name)
    migrate(database, MIGRATIONS, "bench")
    imports, queue, _ = wire_imports(database, Transactions(database, IDS, CLOCK), "catalog-320000", CLOCK, IDS)
    actor = Actor("c" * 32, frozenset({Role.CLERK}), "portal", archive_id=ARCHIVE.archive_id)

    def send() -> None:
        by = Caller(actor, Role.CLERK, "import.upload", "", "", CLOCK, IDS)
        sent = Upload(IDS.new(), ARCHIVE.archive_id, "bench.csv", content)
        upload(sent, by=by, imports=imports, registry=REGISTRY, region_id="320000")

    def work() -> None:
        claimed = queue.claim()
        assert claimed is not None
        run_import(claimed, registry=REGISTRY, stopping=Never())
        assert claimed.job.counts.created == rows

    def peer() -> None:
        lines = csv.reader(io.StringIO(content.decode(), newline=""))
        header = next(lines)
        database.db["peer"].insert_many([dict(zip(header, line, strict=True)) for line in lines])

    uploading, importing, alone = timed(send), timed(work), timed(peer)
    whole = uploading + importing
    print(f"rows {rows}, file {len(content) / 1e6:.1f} MB, peak memory {peak_mb()} MB")
    print(f"upload and screen          {rows / uploading:9.0f} rows/s")
    print(f"import                     {rows / importing:9.0f} rows/s")
    print(f"both                       {rows / whole:9.0f} rows/s")
    print(f"csv.reader + one insert    {rows / alone:9.0f} rows/s")
    print(f"both / peer                {alone / whole:9.2f}")
    database.client.drop_database(database.name)
    database.close()


if __name__ == "__main__":
    main()
