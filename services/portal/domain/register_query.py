"""Which deferrals a page lists, as its address says it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

STANDINGS = {"": 0, "due": 1, "overdue": 2}
GROUNDS = ("D1", "D2", "D3", "unstated")


@dataclass(frozen=True)
class RegisterQuery:
    """Empty fields match all."""

    standing: str = ""
    ground: str = ""
    fonds: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "RegisterQuery":
        """From an address; what is no name of a table matches all."""
        standing, ground = given.get("standing", ""), given.get("ground", "")
        return cls(
            standing if standing in STANDINGS else "",
            ground if ground in GROUNDS else "",
            given.get("fonds", "").strip()[:50],
        )

    @property
    def text(self) -> str:
        """For an address."""
        return urlencode({name: value for name, value in asdict(self).items() if value})
