"""Each running service tells what it should, to the machine alone, and the truth also after a kill and in a replica."""

import sys
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.local import services
from deploy.local.process import Process
from deploy.local.stack import Stack
from deploy.local.waiting import until
from deploy.provinces.catalogue import DEFAULT
from services.common.kafka.topics import catalog_principal, producers
from tests.ports import free_port

pytestmark = pytest.mark.integration

EVERYWHERE = {
    "tongdang_relay_lag_documents", "tongdang_outbox_oldest_age_seconds", "tongdang_lease_epoch",
    "tongdang_lease_expiry_timestamp_seconds", "tongdang_certificate_expiry_timestamp_seconds",
    "tongdang_observation_failures_total",
    "tongdang_mongo_command_duration_seconds_count", "tongdang_kafka_transaction_duration_seconds_count",
    "tongdang_http_handled_total",
}  # fmt: skip
BACKED_UP = {"tongdang_backup_last_success_timestamp_seconds"}
"""Of every service but the portal: an alert watches it."""
LETTERS = {"tongdang_letters", "tongdang_letter_oldest_age_seconds"}
CONSUMER = {"tongdang_consumer_lag_messages", "tongdang_consumer_caught_up_timestamp_seconds"}
DESK = {"tongdang_cases_open", "tongdang_case_oldest_age_seconds", "tongdang_cases_overdue"}
REVIEW = {"tongdang_rereviews_due", "tongdang_rereview_oldest_age_seconds"}
ALONE: dict[str, set[str]] = {
    **dict.fromkeys(map(catalog_principal, DEFAULT), LETTERS | DESK | REVIEW | {"tongdang_access_refused_total"}),
    "requests": LETTERS
    | {"tongdang_requests_open", "tongdang_request_oldest_age_seconds", "tongdang_requests_overdue"},
    "discovery": CONSUMER | {"tongdang_index_documents", "tongdang_dead_letters_total"},
    "audit": CONSUMER
    | {
        "tongdang_log_leaves", "tongdang_checkpoint_leaves", "tongdang_checkpoint_signed_timestamp_seconds",
        "tongdang_checkpoint_cosigned_leaves", "tongdang_checkpoint_cosigned_timestamp_seconds",
        "tongdang_log_held_events", "tongdang_log_evidence_documents", "tongdang_log_unsearchable_leaves",
        "tongdang_witness_requests_total",
    },
}  # fmt: skip
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(port: int) -> Samples:
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10, trust_env=False).text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer)
        for sample in family.samples
    }


def names(samples: Samples) -> set[str]:
    return {name for name, _ in samples}


def eventually(port: int, wanted: Callable[[Samples], bool], what: str) -> Samples:
    found: Samples = {}

    def ready() -> bool:
        nonlocal found
        try:
            found = scrape(port)
        except httpx.HTTPError:
            return False
        return wanted(found)

    until(ready, what, lambda: True, 60)
    return found


@pytest.mark.parametrize("service", producers(DEFAULT))
def test_a_service_tells_all_that_it_should(stack: Stack, service: str) -> None:
    expected = EVERYWHERE | ALONE.get(service, set()) | (BACKED_UP if service != "portal" else set())
    others = BACKED_UP.union(*(known for name, known in ALONE.items() if name != service)) - expected

    found = eventually(stack.layout.metrics_port(service), lambda told: expected <= names(told), service)

    assert not names(found) & (others - {"tongdang_access_refused_total"}), "a figure of another service"


@pytest.mark.parametrize("service", ["portal", "audit"])
def test_a_public_port_has_no_metrics(stack: Stack, service: str) -> None:
    assert httpx.get(f"{stack.url(service)}/metrics", trust_env=False).status_code == 404


def test_a_killed_log_tells_its_size_again_before_anything_is_appended(stack: Stack) -> None:
    size = ("tongdang_log_leaves", ())
    port = stack.layout.metrics_port("audit")
    before = eventually(port, lambda told: told.get(size, 0) > 0, "the log's size")[size]

    stack.kill("audit")
    stack.launch("audit")
    stack.settle("audit")

    assert eventually(port, lambda told: size in told, "the log's size")[size] >= before


def test_a_replica_tells_the_same_state(stack: Stack) -> None:
    """The desk's figures, and the lease that the first replica holds."""
    service = "catalog-130000"
    first = eventually(stack.layout.metrics_port(service), lambda told: names(told) >= DESK, service)
    ports = {"GRPC": free_port(), "HTTP": free_port(), "METRICS": free_port()}
    environment = {
        **services.environment(stack.layout, service),
        **{f"TONGDANG_CATALOG__{group}__PORT": str(port) for group, port in ports.items()},
    }
    log = stack.layout.logs / f"{service}-replica.log"
    second = Process("replica", [sys.executable, "-m", "services.catalog", "serve"], environment, log)
    second.start()
    try:
        told = eventually(ports["METRICS"], lambda told: names(told) >= DESK | {"tongdang_lease_epoch"}, "the replica")
    finally:
        second.stop()

    counted = DESK - {"tongdang_case_oldest_age_seconds"}
    assert {key: value for key, value in told.items() if key[0] in counted} == {
        key: value for key, value in first.items() if key[0] in counted
    }
    relay = ("tongdang_lease_epoch", (("lease", "relay"),))
    assert told[relay] >= first[relay] > 0
