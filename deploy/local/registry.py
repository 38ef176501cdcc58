"""The registry of one local stack: what it said about a key stays so, its version rises when it says something new."""

from collections.abc import Mapping, Sequence

from deploy.files import write_public
from deploy.local.layout import Layout
from deploy.provinces.registry import registry_text
from services.common.domain.registry import PublicKey, Registry, load_registry

Keys = Mapping[str, Sequence[PublicKey]]


def write_registry(layout: Layout, keys: Keys) -> None:
    """Renders `etc/regions.toml` with this stack's addresses; one that would say the same is left alone.

    Args: keys: a province's public keys; one that was announced before keeps the days it was announced with.
    """
    file = layout.etc / "regions.toml"
    if not file.exists():
        write_public(file, _text(layout, keys, 1))
        return
    former = load_registry(file)
    announced = {code: _as_announced(former, keys[code]) for code in layout.regions}
    if _text(layout, announced, former.version) != file.read_text(encoding="utf-8"):
        write_public(file, _text(layout, announced, former.version + 1))


def _as_announced(former: Registry, keys: Sequence[PublicKey]) -> list[PublicKey]:
    known = {key.key: key for region in former.regions for key in region.keys}
    return [known.get(key.key, key) for key in keys]


def _text(layout: Layout, keys: Keys, version: int) -> str:
    addresses = {name: f"{layout.host(name)}:{layout.grpc_port(name)}" for name in layout.services if name != "portal"}
    return registry_text(layout.regions, version=version, addresses=addresses, keys=keys)
