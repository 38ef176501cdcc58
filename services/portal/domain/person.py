"""Who is signed in, as the portal knows it; every service decides for itself by the token."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Person:
    """From the verified tokens of a session."""

    pseudonym: str
    name: str
    roles: tuple[str, ...]
    region_id: str = ""
    archive_id: str = ""
    unit_id: str = ""
    proof_checked: bool = False

    @classmethod
    def from_claims(cls, access: dict[str, Any], identity: dict[str, Any]) -> "Person":
        """`access`: claims of the access token; `identity`: of the ID token, which alone carries the name."""
        return cls(
            pseudonym=str(access.get("pseudonym", "")),
            name=str(identity.get("name", "")),
            roles=tuple(access.get("roles", ())),
            region_id=str(access.get("region_id", "")),
            archive_id=str(access.get("archive_id", "")),
            unit_id=str(access.get("unit_id", "")),
            proof_checked=access.get("proof") == "checked",
        )

    @property
    def is_citizen(self) -> bool:
        """May ask for records."""
        return "citizen" in self.roles

    @property
    def is_staff(self) -> bool:
        """Works at an archive or a creating unit."""
        return bool({"clerk", "reviewer", "director", "unit_officer"} & set(self.roles))

    @property
    def is_regulator(self) -> bool:
        """Supervises."""
        return "regulator" in self.roles

    @property
    def door(self) -> str:
        """The front door that is this person's."""
        return "/supervision" if self.is_regulator else "/archive" if self.is_staff else "/requests"
