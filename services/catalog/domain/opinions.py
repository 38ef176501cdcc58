"""The creating unit's opinion where nobody of it signs here: in the transfer package, or by a stamped letter.

And what it does not agree to. Silence is no opinion: nothing here happens by the clock (rules O4, O6; Archives Law 30,
Regulations 30, Measures 14).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.catalog.domain.batch_errors import AlreadySettled, LetterSettled, SameSigner, SignatureBroken
from services.catalog.domain.lines import Line
from services.catalog.domain.verdicts import LISTED, MAX_REASON, Decision, Verdict
from services.common.domain.canonical import canonical_bytes, sha256_hex
from services.common.domain.clock import to_iso
from services.common.domain.errors import InvalidArgument
from services.common.domain.publication import OPINION_TYPE

MAX_OPPOSED = 1_000
MAX_NUMBER = 100


class Way(StrEnum):
    """How the opinion came."""

    PACKAGE = "package"
    LETTER = "letter"


@dataclass(frozen=True)
class Evidence:
    """Takes the unit's side. `document`: RFC 8785 bytes, about one root; who entered and who checked a letter."""

    way: Way
    document: bytes
    entered_by: str = ""
    checked_by: str = ""

    @property
    def sha256(self) -> str:
        return sha256_hex(self.document)

    @property
    def people(self) -> tuple[str, ...]:
        """Who answers for it here."""
        return tuple(one for one in (self.entered_by, self.checked_by) if one)

    def require_about(self, subject: Mapping[str, str]) -> None:
        """`subject`: what batch and root it must be about.

        Raises: SignatureBroken.
        """
        says = json.loads(self.document)
        expected = {"type": OPINION_TYPE, "way": self.way.value, **subject}
        if any(says.get(name) != value for name, value in expected.items()):
            raise SignatureBroken(f"the {self.way.value} speaks of something else")
        if self.way is Way.LETTER and len(set(self.people)) != 2:
            raise SameSigner("a letter is entered by one and checked by another")


def package_evidence(subject: Mapping[str, str], lines: Iterable[Line]) -> Evidence | None:
    """From the transfer packages, if they agree to every line that opens and to no other decision than the list's.

    An opinion without the package's number is no evidence.
    """
    packages: Counter[tuple[str, str]] = Counter()
    for line in lines:
        if line.decision not in LISTED:
            continue
        opinion = line.package
        told = opinion is not None and bool(opinion.package_number)
        if not told and line.decision is Decision.OPEN:
            return None
        if opinion is not None and opinion.opinion is not line.decision:
            return None
        if opinion is not None and told:
            packages[opinion.package_number, opinion.given_on] += 1
    if not packages:
        return None
    listed: list[dict[str, Any]] = [
        {"number": number, "given_on": given_on, "lines": count}
        for (number, given_on), count in sorted(packages.items())
    ]
    document = {"type": OPINION_TYPE, "way": Way.PACKAGE.value, **subject, "packages": listed}
    return Evidence(Way.PACKAGE, canonical_bytes(document))


class LetterState(StrEnum):
    """Where an entered letter stands; `void` when its list changed."""

    ENTERED = "entered"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    VOID = "void"


@dataclass(frozen=True)
class UnitLetter:
    """The unit's stamped reply. `root`: of the list it answers; `opposed`: lines the unit does not agree to."""

    letter_id: str
    batch_id: str
    archive_id: str
    letter_number: str
    letter_date: date
    sha256: str
    media_type: str
    root: str
    opposed: tuple[str, ...]
    opposed_reason: str
    entered_by: str
    entered_at: datetime
    state: LetterState = LetterState.ENTERED
    checked_by: str = ""
    checked_at: datetime | None = None
    note: str = ""

    def require_sound(self, today: date) -> None:
        """Raises: InvalidArgument."""
        require_number(self.letter_number, "letter_number")
        if self.letter_date > today:
            raise InvalidArgument("letter_date", "not after today")
        if len(self.opposed) > MAX_OPPOSED or len(set(self.opposed)) != len(self.opposed):
            raise InvalidArgument("opposed_record_ids", f"at most {MAX_OPPOSED}, each once")
        if bool(self.opposed) != bool(self.opposed_reason) or len(self.opposed_reason) > MAX_REASON:
            raise InvalidArgument("opposed_reason", f"why lines are opposed, at most {MAX_REASON} characters")

    def checked(self, *, confirmed: bool, note: str, by: str, at: datetime) -> "UnitLetter":
        """After the second person's comparison with the paper.

        Raises: LetterSettled, SameSigner, InvalidArgument.
        """
        if self.state is not LetterState.ENTERED:
            raise LetterSettled(self.state.value)
        if by == self.entered_by:
            raise SameSigner("whoever entered the letter does not check it")
        if (not confirmed and not note) or len(note) > MAX_REASON:
            raise InvalidArgument("note", f"what is otherwise, at most {MAX_REASON} characters")
        state = LetterState.CONFIRMED if confirmed else LetterState.REJECTED
        return replace(self, state=state, checked_by=by, checked_at=at, note=note)

    def evidence(self, subject: Mapping[str, str]) -> Evidence:
        """Of a confirmed letter, about the list that is left without what the unit opposed."""
        assert self.state is LetterState.CONFIRMED
        assert self.checked_at is not None
        document = {
            "type": OPINION_TYPE,
            "way": Way.LETTER.value,
            **subject,
            "letter_id": self.letter_id,
            "letter_number": self.letter_number,
            "letter_date": self.letter_date.isoformat(),
            "scan_sha256": self.sha256,
            "asked_root": self.root,
            "opposed": sorted(self.opposed),
            "entered_by": self.entered_by,
            "checked_by": self.checked_by,
            "checked_at": to_iso(self.checked_at),
        }
        return Evidence(Way.LETTER, canonical_bytes(document), self.entered_by, self.checked_by)


@dataclass(frozen=True)
class Outcome:
    """What the mechanism decided (Measures 14)."""

    document_number: str
    decided_on: date
    decision: Decision
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class Disagreement:
    """One record on which archive and unit differ. `letter_id`: empty where the unit's officer raised it here."""

    disagreement_id: str
    batch_id: str
    archive_id: str
    unit_id: str
    record_id: str
    archive_verdict: Verdict
    raised_by: str
    raised_at: datetime
    reason: str
    letter_id: str = ""
    outcome: Outcome | None = None

    def settled(self, outcome: Outcome, today: date) -> "Disagreement":
        """Raises: AlreadySettled, InvalidArgument."""
        if self.outcome is not None:
            raise AlreadySettled(self.disagreement_id)
        if outcome.decision not in LISTED:
            raise InvalidArgument("decision", "open | defer")
        require_number(outcome.document_number, "document_number")
        if outcome.decided_on > today:
            raise InvalidArgument("decided_on", "not after today")
        return replace(self, outcome=outcome)


def require_number(number: str, field: str) -> None:
    """Raises: InvalidArgument: a document's number is missing or too long."""
    if not 0 < len(number) <= MAX_NUMBER:
        raise InvalidArgument(field, f"1 to {MAX_NUMBER} characters")


def opposed_lines(lines: Sequence[Line], opposed: Iterable[str]) -> list[Line]:
    """The lines a letter opposes.

    Raises: InvalidArgument: one is not on the list.
    """
    wanted = set(opposed)
    found = [line for line in lines if line.record_id in wanted]
    if len(found) != len(wanted):
        raise InvalidArgument("opposed_record_ids", "lines of the list")
    return found
