"""Suggestions of the opening review for many records in one pass, in memory, as a batch is gathered.

The peer reads the same fields and searches them by one regular expression of the same sensitive words, which is the
least any look at the texts costs: no identity numbers, no series, no terms, no reasons. A million records are a
hundred thousand of them, ten times over, since as many would not fit beside the engines.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import cycle, islice
from typing import Any

from bench.figures import Figure, alternating, figure
from bench.setting import Setting, seconds
from deploy.samples.archives import sample_archives
from deploy.samples.generator import csv_file
from services.catalog.domain.import_rows import TakenRow, read_catalogue
from services.catalog.domain.rules.settings import RuleSettings
from services.catalog.domain.sensitive_words import DEFAULT_WORDS, Vocabulary
from services.catalog.domain.suggestions import Proposal, suggest

ARCHIVE = sample_archives()["a320581"]
TODAY = date(2026, 11, 27)
DISTINCT = 100_000
Records = Sequence[Mapping[str, Any]]


def measure(setting: Setting) -> Iterator[Figure]:
    """Records a second, at each size."""
    for count in setting.sizes:
        records = _records(min(count, DISTINCT))
        proposed: dict[Proposal, int] = {}
        mine, theirs = alternating(
            lambda: count / seconds(lambda: proposed.update(_suggested(records, count))),  # noqa: B023 - called at once
            lambda: count / seconds(lambda: _searched(records, count)),  # noqa: B023
            setting.rounds,
            setting.budget_s,
        )
        note = ", ".join(f"{number:,} {proposal}" for proposal, number in sorted(proposed.items()))
        yield figure(f"{count:,} records", "records/s", count, mine, theirs, note=note)


def _records(count: int) -> Records:
    """As stored; controlled ones among them."""
    text = io.StringIO(newline="")
    csv_file(ARCHIVE, count, 7, text)
    return [row.fields for row in read_catalogue(text.getvalue(), ARCHIVE) if isinstance(row, TakenRow)]


def _suggested(records: Records, count: int) -> dict[Proposal, int]:
    vocabulary, settings = Vocabulary(), RuleSettings()
    proposed = dict.fromkeys(Proposal, 0)
    for fields in islice(cycle(records), count):
        proposed[suggest(fields, on=TODAY, vocabulary=vocabulary, settings=settings).proposal] += 1
    return proposed


def _searched(records: Records, count: int) -> int:
    search = re.compile("|".join(re.escape(one.word) for one in DEFAULT_WORDS)).search
    found = 0
    for fields in islice(cycle(records), count):
        texts = (fields["title"], fields["creator"], *fields["other"], *fields["other"].values())
        found += search("\n".join(texts)) is not None
    return found
