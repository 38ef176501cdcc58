"""Where in a text the words stand that were searched for, with some of what is around them."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.discovery.domain.text import folded, simplified

AROUND = 40
"""Characters shown on each side."""
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True)
class Passage:
    """A place of a text, as it is written there."""

    before: str
    found: str
    after: str


def passage(text: str, runs: Sequence[str], *, beside: str = "") -> Passage | None:
    """Around the first run that the text holds. None where it holds none, or `beside` (title, creator) holds them all.

    `runs`: of the query, folded.
    """
    told = folded(beside)
    if not runs or all(run in told for run in runs):
        return None
    plain = _aligned(text)
    places = [(plain.find(run), run) for run in runs]
    at, run = next(((at, run) for at, run in places if at >= 0), (-1, ""))
    if at < 0:
        return None
    end = at + len(run)
    before, after = text[max(0, at - AROUND) : at], text[end : end + AROUND]
    return Passage(_one_line(before), text[at:end], _one_line(after))


def _aligned(text: str) -> str:
    """Folded character by character, so that places in it are places in the text; the rare ones that are not, stay."""
    plain = simplified(text.translate(_WIDE))
    lower = plain.lower()
    return lower if len(lower) == len(text) else plain


def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ")
