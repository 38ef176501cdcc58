"""Between the lines of a batch and their contract."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.catalog.adapters.published_messages import date_of
from services.catalog.application.review_ports import GroupCounts, RecordFields
from services.catalog.domain.acts import Act, ActKind, LineFilter
from services.catalog.domain.lines import Line, PackageOpinion
from services.catalog.domain.suggestions import Proposal
from services.catalog.domain.verdicts import Decision, Verdict
from services.catalog.entrypoints.review_messages import named, record_message, timestamp
from services.common.domain.canonical import canonical_bytes
from tongdang.catalog.v1 import lines_pb2

DECISIONS = {
    Decision.UNDECIDED: lines_pb2.DECISION_UNDECIDED,
    Decision.OPEN: lines_pb2.DECISION_OPEN,
    Decision.DEFER: lines_pb2.DECISION_DEFER,
    Decision.HOLD: lines_pb2.DECISION_HOLD,
}
PROPOSALS = {
    Proposal.OPEN: lines_pb2.PROPOSAL_OPEN,
    Proposal.DEFER: lines_pb2.PROPOSAL_DEFER,
    Proposal.JUDGE: lines_pb2.PROPOSAL_JUDGE,
}
KINDS = {ActKind.DECIDE: lines_pb2.ACT_KIND_DECIDE, ActKind.MATCHING: lines_pb2.ACT_KIND_DECIDE_MATCHING}
TICKED = {None: lines_pb2.SECRECY_UNSPECIFIED, False: lines_pb2.SECRECY_OUTSTANDING, True: lines_pb2.SECRECY_DONE}


def verdict_of(message: lines_pb2.Verdict) -> Verdict:
    """Raises: InvalidArgument: no decision."""
    return Verdict(
        named(DECISIONS, message.decision, "decision"),
        message.rule,
        message.reason.strip(),
        message.masked_title.strip(),
        message.mask_reason.strip(),
        message.early_class,
    )


def filter_of(message: lines_pb2.LineFilter) -> LineFilter:
    """Raises: InvalidArgument."""
    return LineFilter(
        decision=named(DECISIONS, message.decision, "filter.decision") if message.decision else None,
        group_id=message.group_id,
        proposal=named(PROPOSALS, message.proposal, "filter.proposal") if message.proposal else None,
        rule=message.suggested_rule,
        reason=message.suggested_reason,
        fonds=message.fonds,
        year=message.year,
    )


def verdict_message(verdict: Verdict) -> lines_pb2.Verdict:
    """A decision with what it rests on."""
    return lines_pb2.Verdict(
        decision=DECISIONS[verdict.decision],
        rule=verdict.rule,
        reason=verdict.reason,
        masked_title=verdict.masked_title,
        mask_reason=verdict.mask_reason,
        early_class=verdict.early_class,
    )


def line_message(line: Line, record: RecordFields) -> lines_pb2.Line:
    """One line with its record."""
    tick = line.tick if line.ticked else None
    return lines_pb2.Line(
        record=record_message(record),
        suggestion=_suggestion_message(line.suggestion),
        group_id=line.group_id,
        verdict=verdict_message(line.verdict),
        decided_by=line.decided_by,
        decided_at=timestamp(line.decided_at),
        version=line.version,
        secrecy=lines_pb2.SecrecyTick(by=tick.by, at=timestamp(tick.at)) if tick else None,
        disagreement_id=line.disagreement_id,
        package_opinion=_package_message(line.package) if line.package else None,
        mechanism_decision=DECISIONS[line.mechanism] if line.mechanism else lines_pb2.DECISION_UNSPECIFIED,
        text=record.get("text", ""),
        correction=_correction_message(record["correction"]) if "correction" in record else None,
    )


def line_messages(lines: Sequence[tuple[Line, RecordFields]]) -> list[lines_pb2.Line]:
    """Several, in their order."""
    return [line_message(line, record) for line, record in lines]


def group_message(group: GroupCounts) -> lines_pb2.Group:
    """What lines have in common, and how far they are."""
    return lines_pb2.Group(
        group_id=group.group_id,
        suggestion=_suggestion_message(group.suggestion),
        lines_total=group.total,
        lines_undecided=group.by_decision[Decision.UNDECIDED],
        lines_open=group.by_decision[Decision.OPEN],
        lines_deferred=group.by_decision[Decision.DEFER],
        lines_held=group.by_decision[Decision.HOLD],
        lines_ticked=group.ticked,
    )


def act_message(act: Act) -> lines_pb2.Act:
    """What a person did in one go."""
    return lines_pb2.Act(
        act_id=act.act_id,
        kind=KINDS[act.kind],
        verdict=verdict_message(act.verdict),
        filter=_filter_message(act.filter) if act.filter else None,
        except_record_ids=act.exceptions,
        lines=act.lines,
        at=timestamp(act.at),
        undone=act.undone,
        record_ids=act.record_ids,
    )


def _filter_message(wanted: LineFilter) -> lines_pb2.LineFilter:
    return lines_pb2.LineFilter(
        decision=DECISIONS[wanted.decision] if wanted.decision else lines_pb2.DECISION_UNSPECIFIED,
        group_id=wanted.group_id,
        proposal=PROPOSALS[wanted.proposal] if wanted.proposal else lines_pb2.PROPOSAL_UNSPECIFIED,
        suggested_rule=wanted.rule,
        suggested_reason=wanted.reason,
        fonds=wanted.fonds,
        year=wanted.year,
    )


def _suggestion_message(stored: Mapping[str, Any] | None) -> lines_pb2.Suggestion | None:
    """None for lists that were gathered before anything was suggested."""
    if not stored:
        return None
    return lines_pb2.Suggestion(
        proposal=PROPOSALS[Proposal(stored["proposal"])],
        rule=stored["rule"],
        document=canonical_bytes(stored).decode(),
    )


def _correction_message(replaced: Mapping[str, Any]) -> lines_pb2.LineCorrection:
    """What the public read when it was proposed, and why it is to change."""
    return lines_pb2.LineCorrection(**{**replaced, "date": date_of(replaced["date"])})


def _package_message(opinion: PackageOpinion) -> lines_pb2.PackageOpinion:
    return lines_pb2.PackageOpinion(
        opinion=DECISIONS[opinion.opinion], given_on=opinion.given_on, package_number=opinion.package_number
    )
