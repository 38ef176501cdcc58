"""From verified claims to the actor. Missing claims give less, never more."""

from typing import Any

from services.common.domain.actor import Actor, Role
from services.common.domain.errors import Unauthenticated

_PEOPLE = frozenset(Role) - {Role.SERVICE, Role.ANONYMOUS}


def actor_of(claims: dict[str, Any], via: str) -> Actor:
    """The person a token speaks for, called through the service `via`.

    Raises: Unauthenticated: the token carries no pseudonym.
    """
    pseudonym = str(claims.get("pseudonym", ""))
    if len(pseudonym) != 32:
        raise Unauthenticated("the token carries no pseudonym")
    known = {role.value: role for role in _PEOPLE}
    return Actor(
        pseudonym=pseudonym,
        roles=frozenset(known[name] for name in _texts(claims.get("roles")) if name in known),
        via=via,
        region_id=str(claims.get("region_id", "")),
        archive_id=str(claims.get("archive_id", "")),
        unit_id=str(claims.get("unit_id", "")),
        scope=tuple(_texts(claims.get("scope_regions"))),
        acr=str(claims.get("acr", "")),
        proof_checked=claims.get("proof") == "checked",
    )


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(one) for one in value] if isinstance(value, list) else []
