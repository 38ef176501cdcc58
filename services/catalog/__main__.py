"""catalog: one province's catalogue, opening review, publication and fulfilment desk."""

from functools import partial

from services.catalog import operations
from services.catalog.adapters.import_wiring import wire_imports
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.adapters.observations import observe_cases
from services.catalog.adapters.provenances import MongoProvenances
from services.catalog.adapters.retractions import RetractionRepeats
from services.catalog.adapters.rule_store import MongoRuleVersions, MongoWords
from services.catalog.adapters.waiting import observe_rereviews
from services.catalog.application.desk_messages import LANE
from services.catalog.application.rules import use_rule_table
from services.catalog.desk import wire_desk
from services.catalog.domain.rules.versions import rule_table
from services.catalog.dumps import wire_dumps
from services.catalog.entrypoints.import_servicer import ImportServicer
from services.catalog.entrypoints.import_worker import ImportWorker
from services.catalog.entrypoints.provenance_servicer import ProvenanceServicer
from services.catalog.entrypoints.rules_document import keep_version, print_document
from services.catalog.entrypoints.rules_servicer import RulesServicer
from services.catalog.operations import ACCESS
from services.catalog.registers import wire_registers
from services.catalog.review import wire_review
from services.catalog.settings import CatalogSettings
from services.common.foundation import Foundation
from services.common.grpc.server import GrpcServer
from services.common.mongo.repeats import Repeats
from services.common.observations import observe_letters
from services.common.operations import operator
from services.common.runner import App, Timer, command_line, serve
from services.common.settings import read_key
from tongdang.catalog.v1 import import_pb2_grpc, provenance_pb2_grpc, rules_pb2_grpc

RULES = {"rules-version": keep_version, "rules-document": print_document}
"""Commands of those who write the rule table; they need no settings."""


def run_migrations() -> None:
    """Brings the database to this program's schema."""
    Foundation(CatalogSettings()).migrate(MIGRATIONS)


def run_service() -> None:
    """Serves until told to stop."""
    settings = CatalogSettings()
    base = Foundation(settings)
    base.check_schema(MIGRATIONS)
    region_id = settings.region.id
    registry = base.registry

    imports, queue, queued = wire_imports(
        base.database, base.transactions, settings.identity.principal, base.clock, base.ids
    )
    import_servicer = ImportServicer(imports, registry, region_id)
    import_worker = ImportWorker(queue.claim, registry, queued)

    repeats = Repeats(base.transactions)
    versions, words = MongoRuleVersions(base.database, base.transactions), MongoWords(base.database, base.transactions)
    review = wire_review(base, settings, words, repeats)
    registers = wire_registers(base, settings, review.desk, repeats)
    use_rule_table(rule_table(settings.rules), by=operator(base, "rules.changed"), versions=versions)
    provenance_servicer = ProvenanceServicer(MongoProvenances(base.database))

    dumps = wire_dumps(base, settings)
    desk = wire_desk(base, region_id, read_key(settings.sealing.key_file), settings.certificate.verify_url)

    server = GrpcServer(
        settings.grpc,
        settings.tls,
        base.access_control(ACCESS),
        [
            partial(import_pb2_grpc.add_ImportServiceServicer_to_server, import_servicer),
            partial(provenance_pb2_grpc.add_ProvenanceServiceServicer_to_server, provenance_servicer),
            partial(rules_pb2_grpc.add_RulesServiceServicer_to_server, RulesServicer(versions, words, repeats)),
            *review.register,
            *dumps.register,
            *registers.register,
            *desk.register,
        ],
    )
    archives = [archive.archive_id for archive in registry.region(region_id).archives]
    observations = [
        observe_letters(base.database, base.clock, [LANE]),
        observe_cases(base.database, base.clock, archives),
        observe_rereviews(base.database, base.clock, archives),
    ]
    components = [
        *base.components(*observations),
        import_worker,
        *review.components,
        *dumps.components,
        *desk.components,
        server,
    ]
    again = RetractionRepeats(base.transactions, settings.identity.principal, base.clock, base.ids)
    timers = [*review.timers, *registers.timers, *desk.timers, Timer("repeat retractions", 3600, again)]
    serve(App(settings, components, timers=timers))


def run() -> None:
    """Migrates, then serves: the local stack's way."""
    run_migrations()
    run_service()


if __name__ == "__main__":
    command_line({"migrate": run_migrations, "serve": run_service, "run": run, **operations.commands(), **RULES})
