"""Steps begin when what they need is done, and a stop is heard."""

import threading

import pytest

from deploy.local.steps import Step, run_steps


def test_a_step_begins_only_after_what_it_needs() -> None:
    begun: list[str] = []
    done: list[str] = []
    steps = [_step("service", ("mongo", "kafka"), begun), _step("kafka", (), begun), _step("mongo", (), begun)]

    assert run_steps(steps, done.append, lambda: False)

    assert begun[-1] == "service"
    assert sorted(done) == ["kafka", "mongo", "service"]


def test_a_slow_step_does_not_hold_up_what_needs_another() -> None:
    service_began = threading.Event()
    slow = Step("keycloak", (), lambda: None, lambda: _heard(service_began))
    steps = [slow, _step("mongo", (), []), Step("service", ("mongo",), service_began.set, lambda: None)]

    assert run_steps(steps, lambda _: None, lambda: False)


def test_a_failure_ends_the_start() -> None:
    def fail() -> None:
        raise TimeoutError("kafka")

    with pytest.raises(TimeoutError, match="kafka"):
        run_steps([Step("kafka", (), lambda: None, fail)], lambda _: None, lambda: False)


def test_a_stop_is_heard_between_steps() -> None:
    done: list[str] = []
    steps = [_step("mongo", (), []), _step("service", ("mongo",), [])]

    assert not run_steps(steps, done.append, lambda: "mongo" in done)
    assert done == ["mongo"]


def test_a_need_that_nothing_brings_is_named() -> None:
    with pytest.raises(ValueError, match="service"):
        run_steps([_step("service", ("mongoose",), [])], lambda _: None, lambda: False)


def _step(name: str, needs: tuple[str, ...], begun: list[str]) -> Step:
    return Step(name, needs, lambda: begun.append(name), lambda: None)


def _heard(event: threading.Event) -> None:
    if not event.wait(10):
        raise TimeoutError("never heard")
