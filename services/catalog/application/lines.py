"""Work on the lines of a batch: decide, take back, tick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.catalog.application.review import batch_event
from services.catalog.application.review_ports import Batches, Lines, RecordFields, ReviewTx
from services.catalog.domain.acts import (
    AT_ONCE,
    MAX_EXCEPTIONS,
    MAX_LINES,
    MAX_TICKED,
    SAMPLE,
    UNDOABLE,
    Act,
    ActKind,
    LineFilter,
    require_count,
    require_undoable,
)
from services.catalog.domain.batch_errors import PreviewFirst
from services.catalog.domain.lines import Line, taking_suggestion
from services.catalog.domain.verdicts import Verdict
from services.catalog.domain.work_list import Bulk
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument

_SOME = 20


def decide_lines(
    *, act_id: str, batch_id: str, seen: Mapping[str, int], verdict: Verdict, by: Caller, batches: Batches
) -> Act:
    """One verdict on some lines, each as it was shown. `seen`: record id → version of its line.

    Raises: InvalidArgument, OutOfScope, BatchNotReady, BulkUnderWay, NotFound; LineChanged: nothing is decided then;
    and as `Line.require_fit`.
    """
    if not 0 < len(seen) <= MAX_LINES:
        raise InvalidArgument("lines", f"1 to {MAX_LINES}, each once")
    now = by.clock.now()

    def work(tx: ReviewTx) -> Act:
        tx.batch.require_visible_to(by.actor)
        tx.batch.require_reviewing()
        verdict.require_sound(tx.batch.matter)
        lines = tx.lines(list(seen))
        for line in lines:
            line.require_unchanged(seen[line.record_id])
            line.require_fit(verdict, legal_day(now))
        act = Act(
            act_id, batch_id, ActKind.DECIDE, by.actor.pseudonym, now, verdict, len(lines), record_ids=_some(lines)
        )
        _apply(tx, act, lines, by)
        return act

    return batches.within(batch_id, work)


def preview_matching(
    *, batch_id: str, wanted: LineFilter, by: Caller, batches: Batches, lines: Lines
) -> tuple[int, list[tuple[Line, RecordFields]]]:
    """How many lines a filter matches, and a sample; that it was shown is kept.

    Raises: NotFound, OutOfScope.
    """
    batches.get(batch_id).require_visible_to(by.actor)
    count, sample = lines.sample(batch_id, wanted, SAMPLE)
    lines.show_sample(batch_id, by.actor.pseudonym, wanted, sample)
    return count, sample


@dataclass(frozen=True)
class Matching:
    """What a bulk act is about: a filter, less exceptions, and how many lines that is expected to be."""

    wanted: LineFilter
    exceptions: tuple[str, ...]
    expected: int


def decide_matching(
    *, act_id: str, batch_id: str, matching: Matching, verdict: Verdict, by: Caller, batches: Batches
) -> Act:
    """One verdict on all that a previewed filter matches, less exceptions: exactly those, or none.

    More than a transaction takes are carried out by the worker; until then nothing else changes the batch's lines.

    Raises: InvalidArgument, OutOfScope, BatchNotReady, BulkUnderWay, PreviewFirst, CountDiffers; and as
    `Line.require_fit` for any one of them.
    """
    exceptions = set(matching.exceptions)
    if len(exceptions) > MAX_EXCEPTIONS:
        raise InvalidArgument("except_record_ids", f"at most {MAX_EXCEPTIONS}")
    now = by.clock.now()
    verdict_on = taking_suggestion(verdict)

    def work(tx: ReviewTx) -> Act:
        tx.batch.require_visible_to(by.actor)
        tx.batch.require_reviewing()
        if not tx.previewed(by.actor.pseudonym, matching.wanted):
            raise PreviewFirst("of the same filter")
        matched = tx.matched(matching.wanted, matching.exceptions)
        require_count(matched.count, matched.exceptions, len(exceptions), matching.expected)
        for line in matched.kinds:
            verdict_on(line).require_sound(tx.batch.matter)
            line.require_fit(verdict_on(line), legal_day(now))
        act = Act(
            act_id,
            batch_id,
            ActKind.MATCHING,
            by.actor.pseudonym,
            now,
            verdict,
            matched.count,
            matching.wanted,
            tuple(sorted(exceptions)),
            _some(matched.kinds),
        )
        if matched.count <= AT_ONCE:
            lines = [line for line in tx.matching(matching.wanted) if line.record_id not in exceptions]
            _apply(tx, replace(act, record_ids=_some(lines)), lines, by)
        else:
            tx.add_act(act)
            _start(tx, act, matched.count, by, undoes=False)
        return act

    return batches.within(batch_id, work)


@dataclass(frozen=True)
class Undone:
    """`taken_back`: lines as before the act, or about to be; `kept`: lines that somebody decided since."""

    taken_back: int
    kept: int


def undo_act(*, act_id: str, batch_id: str, by: Caller, batches: Batches) -> Undone:
    """Takes one of one's last acts back on each line that still stands as the act left it.

    Raises: OutOfScope, BatchNotReady, BulkUnderWay, NotUndoable.
    """

    def work(tx: ReviewTx) -> Undone:
        tx.batch.require_visible_to(by.actor)
        tx.batch.require_reviewing()
        act = require_undoable(act_id, tx.recent_acts(by.actor.pseudonym, UNDOABLE))
        standing = tx.count_act(act_id)
        tx.mark_undone(act, standing)
        if standing > AT_ONCE:
            _start(tx, act, standing, by, undoes=True)
        else:
            before, after = tx.undo(act)
            tx.put(tx.batch.decided(before, after))
            tx.record(batch_event(tx.batch, by, act=act_id, lines=standing))
        return Undone(standing, act.lines - standing)

    return batches.within(batch_id, work)


def undone_before(*, act_id: str, batch_id: str, lines: Lines) -> Undone:
    """What an act's undoing answered, for a repeat.

    Raises: NotFound.
    """
    act = lines.act(batch_id, act_id)
    return Undone(act.taken_back, act.lines - act.taken_back)


def review_secrecy(*, batch_id: str, record_ids: Sequence[str], by: Caller, batches: Batches) -> int:
    """Ticks lines that were shown to this person; answers how many of the batch are ticked by then (rule S4).

    Raises: InvalidArgument, OutOfScope, BatchNotReady, NotFound, NotShown, RecordChanged.
    """
    if not 0 < len(set(record_ids)) <= MAX_TICKED:
        raise InvalidArgument("record_ids", f"1 to {MAX_TICKED}")
    now, pseudonym = by.clock.now(), by.actor.pseudonym

    def work(tx: ReviewTx) -> int:
        tx.batch.require_visible_to(by.actor)
        shown = tx.shown(pseudonym, record_ids)
        present = tx.content_hashes(record_ids)
        lines = tx.lines(record_ids)
        ticked = [
            line.reviewed(
                by=pseudonym,
                at=now,
                shown=line.record_id in shown,
                present_hash=present.get(line.record_id, ""),
            )
            for line in lines
        ]
        tx.tick(ticked)
        tx.put(tx.batch.ticking(sum(not line.ticked for line in lines)))
        tx.record(batch_event(tx.batch, by, lines=len(lines), ticked=tx.batch.ticked))
        return tx.batch.ticked

    return batches.within(batch_id, work)


def _apply(tx: ReviewTx, act: Act, lines: Sequence[Line], by: Caller) -> None:
    verdict_on = taking_suggestion(act.verdict)
    after = [line.decided(verdict_on(line), act_id=act.act_id, by=act.by, at=act.at) for line in lines]
    tx.decide(after)
    tx.add_act(act)
    tx.put(tx.batch.decided([line.decision for line in lines], [line.decision for line in after]))
    tx.record(batch_event(tx.batch, by, act=act.act_id, lines=len(lines), decision=act.verdict.decision.value))


def _start(tx: ReviewTx, act: Act, lines: int, by: Caller, *, undoes: bool) -> None:
    tx.put(tx.batch.starting(Bulk(act.act_id, undoes, by.actor.pseudonym, lines)))
    decision = "" if undoes else act.verdict.decision.value
    tx.record(batch_event(tx.batch, by, act=act.act_id, lines=lines, decision=decision))


def _some(lines: Sequence[Line]) -> tuple[str, ...]:
    return tuple(line.record_id for line in lines[:_SOME])
