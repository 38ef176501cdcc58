"""What Prometheus reads of a local stack, as files it looks at again by itself (file-based service discovery)."""

import json
from collections.abc import Sequence
from typing import Any

from deploy.files import write_public
from deploy.local.layout import Layout

Target = dict[str, Any]


def write_targets(layout: Layout) -> None:
    """One file a job; a province's service bears its region."""
    jobs: dict[str, Sequence[Target]] = {
        "tongdang": [_target(layout.metrics_port(name), name) for name in layout.processes],
        "keycloak": [_target(layout.port("keycloak-management"), "keycloak")],
    }
    for job, targets in jobs.items():
        write_public(layout.etc / "prometheus" / f"{job}.json", json.dumps(targets, indent=1) + "\n")


def _target(port: int, service: str) -> Target:
    kind, _, region = service.partition("-")
    labels = {"service": service, "region": region} if kind == "catalog" else {"service": service}
    return {"targets": [f"127.0.0.1:{port}"], "labels": labels}
