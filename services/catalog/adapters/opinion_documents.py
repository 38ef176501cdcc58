"""How units' letters and disagreements are stored."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.line_documents import verdict_of
from services.catalog.domain.opinions import Disagreement, LetterState, Outcome, UnitLetter
from services.catalog.domain.verdicts import Decision
from services.common.mongo.database import Document
from services.common.mongo.files import create_bucket
from services.common.mongo.migrations import create_collections

LETTERS = "unit_letters"
DISAGREEMENTS = "disagreements"
LETTER_SCANS = "unit_letter_scans"
"""GridFS bucket of the stamped letters."""


def create_opinion_collections(db: Database[Document]) -> None:
    """Idempotent."""
    create_collections(db, LETTERS, DISAGREEMENTS, f"{LETTER_SCANS}.files", f"{LETTER_SCANS}.chunks")
    create_bucket(db, LETTER_SCANS)
    db[LETTERS].create_indexes([IndexModel([("batch_id", ASCENDING), ("_id", DESCENDING)], name="batch")])
    db[DISAGREEMENTS].create_indexes(
        [
            IndexModel([("archive_id", ASCENDING), ("_id", DESCENDING)], name="archive"),
            IndexModel([("archive_id", ASCENDING), ("outcome", ASCENDING), ("_id", DESCENDING)], name="open"),
            IndexModel([("record_id", ASCENDING)], name="record"),
        ]
    )


def letter_document(letter: UnitLetter) -> Document:
    """As stored in `unit_letters`; days as ISO text."""
    return {
        **{name: value for name, value in vars(letter).items() if name != "letter_id"},
        "_id": letter.letter_id,
        "letter_date": letter.letter_date.isoformat(),
        "opposed": list(letter.opposed),
        "state": letter.state.value,
    }


def letter_of(stored: Mapping[str, Any]) -> UnitLetter:
    """A letter from its document."""
    fields = {name: value for name, value in stored.items() if name != "_id"}
    fields["letter_date"] = date.fromisoformat(fields["letter_date"])
    fields["opposed"] = tuple(fields["opposed"])
    fields["state"] = LetterState(fields["state"])
    return UnitLetter(letter_id=stored["_id"], **fields)


def disagreement_document(one: Disagreement) -> Document:
    """As stored in `disagreements`."""
    return {
        **{name: value for name, value in vars(one).items() if name != "disagreement_id"},
        "_id": one.disagreement_id,
        "archive_verdict": {**vars(one.archive_verdict), "decision": one.archive_verdict.decision.value},
        "outcome": outcome_document(one.outcome) if one.outcome else None,
    }


def outcome_document(outcome: Outcome) -> Document:
    """What the mechanism decided, as stored."""
    return {**vars(outcome), "decided_on": outcome.decided_on.isoformat(), "decision": outcome.decision.value}


def disagreement_of(stored: Mapping[str, Any]) -> Disagreement:
    """A disagreement from its document."""
    fields = {name: value for name, value in stored.items() if name != "_id"}
    fields["archive_verdict"] = verdict_of(fields["archive_verdict"])
    outcome = fields["outcome"]
    if outcome:
        decided_on, decision = date.fromisoformat(outcome["decided_on"]), Decision(outcome["decision"])
        fields["outcome"] = Outcome(**{**outcome, "decided_on": decided_on, "decision": decision})
    return Disagreement(disagreement_id=stored["_id"], **fields)
