"""RequestService and RequestingAgencyService over gRPC: message to use case, result to message."""

from dataclasses import dataclass

import grpc

from services.common.domain.registry import Registry
from services.common.grpc.call import current_call
from services.requests.application import submit as use_cases
from services.requests.application.answers import apply_answer
from services.requests.application.legs import Legs, list_legs, list_letters
from services.requests.application.messages import request_message
from services.requests.application.ports import Numbers, OpenCatalogue, Requests
from services.requests.application.submit import Terms
from tongdang.fulfilment.v1 import fulfilment_pb2, fulfilment_pb2_grpc
from tongdang.requests.v1 import requests_pb2 as pb
from tongdang.requests.v1 import requests_pb2_grpc


@dataclass
class RequestServicer(requests_pb2_grpc.RequestServiceServicer):
    """For the applicant, through the portal."""

    requests: Requests
    catalogue: OpenCatalogue
    numbers: Numbers
    registry: Registry
    terms: Terms

    def SubmitRequest(  # noqa: N802 - named by the contract
        self, request: pb.SubmitRequestRequest, context: grpc.ServicerContext
    ) -> pb.SubmitRequestResponse:
        submitted = use_cases.submit(
            request,
            by=current_call(),
            requests=self.requests,
            catalogue=self.catalogue,
            numbers=self.numbers,
            registry=self.registry,
            terms=self.terms,
        )
        return pb.SubmitRequestResponse(request=submitted)

    def GetRequest(  # noqa: N802
        self, request: pb.GetRequestRequest, context: grpc.ServicerContext
    ) -> pb.GetRequestResponse:
        found = use_cases.get_request(request.request_id, by=current_call(), requests=self.requests)
        return pb.GetRequestResponse(request=request_message(found))

    def ListRequests(  # noqa: N802
        self, request: pb.ListRequestsRequest, context: grpc.ServicerContext
    ) -> pb.ListRequestsResponse:
        page = use_cases.list_requests(request.page_size, request.page_token, by=current_call(), requests=self.requests)
        return pb.ListRequestsResponse(
            requests=[request_message(one) for one in page.items], next_page_token=page.next_token
        )

    def CancelRequest(  # noqa: N802
        self, request: pb.CancelRequestRequest, context: grpc.ServicerContext
    ) -> pb.CancelRequestResponse:
        cancelled = use_cases.cancel(request, by=current_call(), requests=self.requests, registry=self.registry)
        return pb.CancelRequestResponse(request=cancelled)


@dataclass
class RequestingAgencyServicer(fulfilment_pb2_grpc.RequestingAgencyServiceServicer):
    """For the provinces' answers."""

    requests: Requests
    registry: Registry

    def SupplyingAgencyMessage(  # noqa: N802 - named by the contract
        self, request: fulfilment_pb2.SupplyingAgencyMessageRequest, context: grpc.ServicerContext
    ) -> fulfilment_pb2.SupplyingAgencyMessageResponse:
        confirmation = apply_answer(request, by=current_call(), requests=self.requests, registry=self.registry)
        return fulfilment_pb2.SupplyingAgencyMessageResponse(confirmation=confirmation)


@dataclass
class ReconciliationServicer(fulfilment_pb2_grpc.ReconciliationServiceServicer):
    """For a province that compares what it holds with what the centre knows of it."""

    legs: Legs
    registry: Registry

    def ListLegs(  # noqa: N802 - named by the contract
        self, request: fulfilment_pb2.ListLegsRequest, context: grpc.ServicerContext
    ) -> fulfilment_pb2.ListLegsResponse:
        return list_legs(request, by=current_call(), legs=self.legs, registry=self.registry)

    def ListLetters(  # noqa: N802
        self, request: fulfilment_pb2.ListLettersRequest, context: grpc.ServicerContext
    ) -> fulfilment_pb2.ListLettersResponse:
        return list_letters(request, by=current_call(), legs=self.legs, registry=self.registry)
