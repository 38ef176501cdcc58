"""ProvenanceService over gRPC."""

import grpc

from services.catalog.adapters.provenances import MongoProvenances
from tongdang.catalog.v1 import provenance_pb2, provenance_pb2_grpc


class ProvenanceServicer(provenance_pb2_grpc.ProvenanceServiceServicer):
    """Thin: what is stored is what anybody may check."""

    def __init__(self, provenances: MongoProvenances) -> None:
        self._provenances = provenances

    def GetProvenance(  # noqa: N802 - named by the contract
        self, request: provenance_pb2.GetProvenanceRequest, context: grpc.ServicerContext
    ) -> provenance_pb2.GetProvenanceResponse:
        found = self._provenances.text if request.text else self._provenances.get
        return found(request.record_id)
