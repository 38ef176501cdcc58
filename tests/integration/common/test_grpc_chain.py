"""The chain every call passes, on a real server with mutual TLS: who is let in, and what is on record afterwards."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import trustme
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import generate_latest

from services.common.audit.recorded import mark_recorded
from services.common.domain.actor import Role
from services.common.domain.audit_event import AuditEvent, Outcome
from services.common.domain.errors import (
    AuditUnavailable,
    FieldViolation,
    InvalidArgument,
    Kind,
    NotFound,
    RequestIdReused,
    TongdangError,
    Unavailable,
    VersionConflict,
)
from services.common.grpc.call import current_call
from tests.integration.common.grpc_ground import PSEUDONYM, Ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path)
    ground.server.start()
    yield ground
    ground.close()


def _refused(ground: Ground, code: str, method: str, value: str = "x", **how: str) -> AuditEvent:
    """The call is refused with the code, and exactly that refusal is on record."""
    with pytest.raises(TongdangError) as refusal:
        ground.call(method, value, **how)
    assert refusal.value.code == code
    assert [event.outcome for event in ground.recorder.durable] == [Outcome.REFUSED]
    event = ground.recorder.durable[0]
    assert event.reason == code
    return event


def test_a_closed_read_is_on_record_before_the_answer(ground: Ground) -> None:
    assert ground.call("Closed", "r1", person="clerk") == "seen r1"
    (event,) = ground.recorder.durable
    assert (event.action, event.outcome, event.object.id) == ("thing.read", Outcome.GRANTED, "r1")
    assert (event.actor.pseudonym, event.role, event.actor.via) == (PSEUDONYM, "clerk", "portal")


def test_an_open_search_is_queued_and_needs_nobody_signed_in(ground: Ground) -> None:
    assert ground.call("Open", "word") == "seen word"
    assert [event.role for event in ground.recorder.queued] == ["anonymous"]
    assert not ground.recorder.durable


def test_a_write_that_recorded_itself_is_not_recorded_again(ground: Ground) -> None:
    def writes(request: StringValue) -> StringValue:
        mark_recorded()
        return request

    ground.behave = writes
    ground.call("Write", person="clerk")
    assert not ground.recorder.durable


def test_a_write_that_forgot_to_record_is_recorded(ground: Ground) -> None:
    ground.call("Write", "w1", person="clerk")
    assert [event.object.id for event in ground.recorder.durable] == ["w1"]


def test_a_service_without_a_person_acts_as_itself(ground: Ground) -> None:
    ground.call("Message", by="requests")
    (event,) = ground.recorder.durable
    assert (event.actor.pseudonym, event.role) == ("requests", "service")


def test_a_prefix_of_the_table_admits_any_province(ground: Ground) -> None:
    assert ground.call("Closed", person="clerk", by="catalog-520000") == "seen x"


@pytest.mark.parametrize(
    ("code", "method", "how"),
    [
        ("CALLER_NOT_ALLOWED", "Closed", {"person": "clerk", "by": "discovery"}),
        ("CALLER_NOT_ALLOWED", "Closed", {"person": "clerk", "by": "catalog"}),
        ("CALLER_NOT_ALLOWED", "WithoutRow", {"person": "clerk"}),
        ("UNAUTHENTICATED", "Closed", {}),
        ("UNAUTHENTICATED", "Closed", {"person": "invented"}),
        ("UNAUTHENTICATED", "Closed", {"person": "nobody"}),
        ("UNAUTHENTICATED", "Closed", {"authorization": "Basic Y2xlcms6"}),
        ("UNAUTHENTICATED", "Open", {"person": "invented"}),
        ("ROLE_NOT_ALLOWED", "Closed", {"person": "citizen"}),
        ("ROLE_NOT_ALLOWED", "Message", {"person": "clerk", "by": "requests"}),
    ],
    ids=[
        "edge not in the table",
        "a prefix needs its dash",
        "method without a row",
        "no token",
        "invented token",
        "token without a pseudonym",
        "no bearer scheme",
        "a bad token is not anonymity",
        "role",
        "a person where a service acts",
    ],
)
def test_who_is_not_let_in_is_on_record(ground: Ground, code: str, method: str, how: dict[str, str]) -> None:
    _refused(ground, code, method, **how)
    assert ground.seen == []


def test_a_method_that_is_not_there_is_refused_and_on_record(ground: Ground) -> None:
    event = _refused(ground, "CALLER_NOT_ALLOWED", "/test.Things/Invented", person="clerk")
    assert (event.action, event.role) == ("unknown", "anonymous")


def test_invented_methods_do_not_grow_the_metrics(ground: Ground) -> None:
    for number in range(3):
        with pytest.raises(TongdangError):
            ground.call(f"/test.Things/Invented{number}")
    ours = [line for line in generate_latest().splitlines() if line.startswith(b"tongdang_grpc_handled")]
    assert not any(b"Invented" in line for line in ours)


def test_an_oversized_id_does_not_keep_a_refusal_off_the_record(ground: Ground) -> None:
    event = _refused(ground, "ROLE_NOT_ALLOWED", "Closed", "9" * 70_000, person="citizen")
    assert event.object.id.startswith("999")


def test_an_oversized_id_does_not_keep_a_grant_off_the_record(ground: Ground) -> None:
    ground.call("Closed", "界" * 70_000, person="clerk")
    assert len(ground.recorder.durable) == 1


def test_without_a_recorder_nothing_leaves(ground: Ground) -> None:
    ground.recorder.down = True
    for method in ("Closed", "Open", "Write"):
        with pytest.raises(TongdangError) as refusal:
            ground.call(method, person="clerk")
        assert (refusal.value.code, refusal.value.kind) == ("AUDIT_UNAVAILABLE", Kind.UNAVAILABLE)


def test_without_a_recorder_a_refusal_says_so(ground: Ground) -> None:
    ground.recorder.down = True
    with pytest.raises(TongdangError) as refusal:
        ground.call("Closed", person="citizen")
    assert refusal.value.code == AuditUnavailable.code


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("a secret detail"), grpc.StatusCode.NOT_FOUND),
        (InvalidArgument("title", "1–500 字"), grpc.StatusCode.INVALID_ARGUMENT),
        (Unavailable("later", retry_after_s=2.5), grpc.StatusCode.UNAVAILABLE),
        (VersionConflict(metadata={"version": "7"}), grpc.StatusCode.ABORTED),
        (RequestIdReused(), grpc.StatusCode.ALREADY_EXISTS),
    ],
    ids=lambda value: getattr(value, "code", None) or value.name,
)
def test_a_typed_error_arrives_typed(ground: Ground, error: TongdangError, status: grpc.StatusCode) -> None:
    def fails(_: StringValue) -> StringValue:
        raise error

    ground.behave = fails
    with pytest.raises(TongdangError) as caught:
        ground.call("Closed", person="clerk")
    arrived = caught.value
    assert (arrived.code, arrived.kind, arrived.retry_after_s) == (error.code, error.kind, error.retry_after_s)
    assert dict(arrived.metadata) == dict(error.metadata)
    assert list(arrived.violations) == list(error.violations)
    problem = arrived.__cause__
    assert isinstance(problem, grpc.RpcError)
    assert problem.code() is status  # type: ignore[attr-defined]
    assert "secret" not in problem.details()  # type: ignore[attr-defined]
    assert [event.reason for event in ground.recorder.durable] == [error.code]


def test_many_details_do_not_hide_the_error(ground: Ground) -> None:
    def fails(_: StringValue) -> StringValue:
        rows = [FieldViolation(f"rows[{number}].title", "一至五百字") for number in range(3000)]
        raise InvalidArgumentOf(rows)

    ground.behave = fails
    with pytest.raises(TongdangError) as caught:
        ground.call("Closed", person="clerk")
    assert caught.value.code == "INVALID_ARGUMENT"
    assert caught.value.violations[0] == FieldViolation("rows[0].title", "一至五百字")


class InvalidArgumentOf(TongdangError):
    """Many fields at once."""

    code = "INVALID_ARGUMENT"
    kind = Kind.INVALID

    def __init__(self, rows: list[FieldViolation]) -> None:
        super().__init__(violations=rows, metadata={"rows": "1," * 20_000})


def test_a_defect_leaks_no_word(ground: Ground) -> None:
    def fails(_: StringValue) -> StringValue:
        raise KeyError("张三的婚姻档案")

    ground.behave = fails
    with pytest.raises(TongdangError) as caught:
        ground.call("Closed", person="clerk")
    problem = caught.value.__cause__
    assert caught.value.code == "INTERNAL"
    assert "张三" not in str(problem)
    assert [event.reason for event in ground.recorder.durable] == ["INTERNAL"]


def test_the_servicer_knows_who_calls_and_the_correlation_travels(ground: Ground) -> None:
    seen = {}

    def looks(request: StringValue) -> StringValue:
        by = current_call()
        seen.update(role=by.role, correlation=by.correlation_id, causation=by.causation_id)
        return request

    ground.behave = looks
    correlation = "0192f0c1-7f3a-7c1e-9d0e-2f4b5a6c7d8e"
    ground.call("Closed", person="clerk", **{"x-correlation-id": correlation, "x-causation-id": "c1"})
    assert seen == {"role": Role.CLERK, "correlation": correlation, "causation": "c1"}


def test_an_invented_correlation_id_is_replaced(ground: Ground) -> None:
    seen = []
    ground.behave = lambda request: (seen.append(current_call().correlation_id), request)[1]
    ground.call("Closed", person="clerk", **{"x-correlation-id": "张三 <script>".encode().hex()})
    assert len(seen[0]) == 36


def test_an_upload_is_recorded_by_its_first_part(ground: Ground) -> None:
    assert ground.upload(iter(["u1", "b", "c"]), "clerk") == "u1 b c"
    assert [event.object.id for event in ground.recorder.durable] == ["u1"]


def test_an_empty_upload_is_on_record_too(ground: Ground) -> None:
    assert ground.upload(iter([]), "clerk") == ""
    assert [event.object.type for event in ground.recorder.durable] == ["none"]


def test_a_silent_stream_without_a_token_is_refused_at_once(ground: Ground) -> None:
    silence = threading.Event()

    def silent() -> Iterator[str]:
        silence.wait(8)
        yield "late"

    started = time.monotonic()
    with pytest.raises(TongdangError) as refusal:
        ground.upload(silent(), timeout_s=6)
    silence.set()
    assert refusal.value.code == "UNAUTHENTICATED"
    assert time.monotonic() - started < 4
    assert [event.reason for event in ground.recorder.durable] == ["UNAUTHENTICATED"]


def test_a_certificate_of_another_authority_does_not_connect(ground: Ground) -> None:
    stub = ground.channel("portal", trustme.CA()).unary_unary("/test.Things/Open")
    with pytest.raises(grpc.RpcError) as refusal:
        stub(b"", timeout=3)
    assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
    assert not ground.seen


def test_no_certificate_does_not_connect(ground: Ground, tmp_path: Path) -> None:
    credentials = grpc.ssl_channel_credentials((tmp_path / "ca.pem").read_bytes())
    with grpc.secure_channel(f"localhost:{ground.port}", credentials) as channel, pytest.raises(grpc.RpcError):
        channel.unary_unary("/test.Things/Open")(b"", timeout=3)
    assert not ground.seen


def test_a_server_that_is_gone_is_a_typed_error(ground: Ground) -> None:
    ground.server.stop()
    with pytest.raises(TongdangError) as refusal:
        ground.call("Open")
    assert refusal.value.kind is Kind.UNAVAILABLE


def test_a_server_is_ready_only_while_it_serves(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    with pytest.raises(Unavailable):
        ground.server.check()
    ground.server.start()
    ground.server.check()
    ground.close()
    with pytest.raises(Unavailable):
        ground.server.check()


def test_a_taken_port_is_said(ground: Ground, tmp_path: Path) -> None:
    second = Ground(tmp_path)
    second.server.settings = ground.server.settings
    with pytest.raises(Unavailable):
        second.server.start()
