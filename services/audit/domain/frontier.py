"""The right edge of a growing tree: enough to append and to know the root without the leaves."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.common.domain.merkle import EMPTY_ROOT, node_hash


@dataclass(frozen=True)
class Frontier:
    """Roots of the perfect subtrees that make up the tree, largest first."""

    size: int
    peaks: tuple[bytes, ...]

    @classmethod
    def empty(cls) -> "Frontier":
        """Of the empty tree."""
        return cls(0, ())

    def append(self, hashes: Iterable[bytes]) -> "Frontier":
        """The frontier with these leaf hashes behind the others."""
        size, peaks = self.size, list(self.peaks)
        for leaf in hashes:
            peaks.append(leaf)
            size += 1
            for _ in range((size & -size).bit_length() - 1):
                right = peaks.pop()
                peaks.append(node_hash(peaks.pop(), right))
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """Root of the whole tree."""
        if not self.peaks:
            return EMPTY_ROOT
        result = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            result = node_hash(peak, result)
        return result
