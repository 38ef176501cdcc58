"""The deferral register on a real database: kept by decisions, retractions and imports; consents; series; reports."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from services.catalog.adapters.batch_documents import BATCHES
from services.catalog.adapters.consent_store import ConsentApplication, MongoConsents
from services.catalog.adapters.deferral_documents import DEFERRALS, as_stored, deferral_document
from services.catalog.adapters.deferral_register import MongoRegister, asked
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.personal_records import PERSONAL, member
from services.catalog.adapters.register_migration import registers
from services.catalog.adapters.report_file import report_file
from services.catalog.adapters.report_store import LOOKS, MongoReports
from services.catalog.adapters.series_store import MongoSeries
from services.catalog.application import consents as consent_cases
from services.catalog.application import reports as report_cases
from services.catalog.application import review as cases
from services.catalog.application import series as series_cases
from services.catalog.application.consents import Paper
from services.catalog.application.reports import RegisterDesk
from services.catalog.application.series import Described
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.batch_errors import AlreadySettled, BatchNotReady, CountDiffers, LetterSettled, SameSigner
from services.catalog.domain.batches import Batch
from services.catalog.domain.consents import Consent, Coverage
from services.catalog.domain.deferrals import LookOver, RegisterFilter, SecretsOutside, SecretsUncounted, Standing
from services.catalog.domain.gathering import Matter
from services.catalog.domain.series import Series, SeriesOverlaps, SeriesState
from services.catalog.domain.signatures import Side
from services.catalog.domain.verdicts import Decision, Verdict
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.common.domain.errors import InvalidArgument, InvalidPageToken, OutOfScope
from tests.builders import review
from tests.builders.review import ARCHIVE, RULES, Person
from tests.builders.review_desk import REGISTRY, any_scan
from tests.integration.review.ground import CLOCK, DIRECTOR, IDS, OFFICER, REVIEWER, SECOND, Ground, stored_record

pytestmark = pytest.mark.integration
TODAY = legal_day(CLOCK.now())
ELSEWHERE = Person(7, Role.REVIEWER, archive_id="a320500")
ALL, DUE, OVERDUE = (RegisterFilter(standing=one) for one in Standing)


class Desk:
    """The registers of an archive whose review is `ground`."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        database, transactions = ground.database, ground.transactions
        self.register = MongoRegister(database)
        self.consents = MongoConsents(database, transactions)
        self.series = MongoSeries(database, transactions)
        self.reports = MongoReports(database, transactions)
        self.apply = ConsentApplication(database, transactions, "catalog-320000", CLOCK, IDS)
        self.desk = RegisterDesk(self.register, self.series, self.consents, self.reports, report_file, RULES)

    @property
    def db(self) -> Any:
        return self.ground.database.db

    def codes(self, wanted: RegisterFilter = ALL, on: date = TODAY) -> list[str]:
        """Reference codes that a listing gives, page by page."""
        found: list[str] = []
        token = ""
        while True:
            page = self.register.page(ARCHIVE, wanted, on, size=2, token=token)
            found += [entry.deferral.reference_code for entry in page.items]
            if not (token := page.next_token):
                return found

    def enter(self, covers: int, coverage: Coverage, person: Person = REVIEWER) -> Consent:
        paper = Paper("苏档函〔2026〕7号", TODAY, "江苏省档案局", b"scan", coverage, covers)
        return consent_cases.enter_consent(
            consent_id=IDS.new(),
            archive=REGISTRY.archive(ARCHIVE),
            paper=paper,
            inspect=any_scan,
            by=self.ground.by(person),
            consents=self.consents,
            batches=self.ground.batches,
        )

    def check(self, consent: Consent, person: Person = SECOND, *, confirmed: bool = True, note: str = "") -> Consent:
        return consent_cases.check_consent(
            consent_id=consent.consent_id,
            confirmed=confirmed,
            note=note,
            by=self.ground.by(person),
            consents=self.consents,
        )

    def propose(self, year_from: int = 1985, year_to: int = 1990, **fields: Any) -> Series:
        usual = {"fonds": "A001", "category": "marriage", "ground": "D2", "reason": "含个人信息"} | fields
        return series_cases.propose_series(
            series_id=IDS.new(),
            archive=REGISTRY.archive(ARCHIVE),
            described=Described(year_from=year_from, year_to=year_to, **usual),
            by=self.ground.by(REVIEWER),
            register=self.series,
            desk=self.ground.desk,
        )

    def sign(self, series: Series, side: Side, person: Person) -> Series:
        return series_cases.sign_series(
            request_id=IDS.new(),
            series_id=series.series_id,
            side=side,
            root=series.root,
            years=3,
            by=self.ground.by(person),
            register=self.series,
            desk=self.ground.desk,
        )

    def standing(self, *years: int) -> Series:
        series = self.propose(*years)
        self.sign(series, Side.ARCHIVE, REVIEWER)
        return self.sign(series, Side.CREATING_UNIT, OFFICER)

    def end(self, series: Series) -> Series:
        return series_cases.end_series(
            series_id=series.series_id, reason="不再适用", by=self.ground.by(DIRECTOR), register=self.series
        )

    def count_secrets(self, count: int = 3) -> None:
        counted = SecretsOutside(IDS.new(), ARCHIVE, count, TODAY, DIRECTOR.actor.pseudonym, CLOCK.now())
        by, archive = self.ground.by(DIRECTOR), REGISTRY.archive(ARCHIVE)
        report_cases.record_secrets(counted=counted, archive=archive, by=by, reports=self.reports)

    def report(self, person: Person = DIRECTOR) -> Any:
        return report_cases.report_deferrals(
            report_id=IDS.new(), archive=REGISTRY.archive(ARCHIVE), by=self.ground.by(person), desk=self.desk
        )

    def agrees_with_records(self) -> bool:
        """Whether exactly the deferred records stand in the register, under their present ground."""
        stored = {row["_id"]: row["ground"] for row in self.db[DEFERRALS].find()}
        deferred = self.db[RECORDS].find({"access_status": "deferred"})
        return stored == {row["_id"]: row["rule"] or "unstated" for row in deferred}


@pytest.fixture
def desk(ground: Ground) -> Desk:
    return Desk(ground)


def decided(ground: Ground, ids: list[str], verdict: Verdict = review.DEFER, matter: Matter = Matter.OPENING) -> Batch:
    """A published list on which these are decided so, and the rest opens."""
    batch = ground.gather(matter=matter)
    rest = [line.record_id for line in ground.batches.whole(batch.batch_id)[1] if line.record_id not in ids]
    ground.decide(batch.batch_id, ids, verdict)
    if rest:
        ground.decide(batch.batch_id, rest)
    ground.tick_all(batch.batch_id)
    frozen = ground.freeze(batch.batch_id)
    ground.sign(frozen, Side.ARCHIVE, REVIEWER)
    ground.sign(frozen, Side.CREATING_UNIT, OFFICER)
    return ground.publish(batch.batch_id)


def regulator(*scope: str) -> Caller:
    actor = Actor("9" * 32, frozenset({Role.REGULATOR}), "portal", scope=scope, acr="2")
    return Caller(actor, Role.REGULATOR, "deferral.open-report", "", "", CLOCK, IDS)


def test_a_deferred_record_stands_in_the_register_with_ground_day_batch_and_signers_and_goes_nowhere_public(
    ground: Ground, desk: Desk
) -> None:
    ids = ground.insert(3)
    with ground.working():
        batch = decided(ground, ids[:1])
    (entry,) = desk.register.page(ARCHIVE, ALL, TODAY, size=20, token="").items
    one = entry.deferral
    assert (one.record_id, one.ground, one.decided_on, one.batch_id) == (
        ids[0],
        "D2",
        TODAY.isoformat(),
        batch.batch_id,
    )
    assert one.reevaluate_on == TODAY.replace(year=TODAY.year + 3).isoformat()
    assert entry.signers == tuple(person.actor.pseudonym for person in (REVIEWER, OFFICER, DIRECTOR))
    assert (one.due(TODAY), one.overdue(TODAY)) == (False, True)
    sent = [message for row in desk.db["outbox"].find() for message in row["messages"]]
    assert {message["key"] for message in sent if "records" in message["topic"]} == set(ids[1:])
    code = entry.record["reference_code"].encode()
    assert not any(ids[0].encode() in bytes(one["value"]) or code in bytes(one["value"]) for one in sent)


def test_the_register_follows_what_is_deferred_retracted_deferred_again_and_opened(ground: Ground, desk: Desk) -> None:
    ids = ground.insert(3)
    with ground.working():
        decided(ground, ids[:2])
        by = ground.by(DIRECTOR)
        cases.retract_record(record_id=ids[2], rule="D1", reason="误开放", by=by, records=ground.records)
        assert desk.agrees_with_records()
        retracted = deferral_document(as_stored(ground.record(ids[2])))
        assert desk.db[DEFERRALS].find_one({"_id": ids[2]}) == retracted
        consent = desk.enter(1, Coverage(record_ids=(ids[0],)))
        desk.check(consent)
        desk.db[RECORDS].update_many({"_id": {"$in": ids}}, {"$set": {"reevaluate_on": "2026-01-01"}})
        decided(ground, ids[:1], Verdict(Decision.DEFER, "D3", "捐赠者限制"), Matter.REREVIEW)
    assert desk.agrees_with_records()
    (left,) = desk.db[DEFERRALS].find()
    assert (left["_id"], left["ground"], left["consent_id"]) == (ids[0], "D3", "")


def test_listings_keep_their_boundary_days_and_filters_and_lose_nothing_between_pages(desk: Desk) -> None:
    days = ["", "2001-12-01", "2026-06-01", "2026-06-02"]
    records = [
        stored_record(number, access_status="deferred", eligible_on=day or None, fonds=("A001", "A004")[number % 2])
        for number, day in enumerate(days)
    ]
    for record, ground_, again in zip(records, ("D1", "D2", "D3", None), reversed(days), strict=True):
        record |= {"rule": ground_, "reevaluate_on": again or None}
    desk.db[RECORDS].insert_many(records)
    registers(desk.db)
    codes = [record["reference_code"] for record in records]
    on = date(2026, 6, 1)
    assert desk.codes() == codes
    assert desk.codes(OVERDUE, on) == codes[:3]
    assert desk.codes(OVERDUE, on - timedelta(1)) == codes[:2]
    assert desk.codes(DUE, on) == [codes[3], codes[2], codes[1]]
    assert desk.codes(RegisterFilter(fonds="A004")) == [codes[1], codes[3]]
    assert desk.codes(RegisterFilter(ground="unstated")) == [codes[3]]
    assert desk.codes(RegisterFilter(fonds="A001", ground="D3", standing=Standing.OVERDUE), on) == [codes[2]]
    counts = desk.register.counts(ARCHIVE, on)
    assert (counts.deferred, counts.due, counts.overdue) == (4, 3, 3)
    token = desk.register.page(ARCHIVE, ALL, on, size=1, token="").next_token
    for wanted in (DUE, RegisterFilter(fonds="A001")):
        with pytest.raises(InvalidPageToken):
            desk.register.page(ARCHIVE, wanted, on, size=1, token=token)


def test_a_register_of_a_hundred_thousand_answers_each_listing_from_its_index_in_order(desk: Desk) -> None:
    rows = [
        {**deferral_document(as_stored(record)), "ground": f"D{number % 3 + 1}"}
        for number in range(100_000)
        if (record := stored_record(number, access_status="deferred", eligible_on="2020-05-05"))
    ]
    for start in range(0, len(rows), 10_000):
        desk.db[DEFERRALS].insert_many(rows[start : start + 10_000], ordered=False)
    for fonds in ("", "A001"):
        for standing in Standing:
            found, index, key = asked(ARCHIVE, RegisterFilter(fonds=fonds, standing=standing), TODAY)
            plan = desk.db[DEFERRALS].find(found).sort(key, 1).hint(index).limit(21).explain()
            stages = _stages(plan["queryPlanner"]["winningPlan"])
            assert stages & {"SORT", "COLLSCAN"} == set() and "SORT_MERGE" in stages
            looked_at = plan["executionStats"]
            assert looked_at["totalKeysExamined"] <= 60 and looked_at["totalDocsExamined"] <= 60


def _stages(plan: dict[str, Any]) -> set[str]:
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return {plan["stage"]}.union(*map(_stages, inner))


def test_what_an_older_database_holds_is_entered_by_the_migration_once(ground: Ground, desk: Desk) -> None:
    ids = ground.insert(2)
    with ground.working():
        decided(ground, ids[:1])
    former = list(desk.db[DEFERRALS].find())
    desk.db[DEFERRALS].drop()
    for _ in range(2):
        registers(desk.db)
    assert list(desk.db[DEFERRALS].find()) == former


def test_a_consent_to_named_records_counts_after_another_person_and_only_here(ground: Ground, desk: Desk) -> None:
    ids = ground.insert(3)
    with ground.working():
        decided(ground, ids)
    with pytest.raises(OutOfScope):
        desk.enter(1, Coverage(record_ids=(ids[0],)), ELSEWHERE)
    with pytest.raises(CountDiffers):
        desk.enter(2, Coverage(record_ids=(ids[0],)))
    with pytest.raises(CountDiffers):
        desk.enter(1, Coverage(record_ids=("another",)))
    consent = desk.enter(2, Coverage(record_ids=(ids[0], ids[1])))
    assert len(desk.codes(OVERDUE)) == 3
    with pytest.raises(SameSigner):
        desk.check(consent, REVIEWER)
    with pytest.raises(OutOfScope):
        desk.check(consent, ELSEWHERE)
    checked = desk.check(consent)
    assert (checked.applied, len(desk.codes(OVERDUE))) == (2, 1)
    with pytest.raises(LetterSettled):
        desk.check(consent, DIRECTOR, confirmed=False, note="再看")
    assert desk.consents.scan(checked.sha256) == b"scan"


def test_a_rejected_consent_changes_nothing_and_one_whose_records_changed_meanwhile_is_refused(
    ground: Ground, desk: Desk
) -> None:
    ids = ground.insert(2)
    with ground.working():
        decided(ground, ids)
    rejected, late = desk.enter(2, Coverage(record_ids=tuple(ids))), desk.enter(1, Coverage(record_ids=(ids[0],)))
    desk.check(rejected, confirmed=False, note="印章不清")
    assert len(desk.codes(OVERDUE)) == 2
    desk.check(desk.enter(2, Coverage(record_ids=tuple(ids))))
    with pytest.raises(CountDiffers):
        desk.check(late)


def test_a_consent_to_a_batch_rolls_forward_over_kills_and_is_given_once(ground: Ground, desk: Desk) -> None:
    ids = ground.insert(1_200)
    with ground.working():
        listed = ground.gather()
        with pytest.raises(BatchNotReady):
            desk.enter(1_200, Coverage(batch_id=listed.batch_id))
        ground.decide_matching(listed.batch_id, LineFilter(), 1_200, verdict=review.DEFER)
        ground.settled(listed.batch_id)
        ground.tick_all(listed.batch_id)
        frozen = ground.freeze(listed.batch_id)
        ground.sign(frozen, Side.ARCHIVE, REVIEWER)
        ground.sign(frozen, Side.CREATING_UNIT, OFFICER)
        ground.publish(listed.batch_id)
    first, second = (desk.enter(1_200, Coverage(batch_id=listed.batch_id)) for _ in range(2))
    assert desk.check(first).applied == 0
    with pytest.raises(AlreadySettled):
        desk.check(second)
    assert ground.transactions.run(lambda tx: desk.apply._some(tx, first.consent_id))
    assert (desk.consents.get(first.consent_id).applied, desk.register.counts(ARCHIVE, TODAY).overdue) == (500, 700)
    others = [threading.Thread(target=desk.apply) for _ in range(2)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    desk.apply()
    assert (desk.consents.get(first.consent_id).applied, desk.register.counts(ARCHIVE, TODAY).overdue) == (1_200, 0)
    assert len(ids) == desk.db[DEFERRALS].count_documents({"consent_id": first.consent_id})


def personal(number: int, year: int, title: str = "王某、李某结婚登记申请书") -> dict[str, Any]:
    day = {"raw": str(year), "earliest": f"{year}-01-01", "latest": f"{year}-12-31", "precision": "year"}
    return stored_record(
        number, title=title, date={**day, "attested": False}, access_status="controlled", control_rule="D6"
    )


def insert_personal(desk: Desk, *years: int, start: int = 0) -> None:
    records = [personal(start + number, year) for number, year in enumerate(years)]
    desk.db[RECORDS].insert_many(records)
    desk.db[PERSONAL].insert_many(map(member, records))


def test_a_series_is_deferred_by_two_signatures_and_one_consent_and_later_imports_fall_under_it(
    ground: Ground, desk: Desk
) -> None:
    insert_personal(desk, 1985, 1985, 1990, 1991)
    years = desk.series.years(ARCHIVE)
    assert [(one.category, one.year, one.records, one.series_id) for one in years] == [
        ("marriage", 1985, 2, ""), ("marriage", 1990, 1, ""), ("marriage", 1991, 1, "")
    ]  # fmt: skip
    series = desk.standing(1985, 1990)
    assert (series.state, desk.series.records(series)) == (SeriesState.STANDING, 3)
    insert_personal(desk, 1987, 1992, start=50)
    assert desk.series.records(series) == 4
    assert [one.year for one in desk.series.years(ARCHIVE) if not one.series_id] == [1991, 1992]
    counts = desk.register.counts(ARCHIVE, TODAY)
    assert (counts.series, counts.series_due, counts.series_overdue) == (1, 0, 1)
    consent = desk.enter(1, Coverage(series_id=series.series_id))
    assert desk.check(consent).applied == 1
    assert desk.register.counts(ARCHIVE, TODAY).series_overdue == 0
    assert desk.series.get(series.series_id).consent_id == consent.consent_id
    assert not [message for row in desk.db["outbox"].find() for message in row["messages"]]


def test_no_year_is_held_by_two_series_until_the_first_has_ended(ground: Ground, desk: Desk) -> None:
    first = desk.propose(1985, 1990)
    with pytest.raises(SeriesOverlaps):
        desk.propose(1990, 1995)
    desk.propose(1991, 1995)
    desk.propose(1985, 1990, category="student")
    desk.end(first)
    assert desk.propose(1980, 1990).state is SeriesState.PROPOSED
    with pytest.raises(InvalidArgument):
        desk.propose(1970, 1971, fonds="A999")


def test_two_who_propose_the_same_years_at_once_leave_one_series(ground: Ground, desk: Desk) -> None:
    refused: list[type[Exception]] = []

    def propose() -> None:
        try:
            desk.propose()
        except Exception as problem:  # the test asks which it was
            refused.append(type(problem))

    several = [threading.Thread(target=propose) for _ in range(4)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert refused == [SeriesOverlaps] * 3
    assert len(desk.series.page(ARCHIVE, None, size=20, token="").items) == 1


def test_two_who_sign_the_same_side_at_once_leave_one_signature(ground: Ground, desk: Desk) -> None:
    series = desk.propose()
    refused: list[Exception] = []

    def try_it(person: Person) -> Callable[[], None]:
        def work() -> None:
            try:
                desk.sign(series, Side.ARCHIVE, person)
            except Exception as problem:  # the test asks which of the two it was
                refused.append(problem)

        return work

    both = [threading.Thread(target=try_it(person)) for person in (REVIEWER, SECOND)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    present = desk.series.get(series.series_id)
    assert (len(refused), len(present.signatures), present.state) == (1, 1, SeriesState.PARTLY_SIGNED)


def test_a_report_is_frozen_with_its_hash_and_opened_by_the_authority_with_a_reason(ground: Ground, desk: Desk) -> None:
    ids = ground.insert(2)
    with ground.working():
        decided(ground, ids[:1])
    with pytest.raises(SecretsUncounted):
        desk.report()
    desk.count_secrets(2)
    desk.count_secrets(3)
    with pytest.raises(OutOfScope):
        desk.report(ELSEWHERE)
    report = desk.report()
    assert (report.counts.deferred, report.counts.overdue, report.secrets.count) == (1, 1, 3)
    with pytest.raises(OutOfScope):
        report_cases.open_report(
            report_id=report.report_id, purpose="年度检查", by=regulator("520000"), reports=desk.reports
        )
    with pytest.raises(InvalidArgument):
        report_cases.open_report(report_id=report.report_id, purpose=" ", by=regulator("*"), reports=desk.reports)
    assert desk.db[LOOKS].count_documents({}) == 0
    by = regulator("320000")
    look, opened = report_cases.open_report(report_id=report.report_id, purpose="年度检查", by=by, reports=desk.reports)
    content = report_cases.read_opened(look_id=look.look_id, offset=0, by=by, reports=desk.reports)
    assert (opened, len(content)) == (report, report.size)
    assert ground.record(ids[0])["reference_code"] in content.decode()
    assert "3件，存于系统外" in content.decode() and ground.record(ids[1])["reference_code"] not in content.decode()
    assert report_cases.read_opened(look_id=look.look_id, offset=report.size, by=by, reports=desk.reports) == b""
    another = Caller(
        Actor("8" * 32, frozenset({Role.REGULATOR}), "portal", scope=("*",)), Role.REGULATOR, "x", "", "", CLOCK, IDS
    )
    with pytest.raises(LookOver):
        report_cases.read_opened(look_id=look.look_id, offset=0, by=another, reports=desk.reports)
    leaves = repr([bytes(leaf) for row in desk.db["outbox"].find() for leaf in row["leaves"]])
    assert look.look_id and "deferral.open-report" in leaves and "年度检查" not in leaves


def test_a_report_stays_as_it_was_made(ground: Ground, desk: Desk) -> None:
    ids = ground.insert(1)
    with ground.working():
        decided(ground, ids)
        desk.count_secrets()
        report = desk.report()
        desk.check(desk.enter(1, Coverage(record_ids=tuple(ids))))
        later = desk.report()
    assert (report.counts.overdue, later.counts.overdue) == (1, 0)
    assert desk.reports.get(report.report_id) == report and report.sha256 != later.sha256
    assert "苏档函〔2026〕7号" in report_cases.part(later, 0, desk.reports).decode()
    assert desk.db[BATCHES].count_documents({}) == 1
