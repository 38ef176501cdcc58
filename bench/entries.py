"""Published entries as they lie in catalog.<region>.records.v1: repeatable, and cheap enough to make by the million."""

import uuid
from collections.abc import Iterable, Iterator

from google.protobuf import timestamp_pb2
from kafka import KafkaProducer

from bench.setting import Setting
from deploy.samples.archives import sample_archives
from deploy.samples.generator import catalogue
from services.catalog.domain.csv_cells import read_date
from services.common.domain.ids import record_id
from tongdang.catalog.v1 import record_pb2
from tongdang.common.v1 import common_pb2, event_pb2

REGION = "320000"
ARCHIVE = sample_archives()["a320581"]
PARTITIONS = 6
_NAMESPACE = uuid.UUID("0e9a3c2e-6f65-5d7e-8b52-7a51f2a4a002")
_IN_FLIGHT = 20_000
_DECIDED, _A_SECOND = 1_767_600_000, 5_000
"""Unix seconds of the first entry's opening, and how many a second are opened."""
Message = tuple[bytes, bytes]
"""Key and value."""


def entries(count: int, seed: int = 7) -> Iterator[Message]:
    """Open entries of generated titles, every one another record."""
    batch_id = str(uuid.uuid5(_NAMESPACE, "batch"))
    for number, row in enumerate(catalogue(ARCHIVE, count, seed)):
        code, title, creator, date = row[0], row[1], row[2], read_date(row[3]).fields
        identity = record_id(ARCHIVE.archive_id, f"{code}/{number}")
        entry = record_pb2.OpenEntry(
            record_id=identity,
            region_id=REGION,
            archive_id=ARCHIVE.archive_id,
            reference_code=code,
            fonds=code.partition("-")[0],
            level=record_pb2.LEVEL_ITEM,
            title=title,
            creator=creator,
            date=common_pb2.RecordDate(
                raw=str(date["raw"]),
                earliest=str(date["earliest"] or ""),
                latest=str(date["latest"] or ""),
                precision=common_pb2.DATE_PRECISION_DAY,
            ),
            pages=int(row[8]),
            rule="O1",
            batch_id=batch_id,
            opened_on="2026-01-05",
            sample=True,
        )
        event = event_pb2.Event(
            time=timestamp_pb2.Timestamp(seconds=_DECIDED + number // _A_SECOND),
            id=f"{identity}/2",
            type="tongdang.catalog.record-opened.v1",
            region_id=REGION,
            subject=identity,
            version=2,
            actor="3" * 32,
            correlation_id=batch_id,
        )
        yield identity.encode(), record_pb2.RecordPublished(event=event, open=entry).SerializeToString()


def fill(setting: Setting, messages: Iterable[Message]) -> str:
    """A fresh topic of a province with these messages; its name."""
    topic = f"catalog.{REGION}.bench-{uuid.uuid4()}"
    setting.create_topics(topic, partitions=PARTITIONS)
    producer = KafkaProducer(**setting.kafka().options(), linger_ms=50, batch_size=512 * 1024)
    for number, (key, value) in enumerate(messages, 1):
        producer.send(topic, key=key, value=value)
        if number % _IN_FLIGHT == 0:
            producer.flush()
    producer.flush()
    producer.close()
    return topic
