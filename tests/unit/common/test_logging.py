"""Logs: one JSON object a line, whatever goes wrong, and never the text of an error."""

import json
import subprocess
import sys
from typing import Any

import pytest

_NAME = "杨阿·买提"
_PROCESS = f"""
import logging, threading, warnings
import structlog
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from services.common.logging import configure_logging
from services.common.tracing import span, start_tracing

configure_logging("requests", "INFO")
log = structlog.get_logger("services.some")

def fail(*problems):
    raise ExceptionGroup("{_NAME}", [*problems, ValueError("{_NAME}")])

def chain():
    name = "{_NAME}"
    try:
        fail()
    except Exception as cause:
        raise KeyError(name) from cause

log.info("untraced")
start_tracing("requests", SimpleSpanProcessor(InMemorySpanExporter()))
with span("click"), structlog.contextvars.bound_contextvars(correlation_id="c-1"):
    log.info("traced")
    logging.getLogger("pymongo").warning("a library")
try:
    chain()
except KeyError:
    log.exception("told", defect="KeyError")
warnings.warn("a warning")
thread = threading.Thread(target=chain)
thread.start()
thread.join()
chain()
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What a process wrote until it died of an error nobody caught."""
    done = subprocess.run([sys.executable, "-c", _PROCESS], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert _NAME not in done.stdout + done.stderr, "the text of an error, or a local variable"
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_says_what_when_and_who(lines: list[dict[str, Any]]) -> None:
    assert all({"event", "level", "timestamp"} <= line.keys() and line["service"] == "requests" for line in lines)


def test_a_line_within_a_call_leads_to_its_trace(lines: list[dict[str, Any]]) -> None:
    untraced, traced, library = lines[:3]
    assert "trace_id" not in untraced
    assert traced["correlation_id"] == library["correlation_id"] == "c-1"
    assert len(traced["trace_id"]) == 32
    assert traced["trace_id"] == library["trace_id"]


def test_what_nobody_caught_is_told_by_type_and_line(lines: list[dict[str, Any]]) -> None:
    told, warned, thread, main = lines[3:]
    assert "a warning" in warned["event"]
    assert (told["event"], thread["event"], main["event"]) == ("told", "uncaught", "uncaught")
    for line in (told, thread, main):
        types = [one["exc_type"] for one in line["exception"]]
        assert types == ["KeyError", "ExceptionGroup"]
        assert line["exception"][1]["exceptions"][0][0]["exc_type"] == "ValueError"
        assert line["exception"][0]["frames"][-1]["name"] == "chain"
