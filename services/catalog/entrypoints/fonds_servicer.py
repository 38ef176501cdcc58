"""FondsService over gRPC: histories of units, and what may be reviewed at all."""

# ruff: noqa: N802 - methods are named by the contract

import grpc

from services.catalog.application import fonds as use_cases
from services.catalog.application.fonds import FondsFile
from services.catalog.application.review import ReviewDesk
from services.catalog.domain.fonds_history import Asked, EventKind, FondsEvent, ScopeDecision
from services.catalog.entrypoints.review_messages import day_of, named, timestamp
from services.catalog.entrypoints.review_servicer import archive_here
from services.common.domain.clock import legal_day
from services.common.domain.registry import Archive
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import fonds_pb2, fonds_pb2_grpc

KINDS = {
    EventKind.RENAMED: fonds_pb2.FONDS_EVENT_KIND_RENAMED,
    EventKind.MERGED: fonds_pb2.FONDS_EVENT_KIND_MERGED,
    EventKind.SPLIT: fonds_pb2.FONDS_EVENT_KIND_SPLIT,
    EventKind.ABOLISHED: fonds_pb2.FONDS_EVENT_KIND_ABOLISHED,
    EventKind.FUNCTION_MOVED: fonds_pb2.FONDS_EVENT_KIND_FUNCTION_MOVED,
    EventKind.NONE_EXISTS: fonds_pb2.FONDS_EVENT_KIND_NONE_EXISTS,
}
ASKED = {
    Asked.UNIT: fonds_pb2.ASKED_UNIT_UNIT,
    Asked.NONE_EXISTS: fonds_pb2.ASKED_UNIT_NONE_EXISTS,
    Asked.UNKNOWN: fonds_pb2.ASKED_UNIT_UNKNOWN,
}


class FondsServicer(fonds_pb2_grpc.FondsServiceServicer):
    """Thin."""

    def __init__(self, desk: ReviewDesk, region_id: str, repeats: Repeats) -> None:
        self._desk = desk
        self._region_id = region_id
        self._repeats = repeats

    def ListFonds(
        self, request: fonds_pb2.ListFondsRequest, context: grpc.ServicerContext
    ) -> fonds_pb2.ListFondsResponse:
        by = current_call()
        by.actor.require_archive(request.archive_id)
        archive = archive_here(self._desk, request.archive_id, self._region_id)
        files = use_cases.fonds_files(archive, self._desk.fonds, legal_day(by.clock.now()))
        return fonds_pb2.ListFondsResponse(fonds=[_fonds_message(file, archive) for file in files])

    def RecordFondsEvent(
        self, request: fonds_pb2.RecordFondsEventRequest, context: grpc.ServicerContext
    ) -> fonds_pb2.RecordFondsEventResponse:
        by, history = current_call(), self._desk.fonds

        def work() -> FondsEvent:
            event = FondsEvent(
                request.request_id,
                request.archive_id,
                request.fonds,
                named(KINDS, request.kind, "kind"),
                request.document_number.strip(),
                day_of(request.document_date, "document_date"),
                request.successor_unit_id,
                request.note.strip(),
                by.actor.pseudonym,
                by.clock.now(),
            )
            archive = archive_here(self._desk, request.archive_id, self._region_id)
            return use_cases.record_event(event=event, archive=archive, by=by, history=history)

        event = self._repeats.run(idempotency_key(by, request), work, lambda: history.event(request.request_id))
        return fonds_pb2.RecordFondsEventResponse(event=_event_message(event))

    def AttestFondsEvent(
        self, request: fonds_pb2.AttestFondsEventRequest, context: grpc.ServicerContext
    ) -> fonds_pb2.AttestFondsEventResponse:
        by, history = current_call(), self._desk.fonds

        def work() -> FondsEvent:
            return use_cases.attest_event(
                event_id=request.event_id, registry=self._desk.registry, by=by, history=history
            )

        event = self._repeats.run(idempotency_key(by, request), work, lambda: history.event(request.event_id))
        return fonds_pb2.AttestFondsEventResponse(event=_event_message(event))

    def RecordScopeDecision(
        self, request: fonds_pb2.RecordScopeDecisionRequest, context: grpc.ServicerContext
    ) -> fonds_pb2.RecordScopeDecisionResponse:
        by, history = current_call(), self._desk.fonds
        archive = archive_here(self._desk, request.archive_id, self._region_id)

        def work() -> None:
            decision = ScopeDecision(
                request.archive_id,
                request.fonds,
                request.document_number.strip(),
                day_of(request.decided_on, "decided_on"),
                by.actor.pseudonym,
                by.clock.now(),
            )
            use_cases.decide_scope(
                decision_id=request.request_id, decision=decision, archive=archive, by=by, history=history
            )

        self._repeats.run(idempotency_key(by, request), work, lambda: None)
        files = use_cases.fonds_files(archive, history, legal_day(by.clock.now()))
        file = next(one for one in files if one.fonds.code == request.fonds)
        return fonds_pb2.RecordScopeDecisionResponse(fonds=_fonds_message(file, archive))


def _fonds_message(file: FondsFile, archive: Archive) -> fonds_pb2.Fonds:
    asked, unit_id = file.standing
    scope = file.scope
    return fonds_pb2.Fonds(
        fonds=file.fonds.code,
        name=file.fonds.name,
        asked=ASKED[asked],
        unit_id=unit_id,
        unit_name=next((unit.name for unit in archive.units if unit.unit_id == unit_id), ""),
        history=map(_event_message, file.events),
        scope_decision=fonds_pb2.ScopeDecision(
            document_number=scope.document_number,
            decided_on=scope.decided_on.isoformat(),
            recorded_by=scope.recorded_by,
            recorded_at=timestamp(scope.recorded_at),
        )
        if scope
        else None,
    )


def _event_message(event: FondsEvent) -> fonds_pb2.FondsEvent:
    return fonds_pb2.FondsEvent(
        event_id=event.event_id,
        archive_id=event.archive_id,
        fonds=event.fonds,
        kind=KINDS[event.kind],
        document_number=event.document_number,
        document_date=event.document_date.isoformat(),
        successor_unit_id=event.successor_unit_id,
        note=event.note,
        entered_by=event.entered_by,
        entered_at=timestamp(event.entered_at),
        attested_by=event.attested_by,
        attested_at=timestamp(event.attested_at),
        valid_until=event.valid_until.isoformat() if event.valid_until else "",
    )
