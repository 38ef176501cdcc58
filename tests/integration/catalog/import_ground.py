"""What the tests of the import stand on: a province's database, a clerk, and a worker that can be killed."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.samples.archives import sample_archives
from deploy.samples.generator import HEADER, catalogue
from services.catalog.adapters.import_wiring import wire_imports
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.application.imports import RejectedCell, Upload, list_rejected, upload
from services.catalog.domain.import_job import ImportJob
from services.catalog.entrypoints.import_worker import ImportWorker
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.domain.registry import Region, Registry
from services.common.mongo import transactions as transactions_module
from services.common.mongo.database import MongoDatabase
from services.common.mongo.transactions import Transactions
from tests.integration.dataplane.ground import until

CLOCK, IDS = SystemClock(), RandomIds()
ARCHIVE = sample_archives()["a320581"]
REGION = Region("320000", "江苏省", "Jiangsu", "catalog-320000", "localhost:1", (), (ARCHIVE,))
REGISTRY = Registry(1, (REGION,), {})


def catalogue_file(
    rows: int, *, seed: int = 1, bad: int = 0, changes: dict[int, dict[str, str]] | None = None
) -> bytes:
    """A generated file; its last `bad` rows have an unreadable date; `changes` by row from 0."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for number, cells in enumerate(catalogue(ARCHIVE, rows, 1)):
        row = dict(zip(HEADER, cells, strict=True)) | (changes or {}).get(number, {})
        if number >= rows - bad:
            row["日期"] = "昨天"
        writer.writerow(row.values())
    return out.getvalue().encode()


@dataclass
class Ground:
    """One province's catalogue."""

    database: MongoDatabase

    def __post_init__(self) -> None:
        transactions = Transactions(self.database, IDS, CLOCK)
        self.imports, self.queue, self.queued = wire_imports(self.database, transactions, REGION.principal, CLOCK, IDS)

    @property
    def db(self) -> Any:
        return self.database.db

    def clerk(self, archive_id: str = ARCHIVE.archive_id) -> Caller:
        actor = Actor("c" * 32, frozenset({Role.CLERK}), "portal", region_id="320000", archive_id=archive_id)
        return Caller(actor, Role.CLERK, "import.upload", "", "", CLOCK, IDS)

    def upload(self, content: bytes, *, request_id: str = "", by: Caller | None = None) -> tuple[ImportJob, bool]:
        sent = Upload(request_id or IDS.new(), ARCHIVE.archive_id, "目录.csv", content)
        return upload(sent, by=by or self.clerk(), imports=self.imports, registry=REGISTRY, region_id=REGION.region_id)

    def work(self) -> None:
        """Carries out all that waits, as a service would."""
        worker = ImportWorker(self.queue.claim, REGISTRY, self.queued)
        worker.start()
        waiting = {"state": {"$in": ["queued", "running"]}}
        until(lambda: not self.db["imports"].count_documents(waiting), 60)
        worker.stop()

    def imported(self, content: bytes) -> ImportJob:
        job, _ = self.upload(content)
        self.work()
        return self.imports.job(job.import_id)

    def report(self, job: ImportJob) -> list[RejectedCell]:
        """The whole report, page by page."""
        cells: list[RejectedCell] = []
        token = ""
        while True:
            page = list_rejected(job.import_id, 100, token, by=self.clerk(), imports=self.imports)
            cells += page.items
            if not (token := page.next_token):
                return cells

    def leaves(self, action: str) -> list[dict[str, Any]]:
        """Audit events of an action, as they wait in the outbox."""
        leaves = [json.loads(leaf) for row in self.db["outbox"].find() for leaf in row["leaves"]]
        return [leaf for leaf in leaves if leaf["activity_name"] == action]

    def killed_worker(self, *, before_commit: int = 0, after_commit: int = 0) -> None:
        """A worker process that kills itself around its n-th commit; returns when it is dead."""
        where = json.dumps([self.database.uri, self.database.name, before_commit, after_commit])
        root = Path(__file__).parents[3]
        environment = {**os.environ, "GROUND": where, "PYTHONPATH": os.pathsep.join([str(root), str(root / "gen")])}
        command = [sys.executable, "-m", "tests.integration.catalog.import_ground"]
        dead = subprocess.run(command, env=environment, cwd=root, timeout=120, check=False)
        assert dead.returncode == -signal.SIGKILL


def make_ground(engines: Any) -> Ground:
    """A province that nothing else uses."""
    database = engines.databases.migrated("imports", MIGRATIONS)
    return Ground(database)


def _die_around_commit(before: int, after: int) -> None:
    original = transactions_module._commit
    commits = 0

    def trapped(session: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == before:
            os.kill(os.getpid(), signal.SIGKILL)
        original(session)
        if commits == after:
            os.kill(os.getpid(), signal.SIGKILL)

    transactions_module._commit = trapped


if __name__ == "__main__":
    uri, name, before_commit, after_commit = json.loads(os.environ["GROUND"])
    _die_around_commit(before_commit, after_commit)
    Ground(MongoDatabase(uri, name)).work()
