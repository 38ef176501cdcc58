"""Opens the applicant's details with the province's X25519 key."""

import structlog
from google.protobuf.message import DecodeError

from services.catalog.application.desk_ports import Applicant
from services.common.domain.errors import InvalidArgument
from services.common.security.sealed import open_sealed
from tongdang.catalog.v1 import desk_pb2

log = structlog.get_logger()


class ApplicantSeals:
    """Port `Seals`. `private_key`: 32 bytes."""

    def __init__(self, private_key: bytes) -> None:
        self._key = private_key

    def open(self, box: bytes) -> Applicant | None:
        try:
            details = desk_pb2.ApplicantDetails.FromString(open_sealed(self._key, box))
        except (InvalidArgument, DecodeError):
            log.warning("applicant-unreadable")
            return None
        return Applicant(details.name, details.phone, details.purpose, details.note)
