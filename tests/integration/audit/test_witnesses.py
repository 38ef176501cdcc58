"""Witnesses as processes of their own beside a running log: stopped, killed, ahead of it, shown a forged one."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from services.audit.adapters.cosigned_log import CosignedLog
from services.audit.adapters.cosigning import Cosigning, largest_seen
from services.audit.adapters.log_documents import MIGRATIONS
from services.audit.adapters.log_store import LogStore
from services.audit.adapters.witness_client import WitnessAddress, WitnessClient, WitnessRefused, read_witnesses
from services.audit.domain.cosignatures import open_cosigned
from services.audit.domain.errors import LogDiverged
from services.audit.domain.notes import COSIGNATURE, Checkpoint, sign_checkpoint, verifier_key
from services.audit.witness.memory import Memory
from services.common.domain.merkle import EMPTY_ROOT, leaf_hash
from services.common.mongo.migrations import migrate
from tests.integration.audit.ground import ORIGIN, ROOT, AuditGround, leaves
from tests.integration.dataplane.ground import IDS, until
from tests.ports import base_port

pytestmark = pytest.mark.integration

_BASE_PORT = base_port() + 60
NOTHING = Checkpoint(ORIGIN, 0, EMPTY_ROOT)


class WitnessProcess:
    """One witness with its key and its folder."""

    def __init__(self, name: str, port: int, folder: Path, log_key: str) -> None:
        self.name, self.port, self.folder = name, port, folder
        folder.mkdir()
        key = Ed25519PrivateKey.generate()
        encoding, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        (folder / "own.pem").write_bytes(key.private_bytes(encoding, pkcs8, serialization.NoEncryption()))
        (folder / "log.vkey").write_text(log_key)
        public = key.public_key().public_bytes_raw()
        self.address = WitnessAddress(f"http://127.0.0.1:{port}", verifier_key(name, public, COSIGNATURE))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def size(self) -> int:
        """Of what it remembers, as its file says."""
        last = Memory(self.folder / "cosigned.json").read()
        return last.size if last else 0

    def start(self) -> None:
        values = {
            "IDENTITY__PRINCIPAL": self.name,
            "KEYS__OWN_FILE": self.folder / "own.pem",
            "KEYS__LOG_FILE": self.folder / "log.vkey",
            "STATE__FILE": self.folder / "cosigned.json",
            "HTTP__PORT": self.port,
            "METRICS__PORT": self.port + 3,
        }
        environment = {f"TONGDANG_WITNESS__{key}": str(value) for key, value in values.items()}
        command = [sys.executable, "-m", "services.audit.witness", "serve"]
        path = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
        self.process = subprocess.Popen(command, env={**os.environ, **environment, "PYTHONPATH": path}, cwd=ROOT)
        until(self._answers)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.address.url}/readyz", timeout=5) as answer:
            return answer.status == 200
        return False


@pytest.fixture
def three(ground: AuditGround, tmp_path: Path) -> Iterator[list[WitnessProcess]]:
    made = [
        WitnessProcess(f"w{number}", _BASE_PORT + number, tmp_path / f"w{number}", ground.verifier_key)
        for number in range(3)
    ]
    try:
        for one in made:
            one.start()
        yield made
    finally:
        for one in made:
            if one.process is not None:
                one.process.kill()
                one.process.wait()


@contextmanager
def witnessed(ground: AuditGround, three: list[WitnessProcess]) -> Iterator[LogStore]:
    """The log with the part that asks witnesses."""
    with ground.audit() as store:
        clients = [WitnessClient(one.address, timeout_s=1) for one in three]
        cosigning = Cosigning(
            ground.published, CosignedLog(ground.database), clients, 2, lambda: store.size() > 0, store.distrust
        )
        cosigning.start()
        try:
            yield store
        finally:
            cosigning.stop()


def cosigned_size(ground: AuditGround, three: list[WitnessProcess]) -> int:
    """Of the newest checkpoint that two of the three vouch for; verified as an outsider would."""
    newest = CosignedLog(ground.database).newest()
    if newest is None:
        return 0
    return open_cosigned(newest.note, ground.verifier_key, [one.address.key for one in three], 2).size


def verified(ground: AuditGround, three: list[WitnessProcess]) -> "subprocess.CompletedProcess[str]":
    with ground.served() as url:
        command = [str(ROOT / "bin" / "tongdang-verify"), "--url", url, "--key", ground.verifier_key]
        for one in three:
            command += ["--witness", one.address.key]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_quorum_cosigns_what_was_signed_and_an_outsider_can_ask_for_it(
    ground: AuditGround, three: list[WitnessProcess]
) -> None:
    with witnessed(ground, three):
        missing = verified(ground, three)
        assert missing.returncode == 1
        ground.send(*leaves(1, 300))
        ground.until_signed(300)
        until(lambda: cosigned_size(ground, three) == ground.size())
        ground.send(*leaves(301, 777))
        ground.until_signed(777)
        until(lambda: cosigned_size(ground, three) == ground.size())

    done = verified(ground, three)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"cosigned its first {ground.size()}" in done.stdout


def test_a_stopped_witness_delays_neither_the_log_nor_the_others(
    ground: AuditGround, three: list[WitnessProcess]
) -> None:
    with witnessed(ground, three):
        three[0].signal(signal.SIGSTOP)
        for last in range(100, 501, 100):
            ground.send(*leaves(last - 99, last))
            ground.until_signed(last)
        until(lambda: cosigned_size(ground, three) == ground.size())
        three[1].kill()
        ground.send(*leaves(501, 600))
        ground.until_signed(600)
        assert cosigned_size(ground, three) < 600, "one is no quorum"
        three[0].signal(signal.SIGCONT)
        until(lambda: cosigned_size(ground, three) == ground.size(), 60)
        three[1].start()
        until(lambda: three[1].size == ground.size(), 60)


def test_a_witness_that_was_killed_knows_afterwards_what_it_cosigned(
    ground: AuditGround, three: list[WitnessProcess]
) -> None:
    with witnessed(ground, three):
        for last in range(50, 401, 50):
            ground.send(*leaves(last - 49, last))
            three[last % 3].kill()
            before = three[last % 3].size
            three[last % 3].start()
            ground.until_signed(last)
            assert three[last % 3].size >= before
        until(lambda: cosigned_size(ground, three) == ground.size(), 60)


def test_a_restarted_log_shows_no_older_cosigned_checkpoint(ground: AuditGround, three: list[WitnessProcess]) -> None:
    with witnessed(ground, three):
        ground.send(*leaves(1, 20))
        ground.until_signed(20)
        until(lambda: cosigned_size(ground, three) == ground.size())
    before = cosigned_size(ground, three)
    for one in three:
        one.kill()
    with witnessed(ground, three):
        ground.send(*leaves(21, 40))
        ground.until_signed(40)
        assert cosigned_size(ground, three) == before
        for one in three:
            one.start()
        until(lambda: cosigned_size(ground, three) == ground.size(), 60)


def test_a_forged_log_is_refused_and_a_smaller_one_signs_nothing_more(
    ground: AuditGround, three: list[WitnessProcess]
) -> None:
    with witnessed(ground, three):
        ground.send(*leaves(1, 20))
        ground.until_signed(20)
        until(lambda: {one.size for one in three} == {ground.size()})
    client, size = WitnessClient(three[0].address), ground.size()

    forged = sign_checkpoint(Checkpoint(ORIGIN, size, leaf_hash(b"another tree")), ground.key)
    with pytest.raises(WitnessRefused, match="forked"):
        client.add_checkpoint(forged, size, [])
    longer = sign_checkpoint(Checkpoint(ORIGIN, size + 1, leaf_hash(b"another tree")), ground.key)
    with pytest.raises(WitnessRefused, match="inconsistent"):
        client.add_checkpoint(longer, size, [leaf_hash(b"x")])

    ground.database.client.drop_database(ground.database.name)
    store = emptied(ground, three)
    with pytest.raises(LogDiverged, match=f"a witness has cosigned {size} leaves"):
        store.writable_head()
    assert ground.size() == -1, "nothing is signed"
    store.stop()


def emptied(ground: AuditGround, three: list[WitnessProcess]) -> LogStore:
    """A log whose database and order were both lost, so that only the witnesses know what there was."""
    migrate(ground.database, MIGRATIONS, "test")
    lost = AuditGround(ground.database, ground.connection, ground.producers, ground.seed, f"audit.{IDS.new()}.order.v1")
    admin = KafkaAdminClient(**ground.connection.options())
    admin.create_topics([NewTopic(lost.order, 1, 1)])
    admin.close()
    clients = [WitnessClient(one.address, timeout_s=2) for one in three]
    return lost.store(witnessed=partial(largest_seen, clients, sign_checkpoint(NOTHING, ground.key)))


def test_a_log_without_reachable_witnesses_starts_all_the_same(
    ground: AuditGround, three: list[WitnessProcess]
) -> None:
    for one in three:
        one.kill()
    clients = [WitnessClient(one.address, timeout_s=1) for one in three]
    store = ground.store(witnessed=partial(largest_seen, clients, sign_checkpoint(NOTHING, ground.key)))
    assert store.writable_head().frontier.size == 0
    store.stop()


def test_a_witness_beyond_the_log_stops_it(ground: AuditGround, three: list[WitnessProcess]) -> None:
    """As if a database that was restored had lost its end, and Kafka too: found out while it runs."""
    with witnessed(ground, three) as store:
        ground.send(*leaves(1, 20))
        ground.until_signed(20)
        until(lambda: {one.size for one in three} == {ground.size()})
        three[2].kill()
        Memory(three[2].folder / "cosigned.json").keep(Checkpoint(ORIGIN, 10_000, leaf_hash(b"more")))
        three[2].start()
        ground.send(*leaves(21, 40))

        def stopped() -> bool:
            try:
                store.check()
            except Exception as problem:
                return "diverged" in str(problem)
            return False

        until(stopped, 60)


def test_the_list_of_witnesses_is_read_line_by_line(tmp_path: Path, three: list[WitnessProcess]) -> None:
    file = tmp_path / "witnesses"
    lines = [f"{one.address.url} {one.address.key}" for one in three]
    file.write_text("# who and where\n\n" + "\n".join(lines) + "\n")
    assert read_witnesses(file) == [one.address for one in three]
    for wrong, says in [
        (lines[0].split()[0], "line 1: expected a URL and a verifier key"),
        (lines[0].replace("http://", "ftp://"), "line 1: expected a URL"),
        (lines[0][:-3], "line 1: the verifier key"),
        (f"{lines[0]}\n{lines[0]}", "two witnesses of one name"),
    ]:
        file.write_text(wrong + "\n")
        with pytest.raises(ValueError, match=says):
            read_witnesses(file)
