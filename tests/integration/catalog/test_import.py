"""Import of a catalogue on a real database."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.catalog.application.imports import get_import
from services.catalog.domain.import_errors import ColumnsMissing, StateSecretSuspected
from services.catalog.domain.import_job import ImportState
from services.common.domain.errors import OutOfScope, RequestIdReused
from tests.integration.catalog.import_ground import IDS, Ground, catalogue_file, make_ground

pytestmark = pytest.mark.integration


@pytest.fixture
def ground(engines: Any) -> Iterator[Ground]:
    ground = make_ground(engines)
    yield ground
    ground.database.close()


def test_every_row_of_a_file_becomes_a_record_or_a_line_of_the_report(ground: Ground) -> None:
    job = ground.imported(catalogue_file(1_300, bad=120))
    assert job.state is ImportState.PARTLY_COMPLETED
    assert (job.rows_total, job.counts.done, job.counts.created, job.counts.rejected) == (1_300, 1_300, 1_180, 120)
    assert ground.db["records"].count_documents({"import_id": job.import_id, "version": 1}) == 1_180
    report = ground.report(job)
    assert [cell.line for cell in report] == list(range(1_182, 1_302))
    assert {(cell.column, cell.value, cell.reason) for cell in report} == {("日期", "昨天", "DATE_UNREADABLE")}


def test_upload_and_every_chunk_are_audited_with_counts_and_no_content(ground: Ground) -> None:
    job = ground.imported(catalogue_file(1_300))
    (uploaded,) = ground.leaves("import.upload")
    chunks = ground.leaves("import.apply")
    assert uploaded["unmapped"]["rows"] == 1_300 and uploaded["correlation_uid"] == job.import_id
    assert [leaf["unmapped"]["created"] for leaf in chunks] == [500, 500, 300]
    assert {leaf["correlation_uid"] for leaf in chunks} == {job.import_id}
    assert "目录" not in repr([uploaded, *chunks])


def test_the_same_file_is_recognised_and_queued_once(ground: Ground) -> None:
    content = catalogue_file(20)
    first, before = ground.upload(content)
    again, recognised = ground.upload(content)
    assert (before, recognised, again.import_id) == (False, True, first.import_id)
    assert ground.db["imports"].count_documents({}) == 1


def test_a_repeated_request_gets_its_first_answer_and_another_content_under_it_is_refused(ground: Ground) -> None:
    request_id = IDS.new()
    first, _ = ground.upload(catalogue_file(20), request_id=request_id)
    again, recognised = ground.upload(catalogue_file(20), request_id=request_id)
    assert (again.import_id, recognised) == (first.import_id, False)
    with pytest.raises(RequestIdReused):
        ground.upload(catalogue_file(21), request_id=request_id)
    assert ground.db["imports"].count_documents({}) == 1


@pytest.mark.parametrize("trap", [{"before_commit": 3}, {"after_commit": 3}])
def test_an_import_killed_around_a_commit_ends_at_its_true_count(ground: Ground, trap: dict[str, int]) -> None:
    job, _ = ground.upload(catalogue_file(2_300, bad=700))
    ground.killed_worker(**trap)
    broken_off = ground.imports.job(job.import_id)
    assert broken_off.counts.done == (1_500 if "after_commit" in trap else 1_000)
    ground.work()
    ended = ground.imports.job(job.import_id)
    assert (ended.counts.done, ended.counts.created, ended.counts.rejected) == (2_300, 1_600, 700)
    assert ground.db["records"].count_documents({"version": 1}) == 1_600
    assert len(ground.report(ended)) == 700
    chunks = ground.leaves("import.apply")
    assert [leaf["unmapped"]["rows_done"] for leaf in chunks] == [500, 1_000, 1_500, 2_000, 2_300]


def test_a_changed_row_makes_a_new_version_and_the_same_row_none(ground: Ground) -> None:
    ground.imported(catalogue_file(600))
    job = ground.imported(catalogue_file(600, changes={7: {"题名": "关于改正题名的通知"}, 8: {"密级": "内部"}}))
    assert (job.state, job.counts.updated, job.counts.unchanged) == (ImportState.COMPLETED, 2, 598)
    changed = list(ground.db["records"].find({"version": 2}).sort("title"))
    assert [row["import_id"] for row in changed] == [job.import_id] * 2
    controlled = next(row for row in changed if row["control_rule"])
    assert (controlled["control_rule"], controlled["access_status"]) == ("S7", "controlled")


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"batch_id": "b1"}, "RECORD_IN_BATCH"),
        ({"batch_id": "b1", "access_status": "open", "opened_on": "2026-11-01"}, "RECORD_PUBLISHED"),
        ({"access_status": "deferred", "decision": "defer"}, "RECORD_REVIEWED"),
    ],
)
def test_a_record_under_signatures_is_not_altered_but_reported(
    ground: Ground, state: dict[str, str], reason: str
) -> None:
    ground.imported(catalogue_file(10))
    ground.db["records"].update_many({}, {"$set": state})
    before = list(ground.db["records"].find().sort("_id"))
    job = ground.imported(catalogue_file(10, changes={3: {"题名": "关于改正题名的通知"}}))
    assert (job.counts.rejected, job.counts.unchanged) == (1, 9)
    (line,) = ground.report(job)
    assert (line.line, line.reason) == (5, reason)
    assert list(ground.db["records"].find().sort("_id")) == before


def test_nothing_of_a_refused_upload_is_stored(ground: Ground) -> None:
    before = {name: ground.db[name].count_documents({}) for name in ground.db.list_collection_names()}
    with pytest.raises(StateSecretSuspected) as refusal:
        ground.upload(catalogue_file(300, changes={250: {"密级": "机密★10年"}, 260: {"附注": "绝密"}}))
    assert refusal.value.metadata == {"count": "2", "lines": "252,262"}
    with pytest.raises(ColumnsMissing):
        ground.upload("档号,题名\nA001,某\n".encode())
    after = {name: ground.db[name].count_documents({}) for name in ground.db.list_collection_names()}
    assert after == before


def test_staff_of_another_archive_may_neither_upload_nor_read(ground: Ground) -> None:
    job = ground.imported(catalogue_file(5, bad=1))
    stranger = ground.clerk("a320583")
    with pytest.raises(OutOfScope):
        ground.upload(catalogue_file(6), by=stranger)
    with pytest.raises(OutOfScope):
        get_import(job.import_id, by=stranger, imports=ground.imports)
