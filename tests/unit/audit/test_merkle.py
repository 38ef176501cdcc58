"""Merkle trees: against the shared vectors, and against RFC 6962's own recursive definition."""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.frontier import Frontier
from services.common.domain.merkle import (
    EMPTY_ROOT,
    InvalidProof,
    MerkleTree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    merkle_root,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
)

_ROOT = Path(__file__).resolve().parents[3]
VECTORS = Path(os.environ.get("TONGDANG_SHARED_DATA", _ROOT.parent / "shared" / "data")) / "merkle-vectors"
vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared Merkle vectors are not here")

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = by_definition(leaves[:split]), by_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def rows(kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted((VECTORS / kind).rglob("*.json")):
        yield json.loads(path.read_text()) | {"path": path.relative_to(VECTORS).as_posix()}


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@vectors
def test_every_inclusion_vector_is_judged_as_it_says() -> None:
    judged = list(rows("inclusion"))
    assert len(judged) > 50
    for row in judged:
        proof = [raw(one) for one in row["proof"] or ()]
        try:
            verify_inclusion(raw(row["leafHash"]), row["leafIdx"], row["treeSize"], proof, raw(row["root"]))
            accepted = True
        except InvalidProof:
            accepted = False
        assert accepted is not row["wantErr"], row["path"]


@vectors
def test_every_consistency_vector_is_judged_as_it_says() -> None:
    judged = list(rows("consistency"))
    assert len(judged) > 50
    for row in judged:
        proof = [raw(one) for one in row["proof"] or ()]
        try:
            verify_consistency(row["size1"], row["size2"], raw(row["root1"]), raw(row["root2"]), proof)
            accepted = True
        except InvalidProof:
            accepted = False
        assert accepted is not row["wantErr"], row["path"]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_is_the_one_of_the_definition_however_the_tree_grew(leaves: list[bytes]) -> None:
    expected = by_definition(leaves)
    assert merkle_root(leaves) == expected
    assert Frontier.empty().append(map(leaf_hash, leaves)).root() == expected
    grown = Frontier.empty()
    for leaf in leaves:
        grown = grown.append([leaf_hash(leaf)])
    assert grown == Frontier.empty().append(map(leaf_hash, leaves))


@given(LEAVES, st.data())
def test_a_proof_of_inclusion_holds_for_its_leaf_and_place_alone(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    size, root = len(hashes), root_of_hashes(hashes)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(hashes, index)
    verify_inclusion(hashes[index], index, size, proof, root)
    for broken in (
        (leaf_hash(b"another leaf entirely"), index, size, proof, root),
        (hashes[index], index, size, [*proof, EMPTY_ROOT], root),
        (hashes[index], index, size, proof, EMPTY_ROOT),
        (hashes[index], size, size, proof, root),
        (hashes[index], -1, size, proof, root),
        (hashes[index][:31], index, size, proof, root),
        *([(hashes[index], index, size, proof[:-1], root)] if proof else []),
        *([(hashes[index], index, size, [proof[0] + b"\x00", *proof[1:]], root)] if proof else []),
    ):
        with pytest.raises(InvalidProof):
            verify_inclusion(*broken)


@given(LEAVES, st.data())
def test_a_proof_of_consistency_holds_for_a_prefix_and_for_no_fork(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    first = data.draw(st.integers(1, len(hashes)))
    old, new = root_of_hashes(hashes[:first]), root_of_hashes(hashes)
    proof = consistency_proof(hashes, first)
    verify_consistency(first, len(hashes), old, new, proof)
    forked = root_of_hashes([*hashes[: first - 1], leaf_hash(b"another leaf entirely")])
    with pytest.raises(InvalidProof):
        verify_consistency(first, len(hashes), forked, new, proof)
    with pytest.raises(InvalidProof):
        verify_consistency(len(hashes) + 1, len(hashes), old, new, proof)


@pytest.mark.parametrize("second", [0, 1])
def test_nothing_is_proven_of_an_empty_tree(second: int) -> None:
    with pytest.raises(InvalidProof):
        verify_consistency(0, second, EMPTY_ROOT, EMPTY_ROOT, [])


def test_no_proof_is_given_of_what_is_not_in_the_tree() -> None:
    with pytest.raises(InvalidProof):
        inclusion_proof([EMPTY_ROOT], 1)
    with pytest.raises(InvalidProof):
        consistency_proof([EMPTY_ROOT], 2)


@given(LEAVES)
def test_a_tree_with_its_levels_kept_gives_the_same_root_and_proofs(leaves: list[bytes]) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    tree = MerkleTree(hashes)
    assert tree.root == root_of_hashes(hashes)
    assert [tree.path(index) for index in range(len(hashes))] == [
        inclusion_proof(hashes, index) for index in range(len(hashes))
    ]
    for index in (-1, len(hashes)):
        with pytest.raises(InvalidProof):
            tree.path(index)
