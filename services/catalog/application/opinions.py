"""What the creating unit says where nobody of it signs here, and what it does not agree to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.catalog.application.desk_ports import ScanKind
from services.catalog.application.review import batch_event
from services.catalog.application.review_ports import Batches, RecordFields, ReviewTx
from services.catalog.domain.acts import MAX_LINES
from services.catalog.domain.batch_errors import ListChanged
from services.catalog.domain.batches import Batch
from services.catalog.domain.lines import Line
from services.catalog.domain.opinions import (
    Disagreement,
    LetterState,
    Outcome,
    UnitLetter,
    opposed_lines,
)
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import require_reason
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument
from services.common.domain.paging import Page

MAX_LETTER_BYTES = 3 * 1024 * 1024


class Opinions(Protocol):
    """Letters and disagreements as they are read, scans of letters, outcomes."""

    def keep_scan(self, scan: bytes) -> str:
        """Stores a scan and answers its SHA-256."""
        ...

    def scan(self, sha256: str) -> bytes:
        """Raises: NotFound, FixityBroken."""
        ...

    def letter(self, letter_id: str) -> UnitLetter:
        """Raises: NotFound."""
        ...

    def letters(self, batch_id: str) -> list[UnitLetter]:
        """Newest first."""
        ...

    def disagreement(self, disagreement_id: str) -> tuple[Disagreement, RecordFields]:
        """Raises: NotFound."""
        ...

    def disagreements(
        self, archive_id: str, unit_id: str | None, open_only: bool, *, size: int, token: str
    ) -> Page[tuple[Disagreement, RecordFields]]:
        """Newest first; `unit_id` None for all."""
        ...

    def settle(self, settled: Disagreement, event: AuditEvent) -> None:
        """Raises: AlreadySettled."""
        ...


def object_lines(*, batch_id: str, record_ids: Sequence[str], reason: str, by: Caller, batches: Batches) -> Batch:
    """The unit's officer does not agree: the lines are held and leave the list, what stood behind it is void.

    Raises: InvalidArgument, NotFound, LineHeld, MechanismDecided, and as `Batch.require_objectable`.
    """
    if not 0 < len(set(record_ids)) <= MAX_LINES:
        raise InvalidArgument("record_ids", f"1 to {MAX_LINES}")
    require_reason(reason.strip())

    def work(tx: ReviewTx) -> Batch:
        tx.batch.require_objectable(by.actor)
        _hold(tx, tx.lines(record_ids), reason.strip(), "", by)
        tx.record(batch_event(tx.batch, by, lines=len(set(record_ids))))
        return tx.batch

    return batches.within(batch_id, work)


@dataclass(frozen=True)
class Reply:
    """What a reviewer reads off the unit's stamped letter. `root`: printed on the letter to the unit."""

    root: str
    number: str
    date: date
    opposed: tuple[str, ...]
    opposed_reason: str
    scan: bytes


def enter_letter(
    *,
    letter_id: str,
    batch_id: str,
    reply: Reply,
    inspect: Callable[[bytes], ScanKind],
    by: Caller,
    batches: Batches,
    opinions: Opinions,
) -> UnitLetter:
    """A reviewer enters the unit's stamped reply to a frozen list; it counts once another has checked it.

    Raises: OutOfScope, BatchNotReady, WrongSide, ListChanged, InvalidArgument, Scan… errors.
    """
    if len(reply.scan) > MAX_LETTER_BYTES:
        raise InvalidArgument("scan", f"at most {MAX_LETTER_BYTES} bytes")
    batch = batches.get(batch_id)
    batch.require_visible_to(by.actor)
    batch.require_awaiting_unit()
    kind = inspect(reply.scan)
    now = by.clock.now()
    letter = UnitLetter(
        letter_id,
        batch_id,
        batch.archive_id,
        reply.number,
        reply.date,
        opinions.keep_scan(reply.scan),
        kind.media_type,
        reply.root,
        reply.opposed,
        reply.opposed_reason,
        by.actor.pseudonym,
        now,
    )
    letter.require_sound(legal_day(now))

    def work(tx: ReviewTx) -> UnitLetter:
        tx.batch.require_awaiting_unit()
        if letter.root != tx.batch.root:
            raise ListChanged("the letter answers another list")
        opposed_lines(tx.lines(letter.opposed) if letter.opposed else [], letter.opposed)
        tx.put_letter(letter)
        tx.put(tx.batch.touched())
        tx.record(batch_event(tx.batch, by, letter=letter_id, sha256=letter.sha256, opposed=len(letter.opposed)))
        return letter

    return batches.within(batch_id, work)


def check_letter(
    *, letter_id: str, confirmed: bool, note: str, by: Caller, batches: Batches, opinions: Opinions
) -> tuple[UnitLetter, Batch]:
    """Another person compares an entered letter with the paper. Confirmed, it stands for the unit's side.

    Raises: NotFound, OutOfScope, LetterSettled, SameSigner, InvalidArgument, BatchNotReady, WrongSide, ListChanged.
    """
    batch_id = opinions.letter(letter_id).batch_id

    def work(tx: ReviewTx) -> tuple[UnitLetter, Batch]:
        tx.batch.require_visible_to(by.actor)
        entered = tx.letter(letter_id)
        letter = entered.checked(confirmed=confirmed, note=note.strip(), by=by.actor.pseudonym, at=by.clock.now())
        tx.put_letter(letter)
        if letter.state is LetterState.CONFIRMED:
            _stand(tx, letter, by)
        else:
            tx.put(tx.batch.touched())
        tx.record(batch_event(tx.batch, by, letter=letter_id, letter_state=letter.state.value))
        return letter, tx.batch

    return batches.within(batch_id, work)


def record_outcome(*, disagreement_id: str, outcome: Outcome, by: Caller, opinions: Opinions) -> Disagreement:
    """What the mechanism decided; the record may come on a later list, where it follows that (Measures 14).

    Raises: NotFound, OutOfScope, AlreadySettled, InvalidArgument.
    """
    disagreement, record = opinions.disagreement(disagreement_id)
    by.actor.require_archive(disagreement.archive_id)
    settled = disagreement.settled(outcome, legal_day(by.clock.now()))
    object_ = ObjectRef("record", disagreement.record_id, record["region_id"], disagreement.archive_id)
    facts = {"document": outcome.document_number, "decision": outcome.decision.value}
    opinions.settle(settled, by.granted(object_, correlation_id=disagreement.batch_id, facts=facts))
    return settled


def _stand(tx: ReviewTx, letter: UnitLetter, by: Caller) -> None:
    """A confirmed letter: what it opposes is held, and what is left has the unit's side."""
    tx.batch.require_awaiting_unit()
    if letter.root != tx.batch.root:
        raise ListChanged("the letter answers another list")
    if letter.opposed:
        _hold(tx, tx.lines(letter.opposed), letter.opposed_reason, letter.letter_id, by)
    if tx.batch.root and Side.CREATING_UNIT not in tx.batch.standing:
        tx.put(tx.batch.evidenced(letter.evidence(tx.batch.opinion_subject)))


def _hold(tx: ReviewTx, lines: Sequence[Line], reason: str, letter_id: str, by: Caller) -> None:
    """The unit does not agree to these lines: held, entered in the register, and off the list."""
    now, pseudonym, batch = by.clock.now(), by.actor.pseudonym, tx.batch
    disagreements = [
        Disagreement(
            by.ids.new(),
            batch.batch_id,
            batch.archive_id,
            batch.unit_id,
            line.record_id,
            line.verdict,
            pseudonym,
            now,
            reason,
            letter_id,
        )
        for line in lines
    ]
    held = [
        line.objected(one.disagreement_id, reason, by=pseudonym, at=now)
        for line, one in zip(lines, disagreements, strict=True)
    ]
    tx.decide(held)
    tx.add_disagreements(disagreements)
    tx.void_letters()
    tx.put(batch.objected([line.decision for line in lines], tx.all_lines))
