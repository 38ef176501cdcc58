"""discovery: the union index of all open catalogues."""

from functools import partial

from services.common.foundation import Foundation
from services.common.grpc.server import GrpcServer
from services.common.kafka.consumer import TopicConsumer
from services.common.metrics import INDEX_DOCUMENTS
from services.common.observing import Observation
from services.common.runner import App, command_line, serve
from services.discovery import operations
from services.discovery.adapters.dead_letters import DeadLetters
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.entrypoints.access import ACCESS
from services.discovery.entrypoints.discovery_servicer import DiscoveryServicer
from services.discovery.entrypoints.records_handler import MAX_BATCH, RecordsHandler, topics_of
from services.discovery.operations import MIGRATIONS
from services.discovery.settings import DiscoverySettings
from tongdang.discovery.v1 import discovery_pb2_grpc


def run_migrations() -> None:
    """Brings the database to this program's schema."""
    Foundation(DiscoverySettings()).migrate(MIGRATIONS)


def run_service() -> None:
    """Serves until told to stop."""
    settings = DiscoverySettings()
    base = Foundation(settings)
    base.check_schema(MIGRATIONS)
    index = TantivyIndex(settings.index.dir)
    topics = topics_of(region.region_id for region in base.registry.regions)
    handler = RecordsHandler(index, DeadLetters(base.transactions))
    consumer = TopicConsumer(
        settings.kafka_connection(),
        topics,
        index.positions,
        handler,
        "records",
        on_lost=index.clear,
        moved=index.adopt_rebuilt,
        max_batch=MAX_BATCH,
    )
    server = GrpcServer(
        settings.grpc,
        settings.tls,
        base.access_control(ACCESS),
        [partial(discovery_pb2_grpc.add_DiscoveryServiceServicer_to_server, DiscoveryServicer(index))],
    )
    size = Observation("index", [INDEX_DOCUMENTS], lambda: INDEX_DOCUMENTS.set(index.size))
    serve(App(settings, [*base.components(size), index, consumer, server]))


def run() -> None:
    """Migrates, then serves: the local stack's way."""
    run_migrations()
    run_service()


if __name__ == "__main__":
    command_line({"migrate": run_migrations, "serve": run_service, "run": run, **operations.commands()})
