"""SigningService and DirectoryService over gRPC."""

import grpc
from google.protobuf import timestamp_pb2

from services.auth.application.names import Directory, resolve_names
from services.auth.application.sign import SigningKeys, sign_batch_statement
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import require_request_id
from tongdang.auth.v1 import auth_pb2, auth_pb2_grpc


class SigningServicer(auth_pb2_grpc.SigningServiceServicer):
    """A repeat makes another signature over another time; the caller keeps one of them, so no answer is stored."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def SignBatchStatement(  # noqa: N802 - named by the contract
        self, request: auth_pb2.SignBatchStatementRequest, context: grpc.ServicerContext
    ) -> auth_pb2.SignBatchStatementResponse:
        require_request_id(request.request_id)
        sealed = sign_batch_statement(
            batch_id=request.batch_id,
            batch_root=request.batch_root,
            matter=request.matter,
            rule_version=request.rule_version,
            side=request.side,
            by=current_call(),
            keys=self._keys,
        )
        signed_at = timestamp_pb2.Timestamp()
        signed_at.FromDatetime(sealed.signed_at)
        return auth_pb2.SignBatchStatementResponse(
            statement=sealed.statement,
            signature=sealed.signature,
            public_key=sealed.public_key,
            signed_at=signed_at,
        )


class DirectoryServicer(auth_pb2_grpc.DirectoryServiceServicer):
    """Thin."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def ResolveNames(  # noqa: N802 - named by the contract
        self, request: auth_pb2.ResolveNamesRequest, context: grpc.ServicerContext
    ) -> auth_pb2.ResolveNamesResponse:
        officers = resolve_names(list(request.pseudonyms), directory=self._directory)
        return auth_pb2.ResolveNamesResponse(
            names=[auth_pb2.PersonName(pseudonym=one.pseudonym, name=one.name, role=one.role) for one in officers]
        )
