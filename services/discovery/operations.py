"""The commands of discovery's operator: those every service has, dead letters, comparing with Kafka, rebuilding."""

import hashlib
import shutil
from collections.abc import Iterator

from services.common.domain.errors import NotFound, Unavailable
from services.common.foundation import Foundation
from services.common.kafka.consumed import Consumed
from services.common.kafka.consumer import TopicConsumer
from services.common.kafka.reading import read_all
from services.common.mongo.migrations import DATA_PLANE, Migration, create_collections
from services.common.operations import Command, Operations, record, tell
from services.discovery.adapters.dead_letters import TOPIC
from services.discovery.adapters.tantivy_index import BUILDING, REBUILT, TantivyIndex
from services.discovery.application.follow import Unreadable
from services.discovery.application.ports import Entry, Text
from services.discovery.entrypoints.records_handler import MAX_BATCH, TEXTS, RecordsHandler, state_of, topics_of
from services.discovery.settings import DiscoverySettings

SETTLED = "dead_letters_settled"
MIGRATIONS = [*DATA_PLANE, Migration(100, "settled dead letters", lambda db: create_collections(db, SETTLED))]
_LONGEST_REBUILD_S = 6 * 3600


def commands() -> dict[str, Command]:
    """By the name they are called."""
    return {
        **Operations(lambda: Foundation(DiscoverySettings()), MIGRATIONS).commands(),
        "dead-letters": dead_letters,
        "dead-letter-discard": discard,
        "reconcile": reconcile,
        "reindex": reindex,
    }


def dead_letters() -> None:
    """Values that could not be read, one a line, without their content; a newer program's `reindex` reads them anew."""
    base, settings = _base()
    record(base, "operator.dead-letters")
    settled = set(base.database.db[SETTLED].distinct("_id"))
    for key, value in read_all(settings.kafka_connection(), TOPIC):
        name = key.decode(errors="replace")
        if name not in settled:
            tell(
                {"principal": "discovery", "id": name, "bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
            )


def discard(letter_id: str) -> None:
    """Shows a dead letter no more; the topic keeps it."""
    base, settings = _base()
    known = {key.decode(errors="replace") for key, _ in read_all(settings.kafka_connection(), TOPIC)}
    if letter_id not in known:
        raise NotFound(f"no dead letter {letter_id}")
    record(base, "operator.dead-letter-discard", {"letter": letter_id[:200]})
    base.database.db[SETTLED].update_one({"_id": letter_id}, {"$set": {"at": base.clock.now()}}, upsert=True)
    tell({"principal": "discovery", "id": letter_id, "state": "discarded"})


def reconcile() -> None:
    """Compares the index with every public state in Kafka; one difference a line, and a last line with their count."""
    base, settings = _base()
    record(base, "operator.reconcile")
    index = TantivyIndex(settings.index.dir)
    found = expected = 0
    for record_id, of_text, there in _public_states(base, settings):
        expected += not of_text
        here = _indexed(index, record_id, of_text)
        if here != there:
            found += 1
            kind = "text-differs" if of_text else "entry-differs"
            tell({"difference": kind, "id": record_id, "here": here, "there": there, "repairable": True})
    surplus = index.entries - expected
    if surplus:
        found += abs(surplus)
        tell({"difference": "entries-surplus", "id": str(surplus), "repairable": True})
    tell({"differences": found, "entries": expected})


def reindex() -> None:
    """Builds the index anew from Kafka beside the one in use; the running service changes over to it at once."""
    base, settings = _base()
    record(base, "operator.reindex")
    building, rebuilt = settings.index.dir / BUILDING, settings.index.dir / REBUILT
    shutil.rmtree(building, ignore_errors=True)
    index = TantivyIndex(building, inside="")
    handler = RecordsHandler(index, lambda unreadable: None)  # they were buried when they were read first
    consumer = TopicConsumer(
        settings.kafka_connection(), _topics(base), index.positions, handler, "rebuild", max_batch=MAX_BATCH
    )
    consumer.start()
    try:
        if not consumer.wait_caught_up(_LONGEST_REBUILD_S):
            raise Unavailable("the topics' ends were not reached")
    finally:
        consumer.stop()
        index.stop()
    shutil.rmtree(rebuilt, ignore_errors=True)
    building.rename(rebuilt)
    tell({"entries": index.entries, "state": "rebuilt"})


def _base() -> tuple[Foundation, DiscoverySettings]:
    settings = DiscoverySettings()
    return Foundation(settings), settings


def _topics(base: Foundation) -> list[str]:
    return topics_of(region.region_id for region in base.registry.regions)


def _public_states(base: Foundation, settings: DiscoverySettings) -> Iterator[tuple[str, bool, str]]:
    """Record id, whether it is the state of its text, and that state; the highest version counts."""
    for topic in _topics(base):
        newest: dict[str, tuple[int, str]] = {}
        for key, value in read_all(settings.kafka_connection(), topic):
            state = state_of(Consumed(topic, 0, 0, key, value, {}, 0))
            if not isinstance(state, Unreadable) and newest.get(state.record_id, (0, ""))[0] <= state.version:
                newest[state.record_id] = (state.version, _told(state))
        yield from ((record_id, topic.endswith(TEXTS), told) for record_id, (_, told) in newest.items())


def _indexed(index: TantivyIndex, record_id: str, of_text: bool) -> str:
    entry = index.get(record_id)
    state = entry.text if entry and of_text else entry
    return _told(state) if state else ""


def _told(state: Entry | Text) -> str:
    if isinstance(state, Text):
        return f"{state.version} {'open' if state.payload else 'withdrawn'}"
    return f"{state.version} {'open' if state.open else 'retracted'}"
