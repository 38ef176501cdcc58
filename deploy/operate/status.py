"""The whole stack at a glance: who is ready, and the figures that tell trouble first."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from deploy.local.layout import Layout
from deploy.local.stack import ENGINES, Stack

_FIGURES: Mapping[str, str] = {
    "tongdang_outbox_oldest_age_seconds": "outbox {:.0f} s",
    "tongdang_relay_lag_documents": "relay {:.0f} behind",
    "tongdang_consumer_lag_messages": "consumer {:.0f} behind",
    "tongdang_index_documents": "{:.0f} in the index",
    "tongdang_log_leaves": "log {:.0f} leaves",
    "tongdang_checkpoint_cosigned_leaves": "{:.0f} cosigned",
    "tongdang_witness_cosigned_leaves": "{:.0f} cosigned",
    "tongdang_log_held_events": "{:.0f} held",
    "tongdang_requests_overdue": "{:.0f} overdue",
}
"""Metric → how its sum is told."""
_TIMEOUT_S = 3


@dataclass(frozen=True)
class Health:
    """`troubles`: component → error code; `figures`: a few of the metrics, in words."""

    name: str
    up: bool
    troubles: Mapping[str, str]
    figures: str

    @property
    def ready(self) -> bool:
        """Whether it serves."""
        return self.up and not self.troubles


def health(layout: Layout) -> list[Health]:
    """Of every engine and service, asked at once."""
    with ThreadPoolExecutor(8) as pool:
        engines = [Health(name, up, {}, "") for name, up in _engines(layout)]
        return [*engines, *pool.map(lambda name: _service(layout, name), layout.processes)]


def _engines(layout: Layout) -> Iterator[tuple[str, bool]]:
    listening = Stack(layout).taken_ports()
    for name in ENGINES:
        yield name, name in listening


def _service(layout: Layout, name: str) -> Health:
    base = f"http://localhost:{layout.http_port(name)}"
    try:
        ready = json.loads(_read(f"{base}/readyz"))
    except (OSError, ValueError, http.client.HTTPException):
        return Health(name, False, {}, "")
    return Health(name, True, ready.get("troubles", {}), _figures(layout, name))


def _figures(layout: Layout, name: str) -> str:
    try:
        text = _read(f"http://localhost:{layout.metrics_port(name)}/metrics").decode()
    except (OSError, http.client.HTTPException):
        return ""
    told = []
    for family in text_string_to_metric_families(text):
        for sample, words in _FIGURES.items():
            values = [one.value for one in family.samples if one.name == sample]
            if values and (sum(values) or sample in ("tongdang_log_leaves", "tongdang_index_documents")):
                told.append(words.format(sum(values)))
    return ", ".join(told)


def _read(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own stack's address
            return bytes(answer.read())
    except urllib.error.HTTPError as answered:
        return bytes(answered.read())
