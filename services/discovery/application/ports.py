"""What the use cases of discovery need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from services.discovery.domain.changes import Window
from services.discovery.domain.query import Query

_UNTOLD = datetime(2020, 1, 1, tzinfo=UTC)
Positions = Mapping[tuple[str, int], int]
"""(topic, partition) → next offset to read."""


@dataclass(frozen=True)
class Text:
    """The state of one record's text as published. `text`: its words, empty when withdrawn.

    `payload`: a serialised `OpenText`, empty when withdrawn.
    """

    record_id: str
    version: int
    text: str = ""
    payload: bytes = b""


@dataclass(frozen=True)
class Texts:
    """Texts as they arrived; `hidden`: records whose text's newest value cannot be read."""

    states: Sequence[Text] = ()
    hidden: Sequence[str] = ()


NO_TEXTS = Texts()


@dataclass(frozen=True)
class Entry:
    """The state of one record as published.

    `record_id`: a UUID. `payload`: the entry in its stored form, or a serialised `Retraction` when not `open`.
    `years`: first and last possible year of its date, or None. `changed`: when the province opened or retracted it.
    `text`: as the index has it beside the entry, without its words; never what arrives.
    """

    record_id: str
    version: int
    open: bool
    payload: bytes
    title: str = ""
    creator: str = ""
    reference_code: str = ""
    region_id: str = ""
    archive_id: str = ""
    years: tuple[int, int] | None = None
    changed: datetime = _UNTOLD
    text: Text | None = None

    @property
    def has_text(self) -> bool:
        """Whether anybody may read its text: an entry that was retracted takes its text along."""
        return self.open and self.text is not None and bool(self.text.payload)


@dataclass(frozen=True)
class Found:
    """One hit: its record, the entry in its stored form, relevance, and its text's payload, empty for none."""

    record_id: str
    payload: bytes
    score: float
    text: bytes = b""


@dataclass(frozen=True)
class Results:
    """A window of hits and how many there are in all."""

    hits: Sequence[Found]
    total: int


@dataclass(frozen=True)
class Changed:
    """A record's newest state and the second of its change. `payload`: as `Entry`'s."""

    record_id: str
    open: bool
    payload: bytes
    at: datetime


@dataclass(frozen=True)
class Changes:
    """Some of them in order; `last`: where to go on behind, None at the end."""

    changes: Sequence[Changed]
    last: int | None


class UnionIndex(Protocol):
    """The index of all open entries; a read model that can always be rebuilt from Kafka."""

    def apply(
        self, entries: Sequence[Entry], hidden: Sequence[str], positions: Positions, texts: Texts = NO_TEXTS
    ) -> None:
        """Stores states and the positions they came from in one commit; a lower version is dropped.

        `hidden`: keys whose newest value cannot be read; they vanish from search. Entry and text of a record may come
        in any order: a text is kept until its entry comes, and shown only while that is open.
        """
        ...

    def positions(self) -> dict[tuple[str, int], int]:
        """Where reading continues; empty at first."""
        ...

    def clear(self) -> None:
        """Forgets everything, so that the topics are read from their beginning."""
        ...

    def search(self, query: Query, *, offset: int, limit: int) -> Results:
        """Hits by relevance."""
        ...

    def count(self, query: Query) -> int:
        """How many entries match."""
        ...

    def get(self, record_id: str) -> Entry | None:
        """The state of one record, open or retracted."""
        ...

    def changes(self, window: Window, *, behind: int | None, limit: int, newest_first: bool) -> Changes:
        """Records in the order of their last change, `behind` a place that an earlier answer gave."""
        ...
