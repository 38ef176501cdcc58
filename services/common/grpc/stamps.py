"""Moments and deadlines as messages."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from services.common.domain.deadlines import Deadline
from services.common.domain.errors import InvalidArgument
from tongdang.common.v1 import common_pb2


def stamp(moment: datetime) -> Timestamp:
    """A moment as a message."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def moment_of(message: Timestamp) -> datetime:
    """Back, aware, in UTC."""
    return message.ToDatetime(tzinfo=UTC)


def deadline_message(deadline: Deadline) -> common_pb2.Deadline:
    """With its arithmetic."""
    return common_pb2.Deadline(**deadline.fields())


def deadline_of(message: common_pb2.Deadline) -> Deadline:
    """Raises: InvalidArgument: a day that is none."""
    fields = {
        name: getattr(message, name)
        for name in ("due_on", "working_days", "counted_from", "holidays", "made_up_days", "provisional", "rule")
    }
    try:
        return Deadline.from_fields(fields)
    except ValueError as problem:
        raise InvalidArgument("deadline", "ISO 8601 days") from problem
