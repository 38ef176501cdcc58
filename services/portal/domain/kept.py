"""A form that came after its session had ended: what of it is kept, and what of it a person reads again."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

Fields = tuple[tuple[str, str], ...]
MAX_KEPT = 64 * 1024
"""Bytes of names and values; longer forms are files' or nobody's."""
_NOT_KEPT = frozenset({"csrf"})
_TECHNICAL = frozenset({"key", "root", "version", "query", "next", "page", "side", "shown", "record_id", "field"})
_IN_WORDS = frozenset({"decision", "outcome", "result"})


@dataclass(frozen=True)
class KeptForm:
    """`path`: where it was posted. `fields`: names and texts in their order; files are not kept."""

    path: str
    fields: Fields

    @classmethod
    def of(cls, path: str, posted: Iterable[tuple[str, object]]) -> "KeptForm | None":
        """What of a posted form is kept; None when it is too long."""
        fields = tuple((name, value) for name, value in posted if isinstance(value, str) and name not in _NOT_KEPT)
        size = sum(len(name.encode()) + len(value.encode()) for name, value in fields)
        return cls(path, fields) if size <= MAX_KEPT else None

    def answers(self) -> dict[str, str]:
        """As a draft holds it."""
        return {"path": self.path, "fields": json.dumps(self.fields)}

    @classmethod
    def from_answers(cls, answers: dict[str, str]) -> "KeptForm":
        """From what `answers` gave."""
        return cls(answers["path"], tuple((name, value) for name, value in json.loads(answers["fields"])))

    def readable(self) -> Iterable[tuple[str, str, bool]]:
        """Name, value and whether the value is a word of ours, of each field a person filled in or chose."""
        return [(name, value, name in _IN_WORDS) for name, value in self.fields if name not in _TECHNICAL and value]
