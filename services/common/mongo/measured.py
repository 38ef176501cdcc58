"""What MongoDB costs, as the driver sees it."""

from functools import cache

from prometheus_client import Histogram
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from services.common.metrics import MONGO_FAILED, MONGO_SECONDS


class MeasuredCommands(CommandListener):
    """Durations by command; its arguments hold people's data and are never looked at."""

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing is known yet."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        _seconds(event.command_name).observe(event.duration_micros / 1e6)

    def failed(self, event: CommandFailedEvent) -> None:
        _seconds(event.command_name).observe(event.duration_micros / 1e6)
        MONGO_FAILED.labels(command=event.command_name).inc()


@cache
def _seconds(command: str) -> Histogram:
    """Finding a label's histogram costs more than the observation."""
    return MONGO_SECONDS.labels(command=command)
