"""Every act of the review, killed before and after each of its writes, and asked again with the same request id."""

from typing import Any

import pytest

from services.catalog.adapters import bulk_acts, gathering, publication_chunk, releasing
from services.catalog.adapters.documents import RECORDS
from services.catalog.application import lines as line_cases
from services.catalog.domain.batches import FROZEN
from services.catalog.domain.lines import list_root
from services.catalog.domain.verdicts import Decision
from services.catalog.domain.work_list import State
from services.catalog.entrypoints.line_servicer import LineServicer
from services.catalog.entrypoints.opinion_servicer import OpinionServicer
from services.catalog.entrypoints.review_servicer import ReviewServicer
from services.common.domain.caller import Caller
from services.common.grpc.call import serving
from services.common.mongo.repeats import Repeats
from tests.builders.review import ARCHIVE, REGION, UNIT, Person
from tests.builders.review_desk import any_scan
from tests.integration.review.ground import CLOCK, DIRECTOR, IDS, OFFICER, REVIEWER, SECOND, Ground
from tests.integration.review.killing import everything, killed_at_each_point
from tongdang.catalog.v1 import lines_pb2, review_pb2, unit_opinions_pb2

pytestmark = pytest.mark.integration
_OPEN = lines_pb2.Verdict(decision=lines_pb2.DECISION_OPEN, rule="O1")
_DEFER = lines_pb2.Verdict(decision=lines_pb2.DECISION_DEFER, rule="D2", reason="含个人信息")
_CONTRACTS = (review_pb2, lines_pb2, unit_opinions_pb2)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that seven records are three chunks of everything."""
    for module in (gathering, publication_chunk, releasing):
        monkeypatch.setattr(module, "CHUNK", 3)
    for module in (line_cases, bulk_acts):
        monkeypatch.setattr(module, "AT_ONCE", 3)


class Killed:
    """One archive's desk where every act is killed at each of its points before it is let through."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.batch_id = ""

    def act(self, person: Person, method: str, **fields: Any) -> Any:
        """Killed everywhere, then asked again twice, which changes nothing; the answer."""
        request_type = next(getattr(one, f"{method}Request") for one in _CONTRACTS if hasattr(one, f"{method}Request"))
        if "batch_id" in request_type.DESCRIPTOR.fields_by_name:
            fields = {"batch_id": self.batch_id, **fields}
        request = request_type(request_id=IDS.new(), **fields)
        killed_at_each_point(self.ground, lambda ground: _serve(ground, person, method, request))
        once = everything(self.ground)
        answer = _serve(self.ground, person, method, request)
        assert _serve(self.ground, person, method, request) == answer, "a repeat gets the same answer"
        assert everything(self.ground) == once, "a repeat changes nothing"
        self.agrees()
        return answer

    def work(self, state: State) -> None:
        """The worker's chunks, each killed everywhere, until the batch has this state and no act is under way."""
        while (batch := self.ground.batches.get(self.batch_id)).state is not state or batch.bulk:
            killed_at_each_point(self.ground, _step)
            self.agrees()

    def agrees(self) -> None:
        """Batch, lines and records say the same."""
        if not self.batch_id:
            return
        batch, lines = self.ground.batches.whole(self.batch_id)
        counted = [sum(line.decision is decision for line in lines) for decision in Decision]
        assert [batch.undecided, batch.opening, batch.deferred, batch.held] == counted
        assert (batch.total, batch.ticked) == (len(lines), sum(line.ticked for line in lines))
        if batch.state in {*FROZEN, State.PUBLISHING, State.PUBLISHED}:
            assert batch.root == list_root(line.entry() for line in lines if line.decision is not Decision.HOLD)
        public = self.ground.database.db[RECORDS].count_documents({"access_status": "open"})
        sent = [
            one for row in everything(self.ground)["outbox"] for one in row["messages"] if "records" in one["topic"]
        ]
        assert public == len(sent) == batch.applied

    def seen(self) -> list[lines_pb2.SeenLine]:
        """The lines as they are, listed to the reviewer."""
        lines, _ = self.ground.batches.whole(self.batch_id)[1], None
        listed = self.ground.lines.some(self.batch_id, [line.record_id for line in lines])
        self.ground.lines.show(self.batch_id, REVIEWER.actor.pseudonym, listed)
        return [lines_pb2.SeenLine(record_id=line.record_id, version=line.version) for line in lines]

    def preview(self) -> None:
        line_cases.preview_matching(
            batch_id=self.batch_id,
            wanted=line_cases.LineFilter(),
            by=self.ground.by(),
            batches=self.ground.batches,
            lines=self.ground.lines,
        )

    def gather(self) -> None:
        """A list of seven."""
        asked = {"archive_id": ARCHIVE, "unit_id": UNIT}
        self.batch_id = self.act(REVIEWER, "CreateBatch", **asked).batch.batch_id
        self.work(State.REVIEW)

    def freeze(self) -> str:
        """Looked at as a whole, and fixed; the root."""
        self.act(REVIEWER, "StateAggregation", result=review_pb2.AGGREGATION_RESULT_CLEAR, reason="无")
        return str(self.act(REVIEWER, "FreezeBatch").batch.root)


@pytest.fixture
def killed(ground: Ground) -> Killed:
    ground.insert(7)
    return Killed(ground)


def test_a_list_goes_from_gathering_to_a_retraction_though_each_act_and_chunk_is_killed_at_every_point(
    killed: Killed,
) -> None:
    killed.gather()
    seen = killed.seen()
    act = killed.act(REVIEWER, "DecideLines", lines=seen[:2], verdict=_DEFER)
    undone = killed.act(REVIEWER, "UndoAct", act_id=act.act_id)
    assert (undone.taken_back, undone.kept) == (2, 0)
    killed.preview()
    bulk = killed.act(
        REVIEWER, "DecideMatching", expected_count=6, except_record_ids=[seen[6].record_id], verdict=_OPEN
    )
    killed.work(State.REVIEW)
    killed.act(REVIEWER, "UndoAct", act_id=bulk.act_id)
    killed.work(State.REVIEW)
    killed.preview()
    killed.act(REVIEWER, "DecideMatching", expected_count=7, verdict=_OPEN)
    killed.work(State.REVIEW)
    killed.act(REVIEWER, "ReviewSecrecy", record_ids=[line.record_id for line in killed.seen()])
    root = killed.freeze()
    killed.act(REVIEWER, "SignBatch", side=review_pb2.SIDE_ARCHIVE, root=root)
    killed.act(DIRECTOR, "ReopenBatch", reason="再看一条")
    killed.act(REVIEWER, "DecideLines", lines=killed.seen()[:1], verdict=_DEFER)
    root = killed.freeze()
    killed.act(REVIEWER, "SignBatch", side=review_pb2.SIDE_ARCHIVE, root=root)
    killed.act(OFFICER, "SignBatch", side=review_pb2.SIDE_CREATING_UNIT, root=root)
    killed.act(DIRECTOR, "PublishBatch")
    killed.work(State.PUBLISHED)
    statuses = [row["access_status"] for row in everything(killed.ground)[RECORDS]]
    assert sorted(statuses) == ["deferred", *["open"] * 6]
    retracted = killed.seen()[3].record_id
    request = review_pb2.RetractRecordRequest(request_id=IDS.new(), record_id=retracted, rule="D2", reason="涉及他人")
    killed_at_each_point(killed.ground, lambda ground: _serve(ground, DIRECTOR, "RetractRecord", request))
    once = everything(killed.ground)
    _serve(killed.ground, DIRECTOR, "RetractRecord", request)
    assert everything(killed.ground) == once


def test_an_objection_and_a_letter_are_taken_once_though_they_are_killed_at_every_point(killed: Killed) -> None:
    killed.gather()
    killed.act(OFFICER, "ObjectLines", record_ids=[killed.seen()[0].record_id], reason="不同意")
    killed.act(REVIEWER, "DecideLines", lines=killed.seen()[1:], verdict=_OPEN)
    killed.act(REVIEWER, "ReviewSecrecy", record_ids=[line.record_id for line in killed.seen()])
    root = killed.freeze()
    killed.act(REVIEWER, "SignBatch", side=review_pb2.SIDE_ARCHIVE, root=root)
    letter = killed.act(
        REVIEWER,
        "EnterUnitLetter",
        root=root,
        letter_number="民函〔2026〕3号",
        letter_date="2026-11-01",
        scan=b"%PDF",
        opposed_record_ids=[killed.seen()[1].record_id],
        opposed_reason="不宜",
    ).letter
    killed.act(SECOND, "CheckUnitLetter", letter_id=letter.letter_id, confirmed=True)
    [disagreement, _] = everything(killed.ground)["disagreements"]
    killed.act(
        DIRECTOR,
        "RecordOutcome",
        disagreement_id=disagreement["_id"],
        document_number="协调1号",
        decided_on="2026-11-02",
        decision=lines_pb2.DECISION_OPEN,
    )
    assert killed.ground.batches.get(killed.batch_id).held == 2


def test_suggestions_are_renewed_and_a_list_is_cancelled_though_both_are_killed_at_every_point(killed: Killed) -> None:
    before = everything(killed.ground)[RECORDS]
    killed.gather()
    killed.ground.rules = "rules-2"
    killed.act(REVIEWER, "RenewSuggestions")
    killed.work(State.REVIEW)
    assert killed.ground.batches.get(killed.batch_id).rule_version == "rules-2"
    killed.act(DIRECTOR, "CancelBatch", reason="重复")
    killed.work(State.CANCELLED)
    assert everything(killed.ground)[RECORDS] == before


def _step(ground: Ground) -> None:
    """One chunk, by a worker that has just become the one."""
    worker = ground.worker()
    assert worker._lease.try_acquire() is not None
    worker._step()


def _serve(ground: Ground, person: Person, method: str, request: Any) -> Any:
    repeats = Repeats(ground.transactions)
    servicers = (
        ReviewServicer(ground.desk, REGION, repeats),
        LineServicer(ground.desk, ground.lines, repeats),
        OpinionServicer(ground.desk, ground.opinions, any_scan, repeats),
    )
    servicer = next(one for one in servicers if method in type(one).__dict__)
    caller = Caller(person.actor, next(iter(person.actor.roles)), method, IDS.new(), "", CLOCK, IDS)
    with serving(caller, ""):
        return getattr(servicer, method)(request, None)
