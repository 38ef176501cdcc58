"""Bytes an item, measured on a running local stack with its samples and kept in `sizes.toml`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from deploy.files import write_public
from deploy.local import kafka, mongo
from deploy.local.layout import Layout
from services.common.kafka.reading import read_all
from services.common.kafka.topics import audit_topic

FILE = Path(__file__).with_name("sizes.toml")
Sizes = Mapping[str, int]


def read() -> Sizes:
    """As they were measured last."""
    return {name: int(value) for name, value in tomllib.loads(FILE.read_text(encoding="utf-8"))["bytes"].items()}


def measure(layout: Layout) -> None:
    """Asks the first province's database and topics, and the log's database.

    The log without indexes: of so few events they are empty pages; headroom has to cover them.

    Raises: pymongo's and kafka's errors: the stack does not run; ZeroDivisionError: it holds no samples.
    """
    principal, region = layout.catalogs[0], layout.regions[0]
    records, data, indexes = _in_mongo(layout, principal, "records")
    leaves, log, _ = _in_mongo(layout, "audit", "entries")
    sizes = {
        "record_in_mongo": (data + indexes) // records,
        "record_in_kafka": _in_kafka(layout, f"catalog.{region}.records.v1"),
        "event_in_kafka": _in_kafka(layout, audit_topic(principal)),
        "event_in_log": log // leaves,
    }
    counted = f"{records:,} records and {leaves:,} events of a local stack"
    head = f"# Written by `python -m deploy.capacity measure`: {counted}.\n"
    write_public(FILE, head + tomli_w.dumps({"bytes": sizes}))


def _in_mongo(layout: Layout, service: str, collection: str) -> tuple[int, int, int]:
    """Documents of one collection, and bytes of its whole database: data before compression, and indexes."""
    with mongo.admin_client(layout) as client:
        database = client[mongo.database_of(service)]
        stats = database.command("dbStats")
        return database[collection].estimated_document_count(), int(stats["dataSize"]), int(stats["indexSize"])


def _in_kafka(layout: Layout, topic: str) -> int:
    """Bytes of its segments over the messages in them."""
    segments = (layout.data / "kafka").glob(f"{topic}-*/*.log")
    size = sum(file.stat().st_size for file in segments)
    return size // sum(1 for _ in read_all(kafka.connection(layout, "operator"), topic))
