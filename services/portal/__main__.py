"""portal: the three front doors (citizen, archive, regulator) and the public REST API."""

from functools import partial

import uvicorn

from services.common.backup.lost import go_on_after_loss
from services.common.components import Component
from services.common.foundation import Foundation
from services.common.kafka.reading import read_stream
from services.common.logging import configure_logging
from services.common.runner import command_line
from services.common.settings import read_secret
from services.common.tracing import configure_tracing, stop_tracing
from services.portal.adapters.backends import Backends
from services.portal.adapters.identity_provider import IdentityProvider
from services.portal.adapters.sessions import MIGRATIONS, Store
from services.portal.entrypoints.app import build_app
from services.portal.entrypoints.visit import Site
from services.portal.settings import PortalSettings


def run_migrations() -> None:
    """Brings the database to this program's schema."""
    Foundation(PortalSettings()).migrate(MIGRATIONS)


def run_service() -> None:
    """Serves until told to stop."""
    settings = PortalSettings()
    configure_logging(settings.identity.principal, settings.log.level)
    configure_tracing(settings.identity.principal, settings.tracing.endpoint, settings.tracing.ratio)
    base = Foundation(settings)
    base.check_schema(MIGRATIONS)
    stream = partial(read_stream, settings.kafka_connection(), settings.identity.principal)
    go_on_after_loss(base.database, stream, base.clock.now())
    components: list[Component] = base.components()
    site = Site(
        settings=settings,
        backends=Backends(base.registry, settings.tls),
        provider=IdentityProvider(settings.oidc, settings.site.public_url),
        store=Store(base.database, read_secret(settings.session.key_file), base.clock),
        recorder=base.recorder,
        clock=base.clock,
        ids=base.ids,
    )
    uvicorn.run(
        build_app(site, components),
        host=settings.http.host,
        port=settings.http.port,
        log_config=None,
        access_log=False,  # paths of a person's pages are nobody's business
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    stop_tracing()


def run() -> None:
    """Migrates, then serves: the local stack's way."""
    run_migrations()
    run_service()


if __name__ == "__main__":
    command_line({"migrate": run_migrations, "serve": run_service, "run": run})
