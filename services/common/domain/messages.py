"""What a business transaction sends: messages for Kafka, and letters to one other service."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OutboxMessage:
    """One Kafka message. Messages of one key leave in the order of `version`.

    `type`: CloudEvents type, e.g. `tongdang.catalog.record-published.v1`. `value`: serialised Protobuf.
    """

    topic: str
    key: str
    version: int
    type: str
    value: bytes


@dataclass(frozen=True)
class Letter:
    """One ISO 18626 message, sent by the dispatcher, in order within its conversation.

    `lane`: destination principal; a destination that is down blocks only its own lane.
    `conversation`: the leg's id. `number` is given when the letter is written, from 1.
    `method`: full gRPC method name. `body`: serialised request message, its header.number included.
    """

    letter_id: str
    lane: str
    conversation: str
    number: int
    method: str
    body: bytes = field(repr=False)
