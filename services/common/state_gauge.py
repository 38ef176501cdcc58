"""A gauge of what a store knows, as against what a process has counted."""

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry


class StateGauge(Collector):
    """Has no sample until somebody has read its figure, and none again once it cannot be read.

    A plain gauge would say 0 in each process that never sets it, and the last value for ever where reading fails.
    """

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Sequence[str] = (),
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self.name = name
        self.documentation = documentation
        self.labelnames = tuple(labelnames)
        self._samples: Mapping[tuple[str, ...], float] = {}
        registry.register(self)

    def set(self, value: float) -> None:
        """The figure of a gauge without labels."""
        self.replace({(): value})

    def replace(self, samples: Mapping[tuple[str, ...], float]) -> None:
        """Label values → figure, in place of all there were."""
        if any(len(labels) != len(self.labelnames) for labels in samples):
            raise ValueError(f"{self.name} takes labels {self.labelnames}")
        self._samples = dict(samples)

    def forget(self) -> None:
        """The figure is not known any more."""
        self._samples = {}

    def describe(self) -> Iterable[GaugeMetricFamily]:
        yield self._family()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = self._family()
        for labels, value in self._samples.items():
            family.add_metric(labels, value)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self.name, self.documentation, labels=self.labelnames)
