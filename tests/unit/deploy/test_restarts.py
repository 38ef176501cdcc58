"""A child that dies comes back, less and less eagerly."""

from deploy.local.restarts import FORGIVEN_AFTER_S, LONGEST_S, Restarts


def test_the_first_death_is_followed_by_a_start_after_half_a_second() -> None:
    restarts = Restarts()
    restarts.started("kafka", now=100)

    assert restarts.died("kafka", now=110) == 0.5
    assert restarts.due(now=110.4) == []
    assert restarts.due(now=110.5) == ["kafka"]


def test_a_death_is_told_once() -> None:
    restarts = Restarts()
    restarts.started("kafka", now=100)
    restarts.died("kafka", now=110)

    assert restarts.died("kafka", now=110.2) is None


def test_each_quick_death_doubles_the_wait_up_to_a_bound() -> None:
    assert _delays(deaths=9, lived_s=1)[:4] == [0.5, 1.0, 2.0, 4.0]
    assert _delays(deaths=9, lived_s=1)[-1] == LONGEST_S


def test_a_minute_of_life_forgives_all() -> None:
    assert _delays(deaths=5, lived_s=FORGIVEN_AFTER_S) == [0.5] * 5


def _delays(deaths: int, lived_s: float) -> list[float | None]:
    restarts, now, delays = Restarts(), 0.0, []
    for _ in range(deaths):
        restarts.started("kafka", now)
        now += lived_s
        delays.append(restarts.died("kafka", now))
    return delays
