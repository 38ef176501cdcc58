"""How long after the decision a record is found: `python -m bench.commit_to_hit [ROUNDS]`, on a stack that runs.

Each round publishes one record of a sample archive and asks discovery for it until it answers. The figure holds the
decision's transaction, the chunk, the relay, Kafka and the index; the aim is a p95 of two seconds.
"""

import statistics
import sys
import time
import uuid

from deploy.local.client import LocalClient
from deploy.local.layout import Layout
from deploy.local.reviewing import People, Reviewing
from services.common.domain.errors import TongdangError
from tongdang.catalog.v1 import review_pb2
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc

_AIM_S = 2.0
_PEOPLE = People("js-reviewer", "js-unit3", "js-director")


def main() -> None:
    """Prints p50, p95 and their ratio to the aim."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    client = LocalClient(Layout.from_environment())
    seconds = sorted(_round(client) for _ in range(rounds))
    p50, p95 = statistics.median(seconds), seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))]
    print("rounds  p50 s  p95 s  aim s  p95/aim")
    print(f"{rounds:6d}  {p50:5.2f}  {p95:5.2f}  {_AIM_S:5.1f}  {p95 / _AIM_S:7.2f}")


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
    committed = time.perf_counter()
    while True:
        try:
            client.call(discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
        except TongdangError:
            time.sleep(0.01)
        else:
            return time.perf_counter() - committed


if __name__ == "__main__":
    main()
