"""Writes `docs/metrics.md`: `python -m deploy.monitoring.document`. A test fails while the two differ."""

from deploy.local.layout import ROOT
from deploy.monitoring.catalogue import catalogue

FILE = ROOT / "docs" / "metrics.md"
_HEAD = """# Metrics

Made from `services/common/metrics.py` by `python -m deploy.monitoring.document`; do not edit.

Each service answers Prometheus at `http://127.0.0.1:<port>/metrics`, on a port of its own
(`TONGDANG_<SERVICE>__METRICS__PORT`, bound to loopback unless `…__METRICS__HOST` says otherwise) that no public
address leads to: neither the site nor the log's read interface has the path. `deploy/monitoring/prometheus.yaml`
reads a local stack and adds the labels `service` and, for a province, `region`; alerts are in [alerts.md](alerts.md),
dashboards in `deploy/monitoring/dashboards/`.

*Counted* means by the process since its start: take rates, and sum over replicas. *State* means read from the
service's own database every ten seconds: the same from each replica (take the maximum, never the sum), right after a
restart, and absent while it cannot be read. No label holds a person, a title, a query or a path.

| metric | kind | labels | meaning |
|---|---|---|---|
"""
_TAIL = """
A histogram has the series `_bucket`, `_sum` and `_count`; durations are in seconds. Besides these, every process has
the Python client's own `process_…` (memory, CPU, open files) and `python_…`.

## What is not here
- MongoDB and Kafka run without an exporter of their own: `tongdang_mongo_…`, `tongdang_kafka_…`, lags and
  `tongdang_worker_interrupted_total` tell what the services that use them observe, not what goes on inside. On a
  cluster, add the exporters that come with its operators.
- Times of what was signed, backed up or handled are moments (`…_timestamp_seconds`); the age is `time() - metric`.
"""


def text() -> str:
    """The whole page."""
    rows = (
        f"| `{row.name}{'_total' if row.kind == 'counter' else ''}` | {_kind(row.kind, row.state)} "
        f"| {', '.join(row.labels) or '–'} | {row.meaning} |"
        for row in catalogue()
    )
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def _kind(kind: str, state: bool) -> str:
    return "state" if state else ("gauge of the process" if kind == "gauge" else kind)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
