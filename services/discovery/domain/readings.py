"""The reading of Han text in toneless pinyin, as pypinyin gives it, at a tenth of its cost.

pypinyin converts tone marks and copies phrases anew for each character it is asked for. Here its dictionary is asked
once for each character and each phrase; its longest-match segmentation is done on the text itself. A test holds both
to the same readings.
"""

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg.mmseg import p_set


class _Readings(dict[str, tuple[str, ...]]):
    """Character or phrase → its syllables; what has no reading has none."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        syllables = tuple(syllable for syllable in lazy_pinyin(word) if syllable.isascii())
        self[word] = syllables
        return syllables


_READINGS = _Readings()
_PREFIXES: frozenset[str] = frozenset(p_set._set)


def reading(run: str) -> list[str]:
    """Syllables of a run of Han characters: the longest phrases from the left, single characters between them."""
    found: list[str] = []
    start, length = 0, len(run)
    while start < length:
        end, after_phrase = start + 2, 0
        while end <= length and (word := run[start:end]) in _PREFIXES:
            if word in PHRASES_DICT:
                after_phrase = end
            end += 1
        if after_phrase:
            found += _READINGS[run[start:after_phrase]]
            start = after_phrase
        elif end > length:  # the rest begins a phrase that does not end here: pypinyin looks for no other in it
            for character in run[start:]:
                found += _READINGS[character]
            break
        else:
            found += _READINGS[run[start]]
            start += 1
    return found
