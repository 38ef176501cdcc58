"""What the log says of its own: the leaf of a finding, and what it speaks of."""

import json
from dataclasses import dataclass

from services.audit.domain.streams import OWN_STREAM, Arrived, Finding, Place, digest
from services.common.domain.canonical import canonical_bytes


@dataclass(frozen=True)
class Spoken:
    """What a finding speaks of."""

    what: Finding
    stream: str
    place: Place


def finding_leaf(what: Finding, arrived: Arrived, now: str) -> Arrived:
    """A leaf of the log's own; the bytes it speaks of are in it as a hash. `now`: ISO 8601, UTC."""
    place = str(arrived.place)
    producer = place.removeprefix("audit.").partition(".events.v1")[0]
    leaf = canonical_bytes(
        {
            "metadata": {"version": "tongdang-finding-1", "uid": f"{what.value}@{place}"},
            "time": now,
            "activity_name": f"log.{what.value}",
            "status": "refused",
            "status_detail": what.name,
            "actor": {"uid": producer, "role": "service", "via": producer},
            "entity": {"type": "stream", "uid": arrived.stream, "region_id": "", "archive_id": ""},
            "correlation_uid": "",
            "causation_uid": "",
            "unmapped": {"seq": arrived.seq, "sha256": digest(arrived.leaf), "place": place},
        }
    )
    return Arrived(OWN_STREAM, 0, leaf)


def spoken_of(finding: Arrived) -> Spoken:
    """Of a leaf that `finding_leaf` made."""
    event = json.loads(finding.leaf)
    topic, partition, offset = event["unmapped"]["place"].rsplit("/", 2)
    what = Finding(event["activity_name"].removeprefix("log."))
    return Spoken(what, event["entity"]["uid"], Place(topic, int(partition), int(offset)))
