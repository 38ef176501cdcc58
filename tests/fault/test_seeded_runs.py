"""Everything is killed and paused while ten people work; afterwards nothing is lost, doubled, half there or unseen.

`SEED=7` replays one run, `RUNS=20` plays the first twenty; a failure prints the seed and its plan.
"""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import pytest

from deploy.local.stack import Stack
from services.common.domain.registry import load_registry
from tests.fault import oracle
from tests.fault.actors import Story
from tests.fault.client import PersistentClient
from tests.fault.injector import Injector
from tests.fault.ledger import Ledger, Steps
from tests.fault.oracle import World, settle
from tests.fault.plan import plan

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]
_LAST_ROUND_S = 300.0


def _seeds() -> list[int]:
    if "SEED" in os.environ:
        return [int(os.environ["SEED"])]
    return list(range(1, int(os.environ.get("RUNS", "2")) + 1))


@pytest.mark.parametrize("seed", _seeds())
def test_nothing_is_lost_doubled_half_there_or_unseen(
    stack: Stack, client: PersistentClient, world: World, seed: int
) -> None:
    faults = plan(seed)
    print(f"SEED={seed}", *faults, sep="\n  ")  # noqa: T201 - it replays the run
    story = Story(client, load_registry(stack.layout.etc / "regions.toml"), seed)
    injector = Injector(stack, client.steps)
    parts = story.actors()
    with ThreadPoolExecutor(len(parts)) as pool:
        playing = {name: pool.submit(part) for name, part in parts.items()}
        for part in playing.values():
            part.add_done_callback(lambda ended: client.steps.give_up() if ended.exception() else None)
        try:
            with suppress(TimeoutError):  # what an actor failed with says more, and stands below
                injector.run(faults)
        finally:
            try:
                injector.heal_all()
            finally:
                story.over.set()  # or the story would be played for ever
        _ended(playing)
        assert not injector.left, "the story stood still"
    print(_summary(client.ledger, client.steps))  # noqa: T201
    settle(world, client.ledger)
    for sentence in oracle.holds(world, client.ledger).values():
        sentence()


def _ended(playing: Mapping[str, Future[None]]) -> None:
    for name, part in playing.items():
        try:
            part.result(_LAST_ROUND_S)
        except Exception as problem:
            raise AssertionError(f"{name}: {type(problem).__name__} {problem}") from problem


def _summary(ledger: Ledger, steps: Steps) -> str:
    counts = {name: len(value) for name, value in vars(ledger).items() if isinstance(value, set | dict | list)}
    return f"{steps.answers} answers of {steps.attempts} attempts; {counts}; setbacks {dict(ledger.setbacks)}"
