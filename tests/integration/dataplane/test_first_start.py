"""Kafka's storage, formatted by the broker's own tool."""

import uuid
from pathlib import Path

import pytest

from deploy.local import kafka, keys
from deploy.local.layout import Layout
from deploy.local.stack import Stack


def test_a_cluster_id_may_begin_with_a_dash(test_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(19_000, tmp_path, test_stack.layout.engines)
    keys.materialise(layout)
    begins_with_a_dash = uuid.UUID(bytes=b"\xfb" + uuid.uuid4().bytes[1:])
    monkeypatch.setattr(kafka.uuid, "uuid4", lambda: begins_with_a_dash)

    kafka._prepare(layout)

    assert "cluster.id=-" in (layout.data / "kafka" / "meta.properties").read_text()
