"""UnitOpinionService over gRPC: what the creating unit says by letter, and what it does not agree to."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Callable

import grpc

from services.catalog.application import opinions as use_cases
from services.catalog.application.desk_ports import ScanKind
from services.catalog.application.opinions import Opinions, Reply
from services.catalog.application.review import ReviewDesk
from services.catalog.application.review_ports import RecordFields
from services.catalog.domain.batches import Batch
from services.catalog.domain.opinions import Disagreement, LetterState, Outcome, UnitLetter
from services.catalog.domain.rules import RULES
from services.catalog.entrypoints.line_messages import DECISIONS, verdict_message
from services.catalog.entrypoints.review_messages import batch_message, day_of, named, record_message, timestamp
from services.catalog.entrypoints.review_servicer import unit_scope, visible_batch
from services.common.domain.clock import legal_day
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import unit_opinions_pb2, unit_opinions_pb2_grpc

LETTER_STATES = {
    LetterState.ENTERED: unit_opinions_pb2.LETTER_STATE_ENTERED,
    LetterState.CONFIRMED: unit_opinions_pb2.LETTER_STATE_CONFIRMED,
    LetterState.REJECTED: unit_opinions_pb2.LETTER_STATE_REJECTED,
    LetterState.VOID: unit_opinions_pb2.LETTER_STATE_VOID,
}
_LETTER_RULES = ("O1", "O4", "O6")
"""Rows whose articles the letter to the unit names: what opens, who reviews it, what happens if they differ."""


class OpinionServicer(unit_opinions_pb2_grpc.UnitOpinionServiceServicer):
    """Thin."""

    def __init__(
        self, desk: ReviewDesk, opinions: Opinions, inspect: Callable[[bytes], ScanKind], repeats: Repeats
    ) -> None:
        self._desk = desk
        self._opinions = opinions
        self._inspect = inspect
        self._repeats = repeats

    def ObjectLines(
        self, request: unit_opinions_pb2.ObjectLinesRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.ObjectLinesResponse:
        by, batches = current_call(), self._desk.batches

        def work() -> Batch:
            return use_cases.object_lines(
                batch_id=request.batch_id,
                record_ids=list(request.record_ids),
                reason=request.reason,
                by=by,
                batches=batches,
            )

        batch = self._repeats.run(idempotency_key(by, request), work, lambda: batches.get(request.batch_id))
        return unit_opinions_pb2.ObjectLinesResponse(batch=batch_message(batch, self._desk.terms))

    def GetLetterDraft(
        self, request: unit_opinions_pb2.GetLetterDraftRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.GetLetterDraftResponse:
        by = current_call()
        batch = visible_batch(self._desk, request.batch_id, by)
        batch.require_awaiting_unit()
        reply_by = day_of(request.reply_by, "reply_by")
        archive = self._desk.registry.archive(batch.archive_id)
        unit_name = next((unit.name for unit in archive.units if unit.unit_id == batch.unit_id), batch.unit_id)
        return unit_opinions_pb2.GetLetterDraftResponse(
            batch=batch_message(batch, self._desk.terms),
            archive_name=archive.name,
            unit_name=unit_name,
            articles=[RULES[rule].citation for rule in _LETTER_RULES],
            reply_by=reply_by.isoformat(),
            drawn_on=legal_day(by.clock.now()).isoformat(),
        )

    def EnterUnitLetter(
        self, request: unit_opinions_pb2.EnterUnitLetterRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.EnterUnitLetterResponse:
        by = current_call()

        def work() -> UnitLetter:
            reply = Reply(
                request.root,
                request.letter_number.strip(),
                day_of(request.letter_date, "letter_date"),
                tuple(request.opposed_record_ids),
                request.opposed_reason.strip(),
                request.scan,
            )
            return use_cases.enter_letter(
                letter_id=request.request_id,
                batch_id=request.batch_id,
                reply=reply,
                inspect=self._inspect,
                by=by,
                batches=self._desk.batches,
                opinions=self._opinions,
            )

        def again() -> UnitLetter:
            return self._opinions.letter(request.request_id)

        letter = self._repeats.run(idempotency_key(by, request), work, again)
        return unit_opinions_pb2.EnterUnitLetterResponse(letter=_letter_message(letter))

    def CheckUnitLetter(
        self, request: unit_opinions_pb2.CheckUnitLetterRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.CheckUnitLetterResponse:
        by, batches = current_call(), self._desk.batches

        def work() -> tuple[UnitLetter, Batch]:
            return use_cases.check_letter(
                letter_id=request.letter_id,
                confirmed=request.confirmed,
                note=request.note,
                by=by,
                batches=batches,
                opinions=self._opinions,
            )

        def again() -> tuple[UnitLetter, Batch]:
            letter = self._opinions.letter(request.letter_id)
            return letter, batches.get(letter.batch_id)

        letter, batch = self._repeats.run(idempotency_key(by, request), work, again)
        return unit_opinions_pb2.CheckUnitLetterResponse(
            letter=_letter_message(letter), batch=batch_message(batch, self._desk.terms)
        )

    def ListUnitLetters(
        self, request: unit_opinions_pb2.ListUnitLettersRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.ListUnitLettersResponse:
        visible_batch(self._desk, request.batch_id, current_call())
        letters = map(_letter_message, self._opinions.letters(request.batch_id))
        return unit_opinions_pb2.ListUnitLettersResponse(letters=letters)

    def ReadUnitLetter(
        self, request: unit_opinions_pb2.ReadUnitLetterRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.ReadUnitLetterResponse:
        letter = self._opinions.letter(request.letter_id)
        visible_batch(self._desk, letter.batch_id, current_call())
        scan = self._opinions.scan(letter.sha256)
        return unit_opinions_pb2.ReadUnitLetterResponse(scan=scan, media_type=letter.media_type)

    def ListDisagreements(
        self, request: unit_opinions_pb2.ListDisagreementsRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.ListDisagreementsResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        page = self._opinions.disagreements(
            request.archive_id,
            unit_scope(by),
            request.open_only,
            size=request.page_size,
            token=request.page_token,
        )
        found = [_disagreement_message(one, record) for one, record in page.items]
        return unit_opinions_pb2.ListDisagreementsResponse(disagreements=found, next_page_token=page.next_token)

    def RecordOutcome(
        self, request: unit_opinions_pb2.RecordOutcomeRequest, context: grpc.ServicerContext
    ) -> unit_opinions_pb2.RecordOutcomeResponse:
        by = current_call()

        def work() -> None:
            outcome = Outcome(
                request.document_number.strip(),
                day_of(request.decided_on, "decided_on"),
                named(DECISIONS, request.decision, "decision"),
                by.actor.pseudonym,
                by.clock.now(),
            )
            use_cases.record_outcome(
                disagreement_id=request.disagreement_id, outcome=outcome, by=by, opinions=self._opinions
            )

        self._repeats.run(idempotency_key(by, request), work, lambda: None)
        settled, record = self._opinions.disagreement(request.disagreement_id)
        return unit_opinions_pb2.RecordOutcomeResponse(disagreement=_disagreement_message(settled, record))


def _letter_message(letter: UnitLetter) -> unit_opinions_pb2.UnitLetter:
    return unit_opinions_pb2.UnitLetter(
        letter_id=letter.letter_id,
        batch_id=letter.batch_id,
        state=LETTER_STATES[letter.state],
        letter_number=letter.letter_number,
        letter_date=letter.letter_date.isoformat(),
        sha256=letter.sha256,
        media_type=letter.media_type,
        root=letter.root,
        opposed_record_ids=letter.opposed,
        opposed_reason=letter.opposed_reason,
        entered_by=letter.entered_by,
        entered_at=timestamp(letter.entered_at),
        checked_by=letter.checked_by,
        checked_at=timestamp(letter.checked_at),
        note=letter.note,
    )


def _disagreement_message(one: Disagreement, record: RecordFields) -> unit_opinions_pb2.Disagreement:
    return unit_opinions_pb2.Disagreement(
        disagreement_id=one.disagreement_id,
        batch_id=one.batch_id,
        unit_id=one.unit_id,
        record=record_message(record),
        archive_verdict=verdict_message(one.archive_verdict),
        raised_by=one.raised_by,
        raised_at=timestamp(one.raised_at),
        letter_id=one.letter_id,
        reason=one.reason,
        outcome=_outcome_message(one.outcome) if one.outcome else None,
    )


def _outcome_message(outcome: Outcome) -> unit_opinions_pb2.Outcome:
    return unit_opinions_pb2.Outcome(
        document_number=outcome.document_number,
        decided_on=outcome.decided_on.isoformat(),
        decision=DECISIONS[outcome.decision],
        recorded_by=outcome.recorded_by,
        recorded_at=timestamp(outcome.recorded_at),
    )
