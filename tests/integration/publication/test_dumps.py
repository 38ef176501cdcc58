"""A province's dump: what is in it, and that nothing retracted, half-written or of a former worker is offered."""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.audit.verifier.dump import verify_dump
from services.audit.verifier.registry import KnownRegion
from services.catalog.adapters.dump_files import BUCKET
from services.catalog.adapters.dump_shelf import MongoShelf
from services.catalog.adapters.dump_worker import DumpWorker
from services.catalog.adapters.published_messages import entry_content, published_entry
from services.catalog.application.dumps import MAX_READ, read_dump
from services.catalog.domain.dumps import CatalogueMoved, Dump, DumpGone
from services.common.domain.open_dump import CSV, JSON_LINES, MANIFEST, RETRACTED, SIGNATURE
from services.common.mongo.lease import LeaseLost
from tests.integration.dataplane.ground import until
from tests.integration.publication.own_province import OwnProvince, make_province
from tongdang.catalog.v1 import record_pb2

pytestmark = pytest.mark.integration


@pytest.fixture
def province(engines: Any) -> Iterator[OwnProvince]:
    province = make_province(engines)
    yield province
    province.database.close()


@pytest.fixture
def published(province: OwnProvince) -> list[str]:
    """Record ids of a publication."""
    province.take_in(25)
    return province.ids(province.published(20))


def shelf_of(province: OwnProvince) -> MongoShelf:
    return MongoShelf(province.database, province.transactions, keep=2)


def downloaded(province: OwnProvince, dump: Dump, folder: Path) -> dict[str, dict[str, Any]]:
    """The dump in a folder, verified; its entries by record."""
    folder.mkdir(exist_ok=True)
    for name in (MANIFEST, SIGNATURE, CSV, JSON_LINES, RETRACTED):
        content = read_dump(dump.dump_id, name, 0, MAX_READ, shelf=shelf_of(province))
        (folder / name).write_bytes(content)
    region = province.registry.regions[0]
    known = KnownRegion(region.name, region.keys, {province.archive.archive_id: province.archive.name})
    list(verify_dump(folder, {province.region_id: known}))
    return {entry["record_id"]: entry for entry in entries_in(folder)}


def entries_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress((folder / JSON_LINES).read_bytes()).splitlines()]


def files_of(province: OwnProvince) -> set[str]:
    """Dumps whose files lie in the database."""
    names: Sequence[str] = province.db[f"{BUCKET}.files"].distinct("filename")
    chunks = len(province.db[f"{BUCKET}.chunks"].distinct("files_id"))
    assert chunks == len(names), "nothing lies there without its file"
    return {name.partition("/")[0] for name in names}


@contextmanager
def holding(province: OwnProvince, holder: str = "here") -> Iterator[DumpWorker]:
    """A worker with the lease, driven by hand."""
    worker = province.dump_worker(holder)
    assert worker._lease.try_acquire() is not None
    yield worker
    worker._lease.release()


def test_a_dump_holds_what_lies_on_kafka_word_for_word_and_verifies(
    province: OwnProvince, published: list[str], tmp_path: Path
) -> None:
    with holding(province) as worker:
        assert worker.write_if_due()
        assert not worker.write_if_due(), "until the next night"
    (dump,) = shelf_of(province).offered()
    on_kafka = {
        record_id: entry_content(record_pb2.RecordPublished.FromString(value).open)
        for record_id, value in province.values().items()
    }
    assert downloaded(province, dump, tmp_path) == on_kafka
    assert set(on_kafka) == set(published)


def test_an_empty_province_offers_a_dump_of_nothing(province: OwnProvince, tmp_path: Path) -> None:
    with holding(province) as worker:
        worker.write_if_due()
    assert downloaded(province, shelf_of(province).offered()[0], tmp_path) == {}


def test_a_retraction_withdraws_every_dump_with_its_commit_and_the_next_knows_nothing_of_it(
    province: OwnProvince, published: list[str], tmp_path: Path
) -> None:
    worker = province.dump_worker()
    worker.start()
    try:
        shelf = shelf_of(province)
        first = until(shelf.offered)[0]
        gone = published[3]
        title = downloaded(province, first, tmp_path / "first")[gone]["title"]
        province.retract(gone)
        with pytest.raises(DumpGone):
            read_dump(first.dump_id, CSV, 0, 1, shelf=shelf)
        second = until(shelf.offered)[0]
        until(lambda: files_of(province) == {second.dump_id})
    finally:
        worker.stop()
    entries = downloaded(province, second, tmp_path / "second")
    assert set(entries) == set(published) - {gone}
    for name in (CSV, JSON_LINES, RETRACTED):
        content = gzip.decompress((tmp_path / "second" / name).read_bytes()).decode()
        assert title not in content
        assert (gone in content) == (name == RETRACTED)


def test_a_retraction_while_it_is_written_leaves_nothing_to_offer(
    province: OwnProvince, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = MongoShelf.offer

    def late(self: MongoShelf, dump: Dump, **more: Any) -> None:
        province.retract(published[0])
        offer(self, dump, **more)

    with holding(province) as worker:
        monkeypatch.setattr(MongoShelf, "offer", late)
        with pytest.raises(CatalogueMoved):
            worker.write_if_due()
        monkeypatch.undo()
        assert shelf_of(province).offered() == [] and files_of(province) == set()
        assert worker.write_if_due()


def test_of_two_workers_the_one_that_lost_the_lease_offers_nothing(
    province: OwnProvince, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = MongoShelf.offer
    with holding(province, "slow") as slow:

        def overtaken(self: MongoShelf, dump: Dump, **more: Any) -> None:
            monkeypatch.undo()
            slow._lease.release()
            with holding(province, "quick") as quick:
                assert quick.write_if_due()
            offer(self, dump, **more)

        monkeypatch.setattr(MongoShelf, "offer", overtaken)
        with pytest.raises(LeaseLost):
            slow.write_if_due()
    offered = {dump.dump_id for dump in shelf_of(province).offered()}
    assert len(offered) == 1 and files_of(province) == offered


def test_a_former_worker_takes_nothing_away_that_its_successor_is_writing(province: OwnProvince) -> None:
    with holding(province, "slow") as slow:
        former = MongoShelf(province.database, province.transactions, 2, 0, slow._lease.fence)
        slow._lease.release()
        with holding(province, "quick"), shelf_of(province).writing("a-new-dump", CSV) as file:
            file.write(b"x", 1)
            file.done()
            with pytest.raises(LeaseLost):
                former.sweep()
            assert files_of(province) == {"a-new-dump"}


@pytest.mark.parametrize(("before", "offered"), [(True, 0), (False, 1)])
def test_a_kill_around_the_offer_leaves_a_whole_dump_or_none(
    province: OwnProvince, published: list[str], tmp_path: Path, before: bool, offered: int
) -> None:
    province.killed_dump_worker(before_commit=int(before), after_commit=int(not before))
    left = shelf_of(province).offered()
    assert len(left) == offered and len(files_of(province)) == 1, "the files were written"
    worker = province.dump_worker()
    worker.start()
    try:
        (dump,) = until(shelf_of(province).offered, 120)
    finally:
        worker.stop()
    assert set(downloaded(province, dump, tmp_path)) == set(published)
    assert files_of(province) == {dump.dump_id}


def test_so_many_are_kept_as_was_said_and_the_same_state_is_the_same_bytes(
    province: OwnProvince, published: list[str]
) -> None:
    with holding(province) as worker:
        for _ in range(3):
            worker._state.want(worker._clock.now())
            assert worker.write_if_due()
    newest, older = shelf_of(province).offered()
    assert newest.made_at > older.made_at and newest.files == older.files
    assert files_of(province) == {newest.dump_id, older.dump_id}


def test_what_is_being_published_is_left_to_the_next_one(province: OwnProvince, tmp_path: Path) -> None:
    province.take_in(1_300)
    with province.working():
        batch_id = province.signed(1_200)
    province.decide(batch_id)
    province.killed_worker(after_commit=1)
    assert province.db["records"].count_documents({"access_status": "open"}) > 0
    with holding(province) as worker:
        worker.write_if_due()
        assert downloaded(province, shelf_of(province).offered()[0], tmp_path) == {}


def test_a_masked_title_stays_masked_when_a_restored_record_is_brought_back(
    province: OwnProvince, published: list[str]
) -> None:
    record_id = published[0]
    record = province.db["records"].find_one({"_id": record_id})
    before = {"title": "真名", "access_status": "unreviewed", "version": record["version"] - 1}
    province.db["records"].update_one({"_id": record_id}, {"$set": before, "$unset": {"masked_title": ""}})
    province.repaired()
    again = province.db["records"].find_one({"_id": record_id})
    assert again["title"] == "真名"
    assert published_entry(again, sample=True).title == record["title"]
