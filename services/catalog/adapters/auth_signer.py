"""`Signer` over gRPC: auth holds the keys and checks the live token that is forwarded with the call."""

from datetime import UTC

import grpc

from services.catalog.application.review_ports import Signable
from services.catalog.domain.signatures import Side, Signature
from services.common.grpc.channel import call
from tongdang.auth.v1 import auth_pb2, auth_pb2_grpc


class AuthSigner:
    """Calls auth's SigningService."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = auth_pb2_grpc.SigningServiceStub(channel)  # type: ignore[no-untyped-call]  # generated

    def sign(
        self, *, request_id: str, batch: Signable, side: Side, pseudonym: str, role: str, unit_id: str
    ) -> Signature:
        answer = call(
            self._stub.SignBatchStatement,
            auth_pb2.SignBatchStatementRequest(
                request_id=request_id,
                batch_id=batch.batch_id,
                batch_root=batch.root,
                rule_version=batch.rule_version,
                side=side.value,
                matter=batch.matter.value,
            ),
        )
        return Signature(
            side=side,
            pseudonym=pseudonym,
            role=role,
            unit_id=unit_id,
            signed_at=answer.signed_at.ToDatetime(tzinfo=UTC),
            statement=answer.statement,
            signature=answer.signature,
            public_key=answer.public_key,
        )
