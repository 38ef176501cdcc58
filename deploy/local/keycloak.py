"""The local Keycloak: built once, started optimised, with a file database of its own."""

from deploy.local import system
from deploy.local.keys import secret
from deploy.local.layout import Layout
from deploy.local.process import Process
from deploy.local.provision import keycloak_home
from deploy.local.waiting import Alive, until_http_ok

_JVM = (
    *("-Xms64m", "-Xmx512m", "-XX:MetaspaceSize=96m", "-XX:MaxMetaspaceSize=256m"),
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
    *("-Dfile.encoding=UTF-8", "-Djava.security.egd=file:/dev/urandom"),
    *("--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED"),
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
)
"""As `kc.sh` starts it, which we do not: its shell would stay between us and the program."""
_HASHING = ("--spi-password-hashing--argon2--iterations=1", "--spi-password-hashing--argon2--memory=64")
"""Passwords here are made at random: stretching them protects nothing, and takes a fifth of a core's second each."""


def process(layout: Layout) -> Process:
    """Plain HTTP on loopback; `--cache=local` since there is one node, and a start after kill -9 stays quick."""
    database = layout.data / "keycloak"
    database.mkdir(parents=True, exist_ok=True)
    home = keycloak_home(layout.engines)
    command = [
        *(system.java(), *_JVM),
        *(f"-Dkc.home.dir={home}", f"-Djboss.server.config.dir={home / 'conf'}"),
        *("-cp", str(home / "lib" / "quarkus-run.jar"), "io.quarkus.bootstrap.runner.QuarkusEntryPoint"),
        *("start", "--optimized", "--cache=local"),
        f"--db-url=jdbc:h2:file:{database}/keycloak;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE",
        *("--http-enabled=true", "--http-host=127.0.0.1", f"--http-port={layout.port('keycloak')}"),
        f"--http-management-port={layout.port('keycloak-management')}",
        f"--hostname={layout.keycloak_url}",
        *_HASHING,
        "--log-level=WARN",
    ]
    environment = {
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": secret(layout, "keycloak-admin"),
    }
    return Process("keycloak", command, environment, layout.logs / "keycloak.log")


def initialise(layout: Layout, alive: Alive, patience_s: float = 180) -> None:
    """Waits until it is ready; the realm is a step of its own.

    Raises: TimeoutError, ProcessEnded.
    """
    until_http_ok(f"http://localhost:{layout.port('keycloak-management')}/health/ready", "keycloak", alive, patience_s)
