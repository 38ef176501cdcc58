"""Which lines of a batch a page lists, as its address says it: the same words open the same list again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl, urlencode

DECISIONS = {"undecided": 1, "open": 2, "defer": 3, "hold": 4}
PROPOSALS = {"open": 1, "defer": 2, "judge": 3}
SECRECY = {"outstanding": 1, "done": 2}


@dataclass(frozen=True)
class LineQuery:
    """Empty fields match all. `decision`, `proposal` and `secrecy` are names of the tables above."""

    decision: str = ""
    group: str = ""
    proposal: str = ""
    rule: str = ""
    reason: str = ""
    fonds: str = ""
    year: str = ""
    secrecy: str = ""

    @classmethod
    def of(cls, given: Mapping[str, object]) -> "LineQuery":
        """From an address or a form; what is not a name of a table, or no year, matches all."""
        fields = {name: str(given.get(name, "")).strip()[:80] for name in cls.__dataclass_fields__}
        for name, table in (("decision", DECISIONS), ("proposal", PROPOSALS), ("secrecy", SECRECY)):
            fields[name] = fields[name] if fields[name] in table else ""
        fields["year"] = fields["year"] if len(fields["year"]) == 4 and fields["year"].isdecimal() else ""
        return cls(**fields)

    @classmethod
    def parse(cls, text: str) -> "LineQuery":
        """From what `text` gave."""
        return cls.of(dict(parse_qsl(text)))

    @property
    def text(self) -> str:
        """As an address carries it, without empty fields."""
        return urlencode({name: value for name, value in asdict(self).items() if value})
