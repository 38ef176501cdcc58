"""A seeded generator of realistic catalogues: DA/T 18 columns, 档号 in several forms, dates as archives write them.

Deterministic: the same archive, seed and count give the same bytes on every machine. Streams, whatever the count.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import TextIO

from deploy.samples.archives import sample_districts
from deploy.samples.vocabulary import GIVEN, KINDS, MATTERS, SURNAMES, District
from services.common.domain.registry import Archive, Fonds

HEADER = ("档号", "题名", "责任者", "日期", "文件编号", "保管期限", "开放标识", "密级", "页数", "附注")
"""Columns of a generated file."""

FIRST_YEAR, LAST_OLD_YEAR, LAST_YEAR = 1950, 2000, 2005
RECENT_SHARE = 0.2
"""Of records formed after `LAST_OLD_YEAR`, most of which are not 25 years old yet."""

PERSONAL_SHARE = 0.04
_COMMUNES = range(1958, 1984)
"""Years in which townships were people's communes 公社."""


def csv_file(archive: Archive, rows: int, seed: int, out: TextIO) -> None:
    """Writes a whole file, header first (RFC 4180, CRLF)."""
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows(catalogue(archive, rows, seed))


def catalogue(archive: Archive, rows: int, seed: int) -> Iterator[tuple[str, ...]]:
    """Rows under `HEADER`; codes are unique, and seeds that end in another digit give other codes."""
    rng = Random(f"{archive.archive_id}/{seed}")  # noqa: S311 - repeatable on purpose
    district = sample_districts()[archive.district_code]
    writers = [_Writer(fonds, district, rng, seed % 10 * 10_000) for fonds in archive.fonds]
    weights = _weights(archive)
    for _ in range(rows):
        yield rng.choices(writers, cum_weights=weights)[0].row()


def _weights(archive: Archive) -> list[float]:
    """Half of the rows in the first fonds, a quarter where no creating unit is left, the rest in between."""
    between = max(1, sum(1 for fonds in archive.fonds[1:] if fonds.unit_id))
    shares = [
        0.5 if place == 0 else 0.25 / between if fonds.unit_id else 0.25 for place, fonds in enumerate(archive.fonds)
    ]
    return [sum(shares[: place + 1]) for place in range(len(shares))]


_TERM_CODES = {"永久": "Y", "定期30年": "D30", "定期10年": "D10"}


def _term(year: int, rng: Random) -> str:
    """保管期限: permanent or a number of years since 1990, long before."""
    if rng.random() < 0.4:
        return "永久"
    return rng.choice(("定期30年", "定期10年")) if year >= 1990 else "长期"


@dataclass
class _Writer:
    """Writes the rows of one fonds."""

    fonds: Fonds
    district: District
    rng: Random
    first_number: int

    def __post_init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        plain = self.fonds.name.removesuffix("（已撤销）")
        for name in (self.district.name, self.district.former):
            plain = plain.removeprefix(name)
        self._office = plain
        own = next(matters for key, matters in MATTERS.items() if key in plain)
        self._matters = own * 3 + MATTERS[""]
        self._civil = "民政" in plain

    def row(self) -> tuple[str, ...]:
        rng = self.rng
        year = self._year()
        county = self.district.name if year >= self.district.renamed_in else self.district.former
        creator = f"{county}{self._office}"
        if self._civil and rng.random() < PERSONAL_SHARE * 2:
            return self._marriage(year, creator)
        kind = rng.choice(KINDS)
        term = _term(year, rng)
        number = f"{self.district.sign}{self._office[:1]}〔{year}〕{rng.randint(1, 180)}号" if year > 1955 else ""
        return (
            self._code(year, term),
            self._title(year, county, kind),
            creator,
            self._date(year),
            number,
            term,
            "未审核",
            "内部" if rng.random() < 0.01 else "",
            str(int(rng.expovariate(0.15)) + 1),
            "复写件" if rng.random() < 0.02 else "",
        )

    def _year(self) -> int:
        if self.rng.random() < RECENT_SHARE:
            return self.rng.randint(LAST_OLD_YEAR + 1, LAST_YEAR)
        return self.rng.randint(FIRST_YEAR, LAST_OLD_YEAR)

    def _title(self, year: int, county: str, kind: str) -> str:
        rng = self.rng
        town = rng.choice(self.district.towns)
        place = f"{town}公社" if year in _COMMUNES else f"{town}{rng.choice('乡镇')}"
        matter = rng.choice(self._matters)
        shape = rng.random()
        if kind == "总结":
            return f"{place if shape < 0.6 else county}{year}年{matter}工作总结"
        if shape < 0.45:
            return f"关于{place}{matter}的{kind}"
        if shape < 0.7:
            return f"关于{place}{matter}问题的{kind}"
        if shape < 0.85:
            return f"关于做好{year}年{matter}工作的{kind}"
        return f"{county}{self._office}关于{matter}情况的{kind}"

    def _marriage(self, year: int, creator: str) -> tuple[str, ...]:
        rng = self.rng
        title = f"{self._person()}、{self._person()}{rng.choice(('结婚登记申请书', '离婚登记审查处理表'))}"
        pages = str(rng.randint(2, 9))
        return (self._code(year, "永久"), title, creator, self._day(year), "", "永久", "控制", "", pages, "")

    def _person(self) -> str:
        rng = self.rng
        return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.randint(1, 2)))

    def _code(self, year: int, term: str) -> str:
        """By item since the 1990s, by file before; the oldest as 全宗-目录-案卷-件 (DA/T 13 and before)."""
        fonds = self.fonds.code
        if year >= 1990:
            series = f"{fonds}-WS·{year}-{_TERM_CODES[term]}-{'BGS' if self.rng.random() < 0.7 else 'YWK'}"
            return f"{series}-{self._next(series):05}"
        if year >= 1966:
            series = f"{fonds}-WS·{year}"
            number = self._next(series)
            return f"{series}-{number // 40 + 1:03}-{number % 40 + 1:03}"
        series = f"{fonds}-{term}"
        number = self._next(series)
        return f"{series}-{number // 30 + 1}-{number % 30 + 1}"

    def _next(self, series: str) -> int:
        self._numbers[series] += 1
        return self._numbers[series] + self.first_number

    def _date(self, year: int) -> str:
        shape = self.rng.random()
        day = self._day(year)
        if shape < 0.88:
            return day
        if shape < 0.92:
            return f"{day[:6]}00"
        if shape < 0.94:
            return f"{year}0000"
        if shape < 0.96:
            return f"[{day}]"
        if shape < 0.98:
            return f"{year}.{int(day[4:6])}.{int(day[6:])}"
        return f"{day[:6]}-{year}12"

    def _day(self, year: int) -> str:
        return f"{year}{self.rng.randint(1, 12):02}{self.rng.randint(1, 28):02}"
