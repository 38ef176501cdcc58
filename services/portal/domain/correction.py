"""What a correction changes, field by field, as those who decide about it compare it."""

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Change:
    """`field`: key of its words under `field.`. `now`, `then`: as a page shows them, empty where nothing is known."""

    field: str
    now: str
    then: str

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.now != self.then


def changes(now: Any, then: Any) -> tuple[Change, ...]:
    """All that can be corrected, changed or not. Both: messages with title, creator, date and pages."""
    before, after = _said(now), _said(then)
    return tuple(Change(field, before[field], after[field]) for field in before)


def public_changes(line: Any) -> tuple[Change, ...]:
    """The same as the public will read it: a mask stays in the title's place unless the verdict gives another."""
    title, *others = changes(line.correction, line.record)
    kept = line.correction.title if line.correction.masked else line.record.title
    return (replace(title, then=line.verdict.masked_title or kept), *others)


def _said(message: Any) -> dict[str, str]:
    pages = str(message.pages) if message.pages else ""
    return {"title": message.title, "creator": message.creator, "date": message.date.raw, "pages": pages}
