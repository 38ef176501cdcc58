"""CaseReconciliationService over gRPC: message to use case, result to message."""

from dataclasses import dataclass

import grpc

from services.catalog.application.held_cases import HeldCases, list_answers, list_held_cases
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb
from tongdang.fulfilment.v1 import fulfilment_pb2_grpc


@dataclass
class CaseReconciliationServicer(fulfilment_pb2_grpc.CaseReconciliationServiceServicer):
    """For a centre that compares what it holds with what this province knows of it."""

    cases: HeldCases

    def ListHeldCases(  # noqa: N802 - named by the contract
        self, request: pb.ListHeldCasesRequest, context: grpc.ServicerContext
    ) -> pb.ListHeldCasesResponse:
        return list_held_cases(request, cases=self.cases)

    def ListAnswers(  # noqa: N802
        self, request: pb.ListAnswersRequest, context: grpc.ServicerContext
    ) -> pb.ListAnswersResponse:
        return list_answers(request, cases=self.cases)
