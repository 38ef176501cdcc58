"""Names of officers, for pages that show who acted. Citizens' names are never resolved here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.common.domain.errors import InvalidArgument

MAX_ASKED = 100


@dataclass(frozen=True)
class Officer:
    """An officer as pages show one."""

    pseudonym: str
    name: str
    role: str


class Directory(Protocol):
    """Who the officers are."""

    def officers(self, pseudonyms: Sequence[str]) -> list[Officer]:
        """Those of them that are officers."""
        ...


def resolve_names(pseudonyms: Sequence[str], *, directory: Directory) -> list[Officer]:
    """Raises: InvalidArgument: too many at once."""
    if len(pseudonyms) > MAX_ASKED:
        raise InvalidArgument("pseudonyms", f"at most {MAX_ASKED}")
    return directory.officers(list(dict.fromkeys(pseudonyms)))
