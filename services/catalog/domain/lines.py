"""One line of a batch: what was suggested for its record, what people decided, and that each content was looked at.

A line changes one act at a time and counts its versions; who decides names the version that was shown, so that nobody
overwrites what another decided meanwhile.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from services.catalog.domain.batch_errors import (
    LineChanged,
    LineHeld,
    MechanismDecided,
    NothingToReview,
    NotShown,
    RecordChanged,
    SecrecyOutstanding,
    Undecided,
)
from services.catalog.domain.gathering import Matter
from services.catalog.domain.rules import require_due
from services.catalog.domain.suggestions import DISCLOSED, Suggestion
from services.catalog.domain.verdicts import EARLY_RULES, LISTED, NO_VERDICT, TEXT_RULES, Decision, Verdict
from services.common.domain.canonical import canonical_bytes
from services.common.domain.clock import to_iso
from services.common.domain.errors import InvalidArgument
from services.common.domain.merkle import merkle_root


@dataclass(frozen=True)
class Tick:
    """The secrecy review of one content (rule S4)."""

    by: str
    at: datetime
    content_hash: str


@dataclass(frozen=True)
class PackageOpinion:
    """到期开放意见 of the transfer package (Regulations 30). `given_on`: ISO day or empty."""

    opinion: Decision
    given_on: str
    package_number: str


@dataclass(frozen=True)
class Line:
    """`record_version` and `content_hash`: of the record when it was gathered. `year`: the last of its formation.

    `suggestion`: as stored. `mechanism`: what was decided of an earlier disagreement about the record, if one was.
    """

    record_id: str
    ordinal: int
    record_version: int
    content_hash: str
    verdict: Verdict = NO_VERDICT
    version: int = 1
    decided_by: str = ""
    decided_at: datetime | None = None
    act_id: str = ""
    tick: Tick | None = None
    disagreement_id: str = ""
    package: PackageOpinion | None = None
    mechanism: Decision | None = None
    fonds: str = ""
    year: int = 0
    eligible_on: str | None = None
    disclosure: str = ""
    suggestion: Mapping[str, Any] | None = None
    group_id: str = ""

    @property
    def decision(self) -> Decision:
        return self.verdict.decision

    @property
    def ticked(self) -> bool:
        """Whether the very content of this line passed its secrecy review."""
        return self.tick is not None and self.tick.content_hash == self.content_hash

    def require_unchanged(self, seen_version: int) -> None:
        """Raises: LineChanged: somebody decided since; its metadata say who, when and what."""
        if seen_version != self.version:
            raise LineChanged(
                f"line is at version {self.version}",
                metadata={
                    "record_id": self.record_id,
                    "by": self.decided_by,
                    "at": to_iso(self.decided_at) if self.decided_at else "",
                    "decision": self.decision.value,
                    "version": str(self.version),
                },
            )

    def require_fit(self, verdict: Verdict, on: date) -> None:
        """Whether a sound verdict may be given on this line on a legal day.

        Raises: LineHeld, MechanismDecided, UnderTerm, InvalidArgument.
        """
        if self.disagreement_id:
            raise LineHeld("until the mechanism has decided", metadata={"record_id": self.record_id})
        if self.mechanism and verdict.decision in LISTED and verdict.decision is not self.mechanism:
            raise MechanismDecided(self.mechanism.value, metadata={"record_id": self.record_id})
        if verdict.decision is not Decision.OPEN or verdict.rule in TEXT_RULES:
            return
        if verdict.rule not in EARLY_RULES:
            require_due(self.eligible_on, on)
        elif self.eligible_on and date.fromisoformat(self.eligible_on) <= on:
            raise InvalidArgument("rule", "O1: the term has passed")
        if verdict.rule == "O3" and self.disclosure != DISCLOSED:
            raise InvalidArgument("rule", f"O3 asks for {DISCLOSED}")

    def decided(self, verdict: Verdict, *, act_id: str, by: str, at: datetime) -> "Line":
        """The line after an act; whether it may be is asked before."""
        return replace(self, verdict=verdict, version=self.version + 1, decided_by=by, decided_at=at, act_id=act_id)

    def objected(self, disagreement_id: str, reason: str, *, by: str, at: datetime) -> "Line":
        """The unit does not agree: held until the mechanism has decided (rule O6, Measures 14).

        Raises: LineHeld: already; MechanismDecided: the mechanism has spoken on this record.
        """
        if self.disagreement_id:
            raise LineHeld("already", metadata={"record_id": self.record_id})
        if self.mechanism:
            raise MechanismDecided(self.mechanism.value, metadata={"record_id": self.record_id})
        held = self.decided(Verdict(Decision.HOLD, "", reason), act_id="", by=by, at=at)
        return replace(held, disagreement_id=disagreement_id)

    def reviewed(self, *, by: str, at: datetime, shown: bool, present_hash: str) -> "Line":
        """The line after its secrecy review. `present_hash`: of the record as it is now.

        Raises: NotShown; RecordChanged: the record is no longer the one on the list.
        """
        if not shown:
            raise NotShown("list it first", metadata={"record_id": self.record_id})
        if present_hash != self.content_hash:
            raise RecordChanged("since it was gathered", metadata={"record_id": self.record_id})
        return replace(self, tick=Tick(by, at, self.content_hash))

    def suggested(self, suggestion: Suggestion) -> "Line":
        """Under another suggestion. One that proposes otherwise, or by another rule, is for people to decide anew."""
        former = self.suggestion or {}
        new = replace(self, suggestion=suggestion.document(), group_id=group_of(suggestion))
        same = (former.get("proposal"), former.get("rule")) == (suggestion.proposal.value, suggestion.rule)
        if same or self.disagreement_id or self.decision is Decision.UNDECIDED:
            return new
        return replace(new, verdict=NO_VERDICT, version=self.version + 1, decided_by="", decided_at=None, act_id="")

    def entry(self) -> "Entry":
        """What the root commits to."""
        verdict, tick = self.verdict, self.tick
        return Entry(
            self.record_id,
            self.record_version,
            self.content_hash,
            verdict.decision,
            verdict.rule,
            verdict.masked_title,
            verdict.early_class,
            tick.by if tick else "",
        )


@dataclass(frozen=True)
class Entry:
    """One line of the frozen list. What is empty is not part of its leaf, so that older lists keep their roots."""

    record_id: str
    record_version: int
    content_hash: str
    decision: Decision
    rule: str
    masked_title: str = ""
    early_class: str = ""
    ticked_by: str = ""

    def leaf(self) -> bytes:
        """Canonical bytes the root commits to."""
        more = {"masked_title": self.masked_title, "early_class": self.early_class, "ticked_by": self.ticked_by}
        return canonical_bytes(
            {
                "record_id": self.record_id,
                "version": self.record_version,
                "content_hash": self.content_hash,
                "decision": self.decision.value,
                "rule": self.rule,
                **{name: value for name, value in more.items() if value},
            }
        )


def require_listable(lines: Sequence[Line], matter: Matter, on: date) -> None:
    """What freezing asks of the lines that are not held. Refusals tell of how many lines, and name the first.

    Raises: NothingToReview, Undecided, SecrecyOutstanding, and as `Verdict.require_sound` and `Line.require_fit`.
    """
    if not lines:
        raise NothingToReview("every line is held")
    undecided = [line for line in lines if line.decision is Decision.UNDECIDED]
    if undecided:
        raise Undecided("decide every line", metadata=_counted(undecided))
    unticked = [line for line in lines if not line.ticked]
    if unticked:
        raise SecrecyOutstanding("tick every line", metadata=_counted(unticked))
    for line in lines:
        line.verdict.require_sound(matter)
        line.require_fit(line.verdict, on)


def _counted(lines: Sequence[Line]) -> dict[str, str]:
    return {"count": str(len(lines)), "record_id": lines[0].record_id}


def listed_entries(lines: Iterable[Line]) -> Iterator[Entry]:
    """What the root commits to of a list: its lines that are not held."""
    return (line.entry() for line in lines if line.decision is not Decision.HOLD)


def list_root(entries: Iterable[Entry]) -> str:
    """RFC 6962 root over the list in its order, hex."""
    return merkle_root([entry.leaf() for entry in entries]).hex()


def group_of(suggestion: Suggestion) -> str:
    """Lines of one group share proposal, rule and kinds of reasons; never the secrecy review."""
    kinds = sorted({f"{reason.code.value}:{reason.rule}" for reason in suggestion.reasons})
    text = "|".join([suggestion.proposal.value, suggestion.rule, *kinds])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def taking_suggestion(verdict: Verdict) -> Callable[[Line], Verdict]:
    """The verdict on each line; one without a rule takes the rule that the line's suggestion names."""
    if verdict.rule or verdict.decision not in LISTED:
        return lambda line: verdict
    return lambda line: replace(verdict, rule=str((line.suggestion or {}).get("rule", "")))
