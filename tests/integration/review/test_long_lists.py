"""What a hundred thousand must not cost: what waits is counted in its index, and nobody waits for a whole list."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo import monitoring

from services.catalog.adapters.batch_documents import BATCHES, ENTRIES
from services.catalog.adapters.documents import RECORDS
from services.catalog.adapters.line_store import MongoLines
from services.catalog.adapters.opened_lists import Asked, MongoOpened
from services.catalog.adapters.plan_store import MongoPlans
from services.catalog.adapters.waiting import MongoWaiting, observe_rereviews
from services.catalog.application.lines import decide_lines
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.gathering import EVERYTHING, GatherFilter
from services.catalog.domain.plans import Plan, PlanRow
from services.catalog.domain.suggestions import DISCLOSED
from services.catalog.domain.work_list import State
from services.common.domain.audit_event import ObjectRef
from services.common.domain.clock import legal_day
from services.common.mongo.database import MongoDatabase
from tests.builders import review
from tests.builders.review import ARCHIVE
from tests.integration.review.ground import CLOCK, IDS, REVIEWER, Ground

pytestmark = pytest.mark.integration
TODAY = legal_day(CLOCK.now())
_EXPLAINED = (
    "aggregate",
    "pipeline",
    "cursor",
    "find",
    "filter",
    "projection",
    "sort",
    "limit",
    "hint",
    "update",
    "updates",
)
SOON = (TODAY + timedelta(days=400)).isoformat()


class _Commands(monitoring.CommandListener):
    """Keeps what is asked of the database, without what belongs to the session."""

    def __init__(self) -> None:
        self._asked: list[dict[str, Any]] = []

    def of(self, kind: str, collection: str) -> list[dict[str, Any]]:
        """Commands of a kind on a collection, as the database can explain them."""
        return [one for one in self._asked if one.get(kind) == collection]

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self._asked.append({name: event.command[name] for name in event.command if name in _EXPLAINED})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to keep."""


@pytest.fixture
def commands() -> Iterator[_Commands]:
    commands = _Commands()
    monitoring.register(commands)
    yield commands
    monitoring._LISTENERS.command_listeners.remove(commands)


@pytest.fixture
def elsewhere(ground: Ground, commands: _Commands) -> Iterator[MongoDatabase]:
    """The ground's database by a connection whose commands are kept."""
    database = MongoDatabase(ground.database.uri, ground.database.name)
    yield database
    database.close()


def _plan(*filters: GatherFilter) -> Plan:
    rows = tuple(PlanRow(one, TODAY, REVIEWER.actor.pseudonym) for one in filters)
    return Plan(IDS.new(), ARCHIVE, TODAY.year, "计划", rows, REVIEWER.actor.pseudonym, CLOCK.now())


def _rows_of_a_plan(database: MongoDatabase, ground: Ground) -> list[int]:
    plan = _plan(EVERYTHING, GatherFilter(fonds=("A001",), early=True, disclosed=True))
    rows = MongoPlans(database, ground.transactions).progress(plan, frozenset({"A001", "A002"}), TODAY)
    return [row.waiting for row in rows]


def _waiting(database: MongoDatabase, ground: Ground) -> list[int]:
    waiting = MongoWaiting(database).by_fonds(ARCHIVE, ["A001", "A002"], TODAY)["A001"]
    return [waiting.due_again, waiting.disclosed]


def _observed(database: MongoDatabase, ground: Ground) -> list[int]:
    observe_rereviews(database, CLOCK, [ARCHIVE]).read()
    return []


@pytest.mark.parametrize(
    ("count", "expected", "read"), [(_rows_of_a_plan, [40, 20], 0), (_waiting, [30, 20], 20), (_observed, [], 0)]
)
def test_what_waits_is_counted_in_its_index_and_at_most_what_may_open_early_is_read(
    ground: Ground,
    commands: _Commands,
    elsewhere: MongoDatabase,
    count: Callable[[MongoDatabase, Ground], list[int]],
    expected: list[int],
    read: int,
) -> None:
    ground.insert(40)
    ground.insert(20, 40, eligible_on=SOON, disclosure=DISCLOSED)
    ground.insert(50, 100, eligible_on=SOON)
    ground.insert(30, 60, access_status="deferred", reevaluate_on="2020-01-01")
    assert count(elsewhere, ground) == expected
    asked = commands.of("aggregate", RECORDS)
    assert asked
    assert sum(_read(elsewhere, command) for command in asked) == read


def test_a_sample_of_all_that_a_filter_matches_reads_only_the_lines_it_shows(
    ground: Ground, commands: _Commands, elsewhere: MongoDatabase
) -> None:
    ground.insert(400)
    with ground.working():
        batch_id = ground.gather().batch_id
    count, sample = MongoLines(elsewhere).sample(batch_id, LineFilter(fonds="A001"), 20)
    assert (count, len(sample), len({line.record_id for line, _ in sample})) == (400, 20, 20)
    ordinals = [line.ordinal for line, _ in sample]
    assert ordinals == sorted(ordinals)
    [drawn] = [one for one in commands.of("aggregate", ENTRIES) if "$sample" in one["pipeline"][-1]]
    assert _read(elsewhere, drawn) == 0


def test_an_act_on_lines_reads_these_and_no_others_of_a_long_list(
    ground: Ground, commands: _Commands, elsewhere: MongoDatabase
) -> None:
    batch_id, ids = ground.listed(3_000)
    batches = Ground(elsewhere).batches
    for seen, verdict in ((dict.fromkeys(ids[:500], 1), review.OPEN), (dict.fromkeys(ids[600:1_000], 1), review.DEFER)):
        decide_lines(act_id=IDS.new(), batch_id=batch_id, seen=seen, verdict=verdict, by=ground.by(), batches=batches)
    for asked, lines in zip(commands.of("update", ENTRIES), (500, 400), strict=True):
        assert _read(elsewhere, asked) == lines


def test_a_page_of_early_openings_reads_no_line_that_opened_at_its_term(
    ground: Ground, commands: _Commands, elsewhere: MongoDatabase
) -> None:
    batch_id, ids = ground.listed(600)
    batches, lines = ground.database.db[BATCHES], ground.database.db[ENTRIES]
    lines.update_many({"batch_id": batch_id}, {"$set": {"decision": "open", "rule": "O1"}})
    lines.update_many({"record_id": {"$in": ids[500:]}}, {"$set": {"rule": "O2"}})
    batches.update_one({"_id": batch_id}, {"$set": {"state": "published", "early": 100}})
    opened = MongoOpened(elsewhere, [ARCHIVE])
    page = opened.entries(Asked(ARCHIVE, None, early=True), size=20, token="")
    opened.entries(Asked(ARCHIVE, None, early=True), size=20, token=page.next_token)
    asked = commands.of("find", ENTRIES)
    assert [_read(elsewhere, one) for one in asked] == [21, 21]


def test_nobody_waits_for_the_end_of_a_long_list(ground: Ground) -> None:
    batch = review.batch(batch_id=IDS.new(), state=State.GATHERING, cursor=2_500, total=2_500)
    ground.batches.create(batch, ground.by().granted(ObjectRef("batch", batch.batch_id)))
    # no worker runs here: only because the list is long already, this answers before the test gives up
    assert ground.batches.await_worker(batch.batch_id, 3_600).state is State.GATHERING


def _read(database: MongoDatabase, command: dict[str, Any]) -> int:
    """Documents that answering it reads."""
    told = database.db.command("explain", command, verbosity="executionStats")
    first = told["stages"][0]["$cursor"] if "stages" in told else told
    return int(first["executionStats"]["totalDocsExamined"])
