"""Time as a port: use cases receive a clock, so that tests may turn it."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

LEGAL_ZONE = ZoneInfo("Asia/Shanghai")
"""The zone in which the law counts days."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Aware UTC, cut to milliseconds: MongoDB keeps no more, and hashes must survive a round trip."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return cut_to_milliseconds(datetime.now(UTC))


def cut_to_milliseconds(moment: datetime) -> datetime:
    """The same moment in UTC without the microseconds that storage would drop."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def legal_day(moment: datetime) -> date:
    """The calendar day of a moment where the law counts days."""
    return moment.astimezone(LEGAL_ZONE).date()


def to_iso(moment: datetime) -> str:
    """RFC 3339 in UTC with exactly three decimals, e.g. `2026-11-23T04:00:00.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
