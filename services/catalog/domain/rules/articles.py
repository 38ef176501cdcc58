"""Articles that rules rest on, as data: which law, which article, which item."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Law(StrEnum):
    """Laws in force, by the letters the rule table cites them with."""

    L = "L"
    R = "R"
    M = "M"
    SECRECY_LAW = "Secrecy Law"
    SECRECY_REGULATIONS = "Secrecy Regulations"


TITLES: dict[Law, tuple[str, str]] = {
    Law.L: ("档案法", "Archives Law (2020)"),
    Law.R: ("档案法实施条例", "Regulations on implementing the Archives Law (2024)"),
    Law.M: ("国家档案馆档案开放办法", "Measures on the opening of archives in state archives (2022)"),
    Law.SECRECY_LAW: ("保守国家秘密法", "Law on guarding state secrets (2024)"),
    Law.SECRECY_REGULATIONS: ("保守国家秘密法实施条例", "Regulations on the law on guarding state secrets (2024)"),
}
"""Chinese and English, with the year of the text that was read."""

_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class Article:
    """One article; `item` 0 for the whole of it."""

    law: Law
    number: int
    item: int = 0

    @property
    def short(self) -> str:
        """As tables cite it: `L27`, `M8(2)`, `Secrecy Law 31(3)`."""
        gap = "" if len(self.law) == 1 else " "
        return f"{self.law}{gap}{self.number}{f'({self.item})' if self.item else ''}"

    @property
    def zh(self) -> str:
        """In full: 《档案法》第二十七条."""
        item = f"第（{chinese_number(self.item)}）项" if self.item else ""
        return f"《{TITLES[self.law][0]}》第{chinese_number(self.number)}条{item}"

    @property
    def en(self) -> str:
        """In full: Archives Law (2020), article 27."""
        return f"{TITLES[self.law][1]}, article {self.number}{f'({self.item})' if self.item else ''}"

    def document(self) -> dict[str, Any]:
        """As the canonical table holds it."""
        return {"law": self.law.value, "article": self.number, "item": self.item}


def chinese_number(number: int) -> str:
    """1 to 99: 一, 十, 十五, 二十, 二十七."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def articles(law: Law, *numbers: int) -> tuple[Article, ...]:
    """Several whole articles of one law."""
    return tuple(Article(law, number) for number in numbers)
