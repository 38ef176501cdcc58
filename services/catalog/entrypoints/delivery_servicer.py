"""DeliveryService over gRPC."""

import grpc

from services.catalog.application import delivery
from services.catalog.application.fulfil import Workshop
from services.common.audit.recorded import mark_recorded
from services.common.domain.clock import legal_day
from services.common.grpc.call import current_call
from services.common.grpc.stamps import stamp
from tongdang.catalog.v1 import delivery_pb2 as pb
from tongdang.catalog.v1 import delivery_pb2_grpc


class DeliveryServicer(delivery_pb2_grpc.DeliveryServiceServicer):
    """Thin: message to use case, result to message."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    def OpenDelivery(  # noqa: N802 - named by the contract
        self, request: pb.OpenDeliveryRequest, context: grpc.ServicerContext
    ) -> pb.OpenDeliveryResponse:
        opened = delivery.open_delivery(
            request.request_id, by=current_call(), cases=self._shop.cases, random_bytes=self._shop.random_bytes
        )
        return pb.OpenDeliveryResponse(
            ticket=opened.token,
            size=opened.ticket.size,
            media_type="application/pdf",
            file_name=f"{opened.case.number}.pdf",
            sha256=opened.ticket.sha256,
            expires_at=stamp(opened.ticket.expires_at),
        )

    def ReadChunk(  # noqa: N802
        self, request: pb.ReadChunkRequest, context: grpc.ServicerContext
    ) -> pb.ReadChunkResponse:
        content = delivery.read_chunk(
            request.ticket,
            request.offset,
            request.length,
            by=current_call(),
            cases=self._shop.cases,
            copies=self._shop.copies,
        )
        mark_recorded()  # the opening is on record, one event for all of its chunks (DESIGN §4, Downloads)
        return pb.ReadChunkResponse(content=content)

    def VerifyCertificate(  # noqa: N802
        self, request: pb.VerifyCertificateRequest, context: grpc.ServicerContext
    ) -> pb.VerifyCertificateResponse:
        found = delivery.verify(request.code, by=current_call(), cases=self._shop.cases, record=self._shop.record)
        if found is None:
            return pb.VerifyCertificateResponse(known=False)
        return pb.VerifyCertificateResponse(
            known=True,
            archive_id=found.archive_id,
            reference_code=found.reference_code,
            pages=found.pages,
            issued_on=legal_day(found.issued_at).isoformat(),
            sha256=found.sha256,
            sample=found.sample,
            request_number=found.request_number,
        )
