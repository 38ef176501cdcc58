"""What the union index holds of a record, and how much its one writer may take."""

import json
import uuid

import tantivy

from services.discovery.application.ports import Entry, Positions
from services.discovery.domain.changes import place
from services.discovery.domain.text import index_title, index_words

FORMAT = "4"
"""Raised whenever schema or tokens change; another format on disk means a rebuild from Kafka."""
POSITIONS_KEY = b"#positions"
"""Not of sixteen bytes, so it is no record's."""
HEAP_BYTES, THREADS = 64_000_000, 1


def schema() -> tantivy.Schema:
    """The fields of the index."""
    builder = tantivy.SchemaBuilder()
    builder.add_bytes_field("key", stored=True, indexed=True)
    builder.add_text_field("state", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("region", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("archive", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("reading", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("first_year", indexed=True, fast=True)
    builder.add_integer_field("last_year", indexed=True, fast=True)
    builder.add_unsigned_field("changed", fast=True)
    builder.add_unsigned_field("version", stored=True)
    builder.add_bytes_field("payload", stored=True)
    return builder.build()


def key_of(record_id: str) -> bytes:
    """Sixteen bytes instead of thirty-six: they are stored, and are a term of their own. `record_id` is a UUID."""
    return uuid.UUID(record_id).bytes


def record_id_of(key: bytes) -> str:
    """Back from `key_of`."""
    return str(uuid.UUID(bytes=key))


def document_of(entry: Entry) -> tantivy.Document:
    """What the index holds of a state: a retracted one is found by its key alone."""
    document = tantivy.Document()
    document.add_bytes("key", key_of(entry.record_id))
    document.add_text("state", "open" if entry.open else "retracted")
    document.add_unsigned("changed", place(entry.changed, key_of(entry.record_id), retracted=not entry.open))
    document.add_unsigned("version", entry.version)
    document.add_bytes("payload", entry.payload)
    if entry.open:
        words, reading = index_title(entry.title)
        document.add_text("words", f"{words} / {index_words(entry.creator)}")
        document.add_text("reading", reading)
        document.add_text("code", entry.reference_code.lower())
        document.add_text("region", entry.region_id)
        document.add_text("archive", entry.archive_id)
        if entry.years:
            document.add_integer("first_year", entry.years[0])
            document.add_integer("last_year", entry.years[1])
    return document


def positions_document(positions: Positions) -> tantivy.Document:
    """Where reading goes on, as a document of its own."""
    rows = [[topic, partition, offset] for (topic, partition), offset in sorted(positions.items())]
    document = tantivy.Document()
    document.add_bytes("key", POSITIONS_KEY)
    document.add_text("state", "positions")
    document.add_unsigned("version", 0)
    document.add_bytes("payload", json.dumps(rows).encode())
    return document
