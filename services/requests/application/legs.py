"""What the centre knows of a province's legs, for a province that was restored from a backup."""

from collections.abc import Sequence
from typing import Protocol

from services.common.domain.caller import Caller
from services.common.domain.errors import NotFound
from services.common.domain.messages import Letter
from services.common.domain.paging import Page
from services.common.domain.registry import Registry
from services.common.grpc.letters import REQUEST
from services.requests.application.answers import STATUS_NUMBERS
from services.requests.domain.request import RetrievalRequest
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb


class Legs(Protocol):
    """The centre's side of every leg, and the letters it wrote on it."""

    def of_region(self, region_id: str, size: int, token: str) -> Page[tuple[RetrievalRequest, int]]:
        """Requests whose leg goes to a region, by leg id, each with the number of letters the province confirmed."""
        ...

    def of_leg(self, leg_id: str, region_id: str) -> tuple[RetrievalRequest, int] | None:
        """One of them; None where the leg is not the region's."""
        ...

    def confirmed_letters(self, leg_id: str, region_id: str, after: int) -> Sequence[Letter] | None:
        """Letters that a province has confirmed, by number; None where the leg is not the region's."""
        ...


def list_legs(message: pb.ListLegsRequest, *, by: Caller, legs: Legs, registry: Registry) -> pb.ListLegsResponse:
    """The calling province's own legs. Raises: InvalidPageToken, NotFound."""
    page = legs.of_region(_region(by, registry), message.page_size, message.page_token)
    return pb.ListLegsResponse(
        legs=[
            pb.Leg(
                leg_id=request.leg_id,
                request_id=request.request_id,
                confirmed=confirmed,
                heard=len(request.conversation.heard),
                status=STATUS_NUMBERS.get(request.iso_status, pb.STATUS_UNSPECIFIED),
                reason=request.reason,
            )
            for request, confirmed in page.items
        ],
        next_page_token=page.next_token,
    )


def list_letters(
    message: pb.ListLettersRequest, *, by: Caller, legs: Legs, registry: Registry
) -> pb.ListLettersResponse:
    """Letters the province has confirmed once; those it has not are under way. Raises: NotFound: not its leg."""
    letters = legs.confirmed_letters(message.leg_id, _region(by, registry), message.after)
    if letters is None:
        raise NotFound("leg")
    return pb.ListLettersResponse(letters=[_sent(letter) for letter in letters])


def _sent(letter: Letter) -> pb.SentLetter:
    sent = pb.SentLetter(number=letter.number)
    if letter.method == REQUEST:
        sent.request.ParseFromString(letter.body)
    else:
        sent.requesting_agency_message.ParseFromString(letter.body)
    return sent


def _region(by: Caller, registry: Registry) -> str:
    """The region whose certificate the caller shows."""
    for region in registry.regions:
        if region.principal == by.actor.via:
            return region.region_id
    raise NotFound("region")
