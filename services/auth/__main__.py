"""auth: the realm as code, people's signing keys, names of officers."""

from functools import partial

from services.auth.adapters.directory import MongoDirectory
from services.auth.adapters.migrations import MIGRATIONS
from services.auth.adapters.realm import apply_realm
from services.auth.adapters.signing_keys import MongoSigningKeys, Wrapping, rewrap
from services.auth.entrypoints.access import ACCESS
from services.auth.entrypoints.servicers import DirectoryServicer, SigningServicer
from services.auth.settings import AuthSettings, Keys
from services.common.foundation import Foundation
from services.common.grpc.server import GrpcServer
from services.common.operations import Operations, record, tell
from services.common.runner import App, command_line, serve
from services.common.settings import read_key
from tongdang.auth.v1 import auth_pb2_grpc


def run_migrations() -> None:
    """Brings the database to this program's schema."""
    Foundation(AuthSettings()).migrate(MIGRATIONS)


def run_realm() -> None:
    """Brings Keycloak's realm to what the code says, and remembers the officers' names."""
    settings = AuthSettings()
    base = Foundation(settings)
    base.migrate(MIGRATIONS)
    MongoDirectory(base.database).keep(apply_realm(settings))


def run_rewrap() -> None:
    """Brings people's signing keys under the key-encryption key that is current now."""
    settings = AuthSettings()
    base = Foundation(settings)
    base.check_schema(MIGRATIONS)
    record(base, "operator.rewrap")
    done = rewrap(base.database, _wrapping(settings.keys))
    tell({"rewrapped": done.rewrapped, "current": done.current})


def _wrapping(keys: Keys) -> Wrapping:
    former = [read_key(keys.former_kek_file)] if keys.former_kek_file else []
    return Wrapping(read_key(keys.kek_file), former)


def run_service() -> None:
    """Serves until told to stop."""
    settings = AuthSettings()
    base = Foundation(settings)
    base.check_schema(MIGRATIONS)
    keys = MongoSigningKeys(base.transactions, _wrapping(settings.keys))
    directory = MongoDirectory(base.database)
    server = GrpcServer(
        settings.grpc,
        settings.tls,
        base.access_control(ACCESS),
        [
            partial(auth_pb2_grpc.add_SigningServiceServicer_to_server, SigningServicer(keys)),
            partial(auth_pb2_grpc.add_DirectoryServiceServicer_to_server, DirectoryServicer(directory)),
        ],
    )
    serve(App(settings, [*base.components(), server]))


def run() -> None:
    """Migrates, then serves: the local stack's way."""
    run_migrations()
    run_service()


if __name__ == "__main__":
    operations = Operations(lambda: Foundation(AuthSettings()), MIGRATIONS)
    own = {"migrate": run_migrations, "realm": run_realm, "rewrap": run_rewrap, "serve": run_service, "run": run}
    command_line({**own, **operations.commands()})
