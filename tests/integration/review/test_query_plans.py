"""However long a list is, a page of it is read from an index in the order of the list, whatever it is filtered by."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import monitoring

from services.catalog.adapters import line_facets
from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.line_store import MongoLines
from services.catalog.domain.acts import LineFilter
from services.catalog.domain.suggestions import Proposal
from services.catalog.domain.verdicts import Decision
from services.common.mongo.database import MongoDatabase
from tests.integration.review.ground import Ground

pytestmark = pytest.mark.integration
_PAGE = 20
_LINES = 400
_FILTERS = (
    LineFilter(),
    LineFilter(decision=Decision.UNDECIDED),
    LineFilter(proposal=Proposal.DEFER),
    LineFilter(proposal=Proposal.DEFER, rule="D2"),
    LineFilter(fonds="A001"),
    LineFilter(year=1990),
    LineFilter(reason="personal-data"),
    LineFilter(reason="personal-data", year=1990, decision=Decision.UNDECIDED),
)


class _Finds(monitoring.CommandListener):
    """Keeps what is asked of the lines."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command.get("find") == ENTRIES:
            self.asked.append({name: event.command[name] for name in ("find", "filter", "projection", "sort", "limit")})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to keep."""


@pytest.fixture
def finds() -> Iterator[_Finds]:
    finds = _Finds()
    monitoring.register(finds)
    yield finds
    monitoring._LISTENERS.command_listeners.remove(finds)


def test_a_page_of_a_list_reads_no_more_lines_than_it_shows_and_sorts_none(ground: Ground, finds: _Finds) -> None:
    ground.insert(_LINES)
    ground.insert(60, _LINES, title="身份证11010519491231002X")
    with ground.working():
        batch_id = ground.gather().batch_id
    group = ground.lines.groups(batch_id)[0].group_id
    database = MongoDatabase(ground.database.uri, ground.database.name)
    lines = MongoLines(database)
    wanted = [*_FILTERS, LineFilter(group_id=group)]
    for filter_ in wanted:
        token = lines.page(batch_id, filter_, None, size=_PAGE, token="").next_token
        lines.page(batch_id, filter_, None, size=_PAGE, token=token)
    assert len(finds.asked) == 2 * len(wanted)
    for command in finds.asked:
        told = database.db.command("explain", command, verbosity="executionStats")
        stats = told["executionStats"]
        assert stats["nReturned"] > 0, command
        assert stats["totalDocsExamined"] <= _PAGE + 1, (command["filter"], told["queryPlanner"]["winningPlan"])
        assert "'stage': 'SORT'" not in str(told["queryPlanner"]["winningPlan"]), command["filter"]
    database.close()


def test_lines_of_a_former_program_are_found_by_the_same_filters(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_facets, "_AT_ONCE", 2)
    ids = ground.insert(3)
    ids += ground.insert(2, 3, title="身份证11010519491231002X")
    with ground.working():
        batch_id = ground.gather().batch_id
    db, found = ground.database.db, {"batch_id": batch_id}
    written = {line["_id"]: sorted(line["facets"]) for line in db[ENTRIES].find(found)}
    assert sum("reason:personal-data" in facets for facets in written.values()) == 2
    bare, *_ = written
    db[ENTRIES].update_many(found, {"$unset": {"facets": ""}})
    db[ENTRIES].update_one({"_id": bare}, {"$unset": dict.fromkeys(("fonds", "year", "suggestion"), "")})
    db[ENTRIES].create_index([("batch_id", 1), ("fonds", 1), ("ordinal", 1)], name="fonds")
    for _ in range(2):
        line_facets.facet_lines(db)
    again = {line["_id"]: sorted(line["facets"]) for line in db[ENTRIES].find(found)}
    assert again.pop(bare) == ["fonds:", "proposal:", "rule:", "year:0"]
    assert again == {line: facets for line, facets in written.items() if line != bare}
    assert "fonds" not in db[ENTRIES].index_information()
