"""Merkle trees as RFC 6962 §2.1 defines them: SHA-256, domain-separated leaves and nodes."""

import hashlib
from collections.abc import Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class InvalidProof(ValueError):
    """A proof has the wrong shape or does not lead to the root."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaves in their order."""
    return root_of_hashes([leaf_hash(leaf) for leaf in leaves])


def root_of_hashes(hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes: pairs are joined level by level, an odd last one moves up unchanged."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Sibling hashes from the leaf up (§2.1.1).

    Raises: InvalidProof: no such leaf.
    """
    if not 0 <= index < len(hashes):
        raise InvalidProof("index out of range")
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion_proof(hashes[:split], index), root_of_hashes(hashes[split:])]
    return [*inclusion_proof(hashes[split:], index - split), root_of_hashes(hashes[:split])]


class MerkleTree:
    """A tree with all its levels kept, so that a proof costs its path alone: 64 bytes a leaf."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        """`hashes`: of the leaves, 32 bytes each; at least one."""
        self._levels = [list(hashes)]
        while len(level := self._levels[-1]) > 1:
            paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            self._levels.append(paired + level[len(paired) * 2 :])

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self._levels[-1][0]

    def path(self, index: int) -> list[bytes]:
        """As `inclusion_proof`.

        Raises: InvalidProof: no such leaf.
        """
        if not 0 <= index < len(self._levels[0]):
            raise InvalidProof("index out of range")
        path = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                path.append(level[index ^ 1])
            index >>= 1
        return path


def consistency_proof(hashes: Sequence[bytes], first: int) -> list[bytes]:
    """Proof that the tree of the first `first` leaves is a prefix (§2.1.2).

    Raises: InvalidProof: `first` out of range.
    """
    if not 0 < first <= len(hashes):
        raise InvalidProof("size out of range")
    return _subproof(hashes, first, True)


def _subproof(hashes: Sequence[bytes], first: int, whole: bool) -> list[bytes]:
    size = len(hashes)
    if first == size:
        return [] if whole else [root_of_hashes(hashes)]
    split = _split(size)
    if first <= split:
        return [*_subproof(hashes[:split], first, whole), root_of_hashes(hashes[split:])]
    return [*_subproof(hashes[split:], first - split, False), root_of_hashes(hashes[:split])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that a leaf hash stands at `index` of the tree of `size` leaves (RFC 9162 §2.1.3.2).

    Raises: InvalidProof.
    """
    _require_hashes([leaf, root, *proof])
    if not 0 <= index < size:
        raise InvalidProof("index is not below the size")
    node, last = index, size - 1
    result = leaf
    for sibling in proof:
        if last == 0:
            raise InvalidProof("proof is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node != 0:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(result, sibling)
        node >>= 1
        last >>= 1
    if last != 0 or result != root:
        raise InvalidProof("proof does not lead to the root")


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """Checks that the tree of `first` leaves is a prefix of that of `second` (RFC 9162 §2.1.4.2).

    Raises: InvalidProof.
    """
    if not 0 < first <= second:
        raise InvalidProof("sizes are out of order, or the first tree is empty, of which nothing can be proven")
    if first == second:
        if proof or first_root != second_root:
            raise InvalidProof("trees of the same size have the same root and an empty proof")
        return
    _require_hashes([first_root, second_root, *proof])
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        raise InvalidProof("proof is empty")
    node, last = first - 1, second - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise InvalidProof("proof is too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node != 0:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        node >>= 1
        last >>= 1
    if last != 0 or old != first_root or new != second_root:
        raise InvalidProof("proof does not lead to both roots")


def _split(size: int) -> int:
    """Largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise InvalidProof("a hash is not 32 bytes")
