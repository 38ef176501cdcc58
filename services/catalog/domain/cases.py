"""A case at the desk: its states as a table, and what each step tells the requesting agency (ISO 18626)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.catalog.domain.desk_errors import CaseMoved
from services.common.domain.conversation import Conversation
from services.common.domain.deadlines import Deadline
from services.common.domain.errors import InvalidArgument


class CaseState(StrEnum):
    """待受理, 办理中, 待出证, 办结, 退回, 撤回."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    READY = "ready"
    DELIVERED = "delivered"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What may be done to a case."""

    ACCEPT = "accept"
    ATTACH = "attach"
    DELIVER = "deliver"
    DECLINE = "decline"
    CANCEL = "cancel"
    """Asked by the applicant, through the requesting agency; all others are the archive's."""


_S = CaseState

TABLE: Mapping[Step, Mapping[CaseState, CaseState]] = {
    # step          from → to
    Step.ACCEPT: {_S.RECEIVED: _S.ACCEPTED},
    Step.ATTACH: {_S.ACCEPTED: _S.READY, _S.READY: _S.READY},
    Step.DELIVER: {_S.READY: _S.DELIVERED},
    Step.DECLINE: {_S.RECEIVED: _S.DECLINED, _S.ACCEPTED: _S.DECLINED, _S.READY: _S.DECLINED},
    Step.CANCEL: {_S.RECEIVED: _S.CANCELLED, _S.ACCEPTED: _S.CANCELLED, _S.READY: _S.CANCELLED},
}

STATUS_OF_STATE: Mapping[CaseState, str] = {
    _S.RECEIVED: "RequestReceived",
    _S.ACCEPTED: "ExpectToSupply",
    _S.READY: "ExpectToSupply",
    _S.DELIVERED: "CopyCompleted",
    _S.DECLINED: "Unfilled",
    _S.CANCELLED: "Cancelled",
}

_TOLD: Mapping[str, CaseState] = {
    "ExpectToSupply": _S.ACCEPTED,
    "Unfilled": _S.DECLINED,
    "Cancelled": _S.CANCELLED,
}
"""The state in which a case was when it told a status."""
OPEN_STATES = frozenset({_S.RECEIVED, _S.ACCEPTED, _S.READY})

DECLINE_REASONS = frozenset({"NotYetOpen", "Restricted", "Destroyed", "NotTransferred", "NotHeld", "PoorCondition"})
"""reasonUnfilled: the last two are ISO 18626's, the others our own scheme's (DOMAIN §8)."""

MAX_NOTE = 500
MAX_SCANS = 20


@dataclass(frozen=True)
class Scan:
    """A file in the vault with its fixity."""

    sha256: str
    sm3: str
    media_type: str
    size: int
    pages: int
    file_name: str


@dataclass(frozen=True)
class Delivery:
    """The certified copy: where its bytes are, and the code that verifies it."""

    sha256: str
    sm3: str
    size: int
    pages: int
    code: str
    issued_at: datetime


@dataclass(frozen=True)
class Case:
    """One request at the archive that holds the record; `case_id` is the leg's id.

    `applicant`: pseudonym; `sealed_applicant`: the details only this province's key opens.
    """

    case_id: str
    request_id: str
    number: str
    region_id: str
    archive_id: str
    record_id: str
    reference_code: str
    title: str
    applicant: str
    sealed_applicant: bytes
    state: CaseState
    received_at: datetime
    deadline: Deadline
    handler: str
    scans: tuple[Scan, ...]
    decline_reason: str
    note: str
    delivery: Delivery | None
    conversation: Conversation
    version: int

    def accept(self, handler: str) -> "Case":
        """Raises: CaseMoved."""
        return replace(self._step(Step.ACCEPT), handler=handler)._telling()

    def attach(self, scan: Scan) -> "Case":
        """A scan is added; the same bytes again change nothing but the state.

        Raises: CaseMoved, InvalidArgument: too many.
        """
        moved = self._step(Step.ATTACH)
        if any(one.sha256 == scan.sha256 for one in self.scans):
            return moved
        if len(self.scans) >= MAX_SCANS:
            raise InvalidArgument("scan", f"at most {MAX_SCANS} files a case")
        return replace(moved, scans=(*self.scans, scan))

    def require(self, step: Step) -> None:
        """Raises: CaseMoved: the step is not possible now."""
        self._step(step)

    def deliver(self, delivery: Delivery) -> "Case":
        """Raises: CaseMoved."""
        return replace(self._step(Step.DELIVER), delivery=delivery)._telling()

    def decline(self, reason: str, note: str) -> "Case":
        """Raises: CaseMoved, InvalidArgument."""
        if reason not in DECLINE_REASONS:
            raise InvalidArgument("reason", "one of " + ", ".join(sorted(DECLINE_REASONS)))
        if len(note) > MAX_NOTE:
            raise InvalidArgument("note", f"at most {MAX_NOTE} characters")
        return replace(self._step(Step.DECLINE), decline_reason=reason, note=note)._telling()

    def cancel(self) -> "Case":
        """Withdrawn, or too late and unchanged; either way an answer goes back."""
        if self.state not in TABLE[Step.CANCEL]:
            return replace(self, version=self.version + 1)._telling()
        return self._step(Step.CANCEL)._telling()

    def resumed(self, sent: int, status: str, reason: str) -> "Case":
        """After a restore: goes on behind what the requesting agency has heard, in the state it was told last.

        A copy that was delivered and is not here any more has to be issued again, so such a case is in work.
        `sent`: letters of ours it has; `status`, `reason`: of the last one (ISO 18626).
        """
        state = _TOLD.get(status, self.state)
        if status == "CopyCompleted":
            state = CaseState.DELIVERED if self.delivery is not None else CaseState.ACCEPTED
        ended = state not in OPEN_STATES or self.state in OPEN_STATES
        told = replace(self.conversation, sent=max(self.conversation.sent, sent))
        declined = reason if state is CaseState.DECLINED else self.decline_reason
        moved = replace(self, state=state, decline_reason=declined) if ended else self
        return replace(moved, conversation=told, version=self.version + 1)

    def _step(self, step: Step) -> "Case":
        to = TABLE[step].get(self.state)
        if to is None:
            raise CaseMoved(metadata={"state": self.state.value, "handler": self.handler})
        return replace(self, state=to, version=self.version + 1)

    def _telling(self) -> "Case":
        return replace(self, conversation=self.conversation.send())


def received(
    case_id: str,
    request_id: str,
    number: str,
    region_id: str,
    archive_id: str,
    record_id: str,
    reference_code: str,
    title: str,
    applicant: str,
    sealed_applicant: bytes,
    deadline: Deadline,
    at: datetime,
) -> Case:
    """A new case, its RequestReceived counted as sent."""
    return Case(
        case_id=case_id,
        request_id=request_id,
        number=number,
        region_id=region_id,
        archive_id=archive_id,
        record_id=record_id,
        reference_code=reference_code,
        title=title,
        applicant=applicant,
        sealed_applicant=sealed_applicant,
        state=CaseState.RECEIVED,
        received_at=at,
        deadline=deadline,
        handler="",
        scans=(),
        decline_reason="",
        note="",
        delivery=None,
        conversation=Conversation(sent=1),
        version=1,
    )
