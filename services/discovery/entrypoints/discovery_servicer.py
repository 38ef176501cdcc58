"""DiscoveryService over gRPC."""

import grpc

from services.discovery.adapters.stored_entry import public_form
from services.discovery.application.ports import UnionIndex
from services.discovery.application.search import get_entry, search
from services.discovery.domain.query import Filters
from tongdang.catalog.v1 import record_pb2
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
            hits=[
                discovery_pb2.Hit(entry=public_form(hit.record_id, hit.payload), score=hit.score) for hit in page.hits
            ],
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
        if entry.open:
            return discovery_pb2.GetEntryResponse(entry=public_form(entry.record_id, entry.payload))
        return discovery_pb2.GetEntryResponse(retraction=record_pb2.Retraction.FromString(entry.payload))
