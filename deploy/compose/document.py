"""`compose.yaml`, written from the local stack's settings: `python -m deploy.compose write`."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from deploy.compose.containers import ENGINE_CONTAINERS, USER, hardened, health
from deploy.compose.files import ENGINES, keeps, settings
from deploy.compose.jobs import VOLUMES
from deploy.compose.layout import DATA, ETC, PUBLISHED, ComposeLayout
from deploy.compose.zones import OUTSIDE, ZONES, all_networks, networks_of
from deploy.local.layout import ROOT, WITNESSES
from deploy.local.services import module_of

FILE = ROOT / "deploy" / "compose" / "compose.yaml"
_HEAD = """\
# Written by `make compose` (python -m deploy.compose write); docs/compose.md says how it is used.
# Settings are the local stack's, under the same names. Change the code, not this file.
"""
_DONE, _HEALTHY = "service_completed_successfully", "service_healthy"
Service = dict[str, Any]


def text(layout: ComposeLayout) -> str:
    """The file."""
    return _HEAD + yaml.dump(document(layout), sort_keys=False, allow_unicode=True, width=118, Dumper=_Plain)


def document(layout: ComposeLayout) -> dict[str, Any]:
    """As the Compose specification has it."""
    names = [*layout.processes, *ENGINES]
    volumes = [*(_secrets(name) for name in names), *(_kept(name) for name in names if keeps(layout, name))]
    return {
        "name": "tongdang",
        "services": {
            **_jobs(layout, names),
            **{name: _engine(layout, name) for name in ENGINES},
            **{name: _service(layout, name) for name in layout.processes},
        },
        "volumes": {name: {} for name in sorted(["authority", "done", *volumes])},
        "networks": {name: {} if name == OUTSIDE else {"internal": True} for name in all_networks(layout.processes)},
    }


def _jobs(layout: ComposeLayout, names: Sequence[str]) -> dict[str, Service]:
    """One-shot. `ownership` alone is root, with one capability: a new volume belongs to root."""
    given = [f"{_secrets(name)}:{VOLUMES}/{name}" for name in names]
    kept = [f"{_kept(name)}:{VOLUMES}/data-{name}" for name in names if keeps(layout, name)]
    own = [f"authority:{ETC}", f"done:{DATA}"]
    everything = [*own, *given, *kept]
    return {
        "ownership": {
            **hardened(),
            **_image("setup"),
            "user": "0:0",
            "cap_add": ["CHOWN"],
            "entrypoint": ["chown", USER],
            "command": [volume.partition(":")[2] for volume in everything],
            "network_mode": "none",
            "volumes": everything,
            "restart": "on-failure",
        },
        "keys": {
            **_job(layout, ["keys"], {"ownership": _DONE}, []),
            "network_mode": "none",
            "volumes": [*own, *given],
        },
        "mongo-setup": {
            **_job(layout, ["mongo"], {"mongo": _HEALTHY}, own),
            "network_mode": "service:mongo",
        },
        "kafka-setup": {**_job(layout, ["kafka"], {"kafka": _HEALTHY}, own), "networks": ["government"]},
        "realm": {
            **_service(layout, "auth"),
            "command": ["services.auth", "realm"],
            "depends_on": _after({"mongo-setup": _DONE, "keycloak": _HEALTHY}),
            "healthcheck": {"disable": True},
            "restart": "on-failure",
        },
        "samples": {
            **_job(layout, ["samples"], dict.fromkeys(layout.running, _HEALTHY), own),
            "networks": list(ZONES),
            "profiles": ["samples"],
        },
        "password": {
            **_job(layout, ["password"], {"keys": _DONE}, own),
            "network_mode": "none",
            "profiles": ["password"],
        },
    }


def _job(layout: ComposeLayout, arguments: list[str], after: Mapping[str, str], volumes: list[str]) -> Service:
    return {
        **hardened(),
        **_image("setup"),
        "command": ["deploy.compose", *arguments],
        "environment": {"PROVINCES": ",".join(layout.regions)},
        **({"depends_on": _after(after)} if after else {}),
        "volumes": volumes,
        "restart": "on-failure",
    }


def _engine(layout: ComposeLayout, name: str) -> Service:
    published = {"ports": [_port(name, layout.port(name))]} if name in PUBLISHED else {}
    return {
        **hardened(),
        **ENGINE_CONTAINERS[name](layout),
        "depends_on": _after({"keys": _DONE}),
        "volumes": [f"{_secrets(name)}:{ETC}:ro", f"{_kept(name)}:{keeps(layout, name)}"],
        "networks": [*ZONES, *([OUTSIDE] if published else [])],
        **published,
        "restart": "unless-stopped",
    }


def _service(layout: ComposeLayout, name: str) -> Service:
    first = {"keys": _DONE} if name in WITNESSES else {"mongo-setup": _DONE, "kafka-setup": _DONE}
    published = {"ports": [_port(name, layout.http_port(name))]} if name in PUBLISHED else {}
    place = keeps(layout, name)
    return {
        **hardened(),
        **_image("service"),
        "command": [module_of(name), "run"],
        "environment": settings(layout, name),
        "depends_on": _after(first),
        "volumes": [f"{_secrets(name)}:{ETC}:ro", *([f"{_kept(name)}:{place}"] if place else [])],
        "networks": [*networks_of(name), *([OUTSIDE] if published else [])],
        **published,
        "healthcheck": health(layout.http_port(name)),
        "restart": "unless-stopped",
    }


def _image(target: str) -> Service:
    build = {"context": "../..", "dockerfile": "deploy/images/Containerfile", "target": target}
    return {"image": f"tongdang-{target}:0.1.0", "build": build}


def _after(names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"condition": condition} for name, condition in names.items()}


def _port(name: str, inside: int) -> str:
    """On the loopback: who offers the site to others puts TLS in front of it."""
    return f"127.0.0.1:{PUBLISHED[name]}:{inside}"


def _secrets(name: str) -> str:
    return f"etc-{name}"


def _kept(name: str) -> str:
    return f"data-{name}"


class _Plain(yaml.SafeDumper):
    """Every service whole, as a reader wants it: no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
