"""A gauge of state says what is, or nothing."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.common.observing import Observation
from services.common.state_gauge import StateGauge


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def letters(registry: CollectorRegistry) -> StateGauge:
    return StateGauge("letters", "Letters by lane", ["lane"], registry)


def samples(registry: CollectorRegistry) -> list[str]:
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_nothing_is_said_before_the_first_reading(registry: CollectorRegistry, letters: StateGauge) -> None:
    assert samples(registry) == []


def test_a_lane_that_is_gone_is_not_told_any_more(registry: CollectorRegistry, letters: StateGauge) -> None:
    letters.replace({("a",): 2, ("b",): 1})
    letters.replace({("b",): 3})

    assert samples(registry) == ['letters{lane="b"} 3.0']


def test_what_cannot_be_read_is_not_told_either(registry: CollectorRegistry, letters: StateGauge) -> None:
    def unreadable() -> None:
        raise OSError("no primary")

    letters.replace({("a",): 2})
    Observation("letters", [letters], unreadable).take()

    assert samples(registry) == []

    Observation("letters", [letters], lambda: letters.replace({("a",): 5})).take()

    assert samples(registry) == ['letters{lane="a"} 5.0']


def test_labels_must_be_those_of_the_gauge(letters: StateGauge) -> None:
    with pytest.raises(ValueError, match="letters"):
        letters.set(1)
