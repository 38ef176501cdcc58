"""An archive's list of sensitive words: the default ones, and its own changes to them in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.catalog.domain.rules.table import DEFERRALS
from services.catalog.domain.sensitive_words import DEFAULT_WORDS, SensitiveWord, Vocabulary
from services.catalog.domain.wide_text import narrow
from services.common.domain.errors import InvalidArgument, Kind, TongdangError

MAX_WORDS = 1_000
MAX_REASON = 200
_LENGTHS = range(2, 21)
"""Of a word, in characters."""


class WordInUse(TongdangError):
    """The word is on the list with this ground already."""

    code = "WORD_IN_USE"
    kind = Kind.PRECONDITION


class WordNotInUse(TongdangError):
    """The word is not on the list, or was retired."""

    code = "WORD_NOT_IN_USE"
    kind = Kind.PRECONDITION


class WordListFull(TongdangError):
    """As many words as a list may have are in use."""

    code = "WORD_LIST_FULL"
    kind = Kind.PRECONDITION


@dataclass(frozen=True)
class WordChange:
    """One change: from then on the word is in use, or is not. `changed_by`: pseudonym of a director."""

    word: str
    ground: str
    in_use: bool
    changed_at: datetime
    changed_by: str
    reason: str


@dataclass(frozen=True)
class ListedWord:
    """A word as it stands; `change` None for a default one as it came."""

    word: str
    ground: str
    in_use: bool
    is_default: bool
    change: WordChange | None


@dataclass(frozen=True)
class WordList:
    """Everything on the list, by ground and word."""

    words: tuple[ListedWord, ...]

    @classmethod
    def of(cls, changes: Iterable[WordChange]) -> "WordList":
        """The default words with the changes applied in their order."""
        default = {one.word: ListedWord(one.word, one.ground, True, True, None) for one in DEFAULT_WORDS}
        listed = dict(default)
        for one in changes:
            listed[one.word] = ListedWord(one.word, one.ground, one.in_use, one.word in default, one)
        return cls(tuple(sorted(listed.values(), key=lambda one: (one.ground, one.word))))

    @property
    def vocabulary(self) -> Vocabulary:
        """The words in use."""
        return Vocabulary(tuple(SensitiveWord(one.word, one.ground) for one in self.words if one.in_use))

    def word(self, word: str) -> ListedWord | None:
        """In use or retired."""
        return next((one for one in self.words if one.word == word), None)

    def added(self, word: str, ground: str, *, at: datetime, by: str, reason: str) -> WordChange:
        """The change that takes a word into use, or gives it another ground.

        Raises: InvalidArgument, WordInUse, WordListFull.
        """
        if len(word) not in _LENGTHS or not word.isalpha():  # letters only: nobody's number can be kept as a word
            raise InvalidArgument("word", "2 to 20 letters, no digits or signs")
        if ground not in DEFERRALS:
            raise InvalidArgument("ground", " | ".join(sorted(DEFERRALS)))
        present = self.word(word)
        if present and present.in_use and present.ground == ground:
            raise WordInUse(ground)
        if sum(one.in_use for one in self.words) >= MAX_WORDS:
            raise WordListFull(str(MAX_WORDS))
        return WordChange(word, ground, True, at, by, _given(reason))

    def retired(self, word: str, *, at: datetime, by: str, reason: str) -> WordChange:
        """The change that takes it out of use.

        Raises: InvalidArgument, WordNotInUse.
        """
        present = self.word(word)
        if present is None or not present.in_use:
            raise WordNotInUse
        return WordChange(word, present.ground, False, at, by, _given(reason))


def clean_word(text: str) -> str:
    """As it is kept and looked for."""
    return narrow(text).strip()


def _given(reason: str) -> str:
    if not 0 < len(reason.strip()) <= MAX_REASON:
        raise InvalidArgument("reason", f"1 to {MAX_REASON} characters")
    return reason.strip()
