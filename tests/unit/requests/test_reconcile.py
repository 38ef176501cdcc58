"""A centre that forgot: what the provinces tell of, and what their letters bring back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from services.common.domain.errors import Unavailable
from services.common.domain.messages import Letter
from services.common.domain.paging import Page
from services.requests.application.reconcile import bring_back, compare
from services.requests.domain.differences import TABLE, Difference, Finding
from services.requests.domain.request import RetrievalRequest
from tests.unit.requests.fakes import FakeRequests, caller
from tests.unit.requests.test_use_cases import Office, draft
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb
from tongdang.requests.v1 import requests_pb2

HOLDER = "320000"


@dataclass
class FakeProvince:
    """Port `Province`."""

    held: list[pb.HeldCase] = field(default_factory=list)
    written: list[pb.SupplyingAgencyMessageRequest] = field(default_factory=list)
    down: bool = False
    meanwhile: Callable[[], object] = lambda: None
    """What happens at the centre while the province is asked."""

    def cases(self) -> Iterable[pb.HeldCase]:
        if self.down:
            raise Unavailable("province")
        self.meanwhile()
        return list(self.held)

    def answers(self, leg_id: str, after: int) -> Sequence[pb.SupplyingAgencyMessageRequest]:
        mine = [one for one in self.written if one.header.requesting_agency_request_id == leg_id]
        return [one for one in mine if one.header.number > after]


@dataclass
class FakeLegs:
    """Port `Legs` over the fake store. `confirmed`: letters of each request that the province has."""

    requests: FakeRequests
    confirmed: int = 1

    def of_region(self, region_id: str, size: int, token: str) -> Page[tuple[RetrievalRequest, int]]:
        mine = sorted(self.requests.kept.values(), key=lambda one: one.leg_id)
        return Page([(one, self.confirmed) for one in mine if one.record.region_id == region_id], "")

    def of_leg(self, leg_id: str, region_id: str) -> tuple[RetrievalRequest, int] | None:
        return next((one for one in self.of_region(region_id, 0, "").items if one[0].leg_id == leg_id), None)

    def confirmed_letters(self, leg_id: str, region_id: str, after: int) -> Sequence[Letter] | None:
        raise AssertionError("not asked here")


class Country:
    """The centre and one province, which agree until one of them forgets."""

    def __init__(self) -> None:
        self.office = Office()
        self.province = FakeProvince()
        self.legs = FakeLegs(self.office.requests)

    def ask(self) -> RetrievalRequest:
        """A request that the province has received, and said so."""
        submitted = self.office.submit(draft())
        leg = self.kept(submitted.request_id).leg_id
        number = submitted.request_number
        case = pb.HeldCase(leg_id=leg, request_id=submitted.request_id, request_number=number, received=1)
        self.province.held.append(case)
        self.answer(case, pb.STATUS_REQUEST_RECEIVED)
        return self.kept(submitted.request_id)

    def answer(self, case: pb.HeldCase, status: pb.Status, *, arrives: bool = True) -> None:
        """The province writes its next letter on a case."""
        case.sent, case.status = case.sent + 1, status
        header = pb.Header(supplying_agency_id="a320581", requesting_agency_request_id=case.leg_id, number=case.sent)
        self.province.written.append(
            pb.SupplyingAgencyMessageRequest(header=header, status=status, request_id=case.request_id)
        )
        if arrives:
            self.office.answer(requests_pb2.Request(request_id=case.request_id), case.sent, status)
            case.confirmed = case.sent

    def case(self, request: RetrievalRequest) -> pb.HeldCase:
        return next(one for one in self.province.held if one.leg_id == request.leg_id)

    def kept(self, request_id: str) -> RetrievalRequest:
        return self.office.requests.kept[request_id]

    def restore(self, *backup: RetrievalRequest) -> None:
        """The centre knows no more than this."""
        self.office.requests.kept = {one.request_id: one for one in backup}

    def compare(self) -> list[Difference]:
        return compare(self.legs, {HOLDER: self.province})

    def findings(self) -> list[Finding]:
        return [one.finding for one in self.compare()]

    def repair(self) -> None:
        bring_back(
            self.compare(),
            by=caller(self.office.clock, "request.bring-back", via="requests"),
            legs=self.legs,
            provinces={HOLDER: self.province},
            requests=self.office.requests,
            numbers=self.office.numbers,
            registry=self.office.registry,
        )


@pytest.fixture
def country() -> Country:
    return Country()


def test_two_sides_that_agree_and_letters_under_way_are_no_difference(country: Country) -> None:
    country.ask()
    country.answer(country.case(country.ask()), pb.STATUS_EXPECT_TO_SUPPLY, arrives=False)
    assert country.compare() == []


def test_a_letter_that_comes_while_the_province_is_asked_is_no_difference(country: Country) -> None:
    request = country.ask()
    case = country.case(request)
    country.province.meanwhile = lambda: country.answer(case, pb.STATUS_UNFILLED)
    assert country.compare() == []


def test_an_older_centre_hears_again_what_the_province_told_it(country: Country) -> None:
    backup = country.ask()
    case = country.case(backup)
    country.answer(case, pb.STATUS_EXPECT_TO_SUPPLY)
    country.answer(case, pb.STATUS_COPY_COMPLETED)
    country.restore(backup)
    [told] = country.compare()
    assert (told.finding, told.object_id, told.repairable) == (Finding.REQUEST_BEHIND, backup.leg_id, True)
    assert told.here.endswith("received, 1 sent, 1 heard")
    assert told.there.endswith("CopyCompleted, 1 received, 3 sent")
    country.repair()
    after = country.kept(backup.request_id)
    assert (after.state, len(after.conversation.heard)) == ("completed", 3)
    assert country.compare() == []
    events = len(country.office.requests.events)
    country.repair()
    assert len(country.office.requests.events) == events, "nothing is done twice"


def test_a_forgotten_withdrawal_keeps_its_number(country: Country) -> None:
    backup = country.ask()
    country.office.cancel(requests_pb2.Request(request_id=backup.request_id))
    case = country.case(backup)
    case.received = 2
    country.answer(case, pb.STATUS_CANCELLED)
    country.restore(backup)
    country.repair()
    after = country.kept(backup.request_id)
    assert (after.state, after.conversation.sent) == ("cancelled", 2)
    assert country.office.requests.arrived == {backup.leg_id: 2}
    assert country.compare() == []


def test_a_letter_that_is_kept_no_more_leaves_the_request_behind_and_listed(country: Country) -> None:
    backup = country.ask()
    case = country.case(backup)
    country.answer(case, pb.STATUS_EXPECT_TO_SUPPLY)
    country.answer(case, pb.STATUS_UNFILLED)
    del country.province.written[1]
    case.received = 2
    country.restore(backup)
    country.repair()
    after = country.kept(backup.request_id)
    assert (after.state, after.conversation.sent) == ("received", 2), "never past a gap"
    assert country.findings() == [Finding.REQUEST_BEHIND]


def test_one_that_cannot_be_brought_back_keeps_no_other_back(country: Country) -> None:
    backups = [country.ask(), country.ask()]
    for backup in backups:
        country.answer(country.case(backup), pb.STATUS_UNFILLED)
    country.restore(*backups)
    country.province.written[2].header.supplying_agency_id = "another"
    country.repair()
    assert [country.kept(one.request_id).state for one in backups] == ["received", "unfilled"]
    assert [one.object_id for one in country.compare()] == [backups[0].leg_id]


def test_an_order_that_is_still_under_way_is_no_difference(country: Country) -> None:
    country.office.submit(draft())
    country.legs.confirmed = 0
    assert country.compare() == []


def test_a_forgotten_request_is_listed_and_its_number_not_given_again(country: Country) -> None:
    forgotten = country.ask()
    country.restore()
    country.office.numbers.last = 0
    [told] = country.compare()
    assert (told.finding, told.object_id, told.here) == (Finding.REQUEST_ABSENT, forgotten.leg_id, "")
    assert told.there.startswith(forgotten.number) and not told.repairable
    country.repair()
    assert country.office.submit(draft()).request_number != forgotten.number


def test_what_the_province_lost_is_listed_and_left_to_the_province(country: Country) -> None:
    absent, behind = country.ask(), country.ask()
    country.province.held = [country.case(behind)]
    country.province.held[0].sent = country.province.held[0].confirmed = 0
    before = dict(country.office.requests.kept)
    found = {one.object_id: one.finding for one in country.compare()}
    assert found == {absent.leg_id: Finding.CASE_ABSENT, behind.leg_id: Finding.CASE_BEHIND}
    country.repair()
    assert country.office.requests.kept == before


def test_the_same_letters_and_other_states_are_told_apart(country: Country) -> None:
    country.case(country.ask()).status = pb.STATUS_UNFILLED
    assert country.findings() == [Finding.STATE_DIFFERS]


def test_a_silent_province_is_named_and_hides_no_other(country: Country) -> None:
    country.ask()
    country.restore()
    found = compare(country.legs, {"520000": FakeProvince(down=True), HOLDER: country.province})
    assert [(one.finding, one.object_id) for one in found if one.finding is Finding.PROVINCE_SILENT] == [
        (Finding.PROVINCE_SILENT, "520000")
    ]
    assert Finding.REQUEST_ABSENT in {one.finding for one in found}


def test_the_table_names_every_finding() -> None:
    assert set(TABLE) == set(Finding)
