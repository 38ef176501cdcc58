"""SupervisionService over gRPC."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf import timestamp_pb2

from services.audit.adapters.cosigned_log import CosignedLog
from services.audit.adapters.published_log import PublishedLog, StreamState
from services.audit.application.supervise import (
    EventFilter,
    Events,
    event_in_scope,
    locate_publication,
    search_events,
    trail,
)
from services.audit.domain.cosignatures import Cosignature, cosignature_of
from services.audit.domain.notes import COSIGNATURE, open_checkpoint, parse_verifier_key, split_note
from services.audit.domain.proofs import inclusion_from_tiles
from services.audit.domain.trail import Logged
from services.common.audit.recorder import Recorder
from services.common.domain.errors import NotFound
from services.common.grpc.call import current_call
from tongdang.audit.v1 import audit_pb2, audit_pb2_grpc


@dataclass(frozen=True)
class Witnessing:
    """Who is asked to cosign (verifier keys), how many must, and what they have."""

    keys: Sequence[str]
    quorum: int
    cosigned: CosignedLog

    def told(self) -> dict[str, Any]:
        """Fields of the answer."""
        newest = self.cosigned.newest()
        signed, lines = split_note(newest.note) if newest else ("", [])
        return {
            "witnesses": [_witness(key, cosignature_of(key, signed, lines)) for key in self.keys],
            "quorum": self.quorum if self.keys else 0,
            "cosigned_size": newest.size if newest else 0,
        }


def _witness(key: str, cosignature: Cosignature | None) -> audit_pb2.Witness:
    at = timestamp_pb2.Timestamp(seconds=cosignature.time) if cosignature else None
    return audit_pb2.Witness(name=parse_verifier_key(key, COSIGNATURE)[0], verifier_key=key, cosigned_at=at)


class SupervisionServicer(audit_pb2_grpc.SupervisionServiceServicer):
    """Thin."""

    def __init__(
        self, events: Events, log: PublishedLog, verifier_key: str, recorder: Recorder, witnessing: Witnessing
    ) -> None:
        self._events = events
        self._log = log
        self._verifier_key = verifier_key
        self._recorder = recorder
        self._witnessing = witnessing

    def SearchEvents(
        self, request: audit_pb2.SearchEventsRequest, context: grpc.ServicerContext
    ) -> audit_pb2.SearchEventsResponse:
        filter_ = EventFilter(
            action=request.action,
            outcome=request.outcome,
            actor=request.actor,
            region_id=request.region_id,
            archive_id=request.archive_id,
            object_id=request.object_id,
            after=_moment(request, "from"),
            before=_moment(request, "to"),
        )
        page = search_events(
            filter_, size=request.page_size, token=request.page_token, by=current_call().actor, events=self._events
        )
        return audit_pb2.SearchEventsResponse(events=map(_message, page.items), next_page_token=page.next_token)

    def GetTrail(self, request: audit_pb2.GetTrailRequest, context: grpc.ServicerContext) -> audit_pb2.GetTrailResponse:
        page = trail(
            request.correlation,
            purpose=request.purpose,
            size=request.page_size,
            token=request.page_token,
            by=current_call(),
            events=self._events,
            record=self._recorder.record,
        )
        return audit_pb2.GetTrailResponse(events=map(_message, page.items), next_page_token=page.next_token)

    def GetProof(self, request: audit_pb2.GetProofRequest, context: grpc.ServicerContext) -> audit_pb2.GetProofResponse:
        event = event_in_scope(request.leaf_index, by=current_call().actor, events=self._events)
        checkpoint = self._log.checkpoint()
        if event.leaf_index >= checkpoint.size:
            raise NotFound("not in a signed checkpoint yet")
        return audit_pb2.GetProofResponse(
            event=_message(event),
            checkpoint=checkpoint.note,
            tree_size=checkpoint.size,
            inclusion_proof=inclusion_from_tiles(event.leaf_index, checkpoint.size, self._log.hashes),
        )

    def GetLogStatus(
        self, request: audit_pb2.GetLogStatusRequest, context: grpc.ServicerContext
    ) -> audit_pb2.GetLogStatusResponse:
        signed = self._log.checkpoint()
        checkpoint = open_checkpoint(signed.note, self._verifier_key)
        return audit_pb2.GetLogStatusResponse(
            origin=checkpoint.origin,
            tree_size=checkpoint.size,
            root_hex=checkpoint.root.hex(),
            signed_at=_timestamp(signed.signed_at),
            verifier_key=self._verifier_key,
            streams=map(_stream, self._log.streams()),
            **self._witnessing.told(),
        )


class PublicLogServicer(audit_pb2_grpc.PublicLogServiceServicer):
    """Thin; for everybody."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def LocatePublication(
        self, request: audit_pb2.LocatePublicationRequest, context: grpc.ServicerContext
    ) -> audit_pb2.LocatePublicationResponse:
        leaf_index = locate_publication(request.batch_id, events=self._events)
        return audit_pb2.LocatePublicationResponse(leaf_index=leaf_index)


def _stream(state: StreamState) -> audit_pb2.StreamStatus:
    last_time = _timestamp(state.last_time) if state.last_time else None
    return audit_pb2.StreamStatus(stream=state.stream, last_seq=state.last_seq, last_time=last_time, held=state.held)


def _message(event: Logged) -> audit_pb2.LoggedEvent:
    fields = {name: value for name, value in vars(event).items() if name != "time"}
    return audit_pb2.LoggedEvent(time=_timestamp(event.time) if event.time else None, **fields)


def _moment(request: audit_pb2.SearchEventsRequest, field: str) -> datetime | None:
    return getattr(request, field).ToDatetime(tzinfo=UTC) if request.HasField(field) else None


def _timestamp(moment: datetime) -> timestamp_pb2.Timestamp:
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp
