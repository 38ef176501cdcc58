"""How lines, acts on them and what was shown to whom are stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.catalog.adapters.batch_documents import BATCHES, Document
from services.catalog.adapters.line_facets import facets_of, facets_wanted
from services.catalog.domain.acts import Act, ActKind, LineFilter
from services.catalog.domain.lines import Line, PackageOpinion, Tick
from services.catalog.domain.suggestions import Proposal
from services.catalog.domain.verdicts import Decision, Verdict
from services.common.mongo.migrations import create_collections

ACTS = "review_acts"
SHOWN = "batch_shown"
"""One document a page or sample that a person was shown: `{batch_id, by, record_ids}`, and `filter` for a sample."""

VERDICT = ("decision", "rule", "reason", "masked_title", "mask_reason", "early_class")
STANDING = (*VERDICT, "decided_by", "decided_at", "act_id")
"""What an act changes of a line, and what undoing it brings back from `former`."""
FORMER_KEPT = 100
WITHOUT_SUGGESTION = {"suggestion": 0, "former": 0, "salt": 0}
"""What reading a whole list leaves out."""


KINDS: Sequence[Document] = (
    {
        "$group": {
            "_id": {
                "rule": "$suggestion.rule",
                "disclosure": "$disclosure",
                "mechanism": "$mechanism",
                "held": {"$ne": ["$disagreement_id", ""]},
                "dated": {"$ne": ["$eligible_on", None]},
            },
            "count": {"$sum": 1},
            "earliest": {"$min": "$eligible_on"},
            "latest": {"$max": "$eligible_on"},
            "line": {"$first": "$$ROOT"},
        }
    },
)
"""Groups lines by all that the rules ask of them when a verdict is given, their term aside."""


def create_act_collections(db: Database[Document]) -> None:
    """Idempotent."""
    create_collections(db, ACTS, SHOWN)
    by_batch = ("batch_id", ASCENDING)
    db[ACTS].create_indexes([IndexModel([by_batch, ("by", ASCENDING), ("at", DESCENDING)], name="recent")])
    db[SHOWN].create_indexes([IndexModel([by_batch, ("by", ASCENDING), ("record_ids", ASCENDING)], name="shown")])
    db[BATCHES].create_indexes(
        [
            IndexModel([("bulk.act_id", ASCENDING)], name="bulk", sparse=True),
            IndexModel([("plan_id", ASCENDING), ("_id", DESCENDING)], name="plan"),
        ]
    )


def line_document(batch_id: str, line: Line, salt: bytes) -> Document:
    """A line as first stored."""
    package = line.package
    return {
        "_id": f"{batch_id}/{line.ordinal:06d}",
        "batch_id": batch_id,
        "ordinal": line.ordinal,
        "record_id": line.record_id,
        "record_version": line.record_version,
        "content_hash": line.content_hash,
        **standing(line),
        "version": line.version,
        "ticked": line.ticked,
        "secrecy": None,
        "disagreement_id": line.disagreement_id,
        "package": {**vars(package), "opinion": package.opinion.value} if package else None,
        "mechanism": line.mechanism.value if line.mechanism else None,
        "fonds": line.fonds,
        "year": line.year,
        "eligible_on": line.eligible_on,
        "disclosure": line.disclosure,
        **suggested(line),
        "former": [],
        "salt": salt,
    }


def suggested(line: Line) -> Document:
    """What the machine proposes for a line, and by what it is found since."""
    return {"suggestion": line.suggestion, "group_id": line.group_id, "facets": facets_of(line)}


def standing(line: Line) -> Document:
    """What stands on a line: verdict, by whom, by which act."""
    return {
        **vars(line.verdict),
        "decision": line.verdict.decision.value,
        "decided_by": line.decided_by,
        "decided_at": line.decided_at,
        "act_id": line.act_id,
    }


def verdict_of(stored: Mapping[str, Any]) -> Verdict:
    """From a line or an act; masks and classes are younger than the rest."""
    return Verdict(**{name: stored.get(name, "") for name in VERDICT} | {"decision": Decision(stored["decision"])})


def line_of(stored: Mapping[str, Any]) -> Line:
    """One line, as this or a former program wrote it."""
    tick, package, mechanism = stored.get("secrecy"), stored.get("package"), stored.get("mechanism")
    return Line(
        record_id=stored["record_id"],
        ordinal=stored["ordinal"],
        record_version=stored["record_version"],
        content_hash=stored["content_hash"],
        verdict=verdict_of(stored),
        version=stored.get("version", 1),
        decided_by=stored.get("decided_by", ""),
        decided_at=stored.get("decided_at"),
        act_id=stored.get("act_id", ""),
        tick=Tick(**tick) if tick else None,
        disagreement_id=stored.get("disagreement_id", ""),
        package=PackageOpinion(**{**package, "opinion": Decision(package["opinion"])}) if package else None,
        mechanism=Decision(mechanism) if mechanism else None,
        fonds=stored.get("fonds", ""),
        year=stored.get("year", 0),
        eligible_on=stored.get("eligible_on"),
        disclosure=stored.get("disclosure", ""),
        suggestion=stored.get("suggestion"),
        group_id=stored.get("group_id", ""),
    )


def matching(batch_id: str, wanted: LineFilter, ticked: bool | None = None) -> Document:
    """The lines of a batch that a filter means."""
    found: Document = {"batch_id": batch_id}
    given: Mapping[str, Any] = {
        "decision": wanted.decision.value if wanted.decision else "",
        "group_id": wanted.group_id,
    }
    found.update({name: value for name, value in given.items() if value})
    if facets := list(facets_wanted(wanted)):
        found["facets"] = {"$all": facets}
    if ticked is not None:
        found["ticked"] = ticked
    return found


def filter_document(wanted: LineFilter) -> Document:
    """As kept with an act and a sample."""
    return {
        **vars(wanted),
        "decision": wanted.decision.value if wanted.decision else "",
        "proposal": wanted.proposal.value if wanted.proposal else "",
    }


def act_document(act: Act) -> Document:
    """As stored in `review_acts`."""
    return {
        **{name: value for name, value in vars(act).items() if name not in ("act_id", "verdict", "filter")},
        "_id": act.act_id,
        "kind": act.kind.value,
        "verdict": {**vars(act.verdict), "decision": act.verdict.decision.value},
        "filter": filter_document(act.filter) if act.filter else None,
        "exceptions": list(act.exceptions),
        "record_ids": list(act.record_ids),
    }


def act_of(stored: Mapping[str, Any]) -> Act:
    """An act from its document."""
    fields = {name: value for name, value in stored.items() if name != "_id"}
    fields["kind"] = ActKind(fields["kind"])
    fields["verdict"] = verdict_of(fields["verdict"])
    fields["filter"] = _filter_of(fields["filter"]) if fields["filter"] else None
    for name in ("exceptions", "record_ids"):
        fields[name] = tuple(fields[name])
    return Act(act_id=stored["_id"], **fields)


def _filter_of(stored: Mapping[str, Any]) -> LineFilter:
    fields = dict(stored)
    fields["decision"] = Decision(fields["decision"]) if fields["decision"] else None
    fields["proposal"] = Proposal(fields["proposal"]) if fields["proposal"] else None
    return LineFilter(**fields)


def deciding(line: Line) -> Sequence[Document]:
    """The update that makes a line what it is after an act, its former standing kept for undoing."""
    before = {name: f"${name}" for name in STANDING} | {"by_act": {"$literal": line.act_id}}
    kept = {"$concatArrays": [{"$ifNull": ["$former", []]}, [before]]}
    after = {name: {"$literal": value} for name, value in standing(line).items()}
    return [
        {
            "$set": {
                **after,
                "former": {"$slice": [kept, -FORMER_KEPT]},
                "version": {"$add": ["$version", 1]},
                "disagreement_id": {"$literal": line.disagreement_id},
            }
        }
    ]


def undoing(act_id: str) -> Sequence[Document]:
    """The update that gives a line of this act its standing before it."""
    others = {"$filter": {"input": "$former", "cond": {"$ne": ["$$this.by_act", {"$literal": act_id}]}}}
    return [
        {"$set": {"was": {"$last": "$former"}}},
        {
            "$set": {
                **{name: f"$was.{name}" for name in STANDING},
                "former": others,
                "version": {"$add": ["$version", 1]},
            }
        },
        {"$unset": "was"},
    ]
