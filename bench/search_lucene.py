"""The union index against Lucene with ICU folding and bigrams: no server on either side, same titles and queries.

Ours does more: it unifies traditional and simplified forms, indexes creator and pinyin reading, and each hit comes
with the whole entry. Readings and narrowing are left out of the queries, since Lucene's side has neither.
"""

import json
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.entries import REGION, entries
from bench.figures import Figure, alternating, figure
from bench.index import bytes_in
from bench.peers import lucene
from bench.search import PAGE, build
from bench.setting import Setting, seconds
from deploy.samples.archives import sample_districts
from deploy.samples.vocabulary import MATTERS
from services.common.kafka.consumed import Consumed
from services.discovery.adapters.index_documents import HEAP_BYTES, THREADS
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.application.ports import Entry
from services.discovery.domain.query import Filters, parse_query
from services.discovery.entrypoints.records_handler import state_of

_QUERIES = 200


def measure(setting: Setting) -> Iterator[Figure]:
    """Entries a second into an index, its bytes, and microseconds of a search. Raises: Skipped: no JDK or Maven."""
    program = lucene.program()
    queries = setting.scratch / "queries"
    queries.write_text("\n".join(_queries()), encoding="utf-8")
    for count in setting.sizes:
        records = setting.scratch / f"records-{count}"
        _write(records, count)
        mine, theirs = setting.scratch / f"ours-{count}", setting.scratch / f"lucene-{count}"
        built = alternating(
            lambda: _built(mine, count),  # noqa: B023 - called at once
            lambda: _indexed(program, records, theirs),  # noqa: B023
            setting.rounds,
            setting.budget_s,
        )
        yield figure(f"{count:,} entries, build without Kafka", "entries/s", count, *built)
        size = [bytes_in(mine) / count], [bytes_in(theirs) / count]
        yield figure(f"{count:,} entries, on disk (Lucene stores the id alone)", "B", count, *size)
        found = alternating(
            lambda: _searched(mine),  # noqa: B023
            lambda: lucene.search(program, queries, theirs, limit=PAGE).p50_us,  # noqa: B023
            setting.rounds,
            setting.budget_s,
        )
        yield figure(f"{count:,} entries, search p50", "µs", count, *found)
        for folder in (mine, theirs):
            shutil.rmtree(folder)


def _built(folder: Path, count: int) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    return count / seconds(lambda: build(folder, count))


def _indexed(program: Path, records: Path, folder: Path) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    return lucene.index(program, records, folder, threads=THREADS, heap_mb=HEAP_BYTES // 1_000_000).docs_per_second


def _searched(folder: Path) -> float:
    """Median of all queries in one thread; a first round is not counted."""
    index = TantivyIndex(folder)

    def once(text: str) -> float:
        return seconds(lambda: index.search(parse_query(text, Filters()), offset=0, limit=PAGE)) * 1e6

    for text in _queries():
        once(text)
    return statistics.median([once(text) for text in _queries()])


def _write(records: Path, count: int) -> None:
    with records.open("w", encoding="utf-8") as lines:
        for key, value in entries(count):
            state = state_of(Consumed(f"catalog.{REGION}.x", 0, 0, key, value, {}, 0))
            assert isinstance(state, Entry)
            row = {"id": state.record_id, "title": state.title, "fonds": state.archive_id, "region": state.region_id}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def _queries() -> list[str]:
    """What readers type: a matter, a place, two characters of one."""
    random = Random(7)
    matters = [matter for some in MATTERS.values() for matter in some]
    towns = sample_districts()["320581"].towns
    kinds = (
        lambda: random.choice(matters),
        lambda: random.choice(towns),
        lambda: random.choice(matters)[:2],
    )
    return [random.choice(kinds)() for _ in range(_QUERIES)]
