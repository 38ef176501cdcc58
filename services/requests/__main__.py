"""requests: cross-region requests, their lifecycle, routing and clocks."""

from functools import partial

from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.foundation import Foundation
from services.common.grpc.channel import secure_channel
from services.common.grpc.letters import LetterCarrier
from services.common.grpc.server import GrpcServer
from services.common.mongo.dispatcher import Dispatcher
from services.common.mongo.lease import replica
from services.common.observations import observe_letters
from services.common.runner import App, Timer, command_line, serve
from services.common.working_calendar import PublishedCalendar
from services.requests import operations
from services.requests.adapters.mongo_legs import MongoLegs
from services.requests.adapters.mongo_requests import MongoRequests
from services.requests.adapters.numbers import BlockNumbers
from services.requests.adapters.observations import observe_requests
from services.requests.adapters.open_catalogue import DiscoveryCatalogue
from services.requests.application.clocks import show_late
from services.requests.application.submit import Terms
from services.requests.entrypoints.access import ACCESS
from services.requests.entrypoints.servicers import (
    ReconciliationServicer,
    RequestingAgencyServicer,
    RequestServicer,
)
from services.requests.operations import MIGRATIONS
from services.requests.settings import RequestsSettings
from tongdang.fulfilment.v1 import fulfilment_pb2_grpc
from tongdang.requests.v1 import requests_pb2_grpc

_CLOCK_S = 60


def run_migrations() -> None:
    """Brings the database to this program's schema."""
    Foundation(RequestsSettings()).migrate(MIGRATIONS)


def run_service() -> None:
    """Serves until told to stop."""
    settings = RequestsSettings()
    base = Foundation(settings)
    base.check_schema(MIGRATIONS)
    principal = settings.identity.principal

    requests = MongoRequests(base.database, base.transactions)
    catalogue = DiscoveryCatalogue(secure_channel(base.registry.services["discovery"], settings.tls))
    provinces = {
        region.principal: secure_channel(region.grpc_address, settings.tls) for region in base.registry.regions
    }
    dispatcher = Dispatcher(
        base.database,
        list(provinces),
        LetterCarrier(provinces).send,
        base.clock,
        replica(principal),
        base.transactions.bells,
    )

    terms = Terms(settings.deadlines.certified_copy, PublishedCalendar())
    for_citizens = RequestServicer(requests, catalogue, BlockNumbers(base.database), base.registry, terms)
    for_provinces = RequestingAgencyServicer(requests, base.registry)
    for_restored = ReconciliationServicer(MongoLegs(base.database), base.registry)
    server = GrpcServer(
        settings.grpc,
        settings.tls,
        base.access_control(ACCESS),
        [
            partial(requests_pb2_grpc.add_RequestServiceServicer_to_server, for_citizens),
            partial(fulfilment_pb2_grpc.add_RequestingAgencyServiceServicer_to_server, for_provinces),
            partial(fulfilment_pb2_grpc.add_ReconciliationServiceServicer_to_server, for_restored),
        ],
    )

    def watch_clocks() -> None:
        by = Caller(Actor.service(principal), Role.SERVICE, "request.late", "", "", base.clock, base.ids)
        show_late(by=by, requests=requests)

    parts = base.components(
        observe_letters(base.database, base.clock, list(provinces)), observe_requests(base.database, base.clock)
    )
    serve(App(settings, [*parts, dispatcher, server], timers=[Timer("clocks", _CLOCK_S, watch_clocks)]))


def run() -> None:
    """Migrates, then serves: the local stack's way."""
    run_migrations()
    run_service()


if __name__ == "__main__":
    command_line({"migrate": run_migrations, "serve": run_service, "run": run, **operations.commands()})
