"""The commands of the centre's operator: those every service has, and the comparison with the provinces."""

from services.common.backup.incarnations import RESTORES, RestoreState
from services.common.backup.lost_writes import lost_writes
from services.common.domain.access import Recording
from services.common.foundation import Foundation
from services.common.grpc.channel import secure_channel
from services.common.kafka.reading import read_stream
from services.common.mongo.migrations import DATA_PLANE
from services.common.operations import Command, Operations, operator, record, tell
from services.requests.adapters.mongo_legs import MongoLegs
from services.requests.adapters.mongo_requests import MIGRATIONS as OWN
from services.requests.adapters.mongo_requests import MongoRequests
from services.requests.adapters.numbers import BlockNumbers
from services.requests.adapters.provinces import GrpcProvince
from services.requests.application.reconcile import Province, bring_back, compare
from services.requests.domain.differences import TABLE, Difference, Finding
from services.requests.entrypoints.access import ACCESS
from services.requests.settings import RequestsSettings

MIGRATIONS = [*DATA_PLANE, *OWN]
_BY_CLOCK = frozenset({"request.late"})
WRITES = frozenset(row.action for row in ACCESS.values() if row.recording is Recording.WRITE) | _BY_CLOCK


def commands() -> dict[str, Command]:
    """By the name they are called."""
    common = Operations(_base, MIGRATIONS, RestoreState.LOADED)
    return {**common.commands(), "reconcile": reconcile, "repair": repair}


def reconcile() -> None:
    """Every difference, one JSON object a line, and a last one with their count."""
    base = _base()
    record(base, "operator.reconcile")
    _tell(_differences(base, _provinces(base)))


def repair() -> None:
    """Brings back what the provinces have, tells what is still missing, and lets a restored service start.

    A province that does not answer is told and keeps nobody waiting: run it again once it does.
    """
    base = _base()
    record(base, "operator.repair")
    provinces = _provinces(base)
    bring_back(
        _differences(base, provinces),
        by=operator(base, "request.bring-back"),
        legs=MongoLegs(base.database),
        provinces=provinces,
        requests=MongoRequests(base.database, base.transactions),
        numbers=BlockNumbers(base.database),
        registry=base.registry,
    )
    left = _differences(base, provinces)
    base.database.db[RESTORES].update_many({"state": RestoreState.LOADED}, {"$set": {"state": RestoreState.DONE}})
    _tell(left)


def _base() -> Foundation:
    return Foundation(RequestsSettings())


def _provinces(base: Foundation) -> dict[str, Province]:
    tls = base.settings.tls
    return {one.region_id: GrpcProvince(secure_channel(one.grpc_address, tls)) for one in base.registry.regions}


def _differences(base: Foundation, provinces: dict[str, Province]) -> list[Difference]:
    stream = read_stream(base.settings.kafka_connection(), base.settings.identity.principal)
    lost = [
        Difference(Finding.WRITE_LOST, place, "", what) for place, what in lost_writes(base.database, stream, WRITES)
    ]
    return [*compare(MongoLegs(base.database), provinces), *sorted(lost)]


def _tell(found: list[Difference]) -> None:
    for one in found:
        tell(
            {
                "difference": one.finding.value,
                "id": one.object_id,
                "here": one.here,
                "there": one.there,
                "repairable": one.repairable,
                "meaning": TABLE[one.finding].meaning,
            }
        )
    tell({"differences": len(found)})
