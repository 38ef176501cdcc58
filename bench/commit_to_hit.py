"""How long after the director's decision a record is found, on a whole stack of three provinces.

Each round publishes one record of a sample archive and asks discovery for it until it answers. The figure holds the
decision's transaction, the chunk, the relay, Kafka and the index.
"""

import statistics
import time
import uuid
from collections.abc import Iterator

from bench.figures import Bound, Figure, figure
from bench.setting import Setting, until
from bench.whole_stack import running, stack_beside
from deploy.local.client import LocalClient
from deploy.local.reviewing import People, Reviewing
from services.common.domain.errors import TongdangError
from tongdang.catalog.v1 import review_pb2
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc

FLOOR = Bound(most=2)
_PEOPLE = People("js-reviewer", "js-unit3", "js-director")
_NAP_S = 0.005


def measure(setting: Setting) -> Iterator[Figure]:
    """Seconds, as many publications as the size says."""
    for count in setting.sizes:
        with stack_beside(setting) as layout, running(layout):
            client = LocalClient(layout)
            waits = sorted(_round(client) for _ in range(count))
        slowest = statistics.quantiles(waits, n=100, method="inclusive")[98]
        yield figure("one record alone, p50", "s", 0, waits)
        yield figure("one record alone, p99", "s", 0, [slowest], floor=FLOOR, aim=FLOOR, note=f"of {count}")


def _round(client: LocalClient) -> float:
    discovery = discovery_pb2_grpc.DiscoveryServiceStub(client.channel("discovery"))  # type: ignore[no-untyped-call]
    desk = Reviewing(client.call, client.channel("catalog-320000"), "a320581", _PEOPLE)
    batch = desk.gather("u320581-jy", limit=1)
    assert batch is not None, "a record of the unit is left to review"
    record_id = desk.records(batch.batch_id)[0]
    desk.ready(batch)
    client.tokens(_PEOPLE.director)
    publish = review_pb2.PublishBatchRequest(request_id=str(uuid.uuid4()), batch_id=batch.batch_id)
    client.call(desk.review.PublishBatch, publish, _PEOPLE.director)
    decided = time.perf_counter()

    def found() -> bool:
        try:
            client.call(discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
        except TongdangError:
            return False
        return True

    until(found, nap_s=_NAP_S)
    return time.perf_counter() - decided
