"""audit: the verifiable log of every access, and supervision over it."""

from functools import partial
from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.adapters.cosigned_log import CosignedLog
from services.audit.adapters.cosigning import Cosigning, largest_seen
from services.audit.adapters.events import MongoEvents
from services.audit.adapters.held_events import Evidence, HeldEvents
from services.audit.adapters.log_documents import MIGRATIONS
from services.audit.adapters.log_store import LogStore
from services.audit.adapters.logged_topic import LoggedTopic
from services.audit.adapters.observations import observe_log
from services.audit.adapters.order_topic import OrderTopic
from services.audit.adapters.projection import Projection
from services.audit.adapters.published_log import PublishedLog
from services.audit.adapters.replay import open_replay
from services.audit.adapters.witness_client import WitnessClient, read_witnesses
from services.audit.domain.notes import Checkpoint, sign_checkpoint, verifier_key
from services.audit.entrypoints.access import ACCESS
from services.audit.entrypoints.events_handler import REST_S, EventsHandler
from services.audit.entrypoints.log_routes import log_routes
from services.audit.entrypoints.supervision_servicer import PublicLogServicer, SupervisionServicer, Witnessing
from services.audit.settings import AuditSettings
from services.common.domain.clock import to_iso
from services.common.domain.merkle import EMPTY_ROOT
from services.common.foundation import Foundation
from services.common.grpc.server import GrpcServer
from services.common.kafka.consumer import TopicConsumer
from services.common.kafka.topics import LOG_ORDER, audit_topic, producers
from services.common.mongo.lease import LeaseHolder, replica
from services.common.operations import Operations
from services.common.runner import App, Timer, command_line, serve
from tongdang.audit.v1 import audit_pb2_grpc


def run_migrations() -> None:
    """Brings the database to this program's schema."""
    Foundation(AuditSettings()).migrate(MIGRATIONS)


def run_service() -> None:
    """Serves until told to stop."""
    settings = AuditSettings()
    base = Foundation(settings)
    base.check_schema(MIGRATIONS)
    principal = settings.identity.principal
    lease = LeaseHolder(base.database, "log", replica(principal))
    key = cast(Ed25519PrivateKey, serialization.load_pem_private_key(settings.tlog.key_file.read_bytes(), None))
    origin = settings.tlog.origin
    public_key = verifier_key(origin, key.public_key().public_bytes_raw())
    kafka = settings.kafka_connection()
    held, evidence = HeldEvents(base.database), Evidence(base.database)
    order = OrderTopic(kafka, LOG_ORDER)
    addresses = read_witnesses(settings.witnesses.file) if settings.witnesses.file else []
    nothing = sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), key)
    store = LogStore(
        base.database,
        lease,
        origin,
        key,
        base.clock,
        base.ids,
        order,
        partial(open_replay, kafka, held, evidence),
        partial(largest_seen, [WitnessClient(one, timeout_s=2) for one in addresses], nothing),
    )
    published = PublishedLog(base.database, store.whole)
    cosigned = CosignedLog(base.database)
    cosigning = Cosigning(
        published,
        cosigned,
        [WitnessClient(one) for one in addresses],
        settings.witnesses.quorum,
        lambda: store.size() > 0,
        store.distrust,
    )
    handler = EventsHandler(store, published, held, evidence, lambda: to_iso(base.clock.now()))
    topics = [audit_topic(name) for name in producers([region.region_id for region in base.registry.regions])]
    consumer = TopicConsumer(kafka, topics, store.positions, handler, "events", rest_s=REST_S)
    projection = Projection(base.database, store)
    witnessing = Witnessing([one.key for one in addresses], settings.witnesses.quorum, cosigned)
    events = MongoEvents(base.database)
    servicer = SupervisionServicer(events, published, public_key, base.recorder, witnessing)
    server = GrpcServer(
        settings.grpc,
        settings.tls,
        base.access_control(ACCESS),
        [
            partial(audit_pb2_grpc.add_SupervisionServiceServicer_to_server, servicer),
            partial(audit_pb2_grpc.add_PublicLogServiceServicer_to_server, PublicLogServicer(events)),
        ],
    )
    observe = observe_log(base.database, witnessed=bool(addresses))
    serve(
        App(
            settings,
            [*base.components(observe), store, cosigning, projection, consumer, server],
            timers=[Timer("settle", 1, store.settle), Timer("tell", 300, LoggedTopic(kafka, store).tell)],
            routes=log_routes(published, cosigned, public_key, witnessing.keys),
        )
    )


def run() -> None:
    """Migrates, then serves: the local stack's way."""
    run_migrations()
    run_service()


if __name__ == "__main__":
    operations = Operations(lambda: Foundation(AuditSettings()), MIGRATIONS)
    command_line({"migrate": run_migrations, "serve": run_service, "run": run, **operations.commands()})
