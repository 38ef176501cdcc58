"""The union catalogue over gRPC, with the applicant's own token."""

import grpc

from services.common.domain.errors import Kind, TongdangError
from services.common.grpc.channel import call
from services.requests.domain.errors import RecordNotOpen
from services.requests.domain.request import WantedRecord
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc

_DEADLINE_S = 5.0


class DiscoveryCatalogue:
    """Port `OpenCatalogue`."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._discovery = discovery_pb2_grpc.DiscoveryServiceStub(channel)  # type: ignore[no-untyped-call]  # generated

    def record(self, record_id: str) -> WantedRecord:
        try:
            answer = call(
                self._discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id), timeout_s=_DEADLINE_S
            )
        except TongdangError as problem:
            if problem.kind is Kind.NOT_FOUND:
                raise RecordNotOpen(record_id) from problem
            if problem.kind is Kind.UNAVAILABLE:
                problem.retry_after_s = problem.retry_after_s or 5
            raise
        if answer.WhichOneof("state") != "entry":
            raise RecordNotOpen(record_id)
        entry = answer.entry
        return WantedRecord(entry.record_id, entry.region_id, entry.archive_id, entry.reference_code, entry.title)
