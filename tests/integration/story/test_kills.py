"""kill -9 of catalog with its relay, and of audit, in the middle of a publication: nothing lost, nothing twice."""

import uuid

import pytest

from deploy.local.client import LocalClient
from deploy.local.mongo import admin_client
from deploy.local.reviewing import People, Reviewing
from deploy.local.stack import Stack
from services.common.domain.errors import TongdangError
from tests.integration.dataplane.ground import until
from tongdang.catalog.v1 import review_pb2
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc

pytestmark = pytest.mark.integration


def test_a_publication_survives_the_death_of_catalog_and_audit(stack: Stack, client: LocalClient) -> None:
    people = People("gz-reviewer", "gz-unit2", "gz-director")
    desk = Reviewing(client.call, client.channel("catalog-520000"), "a522601", people)
    review = desk.review
    gathered = desk.gather("u522601-ly")
    assert gathered is not None
    batch = desk.ready(gathered)
    publish = review_pb2.PublishBatchRequest(request_id=str(uuid.uuid4()), batch_id=batch.batch_id)
    client.call(review.PublishBatch, publish, "gz-director")
    stack.kill("catalog-520000")
    stack.kill("audit")
    for name in ("catalog-520000", "audit"):
        stack.start_service(name)
        stack.wait_ready(name)

    get = review_pb2.GetBatchRequest(batch_id=batch.batch_id)

    def published() -> bool:
        try:
            return bool(
                client.call(review.GetBatch, get, "gz-director").batch.state == review_pb2.BATCH_STATE_PUBLISHED
            )
        except TongdangError:
            return False

    until(published, 60)
    with admin_client(stack.layout) as admin:
        opened = {
            row["_id"]: row["version"]
            for row in admin["catalog_520000"]["records"].find({"batch_id": batch.batch_id, "access_status": "open"})
        }
    assert len(opened) == batch.records_open
    assert set(opened.values()) == {2}, "opened once each"
    again = client.call(review.PublishBatch, publish, "gz-director").batch
    assert again.state == review_pb2.BATCH_STATE_PUBLISHED, "the repeated request answers the same publication"

    discovery = discovery_pb2_grpc.DiscoveryServiceStub(client.channel("discovery"))  # type: ignore[no-untyped-call]

    def all_found() -> bool:
        for record_id in opened:
            try:
                client.call(discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
            except TongdangError:
                return False
        return True

    until(all_found, 60)


def test_only_three_different_people_open_a_record(client: LocalClient) -> None:
    people = People("hb-reviewer", "hb-unit2", "hb-director")
    desk = Reviewing(client.call, client.channel("catalog-130000"), "a130123", people)
    review = desk.review
    gathered = desk.gather("u130123-ny", limit=5)
    assert gathered is not None
    desk.decide_groups(gathered.batch_id)
    desk.tick_all(gathered.batch_id)
    batch = desk.freeze(gathered.batch_id)

    def refused(method: object, request: object, person: str) -> str:
        with pytest.raises(TongdangError) as caught:
            client.call(method, request, person)
        return caught.value.code

    def sign(side: int) -> review_pb2.SignBatchRequest:
        return review_pb2.SignBatchRequest(
            request_id=str(uuid.uuid4()), batch_id=batch.batch_id, side=side, root=batch.root
        )

    def publish() -> review_pb2.PublishBatchRequest:
        return review_pb2.PublishBatchRequest(request_id=str(uuid.uuid4()), batch_id=batch.batch_id)

    assert refused(review.PublishBatch, publish(), "hb-director") == "NOT_REVIEWED"
    assert refused(review.PublishBatch, publish(), "hb-reviewer") == "ROLE_NOT_ALLOWED"
    assert refused(review.SignBatch, sign(review_pb2.SIDE_ARCHIVE), "js-reviewer") == "OUT_OF_SCOPE"
    assert refused(review.SignBatch, sign(review_pb2.SIDE_CREATING_UNIT), "hb-unit") == "OUT_OF_SCOPE"
    assert refused(review.SignBatch, sign(review_pb2.SIDE_ARCHIVE_SECOND), "hb-reviewer2") == "WRONG_SIDE"
    client.call(review.SignBatch, sign(review_pb2.SIDE_ARCHIVE), "hb-reviewer")
    assert refused(review.SignBatch, sign(review_pb2.SIDE_ARCHIVE), "hb-reviewer") in ("WRONG_SIDE", "SAME_SIGNER")
    assert refused(review.PublishBatch, publish(), "hb-director") == "NOT_REVIEWED"
