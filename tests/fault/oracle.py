"""What must be true once everything runs again: one function a sentence, which fails by saying what is not so.

The databases are read as the administrator, the index from its folder, the log by the program that anybody may run.
"""

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pymongo.database import Database

from deploy.local.layout import ROOT, WITNESSES, Layout
from deploy.local.mongo import Client, database_of
from deploy.local.stack import Stack
from deploy.local.waiting import until
from services.audit.adapters.leaves import Leaves
from services.audit.domain.streams import OWN_STREAM
from services.audit.witness.memory import Memory
from services.catalog.domain.cases import STATUS_OF_STATE, CaseState
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.requests.domain.lifecycle import STATE_OF_STATUS, IsoStatus
from tests.fault.ledger import Ledger

_SETTLES_S = 120.0
_HEARD = 15
Rows = Database[dict[str, Any]]


@dataclass
class World:
    """The stack as the oracle sees it. `before`: what had happened when the faults began."""

    stack: Stack
    admin: Client
    state_file: Path
    before: dict[str, set[str]] = field(default_factory=dict)
    findings_before: int = 0

    @property
    def layout(self) -> Layout:
        """Of the stack."""
        return self.stack.layout

    def of(self, service: str) -> Rows:
        """A service's database."""
        return self.admin[database_of(service)]

    def remember(self) -> None:
        """Takes down what there is, and what the log has promised so far."""
        self.before = {name: set(self._ids(service, name)) for service, name in _MADE}
        self.findings_before = self.of("audit")["entries"].count_documents({"stream": OWN_STREAM})
        the_log_verifies(self)

    def made(self, service: str, collection: str) -> set[str]:
        """Ids that were not there before."""
        return set(self._ids(service, collection)) - self.before[collection]

    def _ids(self, service: str, collection: str) -> Iterator[str]:
        for name in self.layout.catalogs if service == "catalog" else (service,):
            yield from self.of(name)[collection].distinct("_id")


_MADE = (("requests", "requests"), ("catalog", "imports"), ("catalog", "batches"))

Sentence = Callable[[], None]


def comes_true(world: World, ledger: Ledger) -> dict[str, Sentence]:
    """What time alone must bring about now that nothing is broken any more."""
    sentences = (
        every_outbox_is_drained,
        no_letter_waits_or_is_parked,
        the_log_has_caught_up,
        every_witness_has_cosigned_all_of_the_log,
    )
    found: dict[str, Sentence] = {one.__name__: partial(one, world) for one in sentences}
    found[every_publication_is_whole.__name__] = partial(every_publication_is_whole, world, ledger)
    found[the_index_equals_the_catalogues.__name__] = partial(the_index_equals_the_catalogues, world)
    found[both_sides_of_each_request_agree.__name__] = partial(both_sides_of_each_request_agree, world)
    return found


def holds(world: World, ledger: Ledger) -> dict[str, Sentence]:
    """What must be so from then on."""
    about_both = (
        every_request_is_there_once,
        every_import_is_there_once,
        every_publication_is_there_once,
        every_retraction_holds,
        every_case_ended_as_answered,
        no_access_is_unaudited,
        no_fault_was_told_as_a_defect,
    )
    about_stack = (every_event_is_logged_once, no_stream_has_a_gap_or_a_lie, the_log_verifies)
    found: dict[str, Sentence] = {one.__name__: partial(one, world, ledger) for one in about_both}
    return found | {one.__name__: partial(one, world) for one in about_stack}


def settle(world: World, ledger: Ledger) -> None:
    """Waits until each of them has come true.

    Raises: AssertionError: one did not in two minutes.
    """
    give_up = time.monotonic() + _SETTLES_S
    for name, sentence in comes_true(world, ledger).items():
        while True:
            try:
                sentence()
                break
            except AssertionError as problem:
                if time.monotonic() > give_up:
                    raise AssertionError(f"{name}: {problem}\n{complaints(world)}") from problem
                time.sleep(0.3)


def complaints(world: World) -> str:
    """The last of each service's warnings and errors: what a run that nobody watched leaves to read."""
    found = []
    for service in world.layout.services:
        lines = (world.layout.logs / f"{service}.log").read_text(errors="replace").splitlines()
        heard = [line for line in lines if '"level": "warning"' in line or '"level": "error"' in line]
        found += [f"{service}: {line[:300]}" for line in heard[-_HEARD:]]
    return "\n".join(found)


def every_outbox_is_drained(world: World) -> None:
    for service in world.layout.services:
        db = world.of(service)
        assert db["outbox"].count_documents({"pending": True}) == 0, f"{service}: unnumbered"
        for head in db["streams"].find().sort("incarnation", -1).limit(1):
            assert head["mark"] == head["seq"], f"{service}: {head['seq'] - head['mark']} documents unsent"


def no_letter_waits_or_is_parked(world: World) -> None:
    for service in ("requests", *world.layout.catalogs):
        left = world.of(service)["letters"].find({"state": {"$ne": "delivered"}})
        states = Counter(letter["state"] for letter in left)
        assert not states, f"{service}: letters {dict(states)}"


def the_log_has_caught_up(world: World) -> None:
    head = world.of("audit")["log_head"].find_one({"_id": "head"})
    assert head is not None
    logged = {stream: seq for stream, seq, _ in head["streams"]}
    for service in world.layout.services:
        streams = list(world.of(service)["streams"].find().sort("incarnation", 1))
        for stream in streams:
            there = logged.get(stream["_id"], 0)
            assert there >= stream["audit_seq"], f"{stream['_id']} is not logged to its end"
            # of a stream that a restore ended, the log may know more than the database
            assert there == stream["audit_seq"] or stream is not streams[-1], f"{stream['_id']} is logged past its end"
    assert world.of("audit")["held"].count_documents({}) == 0, "events are held back"
    assert world.of("audit")["entries"].count_documents({}) == head["size"], "entries are missing behind the head"


def the_index_equals_the_catalogues(world: World) -> None:
    """Open records by id and version; what was retracted is gone from the search."""
    index = TantivyIndex(world.stack.layout.data / "index")
    published = 0
    for region in world.layout.regions:
        records = world.of(f"catalog-{region}")["records"]
        for record in records.find({"access_status": "open"}, {"version": 1}):
            entry = index.get(record["_id"])
            assert entry is not None, f"{record['_id']} is open and not in the index"
            assert entry.open, f"{record['_id']} is open and retracted in the index"
            assert entry.version == record["version"], f"{record['_id']}: {entry.version} != {record['version']}"
            published += 1
        for record in records.find({"access_status": {"$ne": "open"}, "rule": {"$ne": None}}, {"version": 1}):
            entry = index.get(record["_id"])
            assert entry is None or not entry.open, f"{record['_id']} is not open and still found"
            published += entry is not None
    assert index.entries == published, f"the index has {index.entries} entries, the catalogues {published}"


def both_sides_of_each_request_agree(world: World) -> None:
    """The requests service's state follows from the province's case, and each has its other side."""
    cases = {case["_id"]: case for name in world.layout.catalogs for case in world.of(name)["cases"].find()}
    requests = {request["leg_id"]: request for request in world.of("requests")["requests"].find()}
    assert cases.keys() == requests.keys(), f"without other side: {sorted(cases.keys() ^ requests.keys())[:5]}"
    for leg_id, request in requests.items():
        case = cases[leg_id]
        told = STATE_OF_STATUS[IsoStatus(STATUS_OF_STATE[CaseState(case["state"])])]
        assert request["state"] == told.value, f"request {request['state']}, case {case['state']}"
        assert (case["request_id"], case["number"]) == (request["_id"], request["number"])


def every_publication_is_whole(world: World, ledger: Ledger) -> None:
    """No accepted publication is half there: each of its records is decided, its manifest is written once."""
    for name in world.layout.catalogs:
        db = world.of(name)
        for batch in db["batches"].find({"_id": {"$in": list(ledger.published)}}):
            assert batch["state"] == "published", f"batch is {batch['state']}"
            assert batch["applied"] + len(batch["skipped"]) == batch["total"], "records were left out"
            undone = db["records"].count_documents({"batch_id": batch["_id"], "access_status": "unreviewed"})
            assert undone == 0, f"{undone} records of a published batch are unreviewed"


def every_request_is_there_once(world: World, ledger: Ledger) -> None:
    assert world.made("requests", "requests") == ledger.requests
    numbers = world.of("requests")["requests"].distinct("number")
    assert len(numbers) == world.of("requests")["requests"].count_documents({}), "a number is given twice"


def every_import_is_there_once(world: World, ledger: Ledger) -> None:
    assert world.made("catalog", "imports") == set(ledger.imports)
    for name in world.layout.catalogs:
        db = world.of(name)
        for job in db["imports"].find({"_id": {"$in": list(ledger.imports)}}):
            rows = ledger.imports[job["_id"]]
            assert (job["state"], job["rows_done"], job["created"]) == ("completed", rows, rows), job
            assert db["records"].count_documents({"import_id": job["_id"]}) == rows


def every_publication_is_there_once(world: World, ledger: Ledger) -> None:
    assert world.made("catalog", "batches") == ledger.batches
    manifests: Counter[str] = Counter()
    for name in world.layout.catalogs:
        for document in world.of(name)["outbox"].find({"messages.topic": {"$regex": r"\.publications\."}}):
            manifests.update(one["key"] for one in document["messages"] if ".publications." in one["topic"])
        opened = world.of(name)["records"].find({"batch_id": {"$in": list(ledger.published)}, "access_status": "open"})
        assert {record["version"] for record in opened} <= {2}, "a record was opened twice"
    for batch_id in ledger.published:
        assert manifests[batch_id] <= 1, f"{manifests[batch_id]} manifests of one batch"


def every_retraction_holds(world: World, ledger: Ledger) -> None:
    found = [
        record
        for name in world.layout.catalogs
        for record in world.of(name)["records"].find({"_id": {"$in": list(ledger.retracted)}})
    ]
    assert {record["_id"] for record in found} == ledger.retracted
    assert all((one["access_status"], one["version"]) == ("deferred", 3) for one in found), "retracted more than once"


def every_case_ended_as_answered(world: World, ledger: Ledger) -> None:
    states = {case["_id"]: case for name in world.layout.catalogs for case in world.of(name)["cases"].find()}
    for case_id in ledger.delivered:
        assert states[case_id]["state"] == "delivered"
        assert len(states[case_id]["scans"]) == 1, "a repeated scan was attached twice"
    assert all(states[case_id]["state"] == "declined" for case_id in ledger.declined)
    certificates = Counter(
        one["case_id"] for name in world.layout.catalogs for one in world.of(name)["certificates"].find()
    )
    assert all(certificates[case_id] == 1 for case_id in ledger.delivered), "not one certificate a delivery"


def no_access_is_unaudited(world: World, ledger: Ledger) -> None:
    """Each answered read or write of what is not open has an event that names the call as its cause."""
    wanted = {access.call_id: access for access in ledger.accesses}
    entries = world.of("audit")["entries"]
    for entry in entries.find({"outcome": "granted"}, {"causation_id": 1, "action": 1}):
        access = wanted.get(entry["causation_id"])
        if access is not None and access.action == entry["action"]:
            del wanted[access.call_id]
    missing = Counter(access.action for access in wanted.values())
    assert not missing, f"answered without an event: {dict(missing)}"


def every_witness_has_cosigned_all_of_the_log(world: World) -> None:
    """Also the ones that were killed or stopped: they catch up by themselves, and what they remember is this log."""
    head = world.of("audit")["log_head"].find_one({"_id": "head"})
    cosigned = world.of("audit")["cosigned"].find_one({"_id": "newest"})
    assert head is not None and cosigned is not None
    assert cosigned["size"] == head["size"], f"{cosigned['size']} of {head['size']} leaves are cosigned"
    for witness in WITNESSES:
        last = Memory(world.stack.layout.data / witness / "cosigned.json").read()
        assert last is not None
        assert (last.size, last.root) == (head["size"], bytes(head["root"])), f"{witness} has seen something else"


def no_fault_was_told_as_a_defect(world: World, ledger: Ledger) -> None:
    """Whoever asks during a fault is told that something is unavailable, which is true, and to try again."""
    del world
    assert not ledger.defects, Counter(ledger.defects)


def every_event_is_logged_once(world: World) -> None:
    """Each event of an outbox stands in the log under its number, byte for byte, and no event stands there twice."""
    entries = world.of("audit")["entries"]
    streams = {name: list(world.of(name)["streams"].find().sort("incarnation", 1)) for name in world.layout.services}
    until(lambda: _is_logged(world, streams), "the log", lambda: True, _SETTLES_S)  # services go on telling it things
    leaves = Leaves(world.of("audit")).read(0, entries.count_documents({}))
    for service, known in streams.items():
        above = 0  # a row belongs to the incarnation between whose marks its number lies
        for stream in known:
            logged = {leaf.seq: leaf.content for leaf in leaves if leaf.stream == stream["_id"]}
            for document in world.of(service)["outbox"].find({"seq": {"$gt": above, "$lte": stream["mark"]}}):
                for place, leaf in enumerate(document["leaves"]):
                    assert logged[document["audit_first"] + place] == bytes(leaf), f"{stream['_id']}: another leaf"
            above = stream["mark"]
    twice = entries.aggregate(
        [
            {"$match": {"event_id": {"$exists": True}}},
            {"$group": {"_id": "$event_id", "count": {"$sum": 1}}},
            {"$match": {"count": {"$gt": 1}}},
        ]
    )
    assert not list(twice), "an event is logged twice"


def _is_logged(world: World, streams: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Whether the log's entries reach the ends that the streams had."""
    entries = world.of("audit")["entries"]
    ends = [(one["_id"], one["audit_seq"]) for known in streams.values() for one in known if one["audit_seq"]]
    return all(entries.find_one({"stream": stream, "seq": {"$gte": seq}}, {"_id": 1}) for stream, seq in ends)


def no_stream_has_a_gap_or_a_lie(world: World) -> None:
    entries = world.of("audit")["entries"]
    streams: dict[str, list[int]] = {}
    for row in entries.find({"seq": {"$gt": 0}}, {"stream": 1, "seq": 1}):
        streams.setdefault(row["stream"], []).append(row["seq"])
    for stream, numbers in streams.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), f"{stream}: gap or double"
    assert entries.count_documents({"stream": OWN_STREAM}) == world.findings_before, "the log found a gap or a lie"


def the_log_verifies(world: World) -> None:
    """By the program anybody may run, against the state that it kept from before the faults."""
    command = [str(ROOT / "bin" / "tongdang-verify"), "--url", world.stack.layout.log_url]
    command += ["--key", str(world.stack.layout.etc / "audit-log.vkey"), "--state", str(world.state_file)]
    command += ["--witness", str(world.stack.layout.etc / "witnesses")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
