"""The desk of a county archive: the queue, a case with its applicant, accept, decline."""

from services.catalog.application.desk_messages import case_message, case_object, status_letter
from services.catalog.application.desk_ports import Applicant, Cases, Record, Seals, Unit
from services.catalog.domain.cases import Case
from services.common.domain.caller import Caller
from services.common.domain.deadlines import WorkingCalendar
from services.common.domain.paging import Page
from tongdang.catalog.v1 import desk_pb2 as pb


def list_cases(archive_id: str, include_closed: bool, size: int, token: str, *, by: Caller, cases: Cases) -> Page[Case]:
    """What is due first, first. Raises: OutOfScope, InvalidPageToken."""
    by.actor.require_archive(archive_id)
    return cases.queue(archive_id, include_closed, size, token)


def get_case(case_id: str, *, by: Caller, cases: Cases, seals: Seals, record: Record) -> tuple[Case, Applicant | None]:
    """A case and its applicant, whose details are opened here and nowhere kept.

    The look is recorded under the request, so that it stands in the request's trail.
    Raises: NotFound, OutOfScope, AuditUnavailable.
    """
    case = cases.case(case_id)
    by.actor.require_archive(case.archive_id)
    record(by.granted(case_object(case), correlation_id=case.request_id))
    return case, seals.open(case.sealed_applicant)


def accept(message: pb.AcceptCaseRequest, *, by: Caller, cases: Cases, calendar: WorkingCalendar) -> pb.Case:
    """The archive takes the case: ExpectToSupply.

    Raises: NotFound, OutOfScope, CaseMoved, RequestIdReused.
    """

    def work(unit: Unit) -> bytes:
        case = own_case(unit, message.case_id, by).accept(by.actor.pseudonym)
        answer_with(unit, case, by)
        return case_message(case, by, calendar).SerializeToString()

    return pb.Case.FromString(cases.run_once(by, message, work))


def decline(message: pb.DeclineCaseRequest, *, by: Caller, cases: Cases, calendar: WorkingCalendar) -> pb.Case:
    """The archive cannot supply, and says why: Unfilled.

    Raises: NotFound, OutOfScope, CaseMoved, InvalidArgument, RequestIdReused.
    """

    def work(unit: Unit) -> bytes:
        case = own_case(unit, message.case_id, by).decline(message.reason, message.note)
        answer_with(unit, case, by)
        return case_message(case, by, calendar).SerializeToString()

    return pb.Case.FromString(cases.run_once(by, message, work))


def own_case(unit: Unit, case_id: str, by: Caller) -> Case:
    """Raises: NotFound, OutOfScope."""
    case = unit.case(case_id)
    by.actor.require_archive(case.archive_id)
    return case


def answer_with(unit: Unit, case: Case, by: Caller) -> None:
    """Saves a case that moved, records who moved it, and tells the requesting agency."""
    facts: dict[str, str | int | bool] = {"state": case.state.value, "number": case.number}
    if case.decline_reason:
        facts["reason"] = case.decline_reason
    if case.delivery:
        facts.update(sha256=case.delivery.sha256, pages=case.delivery.pages)
    event = by.granted(case_object(case), correlation_id=case.request_id, facts=facts)
    unit.save(case)
    unit.record(event)
    unit.post(status_letter(case, event.event_id, by))
