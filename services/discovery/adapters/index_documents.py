"""What the union index holds of a record, and how much its one writer may take."""

import json
import uuid

import tantivy

from services.discovery.application.ports import Entry, Positions, Text
from services.discovery.domain.changes import place
from services.discovery.domain.text import index_title, index_tokens, index_words
from tongdang.catalog.v1 import text_pb2

FORMAT = "5"
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
    builder.add_text_field("text_words", tokenizer_name="whitespace", index_option="position")
    builder.add_unsigned_field("text_version", stored=True)
    builder.add_bytes_field("text", stored=True)
    return builder.build()


def key_of(record_id: str) -> bytes:
    """Sixteen bytes instead of thirty-six: they are stored, and are a term of their own. `record_id` is a UUID."""
    return bytes.fromhex(record_id.replace("-", ""))


def record_id_of(key: bytes) -> str:
    """Back from `key_of`."""
    return str(uuid.UUID(bytes=key))


def document_of(entry: Entry, text: Text | None = None) -> tantivy.Document:
    """What the index holds of a state: a retracted one is found by its key alone."""
    document, key = tantivy.Document(), key_of(entry.record_id)
    document.add_bytes("key", key)
    document.add_text("state", "open" if entry.open else "retracted")
    document.add_unsigned("changed", place(entry.changed, key, retracted=not entry.open))
    document.add_unsigned("version", entry.version)
    document.add_bytes("payload", entry.payload)
    if text:
        _add_text(document, text)
    if entry.open:
        if text:
            document.add_text("text_words", " ".join(index_tokens(text.text)))
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


def text_alone(text: Text) -> tantivy.Document:
    """A text whose entry has not come yet, or cannot be read: nothing finds it but its key."""
    document = tantivy.Document()
    document.add_bytes("key", key_of(text.record_id))
    document.add_text("state", "text")
    document.add_unsigned("version", 0)
    document.add_bytes("payload", b"")
    _add_text(document, text)
    return document


def text_of(record_id: str, document: tantivy.Document) -> Text | None:
    """The text that a document keeps; None for none, ever."""
    version = document["text_version"]
    if not version:
        return None
    payload = bytes(document["text"][0])
    words = text_pb2.OpenText.FromString(payload).text if payload else ""
    return Text(record_id, int(version[0]), words, payload)


def _add_text(document: tantivy.Document, text: Text) -> None:
    document.add_unsigned("text_version", text.version)
    document.add_bytes("text", text.payload)


def positions_document(positions: Positions) -> tantivy.Document:
    """Where reading goes on, as a document of its own."""
    rows = [[topic, partition, offset] for (topic, partition), offset in sorted(positions.items())]
    document = tantivy.Document()
    document.add_bytes("key", POSITIONS_KEY)
    document.add_text("state", "positions")
    document.add_unsigned("version", 0)
    document.add_bytes("payload", json.dumps(rows).encode())
    return document
