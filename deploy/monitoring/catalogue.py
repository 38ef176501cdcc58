"""The metrics of `services/common/metrics.py` as data: for the table in the docs, and for checks of what names them."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.metrics import MetricWrapperBase

from services.common import metrics
from services.common.state_gauge import StateGauge

_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@dataclass(frozen=True)
class Row:
    """One metric. `kind`: counter, histogram or gauge; `state`: read from the database, not counted by a process."""

    name: str
    kind: str
    state: bool
    labels: tuple[str, ...]
    meaning: str

    @property
    def series(self) -> tuple[str, ...]:
        """The names a query may use."""
        return tuple(self.name + suffix for suffix in _SUFFIXES[self.kind])


def catalogue() -> Iterator[Row]:
    """Every metric, in the order of the module."""
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase | StateGauge):
            family = next(iter(metric.describe()))
            state = isinstance(metric, StateGauge)
            labels = metric.labelnames if isinstance(metric, StateGauge) else tuple(metric._labelnames)
            yield Row(family.name, family.type, state, labels, family.documentation)


def series() -> dict[str, tuple[str, ...]]:
    """Name as in a query → labels of ours."""
    return {name: row.labels for row in catalogue() for name in row.series}
