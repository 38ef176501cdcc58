"""Deferred records on a running stack, by a list that two sides sign and a third confirms."""

import uuid

from deploy.local.client import LocalClient
from deploy.local.reviewing import People, Reviewing
from tongdang.catalog.v1 import lines_pb2

ARCHIVE, UNIT = "a320581", "u320581-jy"


def deferred(client: LocalClient, count: int) -> list[str]:
    """So many more; their ids."""
    people = People("js-reviewer", "js-unit3", "js-director")
    desk = Reviewing(client.call, client.channel("catalog-320000"), ARCHIVE, people)
    batch = desk.gather(UNIT, limit=count)
    assert batch is not None, "records of the unit are left to review"
    ids = desk.records(batch.batch_id)
    for record_id in ids:
        asked = lines_pb2.GetLineRequest(batch_id=batch.batch_id, record_id=record_id)
        line = client.call(desk.lines.GetLine, asked, people.reviewer).line
        decide = lines_pb2.DecideLinesRequest(
            request_id=str(uuid.uuid4()),
            batch_id=batch.batch_id,
            lines=[lines_pb2.SeenLine(record_id=record_id, version=line.version)],
            verdict=lines_pb2.Verdict(decision=lines_pb2.DECISION_DEFER, rule="D2", reason="含个人信息"),
        )
        client.call(desk.lines.DecideLines, decide, people.reviewer)
    desk.tick_all(batch.batch_id)
    desk.sign(desk.freeze(batch.batch_id))
    desk.publish(batch.batch_id)
    return ids
