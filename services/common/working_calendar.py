"""The State Council's published tables of holidays, as the package chinesecalendar carries them."""

from datetime import date
from functools import lru_cache

import chinese_calendar

from services.common.domain.deadlines import CalendarUnknown, DayKind


class PublishedCalendar:
    """Port `WorkingCalendar`. Years before 2004 and after the last published one are unknown."""

    def kind(self, day: date) -> DayKind:
        return _kind(day)


@lru_cache(maxsize=2048)  # the package walks its whole table for each day, a tenth of what placing a request costs
def _kind(day: date) -> DayKind:
    try:
        is_holiday, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError as problem:
        raise CalendarUnknown(str(day.year)) from problem
    if name is not None:
        return DayKind.HOLIDAY if is_holiday else DayKind.MADE_UP
    return DayKind.WEEKEND if is_holiday else DayKind.WORKDAY
