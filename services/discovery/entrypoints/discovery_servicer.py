"""DiscoveryService over gRPC."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf import timestamp_pb2

from services.discovery.adapters.stored_entry import public_form
from services.discovery.application.list_changes import list_changes
from services.discovery.application.ports import Found, UnionIndex
from services.discovery.application.search import get_entry, get_text, search
from services.discovery.domain.changes import Window
from services.discovery.domain.passages import passage
from services.discovery.domain.query import Filters
from tongdang.catalog.v1 import record_pb2, text_pb2
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc


class DiscoveryServicer(discovery_pb2_grpc.DiscoveryServiceServicer):
    """Thin: reads the message, calls the use case, answers."""

    def __init__(self, index: UnionIndex) -> None:
        self._index = index

    def Search(  # noqa: N802 - named by the contract
        self, request: discovery_pb2.SearchRequest, context: grpc.ServicerContext
    ) -> discovery_pb2.SearchResponse:
        page = search(
            request.query,
            Filters(request.region_id, request.archive_id, request.year_from, request.year_to),
            size=request.page_size,
            token=request.page_token,
            index=self._index,
        )
        return discovery_pb2.SearchResponse(
            hits=[_hit(hit, page.runs) for hit in page.hits],
            next_page_token=page.next_token,
            total=page.total,
            total_is_approximate=page.total_is_approximate,
            hints=[discovery_pb2.FilterHint(field=field, total=total) for field, total in page.hints],
            forms_tried=page.forms_tried,
        )

    def GetEntry(  # noqa: N802 - named by the contract
        self, request: discovery_pb2.GetEntryRequest, context: grpc.ServicerContext
    ) -> discovery_pb2.GetEntryResponse:
        entry = get_entry(request.record_id, index=self._index)
        state = _state(entry.record_id, entry.payload, entry.open)
        return discovery_pb2.GetEntryResponse(**state, changed_at=_timestamp(entry.changed), has_text=entry.has_text)

    def GetText(  # noqa: N802 - named by the contract
        self, request: discovery_pb2.GetTextRequest, context: grpc.ServicerContext
    ) -> discovery_pb2.GetTextResponse:
        entry = get_text(request.record_id, index=self._index)
        assert entry.text is not None
        text = text_pb2.OpenText.FromString(entry.text.payload)
        return discovery_pb2.GetTextResponse(text=text, entry=public_form(entry.record_id, entry.payload))

    def ListChanges(  # noqa: N802 - named by the contract
        self, request: discovery_pb2.ListChangesRequest, context: grpc.ServicerContext
    ) -> discovery_pb2.ListChangesResponse:
        window = Window(request.region_id, request.archive_id, _moment(request, "from"), _moment(request, "until"))
        page = list_changes(
            window,
            size=request.page_size,
            newest_first=request.newest_first,
            token=request.page_token,
            index=self._index,
        )
        return discovery_pb2.ListChangesResponse(
            changes=[
                discovery_pb2.Change(**_state(one.record_id, one.payload, one.open), changed_at=_timestamp(one.at))
                for one in page.changes
            ],
            next_page_token=page.next_token,
        )


def _hit(hit: Found, runs: Sequence[str]) -> discovery_pb2.Hit:
    """One hit; a passage where its words stand in the text."""
    entry = public_form(hit.record_id, hit.payload)
    found = None
    if hit.text:
        text = text_pb2.OpenText.FromString(hit.text).text
        found = passage(text, runs, beside=f"{entry.title}\n{entry.creator}\n{entry.reference_code}")
    shown = discovery_pb2.Passage(**vars(found)) if found else None
    return discovery_pb2.Hit(entry=entry, score=hit.score, passage=shown)


def _state(record_id: str, payload: bytes, opened: bool) -> dict[str, Any]:
    """The one field of an answer that tells a record's state."""
    if opened:
        return {"entry": public_form(record_id, payload)}
    return {"retraction": record_pb2.Retraction.FromString(payload)}


def _moment(request: discovery_pb2.ListChangesRequest, field: str) -> datetime | None:
    return getattr(request, field).ToDatetime(tzinfo=UTC) if request.HasField(field) else None


def _timestamp(moment: datetime) -> timestamp_pb2.Timestamp:
    return timestamp_pb2.Timestamp(seconds=int(moment.timestamp()))
