"""The words of the pages, from message catalogues; nowhere else are words chosen."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.pofile import read_po

LANGUAGES = ("zh", "en")
_CATALOGUES = {"zh": "zh_Hans", "en": "en"}
_ZONE = ZoneInfo("Asia/Shanghai")
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Texts:
    """One language's words."""

    language: str
    messages: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with its values filled in; a missing key shows itself, and a test finds it."""
        text = self.messages.get(key, key)
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.messages

    def day(self, iso: str) -> str:
        """A calendar day in a sentence: 2026年12月3日（周四）, or Thursday 3 December 2026."""
        if not iso:
            return self("unknown")
        day = date.fromisoformat(iso)
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"
        return format_date(day, "EEEE d MMMM y", locale="en")

    def plain_day(self, iso: str) -> str:
        """A calendar day as a letter is dated: 2026年12月3日, or 3 December 2026."""
        day = date.fromisoformat(iso)
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return format_date(day, "d MMMM y", locale="en")

    def moment(self, stamp: datetime | None) -> str:
        """Date and time in Asia/Shanghai, 24 hours, as tables show it."""
        if stamp is None:
            return ""
        return stamp.replace(tzinfo=UTC).astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")

    def ago(self, then: datetime, now: datetime) -> str:
        """How long ago, as one says it; from a day on, the moment itself. Both aware."""
        minutes = int((now - then).total_seconds() // 60)
        if minutes < 1:
            return self("ago.now")
        if minutes < 60:
            return self("ago.minutes", count=minutes)
        if minutes < 24 * 60:
            return self("ago.hours", count=minutes // 60)
        return self.moment(then.astimezone(UTC).replace(tzinfo=None))


def load_texts(folder: Path) -> dict[str, Texts]:
    """All languages, from `<folder>/<locale>/LC_MESSAGES/messages.po`."""
    return {language: Texts(language, _read(folder / name)) for language, name in _CATALOGUES.items()}


def _read(folder: Path) -> dict[str, str]:
    with (folder / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
