"""What every service can tell of itself: its outbox, letters, leases, backups and certificates."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from services.common.domain.clock import Clock
from services.common.kafka.streams import COLLECTION as STREAMS
from services.common.metrics import (
    BACKUP_AT,
    CERTIFICATE_EXPIRES,
    LEASE_EPOCH,
    LEASE_EXPIRES,
    LETTER_OLDEST,
    LETTERS,
    OUTBOX_OLDEST,
    RELAY_LAG,
)
from services.common.mongo.database import MongoDatabase
from services.common.mongo.lease import COLLECTION as LEASES
from services.common.mongo.letters import COLLECTION as LETTERS_KEPT
from services.common.mongo.outbox import COLLECTION as OUTBOX
from services.common.observing import Observation

_BACKUPS = "backups"
_COUNTED = 100_000
"""Beyond that the exact figure tells nobody more, and counting costs."""


def observe_outbox(database: MongoDatabase, clock: Clock) -> Observation:
    """How far the relay is behind, whoever holds its lease; the newest incarnation's head counts."""

    def read() -> None:
        head = database.db[STREAMS].find_one({}, sort=[("incarnation", -1)]) or {"seq": 0, "mark": 0}
        outbox = database.db[OUTBOX]
        unnumbered = outbox.count_documents({"pending": True}, limit=_COUNTED)
        RELAY_LAG.set(head["seq"] - head["mark"] + unnumbered)
        oldest = outbox.find_one({"seq": head["mark"] + 1}, {"created_at": 1}) or outbox.find_one(
            {"pending": True}, {"created_at": 1}, sort=[("_id", 1)]
        )
        age = (clock.now() - oldest["created_at"]).total_seconds() if oldest else 0.0
        OUTBOX_OLDEST.set(max(age, 0.0))

    return Observation("outbox", [RELAY_LAG, OUTBOX_OLDEST], read)


def observe_letters(database: MongoDatabase, clock: Clock, lanes: Sequence[str]) -> Observation:
    """What waits on each lane, and what a peer refused for good."""
    letters = database.db[LETTERS_KEPT]

    def read() -> None:
        counts: dict[tuple[str, ...], float] = {}
        ages: dict[tuple[str, ...], float] = {}
        for lane in lanes:
            waiting = {"lane": lane, "state": "waiting"}
            counts[(lane, "waiting")] = letters.count_documents(waiting, limit=_COUNTED)
            counts[(lane, "parked")] = letters.count_documents({"lane": lane, "state": "parked"}, limit=_COUNTED)
            oldest = next(iter(letters.find(waiting, {"created_at": 1}).sort("created_at", 1).limit(1)), None)
            ages[(lane,)] = max((clock.now() - oldest["created_at"]).total_seconds(), 0.0) if oldest else 0.0
        LETTERS.replace(counts)
        LETTER_OLDEST.replace(ages)

    return Observation("letters", [LETTERS, LETTER_OLDEST], read)


def observe_leases(database: MongoDatabase) -> Observation:
    """Leases that live as long as the service; one of a single job (`import/…`) or of `migrate` is none of them."""

    def read() -> None:
        rows = list(database.db[LEASES].find({"_id": {"$not": {"$regex": "/"}, "$ne": "migrations"}}))
        LEASE_EPOCH.replace({(row["_id"],): int(row["epoch"]) for row in rows})
        LEASE_EXPIRES.replace({(row["_id"],): row["expires_at"].timestamp() for row in rows if "expires_at" in row})

    return Observation("leases", [LEASE_EPOCH, LEASE_EXPIRES], read)


def observe_backups(database: MongoDatabase) -> Observation:
    """The newest successful backup that the database knows of."""

    def read() -> None:
        newest = database.db[_BACKUPS].find_one({}, {"finished_at": 1}, sort=[("finished_at", -1)])
        BACKUP_AT.set(newest["finished_at"].timestamp() if newest else 0.0)

    return Observation("backups", [BACKUP_AT], read)


def observe_certificates(own: Path, authority: Path) -> Observation:
    """What was on disk when the process started, since that is what it serves with until it is started again."""
    found: dict[tuple[str, ...], float] = {("own",): _end_of(own), ("authority",): _end_of(authority)}
    return Observation("certificates", [CERTIFICATE_EXPIRES], lambda: CERTIFICATE_EXPIRES.replace(found))


def _end_of(pem: Path) -> float:
    """The earliest end of the certificates in a file, in seconds since 1970."""
    return min(one.not_valid_after_utc.timestamp() for one in x509.load_pem_x509_certificates(pem.read_bytes()))
