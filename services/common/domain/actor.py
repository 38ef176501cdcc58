"""Who acts. Built only in the gRPC interceptor from a verified token, passed on as an argument."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.common.domain.errors import OutOfScope, ProofRequired, RoleNotAllowed


class Role(StrEnum):
    """Roles of the realm."""

    CITIZEN = "citizen"
    CLERK = "clerk"
    REVIEWER = "reviewer"
    DIRECTOR = "director"
    UNIT_OFFICER = "unit_officer"
    REGULATOR = "regulator"
    OPERATOR = "operator"
    SERVICE = "service"
    """A service itself, for work without a person (relay, clocks)."""
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class OnBehalfOf:
    """The person whose request a service serves when no live token is at hand."""

    pseudonym: str
    acr: str
    auth_time: datetime
    request_id: str


@dataclass(frozen=True)
class Actor:
    """The acting person or service.

    `pseudonym`: 32 hexadecimal digits, or the principal for a service, or empty for an anonymous reader.
    `via`: principal of the calling service (certificate CN).
    `scope`: region ids of a regulator, or ("*",) for the nation.
    """

    pseudonym: str
    roles: frozenset[Role]
    via: str
    region_id: str = ""
    archive_id: str = ""
    unit_id: str = ""
    scope: tuple[str, ...] = ()
    acr: str = ""
    proof_checked: bool = False
    on_behalf_of: OnBehalfOf | None = None

    @classmethod
    def anonymous(cls, via: str) -> "Actor":
        """A reader without an account."""
        return cls(pseudonym="", roles=frozenset({Role.ANONYMOUS}), via=via)

    @classmethod
    def service(cls, principal: str, on_behalf_of: OnBehalfOf | None = None) -> "Actor":
        """A service acting for itself, or for a person whose request it carries."""
        return cls(principal, frozenset({Role.SERVICE}), via=principal, on_behalf_of=on_behalf_of)

    def role_among(self, allowed: frozenset[Role]) -> Role:
        """The role in which the actor may proceed.

        Raises: RoleNotAllowed.
        """
        shared = sorted(self.roles & allowed)
        if not shared:
            raise RoleNotAllowed(f"needs one of {', '.join(sorted(allowed))}")
        return shared[0]

    def require_archive(self, archive_id: str) -> None:
        """Staff are bound to their archive.

        Raises: OutOfScope.
        """
        if not archive_id or self.archive_id != archive_id:
            raise OutOfScope("another archive's")

    def require_region(self, region_id: str) -> None:
        """A regulator is bound to a scope of regions.

        Raises: OutOfScope.
        """
        if "*" not in self.scope and region_id not in self.scope:
            raise OutOfScope("another region's")

    def require_proof(self) -> None:
        """Requests need an account with one valid proof (Archives Law 28).

        Raises: ProofRequired.
        """
        if not self.proof_checked:
            raise ProofRequired("the account carries no checked proof")
