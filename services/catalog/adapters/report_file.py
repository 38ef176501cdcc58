"""The file of a report: CSV in UTF-8, its head and headings in the words of the authority's own forms (Measures 15)."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain

from services.catalog.application.deferrals import Entry
from services.catalog.application.reports import Content
from services.catalog.domain.deferrals import UNSTATED
from services.catalog.domain.rules import RULES
from services.catalog.domain.series import Series
from services.common.domain.clock import legal_day, to_iso

COLUMNS = (
    *("档号", "题名", "全宗号", "形成日期", "延期依据", "理由", "决定日期", "审核批次", "到期开放日", "是否期满"),
    *("逾期未经同意", "同意文件", "下次评估日期", "件数"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_YES = {True: "是", False: "否"}


def report_file(content: Content) -> bytes:
    """With a byte order mark, so that spreadsheets read it as it is. The head tells the counts of what follows it."""
    on = legal_day(content.at)
    rows = (_entry(entry, content, on) for entry in content.entries)
    series = (_series(one, records, content) for one, records in content.series)
    body = _csv(map(_cell, row) for row in chain(rows, series))
    return b"\xef\xbb\xbf" + _csv((*_head(content), COLUMNS)) + body


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _head(content: Content) -> Iterator[tuple[str, ...]]:
    counts, secrets = content.counts(), content.secrets
    yield ("延期开放目录", content.archive.name, content.archive.archive_id)
    yield ("生成时间", to_iso(content.at))
    yield ("延期", str(counts.deferred), "待重新评估", str(counts.due), "逾期未经同意", str(counts.overdue))
    yield ("整组延期", str(counts.series), "待重新评估", str(counts.series_due), "未经同意", str(counts.series_overdue))
    yield ("国家秘密", f"{secrets.count}件，存于系统外", "清点日期", secrets.counted_on.isoformat())
    yield ()


def _entry(entry: Entry, content: Content, on: date) -> tuple[str, ...]:
    one, record = entry.deferral, entry.record
    return (
        one.reference_code,
        record["title"],
        one.fonds,
        record["date"]["raw"],
        "未注明" if one.ground == UNSTATED else _ground(one.ground),
        one.reason,
        one.decided_on,
        one.batch_id,
        one.eligible_on,
        _YES[one.term_passed(on)],
        _YES[one.overdue(on)],
        content.consents(one.consent_id),
        one.reevaluate_on,
        "1",
    )


def _series(series: Series, records: int, content: Content) -> tuple[str, ...]:
    return (
        "",
        f"民生档案：{series.category}",
        series.fonds,
        f"{series.year_from}–{series.year_to}",
        f"D6；{_ground(series.ground)}",
        series.reason,
        series.decided_on,
        series.series_id,
        "",
        _YES[True],
        _YES[series.overdue],
        content.consents(series.consent_id),
        series.reevaluate_on,
        str(records),
    )


def _ground(rule: str) -> str:
    return f"{rule}（{RULES[rule].citation}）" if rule in RULES else rule


def _cell(text: str) -> str:
    """A spreadsheet must not take a value for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
