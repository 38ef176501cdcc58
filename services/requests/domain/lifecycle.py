"""The life of a request, as a table: who acts, whether the clock runs, what may come next, what happens when late.

ISO 18626 statuses (2017, schema v1.2) map onto states; a request never goes backwards. Promise 3: each waiting state
has an owner, a clock and an action for when the clock runs out; the machine never grants or refuses.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.requests.domain.errors import MessageUnknown


class RequestState(StrEnum):
    """States as the citizen sees them."""

    SUBMITTED = "submitted"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    UNFILLED = "unfilled"
    CANCELLED = "cancelled"


class Responsible(StrEnum):
    """Who acts next."""

    PLATFORM = "platform"
    ARCHIVE = "archive"
    CITIZEN = "citizen"
    NOBODY = "nobody"


class IsoStatus(StrEnum):
    """ISO 18626 status of a supplying agency's message."""

    REQUEST_RECEIVED = "RequestReceived"
    EXPECT_TO_SUPPLY = "ExpectToSupply"
    WILL_SUPPLY = "WillSupply"
    RETRY_POSSIBLE = "RetryPossible"
    UNFILLED = "Unfilled"
    COPY_COMPLETED = "CopyCompleted"
    CANCELLED = "Cancelled"


class CitizenAction(StrEnum):
    """What the applicant may do."""

    CANCEL = "cancel"
    DOWNLOAD = "download"


class AtDeadline(StrEnum):
    """What happens when the day has passed."""

    SHOW_LATE = "show-late"
    NOTHING = "nothing"


@dataclass(frozen=True)
class StateRow:
    """One row of the table."""

    responsible: Responsible
    clock_runs: bool
    next: frozenset[RequestState]
    citizen: frozenset[CitizenAction]
    at_deadline: AtDeadline

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after."""
        return not self.next


_R, _A, _S = RequestState, CitizenAction, AtDeadline
_ENDS = {_R.COMPLETED, _R.UNFILLED, _R.CANCELLED}


def _row(
    responsible: Responsible, clock_runs: bool, nexts: set[RequestState], citizen: set[CitizenAction], late: AtDeadline
) -> StateRow:
    return StateRow(responsible, clock_runs, frozenset(nexts), frozenset(citizen), late)


TABLE: dict[RequestState, StateRow] = {
    # state          who acts             clock  may become                            citizen may     when late
    _R.SUBMITTED: _row(Responsible.PLATFORM, True, {_R.RECEIVED, _R.ACCEPTED, *_ENDS}, {_A.CANCEL}, _S.SHOW_LATE),
    _R.RECEIVED: _row(Responsible.ARCHIVE, True, {_R.ACCEPTED, *_ENDS}, {_A.CANCEL}, _S.SHOW_LATE),
    _R.ACCEPTED: _row(Responsible.ARCHIVE, True, _ENDS, {_A.CANCEL}, _S.SHOW_LATE),
    _R.COMPLETED: _row(Responsible.CITIZEN, False, set(), {_A.DOWNLOAD}, _S.NOTHING),
    _R.UNFILLED: _row(Responsible.NOBODY, False, set(), set(), _S.NOTHING),
    _R.CANCELLED: _row(Responsible.NOBODY, False, set(), set(), _S.NOTHING),
}

OPEN_STATES = tuple(state for state, row in TABLE.items() if row.clock_runs)

STATE_OF_STATUS: dict[IsoStatus, RequestState] = {
    IsoStatus.REQUEST_RECEIVED: _R.RECEIVED,
    IsoStatus.EXPECT_TO_SUPPLY: _R.ACCEPTED,
    IsoStatus.WILL_SUPPLY: _R.ACCEPTED,
    IsoStatus.COPY_COMPLETED: _R.COMPLETED,
    IsoStatus.UNFILLED: _R.UNFILLED,
    IsoStatus.CANCELLED: _R.CANCELLED,
}
"""RetryPossible has no row yet: nothing asks a citizen back so far."""


def after(state: RequestState, status: IsoStatus) -> RequestState:
    """The state once a status has been told; an earlier or repeated one changes nothing.

    Raises: MessageUnknown.
    """
    told = STATE_OF_STATUS.get(status)
    if told is None:
        raise MessageUnknown(f"status {status.value}")
    return told if told in TABLE[state].next else state
