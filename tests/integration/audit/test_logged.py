"""Producers hear what the log holds of them."""

import pytest

from services.audit.adapters.logged_topic import LoggedTopic
from services.audit.domain.errors import LogDiverged
from services.common.kafka.logged import LoggedReader
from tests.integration.audit.ground import AuditGround, leaves
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration


def test_a_producer_hears_what_is_signed_of_its_streams_and_of_no_other(ground: AuditGround) -> None:
    first, second = ground.producers
    topic = f"{ground.order}.logged"
    reader = LoggedReader(ground.connection, first, topic)
    assert reader.read() == {}
    with ground.audit() as store:
        ground.send(*leaves(1, 20))
        ground.send((2, b"held, not logged"), stream=f"{first}/2")
        ground.send(*leaves(1, 3), stream=f"{second}/1")
        ground.until_signed(24)
        overtaken = LoggedTopic(ground.connection, store, topic)
        overtaken.tell()
        until(lambda: reader.read() == {f"{first}/1": 20})
        old = store.signed_streams()
        ground.send(*leaves(21, 30))
        ground.until_signed(34)
        LoggedTopic(ground.connection, store, topic).tell()
        until(lambda: reader.read() == {f"{first}/1": 30})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "signed_streams", lambda: {one: seq - 1 for one, seq in old.items()})
            overtaken.tell()
        assert reader.read() == {f"{first}/1": 30}, "a lower number says nothing"
    others = LoggedReader(ground.connection, second, topic)
    until(lambda: others.read() == {f"{second}/1": 3})


def test_a_log_that_diverged_tells_nothing(ground: AuditGround) -> None:
    with ground.audit():
        ground.send(*leaves(1, 5))
        ground.until_signed(5)
    ground.database.db["log_head"].update_one({}, {"$set": {"peaks.0": bytes(32)}})
    store = ground.store()
    with pytest.raises(LogDiverged):
        store.writable_head()
    topic = f"{ground.order}.logged"
    LoggedTopic(ground.connection, store, topic).tell()
    assert LoggedReader(ground.connection, ground.producers[0], topic).read() == {}
