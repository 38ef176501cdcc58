"""The alert rules as Prometheus' operator takes them."""

from pathlib import Path

import yaml

from deploy.kubernetes.document import Document, object_
from deploy.kubernetes.zones import GOVERNMENT
from deploy.local.layout import ROOT

RULES = Path("deploy/monitoring/alerts.yaml")


def rules() -> Document:
    """`deploy/monitoring/alerts.yaml`, rule by rule."""
    groups = yaml.safe_load((ROOT / RULES).read_text(encoding="utf-8"))["groups"]
    return object_("monitoring.coreos.com/v1", "PrometheusRule", "tongdang", GOVERNMENT, spec={"groups": groups})
