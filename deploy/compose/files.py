"""Which files a container gets: those its own settings name, and nothing of anybody else's."""

from collections.abc import Mapping
from pathlib import Path

from deploy.compose.layout import ComposeLayout
from deploy.local import services

ENGINE_FILES: Mapping[str, tuple[str, ...]] = {
    "mongo": ("secrets/mongo-keyfile",),
    "kafka": ("tls/kafka.keystore.pem", "tls/ca.pem", "kafka.properties", "log4j2.properties", "kafka-cluster-id"),
    "keycloak": ("secrets/keycloak-admin",),
}
ENGINES = tuple(ENGINE_FILES)


def settings(layout: ComposeLayout, service: str) -> dict[str, str]:
    """A service's variables: those of the local stack, by the same function."""
    return {
        name: value
        for name, value in services.environment(layout, service).items()
        if name.startswith("TONGDANG_") and value
    }


def files_of(layout: ComposeLayout, name: str) -> list[Path]:
    """Of a service, witness or engine, from `/etc/tongdang`."""
    if name in ENGINE_FILES:
        return [Path(file) for file in ENGINE_FILES[name]]
    paths = [Path(value) for key, value in settings(layout, name).items() if key.endswith("_FILE")]
    return sorted({path.relative_to(layout.etc) for path in paths if path.is_relative_to(layout.etc)})


def keeps(layout: ComposeLayout, name: str) -> Path | None:
    """The folder whose content must survive its container, if any."""
    if name in ENGINE_FILES:
        return layout.data / name
    for key, value in settings(layout, name).items():
        if (path := Path(value)).is_relative_to(layout.data):
            return path.parent if key.endswith("_FILE") else path
    return None
