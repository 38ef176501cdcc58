"""A search over gRPC through all interceptors, against tantivy and one call that does nothing through the same ones.

The server is a process of its own, as the service is; one reader asks, one search after the other.
"""

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random

from bench.entries import REGION, entries
from bench.figures import Bound, Figure, alternating, figure
from bench.index import bytes_in
from bench.setting import Setting, seconds
from deploy.samples.archives import sample_districts
from deploy.samples.vocabulary import MATTERS
from services.common.grpc.channel import secure_channel
from services.common.kafka.consumed import Consumed
from services.common.mongo.migrations import DATA_PLANE
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.application.ports import Entry
from services.discovery.domain.query import Filters, parse_query
from services.discovery.entrypoints.records_handler import MAX_BATCH, state_of
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc

FLOOR, AIM = Bound(most_ratio=2), Bound(most_ratio=1.5)
TAIL_FLOOR, TAIL_AIM = Bound(most=50), Bound(most=20)
SIZE_FLOOR, SIZE_AIM = Bound(most=130), Bound(most=85)
SEARCHES_A_ROUND = 200
PAGE = 20
Search = tuple[str, Filters]


def measure(setting: Setting) -> Iterator[Figure]:
    """Median and 99th percentile of a search at each size of the index."""
    for count in setting.sizes:
        folder = setting.scratch / f"index-{count}"
        built = seconds(lambda: build(folder, count))  # noqa: B023 - called at once
        tails: list[float] = []
        with _served(setting, folder) as (found, nothing):
            alone = TantivyIndex(folder)
            searches = _searches()

            def ours() -> float:
                took = _timed(found, searches)  # noqa: B023
                tails.append(statistics.quantiles(took, n=100)[98])  # noqa: B023
                return statistics.median(took)

            def limit() -> float:
                search = _timed(lambda one: _directly(alone, one), searches)  # noqa: B023
                return statistics.median(search) + statistics.median(_timed(nothing, searches))  # noqa: B023

            ours(), limit()  # the first time reads the index from disk
            tails.clear()
            mine, theirs = alternating(ours, limit, setting.rounds, setting.budget_s)
        note = f"{count / built:,.0f} entries/s to build without Kafka"
        yield figure(f"{count:,} entries, p50", "ms", count, mine, theirs, floor=FLOOR, aim=AIM)
        yield figure(f"{count:,} entries, p99", "ms", count, tails, floor=TAIL_FLOOR, aim=TAIL_AIM)
        size = [bytes_in(folder) / count]
        yield figure(f"{count:,} entries, on disk", "B", count, size, floor=SIZE_FLOOR, aim=SIZE_AIM, note=note)


def build(folder: Path, count: int) -> None:
    """The union index of so many entries, through everything but Kafka."""
    index = TantivyIndex(folder)
    index.start()
    messages = entries(count)
    while some := list(islice(messages, MAX_BATCH)):
        states = [state_of(Consumed(f"catalog.{REGION}.x", 0, 0, key, value, {}, 0)) for key, value in some]
        index.apply([state for state in states if isinstance(state, Entry)], [], {})
    index.stop()


@contextmanager
def _served(setting: Setting, folder: Path) -> Iterator[tuple[Callable[[Search], object], Callable[[Search], object]]]:
    """Two ways to call: the search, and the call that does nothing."""
    port = setting.layout.grpc_port("discovery")
    with setting.mongo(DATA_PLANE) as database:
        command = [sys.executable, "-m", "bench.search_server", str(folder), str(port), database.uri, database.name]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            while server.stdout.readline().strip() != "ready":
                assert server.poll() is None, "the search server ended"
            yield _calling(setting, port), _calling(setting, port + 1)
        finally:
            server.terminate()
            server.wait(30)


def _calling(setting: Setting, port: int) -> Callable[[Search], object]:
    channel = secure_channel(f"localhost:{port}", setting.tls("operator"))
    stub = discovery_pb2_grpc.DiscoveryServiceStub(channel)  # type: ignore[no-untyped-call]  # generated

    def search(one: Search) -> object:
        text, filters = one
        return stub.Search(discovery_pb2.SearchRequest(query=text, page_size=PAGE, **vars(filters)), timeout=30)

    return search


def _directly(index: TantivyIndex, one: Search) -> object:
    return index.search(parse_query(*one), offset=0, limit=PAGE)


def _timed(work: Callable[[Search], object], searches: Sequence[Search]) -> list[float]:
    """Milliseconds of each."""
    return [seconds(lambda: work(one)) * 1000 for one in searches]  # noqa: B023 - called at once


def _searches() -> list[Search]:
    """What readers type: matters, places, both, readings; a third of them narrowed by years or region."""
    random = Random(7)
    matters = [matter for some in MATTERS.values() for matter in some]
    towns = sample_districts()["320581"].towns
    kinds: Sequence[Callable[[], str]] = (
        lambda: random.choice(matters),
        lambda: random.choice(towns),
        lambda: f"{random.choice(towns)} {random.choice(matters)}",
        lambda: random.choice(matters)[:2],
        lambda: random.choice(("jiehun", "shuili", "mianhua", "minzheng")),
    )
    narrowed = (Filters(), Filters(), Filters(region_id=REGION), Filters(year_from=1958, year_to=1966))
    return [(random.choice(kinds)(), random.choice(narrowed)) for _ in range(SEARCHES_A_ROUND)]
