"""What this province holds of the centre's requests, for a centre that was restored from a backup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.catalog.application.desk_messages import STATUSES
from services.catalog.domain.cases import STATUS_OF_STATE, Case
from services.common.domain.errors import NotFound
from services.common.domain.messages import Letter
from services.common.domain.paging import Page
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb


@dataclass(frozen=True)
class Held:
    """A case, and the highest number of its letters that the centre confirmed."""

    case: Case
    confirmed: int


class HeldCases(Protocol):
    """Every case of this province, and the letters it wrote on them."""

    def page(self, size: int, token: str) -> Page[Held]:
        """By leg id. Raises: InvalidPageToken."""
        ...

    def confirmed_letters(self, leg_id: str, after: int) -> Sequence[Letter] | None:
        """Letters that the centre has confirmed, by number; None where there is no such case."""
        ...


def list_held_cases(message: pb.ListHeldCasesRequest, *, cases: HeldCases) -> pb.ListHeldCasesResponse:
    """States and numbers alone: no title, no applicant. Raises: InvalidPageToken, InvalidArgument."""
    page = cases.page(message.page_size, message.page_token)
    return pb.ListHeldCasesResponse(
        cases=[
            pb.HeldCase(
                leg_id=one.case.case_id,
                request_id=one.case.request_id,
                request_number=one.case.number,
                received=len(one.case.conversation.heard),
                sent=one.case.conversation.sent,
                confirmed=one.confirmed,
                status=STATUSES[STATUS_OF_STATE[one.case.state]],
            )
            for one in page.items
        ],
        next_page_token=page.next_token,
    )


def list_answers(message: pb.ListAnswersRequest, *, cases: HeldCases) -> pb.ListAnswersResponse:
    """Letters the centre has confirmed once; those it has not are under way. Raises: NotFound."""
    letters = cases.confirmed_letters(message.leg_id, message.after)
    if letters is None:
        raise NotFound("case")
    return pb.ListAnswersResponse(answers=[pb.SupplyingAgencyMessageRequest.FromString(one.body) for one in letters])
