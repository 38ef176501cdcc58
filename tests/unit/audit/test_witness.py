"""A witness: what it cosigns, what it refuses and how, and what it remembers over a kill."""

import base64
import os
import struct
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.cosignatures import cosign, cosignature_of, open_cosigned
from services.audit.domain.notes import (
    COSIGNATURE,
    Checkpoint,
    InvalidNote,
    open_checkpoint,
    sign_checkpoint,
    split_note,
    verifier_key,
)
from services.audit.witness.memory import Memory, MemoryUnreadable
from services.audit.witness.witness import MAX_PROOF, Answer, Witness
from services.common.domain.merkle import consistency_proof, leaf_hash, root_of_hashes

ORIGIN = "tongdang.test/audit"
LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG_KEY = verifier_key(ORIGIN, LOG.public_key().public_bytes_raw())
OWN = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OWN_KEY = verifier_key("w1", OWN.public_key().public_bytes_raw(), COSIGNATURE)
NOW = 1_795_000_000
HASHES = [leaf_hash(str(number).encode()) for number in range(300)]
OTHERS = [*HASHES[:5], leaf_hash(b"forged"), *HASHES[6:]]


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "cosigned.json")


def witness(memory: Memory) -> Witness:
    return Witness("w1", OWN, LOG_KEY, memory, lambda: NOW)


def note(size: int, hashes: Sequence[bytes] = HASHES, origin: str = ORIGIN, key: Ed25519PrivateKey = LOG) -> str:
    return sign_checkpoint(Checkpoint(origin, size, root_of_hashes(hashes[:size])), key)


def asked(old: int, shown: str, proof: Sequence[bytes] = ()) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof)]
    return ("\n".join(lines) + "\n\n" + shown).encode()


def grown(witness: Witness, old: int, size: int, hashes: Sequence[bytes] = HASHES) -> Answer:
    proof = consistency_proof(hashes[:size], old) if old else []
    return witness.add_checkpoint(asked(old, note(size, hashes), proof))


def test_what_continues_the_tree_is_cosigned(memory: Memory) -> None:
    here = witness(memory)
    for old, size in [(0, 3), (3, 3), (3, 8), (8, 300)]:
        answer = grown(here, old, size)
        assert answer.status == 200
        found = cosignature_of(OWN_KEY, split_note(note(size))[0], answer.body.splitlines())
        assert found is not None
        assert (found.witness, found.time) == ("w1", NOW)
        whole = note(size) + answer.body
        assert open_checkpoint(whole, LOG_KEY).size == size, "the log's own signature still opens it"
        assert open_cosigned(whole, LOG_KEY, [OWN_KEY], 1).size == size


def test_a_cosignature_is_bytes_as_the_specification_lays_them_out() -> None:
    signed = split_note(note(7))[0]
    line = cosign(signed, "w1", OWN, NOW)
    name, encoded = line.removeprefix("— ").split()
    raw = base64.b64decode(encoded)
    assert (name, len(raw), line[-1]) == ("w1", 4 + 8 + 64, "\n")
    assert struct.unpack(">Q", raw[4:12]) == (NOW,)
    OWN.public_key().verify(raw[12:], f"cosignature/v1\ntime {NOW}\n{signed}".encode())


@pytest.mark.parametrize("changed", ["root", "time", "name", "kind"])
def test_a_cosignature_of_anything_else_is_none(changed: str) -> None:
    signed = split_note(note(7))[0]
    line = cosign(signed, "w1", OWN, NOW)
    raw = bytearray(base64.b64decode(line.split()[2]))
    raw[11] ^= changed == "time"
    shown = split_note(note(7, OTHERS))[0] if changed == "root" else signed
    name = "w2" if changed == "name" else "w1"
    key = verifier_key("w1", OWN.public_key().public_bytes_raw()) if changed == "kind" else OWN_KEY
    lines = [f"— {name} {base64.b64encode(bytes(raw)).decode()}"]
    if changed == "kind":
        with pytest.raises(InvalidNote):
            cosignature_of(key, shown, lines)
    else:
        assert cosignature_of(key, shown, lines) is None


def test_a_quorum_counts_witnesses_and_not_lines() -> None:
    shown = note(7)
    signed = split_note(shown)[0]
    twice = shown + cosign(signed, "w1", OWN, NOW) + cosign(signed, "w1", OWN, NOW + 1)
    other = Ed25519PrivateKey.generate()
    other_key = verifier_key("w2", other.public_key().public_bytes_raw(), COSIGNATURE)
    with pytest.raises(InvalidNote, match="1 of the given witnesses cosigned it, 2"):
        open_cosigned(twice, LOG_KEY, [OWN_KEY, other_key], 2)
    assert open_cosigned(twice + cosign(signed, "w2", other, NOW), LOG_KEY, [OWN_KEY, other_key], 2).size == 7


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 0\n", 400),
        (b"old 0\n\n", 400),
        (b"old 00\n\n" + note(3).encode(), 400),
        (b"old -1\n\n" + note(3).encode(), 400),
        ("old ٣\n\n".encode() + note(3).encode(), 400),
        (b"old 0\n!!\n\n" + note(3).encode(), 400),
        (b"old 0\nAAAA\n\n" + note(3).encode(), 400),
        (b"\xff\xfe", 400),
        (asked(0, note(3)[:-1]), 400),
        (asked(9, note(3)), 400),
        (asked(0, note(3), [HASHES[0]] * (MAX_PROOF + 1)), 400),
        (asked(0, note(3), [HASHES[0]]), 422),
        (asked(2, note(3)), 409),
        (asked(0, note(3, origin="somebody.else/log")), 404),
        (asked(0, note(3, key=OWN)), 403),
        (asked(0, note(3).replace("\n3\n", "\n4\n")), 403),
        (asked(0, f"{ORIGIN}\n\n"), 403),
    ],
)
def test_what_is_wrong_is_refused_as_the_specification_says(memory: Memory, body: bytes, status: int) -> None:
    here = witness(memory)
    assert here.add_checkpoint(body).status == status
    assert memory.read() is None, "nothing is remembered of it"
    assert grown(here, 0, 3).status == 200


def test_who_does_not_know_the_last_size_is_told(memory: Memory) -> None:
    here = witness(memory)
    grown(here, 0, 100)
    answer = here.add_checkpoint(asked(0, note(200)))
    assert (answer.status, answer.body, answer.media_type) == (409, "100\n", "text/x.tlog.size")


def test_another_tree_is_never_cosigned(memory: Memory) -> None:
    here = witness(memory)
    grown(here, 0, 100)
    assert grown(here, 100, 100, OTHERS).status == 409, "the same size under another root"
    assert grown(here, 100, 200, OTHERS).status == 422, "a larger tree that does not contain the last one"
    assert here.add_checkpoint(asked(50, note(60), consistency_proof(HASHES[:60], 50))).status == 409, "a smaller one"
    assert here.add_checkpoint(asked(100, note(60))).status == 400
    assert grown(here, 100, 200).status == 200


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=6), forged=st.booleans(), data=st.data())
def test_no_order_of_submissions_brings_two_trees_under_one_signature(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], forged: bool, data: st.DataObject
) -> None:
    memory = Memory(tmp_path_factory.mktemp("witness") / "cosigned.json")
    cosigned: dict[int, bytes] = {}
    largest = 0
    for size in sizes:
        hashes = OTHERS if forged and data.draw(st.booleans()) else HASHES
        old = data.draw(st.sampled_from([largest, 0, max(0, size - 1)]))
        proof = consistency_proof(hashes[:size], old) if 0 < old <= size else []
        answer = witness(memory).add_checkpoint(asked(old, note(size, hashes), proof))  # after a restart each time
        if answer.status == 200:
            root = root_of_hashes(hashes[:size])
            assert size >= largest
            assert cosigned.setdefault(size, root) == root
            assert all(root_of_hashes(hashes[:one]) == cosigned[one] for one in cosigned)
            largest = size


def test_what_it_cannot_remember_it_does_not_cosign(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    here = witness(memory)
    grown(here, 0, 3)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        grown(here, 3, 8)
    monkeypatch.undo()

    assert memory.read() == Checkpoint(ORIGIN, 3, root_of_hashes(HASHES[:3]))
    assert grown(here, 3, 8).status == 200


def test_a_witness_whose_memory_is_spoilt_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "cosigned.json"
    file.write_text("{")
    with pytest.raises(MemoryUnreadable):
        witness(Memory(file))
    Memory(file).keep(Checkpoint("somebody.else/log", 9, HASHES[0]))
    with pytest.raises(InvalidNote):
        witness(Memory(file))


def test_two_at_once_get_one_tree(memory: Memory) -> None:
    here = witness(memory)
    gate = threading.Barrier(8)
    answers: list[int] = []

    def one(number: int) -> None:
        gate.wait()
        answers.append(grown(here, 0, 10, OTHERS if number % 2 else HASHES).status)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 7
