"""Carries letters to the other side of a leg, and reads its confirmation (ISO 18626)."""

from collections.abc import Mapping
from typing import Any

import grpc

from services.common.domain.errors import Kind, TongdangError
from services.common.domain.messages import Letter
from services.common.grpc.call import CAUSATION_KEY
from services.common.grpc.channel import call
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb

_SUPPLYING = "/tongdang.fulfilment.v1.SupplyingAgencyService/"
_REQUESTING = "/tongdang.fulfilment.v1.RequestingAgencyService/"
REQUEST = _SUPPLYING + "Request"
REQUESTING_AGENCY_MESSAGE = _SUPPLYING + "RequestingAgencyMessage"
SUPPLYING_AGENCY_MESSAGE = _REQUESTING + "SupplyingAgencyMessage"

_ANSWERS: Mapping[str, Any] = {
    REQUEST: pb.RequestResponse,
    REQUESTING_AGENCY_MESSAGE: pb.RequestingAgencyMessageResponse,
    SUPPLYING_AGENCY_MESSAGE: pb.SupplyingAgencyMessageResponse,
}


class LetterRefused(TongdangError):
    """The receiver confirmed with an error that time will not heal."""

    code = "LETTER_REFUSED"
    kind = Kind.PRECONDITION


class LetterCarrier:
    """Sends a letter on the channel of its lane. `channels`: destination principal → channel."""

    def __init__(self, channels: Mapping[str, grpc.Channel]) -> None:
        self._methods: dict[tuple[str, str], Any] = {
            (lane, method): channel.unary_unary(method, response_deserializer=answer.FromString)
            for lane, channel in channels.items()
            for method, answer in _ANSWERS.items()
        }

    def send(self, letter: Letter) -> None:
        """Returns once the receiver has durably confirmed.

        Raises: LetterRefused; and whatever the receiver raises.
        """
        method = self._methods[letter.lane, letter.method]
        confirmation = call(method, letter.body, metadata=[(CAUSATION_KEY, letter.letter_id)]).confirmation
        if confirmation.message_status != pb.MESSAGE_STATUS_OK:
            raise LetterRefused(f"{confirmation.error_type} {confirmation.error_value}")
