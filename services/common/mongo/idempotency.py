"""Idempotency: `request_id` in each mutating request, unique on (caller, method, request_id), kept 30 days."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.common.domain.caller import Caller
from services.common.domain.errors import InvalidArgument
from services.common.domain.ids import is_uuid
from services.common.mongo.database import Document

COLLECTION = "idempotency"
KEPT = timedelta(days=30)


class MutatingRequest(Protocol):
    """A Protobuf request that carries an idempotency key."""

    @property
    def request_id(self) -> str: ...

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802 - Protobuf's name


@dataclass(frozen=True)
class IdempotencyKey:
    """Who asked for what, and a hash of the whole request."""

    caller: str
    method: str
    request_id: str
    request_hash: str

    @property
    def document_id(self) -> str:
        """The unique key."""
        return f"{self.caller}|{self.method}|{self.request_id}"

    def document(self, now: datetime, answer: bytes = b"") -> Document:
        """As first inserted; an answer not yet known follows in the same transaction."""
        return {
            "_id": self.document_id,
            "request_hash": self.request_hash,
            "answer": answer,
            "expires_at": now + KEPT,
        }


def idempotency_key(by: Caller, request: MutatingRequest) -> IdempotencyKey:
    """The key of one call.

    Raises: InvalidArgument: request_id is not a UUID.
    """
    require_request_id(request.request_id)
    digest = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
    return IdempotencyKey(by.actor.pseudonym or by.actor.via, by.action, request.request_id, digest)


def require_request_id(request_id: str) -> None:
    """Raises: InvalidArgument: not a UUID in canonical form."""
    if not is_uuid(request_id):
        raise InvalidArgument("request_id", "a UUID in lower case, e.g. 0192f0c1-7f3a-7c1e-9d0e-2f4b5a6c7d8e")
