"""DeskService and SupplyingAgencyService over gRPC: message to use case, result to message."""

from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from services.catalog.application import desk, fulfil, supplying
from services.catalog.application.desk_messages import case_message
from services.catalog.application.fulfil import MAX_SCAN_BYTES, Workshop
from services.catalog.domain.desk_errors import ScanTooLarge
from services.catalog.entrypoints.review_messages import record_message
from services.common.domain.errors import InvalidArgument
from services.common.grpc.call import current_call
from tongdang.catalog.v1 import desk_pb2 as pb
from tongdang.catalog.v1 import desk_pb2_grpc
from tongdang.fulfilment.v1 import fulfilment_pb2, fulfilment_pb2_grpc


class DeskServicer(desk_pb2_grpc.DeskServiceServicer):
    """For the clerk of the archive, through the portal."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    def ListCases(  # noqa: N802 - named by the contract
        self, request: pb.ListCasesRequest, context: grpc.ServicerContext
    ) -> pb.ListCasesResponse:
        by, shop = current_call(), self._shop
        page = desk.list_cases(
            request.archive_id,
            request.include_closed,
            request.page_size,
            request.page_token,
            by=by,
            cases=shop.cases,
        )
        return pb.ListCasesResponse(
            cases=[case_message(case, by, shop.calendar) for case in page.items], next_page_token=page.next_token
        )

    def GetCase(self, request: pb.GetCaseRequest, context: grpc.ServicerContext) -> pb.GetCaseResponse:  # noqa: N802
        by, shop = current_call(), self._shop
        case, applicant = desk.get_case(request.case_id, by=by, cases=shop.cases, seals=shop.seals, record=shop.record)
        record = record_message(shop.holdings.record(case.record_id))
        answer = pb.GetCaseResponse(case=case_message(case, by, shop.calendar), record=record)
        if applicant is not None:
            answer.applicant.CopyFrom(pb.ApplicantDetails(**vars(applicant)))
        return answer

    def AcceptCase(  # noqa: N802
        self, request: pb.AcceptCaseRequest, context: grpc.ServicerContext
    ) -> pb.AcceptCaseResponse:
        case = desk.accept(request, by=current_call(), cases=self._shop.cases, calendar=self._shop.calendar)
        return pb.AcceptCaseResponse(case=case)

    def AttachScan(  # noqa: N802
        self, request_iterator: Iterator[pb.AttachScanRequest], context: grpc.ServicerContext
    ) -> pb.AttachScanResponse:
        header, content = received(request_iterator)
        return pb.AttachScanResponse(case=fulfil.attach_scan(header, content, by=current_call(), shop=self._shop))

    def DeliverCase(  # noqa: N802
        self, request: pb.DeliverCaseRequest, context: grpc.ServicerContext
    ) -> pb.DeliverCaseResponse:
        return pb.DeliverCaseResponse(case=fulfil.deliver(request, by=current_call(), shop=self._shop))

    def DeclineCase(  # noqa: N802
        self, request: pb.DeclineCaseRequest, context: grpc.ServicerContext
    ) -> pb.DeclineCaseResponse:
        case = desk.decline(request, by=current_call(), cases=self._shop.cases, calendar=self._shop.calendar)
        return pb.DeclineCaseResponse(case=case)


@dataclass
class SupplyingAgencyServicer(fulfilment_pb2_grpc.SupplyingAgencyServiceServicer):
    """For the requests service."""

    shop: Workshop
    region_id: str

    def Request(  # noqa: N802 - named by the contract
        self, request: fulfilment_pb2.RequestRequest, context: grpc.ServicerContext
    ) -> fulfilment_pb2.RequestResponse:
        confirmation = supplying.take_request(
            request,
            by=current_call(),
            cases=self.shop.cases,
            holdings=self.shop.holdings,
            registry=self.shop.registry,
            region_id=self.region_id,
        )
        return fulfilment_pb2.RequestResponse(confirmation=confirmation)

    def RequestingAgencyMessage(  # noqa: N802
        self, request: fulfilment_pb2.RequestingAgencyMessageRequest, context: grpc.ServicerContext
    ) -> fulfilment_pb2.RequestingAgencyMessageResponse:
        confirmation = supplying.take_message(request, by=current_call(), cases=self.shop.cases)
        return fulfilment_pb2.RequestingAgencyMessageResponse(confirmation=confirmation)


def received(parts: Iterator[pb.AttachScanRequest]) -> tuple[pb.ScanHeader, bytes]:
    """The whole upload, in memory: header first, then bytes.

    Raises: InvalidArgument: no header first, or a second one. ScanTooLarge: as soon as it is.
    """
    first = next(parts, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidArgument("header", "the first message")
    content = bytearray()
    for part in parts:
        if part.WhichOneof("part") != "content":
            raise InvalidArgument("content", "bytes after the header")
        content += part.content
        if len(content) > MAX_SCAN_BYTES:
            raise ScanTooLarge(metadata={"max_bytes": str(MAX_SCAN_BYTES)})
    return first.header, bytes(content)
