"""Port `Province` over gRPC."""

from collections.abc import Iterator, Sequence
from typing import Any

import grpc

from services.common.grpc.channel import call
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb
from tongdang.fulfilment.v1 import fulfilment_pb2_grpc

_PAGE = 100


class GrpcProvince:
    """`channel`: to the province's catalog service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub: Any = fulfilment_pb2_grpc.CaseReconciliationServiceStub(channel)  # type: ignore[no-untyped-call]

    def cases(self) -> Iterator[pb.HeldCase]:
        token = ""
        while True:
            page = call(self._stub.ListHeldCases, pb.ListHeldCasesRequest(page_size=_PAGE, page_token=token))
            yield from page.cases
            token = page.next_page_token
            if not token:
                return

    def answers(self, leg_id: str, after: int) -> Sequence[pb.SupplyingAgencyMessageRequest]:
        return list(call(self._stub.ListAnswers, pb.ListAnswersRequest(leg_id=leg_id, after=after)).answers)
