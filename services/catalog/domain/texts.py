"""The digitised text of a record: kept in the province beside the record, and public only by a decision of its own.

Opening an entry opens its title and dates; its text waits until it is decided on (rule P1; Archives Law 32, Regulations
35, 36). Withdrawing takes the text back and leaves the entry.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.catalog.domain.classification import is_graded_marking
from services.catalog.domain.record import AccessStatus
from services.common.domain.canonical import sha256_hex
from services.common.domain.errors import Kind, TongdangError

MAX_BYTES = 64 * 1024
"""UTF-8 bytes of one text: 21,000 characters. Twenty of them are one page of a review, fifty one transaction."""
_LAYOUT = frozenset("\n\t")
_UNPRINTABLE = frozenset({"Cc", "Co", "Cn", "Cs"})


class TextUnreadable(TongdangError):
    """No UTF-8, or characters that are none of a text. Metadata `line`: the first one's, from 1."""

    code = "TEXT_UNREADABLE"
    kind = Kind.INVALID


class TextTooLong(TongdangError):
    """More than `MAX_BYTES`. Metadata `max_bytes`."""

    code = "TEXT_TOO_LONG"
    kind = Kind.INVALID


class TextEmpty(TongdangError):
    """Nothing but blanks."""

    code = "TEXT_EMPTY"
    kind = Kind.INVALID


class TextSecretSuspected(TongdangError):
    """A line carries a grade (rule S1): nothing was stored. It tells count and lines only."""

    code = "TEXT_SECRET_SUSPECTED"
    kind = Kind.PRECONDITION


class EntryNotOpen(TongdangError):
    """The entry itself is not open; its text is not decided on before it."""

    code = "ENTRY_NOT_OPEN"
    kind = Kind.PRECONDITION


class TextFixed(TongdangError):
    """The text is on a list or public: take it off, or withdraw it, before it is replaced."""

    code = "TEXT_FIXED"
    kind = Kind.PRECONDITION


class TextNotPublic(TongdangError):
    """Only a public text can be withdrawn."""

    code = "TEXT_NOT_PUBLIC"
    kind = Kind.PRECONDITION


class TextState(StrEnum):
    """`waiting`: for its decision. `withdrawn`: was public, or its record was retracted."""

    WAITING = "waiting"
    OPEN = "open"
    DEFERRED = "deferred"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Text:
    """Of one record. `version` grows with each change of content or state and never begins anew.

    `year`: the last of the record's formation, 0 where unknown. `batch_id`: the list it is on or was published with,
    empty for none. `rule`, `reason`: of the last decision or withdrawal. `mechanism`: open or defer, where
    it decided a disagreement about the text (Measures 14).
    """

    record_id: str
    region_id: str
    archive_id: str
    fonds: str
    year: int
    text: str
    entered_by: str
    entered_at: datetime
    version: int = 1
    state: TextState = TextState.WAITING
    batch_id: str = ""
    rule: str = ""
    reason: str = ""
    opened_on: str = ""
    mechanism: str = ""

    @property
    def content_hash(self) -> str:
        """SHA-256 of the UTF-8 bytes, hex: what a list's root commits to."""
        return sha256_hex(self.text.encode())

    def replaced(self, new: "Text") -> "Text":
        """Another text in this one's place, to be decided on anew.

        Raises: TextFixed.
        """
        if self.state is TextState.OPEN or (self.state is TextState.WAITING and self.batch_id):
            raise TextFixed(self.state.value, metadata={"record_id": self.record_id})
        return replace(new, version=self.version + 1)

    def withdrawn(self, rule: str, reason: str) -> "Text":
        """Taken back. Raises: TextNotPublic."""
        if self.state is not TextState.OPEN:
            raise TextNotPublic(self.state.value)
        return self._gone(rule, reason)

    def left_by_its_record(self, rule: str, reason: str) -> "Text":
        """The entry was retracted: whatever state the text is in, no list it stands on publishes it."""
        return self._gone(rule, reason)

    def _gone(self, rule: str, reason: str) -> "Text":
        state, version = TextState.WITHDRAWN, self.version + 1
        return replace(self, state=state, version=version, batch_id="", rule=rule, reason=reason, opened_on="")


def read_text(content: bytes) -> str:
    """What was handed in, as it is kept: UTF-8, line ends as \\n, NFC; screened before it is stored (rule S1).

    Raises: TextTooLong, TextUnreadable, TextEmpty, TextSecretSuspected.
    """
    if len(content) > MAX_BYTES:
        raise TextTooLong(metadata={"max_bytes": str(MAX_BYTES)})
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise TextUnreadable("no UTF-8", metadata={"line": str(1 + content.count(b"\n", 0, broken.start))}) from broken
    text = unicodedata.normalize("NFC", decoded.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not text:
        raise TextEmpty
    if len(text.encode()) > MAX_BYTES:
        raise TextTooLong(metadata={"max_bytes": str(MAX_BYTES)})
    lines = text.split("\n")
    strange = [number for number, line in enumerate(lines, 1) if any(map(_is_strange, line))]
    if strange:
        raise TextUnreadable("characters that are none of a text", metadata={"line": str(strange[0])})
    graded = [number for number, line in enumerate(lines, 1) if is_graded_marking(line)]
    if graded:
        told = {"count": str(len(graded)), "lines": ",".join(map(str, graded[:100]))}
        raise TextSecretSuspected("nothing was stored", metadata=told)
    return text


def require_open(access_status: str) -> None:
    """Raises: EntryNotOpen."""
    if access_status != AccessStatus.OPEN:
        raise EntryNotOpen(access_status)


def _is_strange(character: str) -> bool:
    return character not in _LAYOUT and unicodedata.category(character) in _UNPRINTABLE
