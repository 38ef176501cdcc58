"""Networks: one for each zone of the design, and one between two zones for whoever is called across."""

from collections.abc import Iterable, Mapping
from itertools import chain

from deploy.local.layout import WITNESSES
from services.audit.entrypoints.access import ACCESS as AUDIT
from services.auth.entrypoints.access import ACCESS as AUTH
from services.catalog.operations import ACCESS as CATALOG
from services.common.domain.access import AccessTable
from services.discovery.entrypoints.access import ACCESS as DISCOVERY
from services.requests.entrypoints.access import ACCESS as REQUESTS

_ACCESS: Mapping[str, AccessTable] = {
    "catalog": CATALOG, "requests": REQUESTS, "auth": AUTH, "audit": AUDIT, "discovery": DISCOVERY,
}  # fmt: skip
_ZONE = {
    "portal": "public", "discovery": "public",
    "requests": "government", "auth": "government", "audit": "government",
    "catalog": "inner",
}  # fmt: skip
ZONES = ("public", "government", "inner")
WITNESSING, OUTSIDE = "witnessing", "outside"
"""Between the log and its witnesses; and the one network that leads out of the machine, for what is published."""


def calls() -> set[tuple[str, str]]:
    """Caller and callee, kinds of services: whoever a service's access table admits."""
    return {
        (caller.rstrip("-"), callee)
        for callee, table in _ACCESS.items()
        for row in table.values()
        for caller in row.callers
        if caller != "operator"  # its tools are run inside a service's own container
    }


def networks_of(service: str) -> list[str]:
    """Of a service or witness, its own zone first."""
    if service in WITNESSES:
        return [WITNESSING]
    kind = service.partition("-")[0]
    crossings = {_crossing(_ZONE[one], _ZONE[other]) for one, other in calls() if kind in (one, other)}
    return [_ZONE[kind], *sorted(crossings - {*ZONES}), *([WITNESSING] if kind == "audit" else [])]


def all_networks(services: Iterable[str]) -> list[str]:
    """Every network that somebody is on; engines are on the zones'."""
    return sorted({*ZONES, OUTSIDE, *chain.from_iterable(map(networks_of, services))})


def _crossing(one: str, other: str) -> str:
    return one if one == other else "-".join(sorted((one, other), key=ZONES.index))
