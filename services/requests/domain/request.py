"""A citizen's request with its leg, and what may be done to it. Pure: each step gives a new value."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from services.common.domain.conversation import Conversation
from services.common.domain.deadlines import Deadline
from services.requests.domain.errors import RequestClosed
from services.requests.domain.lifecycle import TABLE, AtDeadline, CitizenAction, IsoStatus, RequestState, after

CANCEL_ASKED = "CancelAsked"
CANCEL_DECLINED = "CancelDeclined"
CITIZEN, PLATFORM = "citizen", "platform"


@dataclass(frozen=True)
class StateChange:
    """One line of the history. `by`: "citizen", "platform" or the archive's id; `reason`: a code or empty."""

    state: RequestState
    at: datetime
    reason: str
    by: str


@dataclass(frozen=True)
class WantedRecord:
    """The open entry as it stood at submission."""

    record_id: str
    region_id: str
    archive_id: str
    reference_code: str
    title: str


@dataclass(frozen=True)
class RetrievalRequest:
    """One 申请编号 and one total age. `leg_id` names its exchange with the supplying province.

    `pseudonym`: of the applicant; `region_id`: the applicant's, or the supplier's where the account names none.
    """

    request_id: str
    number: str
    pseudonym: str
    region_id: str
    record: WantedRecord
    leg_id: str
    state: RequestState
    iso_status: str
    reason: str
    deadline: Deadline
    overdue: bool
    cancel_asked: bool
    submitted_at: datetime
    history: tuple[StateChange, ...]
    conversation: Conversation
    version: int

    def told(self, status: IsoStatus, reason: str, at: datetime) -> "RetrievalRequest":
        """After a status of the supplying agency; never backwards.

        Raises: MessageUnknown.
        """
        state = after(self.state, status)
        if state is self.state:
            return self
        change = StateChange(state, at, reason, self.record.archive_id)
        moved = replace(self, state=state, iso_status=status.value, reason=reason)
        return moved._with(change, overdue=self.overdue and TABLE[state].clock_runs)

    def ask_cancel(self, at: datetime) -> "RetrievalRequest":
        """Withdrawn by the applicant; the supplying agency answers whether it still could be stopped.

        Raises: RequestClosed.
        """
        if CitizenAction.CANCEL not in TABLE[self.state].citizen:
            raise RequestClosed(self.state.value)
        if self.cancel_asked:
            return self
        asked = replace(self, cancel_asked=True, conversation=self.conversation.send())
        return asked._with(StateChange(self.state, at, CANCEL_ASKED, CITIZEN))

    def cancel_declined(self, at: datetime) -> "RetrievalRequest":
        """It was too late to stop; the status stays (ISO 18626: answer N keeps it)."""
        declined = replace(self, cancel_asked=False)
        return declined._with(StateChange(self.state, at, CANCEL_DECLINED, self.record.archive_id))

    def resumed(self, sent: int) -> "RetrievalRequest":
        """After a restore: goes on behind the letters of ours that the province has, forgotten ones too."""
        return replace(self, conversation=replace(self.conversation, sent=max(self.conversation.sent, sent)))

    def late_on(self, today: date) -> bool:
        """Whether the clock has run out unnoticed."""
        row = TABLE[self.state]
        return row.at_deadline is AtDeadline.SHOW_LATE and not self.overdue and self.deadline.is_overdue(today)

    def show_late(self) -> "RetrievalRequest":
        """Marked late for everyone to see."""
        return replace(self, overdue=True, version=self.version + 1)

    def _with(self, change: StateChange, *, overdue: bool | None = None) -> "RetrievalRequest":
        late = self.overdue if overdue is None else overdue
        return replace(self, history=(*self.history, change), overdue=late, version=self.version + 1)


def submitted(
    request_id: str,
    number: str,
    pseudonym: str,
    region_id: str,
    record: WantedRecord,
    leg_id: str,
    deadline: Deadline,
    at: datetime,
) -> RetrievalRequest:
    """A new request, its first letter counted as sent."""
    return RetrievalRequest(
        request_id=request_id,
        number=number,
        pseudonym=pseudonym,
        region_id=region_id,
        record=record,
        leg_id=leg_id,
        state=RequestState.SUBMITTED,
        iso_status="",
        reason="",
        deadline=deadline,
        overdue=False,
        cancel_asked=False,
        submitted_at=at,
        history=(StateChange(RequestState.SUBMITTED, at, "", CITIZEN),),
        conversation=Conversation(sent=1),
        version=1,
    )
