"""What every service builds first from its settings: database, transactions, recorder, relay, access control."""

from dataclasses import dataclass
from functools import cached_property

from services.common.audit.recorder import Recorder
from services.common.backup.incarnations import incarnation_of, require_restored
from services.common.components import Component
from services.common.domain.access import AccessTable
from services.common.domain.clock import SystemClock
from services.common.domain.ids import RandomIds
from services.common.domain.registry import Registry, load_registry
from services.common.grpc.interceptors import AccessControl
from services.common.kafka.relay import Relay
from services.common.metrics_endpoint import MetricsEndpoint
from services.common.mongo.database import DatabaseComponent, MongoDatabase
from services.common.mongo.lease import replica
from services.common.mongo.migrations import Migration, check_schema, migrate
from services.common.mongo.transactions import Transactions
from services.common.observations import observe_backups, observe_certificates, observe_leases, observe_outbox
from services.common.observing import Observation, Observer
from services.common.security.tokens import TokenVerifier
from services.common.settings import ServiceSettings


@dataclass
class Foundation:
    """Built lazily, so that `migrate` touches nothing but the database."""

    settings: ServiceSettings

    def __post_init__(self) -> None:
        self.clock = SystemClock()
        self.ids = RandomIds()

    @cached_property
    def database(self) -> MongoDatabase:
        settings = self.settings
        return MongoDatabase(settings.mongo_uri(), settings.mongo.database, tls=settings.mongo_tls())

    @cached_property
    def transactions(self) -> Transactions:
        return Transactions(self.database, self.ids, self.clock)

    @cached_property
    def recorder(self) -> Recorder:
        return Recorder(self.database, self.ids, self.clock, self.transactions.bells)

    @cached_property
    def registry(self) -> Registry:
        return load_registry(self.settings.registry.file)

    @cached_property
    def relay(self) -> Relay:
        identity = self.settings.identity
        return Relay(
            self.database,
            self.transactions,
            self.settings.kafka_connection(),
            identity.principal,
            incarnation_of(self.database),
            self.clock,
            self.ids,
        )

    def access_control(self, table: AccessTable) -> AccessControl:
        """Tokens, table and recorder for the gRPC server."""
        oidc = self.settings.oidc
        tokens = TokenVerifier(oidc.issuer, oidc.audience, oidc.jwks_url)
        return AccessControl(table, tokens, self.recorder, self.clock, self.ids)

    def components(self, *observations: Observation) -> list[Component]:
        """In starting order; what serves comes after them. `observations`: what this service alone can tell."""
        metrics, tls = self.settings.metrics, self.settings.tls
        common = [
            observe_outbox(self.database, self.clock),
            observe_leases(self.database),
            *([observe_backups(self.database)] if self.settings.backup else []),
            observe_certificates(tls.certificate_file, tls.ca_file),
        ]
        return [
            MetricsEndpoint(metrics.host, metrics.port),
            DatabaseComponent(self.database),
            Observer([*common, *observations]),
            self.recorder,
            self.relay,
        ]

    def migrate(self, migrations: list[Migration]) -> None:
        """Brings the database to this program's schema."""
        self.database.await_primary()
        migrate(self.database, migrations, replica(self.settings.identity.principal))

    def check_schema(self, migrations: list[Migration]) -> None:
        """Raises: SchemaMismatch, RestoreUnfinished."""
        self.database.await_primary()
        check_schema(self.database, migrations)
        require_restored(self.database)
