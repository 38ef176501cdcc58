"""Leaves a second from Kafka to a signed checkpoint, against Tessera's POSIX driver.

Both sync what they write before they publish. Tessera is handed its leaves in memory, by the program that holds the
log; ours come out of Kafka over TLS and go into MongoDB with what supervision searches by.
"""

import uuid
from collections.abc import Iterator

from bench.audit_append import AIM, FLOOR, log_rate, message, send
from bench.figures import Figure, alternating, figure
from bench.peers import tessera
from bench.setting import Setting
from services.common.kafka.topics import audit_topic


def measure(setting: Setting) -> Iterator[Figure]:
    """Leaves a second at each size. Raises: Skipped."""
    program = tessera.program()
    leaf_bytes = len(message("catalog-320000", 1))
    for count in setting.sizes:
        principal = f"catalog-{uuid.uuid4()}"
        topic = audit_topic(principal)
        setting.create_topics(topic, partitions=1)
        send(setting.kafka(), principal, topic, count)
        mine, theirs = alternating(
            lambda: log_rate(setting, principal, topic, count, [0.0]),  # noqa: B023 - called at once
            lambda: tessera.leaves_per_second(program, count, leaf_bytes, setting.scratch / "tessera"),  # noqa: B023
            setting.rounds,
            setting.budget_s,
        )
        setting.delete_topics(topic)
        yield figure(f"{count:,} leaves", "leaves/s", count, mine, theirs, floor=FLOOR, aim=AIM)
