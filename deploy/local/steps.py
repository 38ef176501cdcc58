"""Steps that need one another, each begun as soon as what it needs is done."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

_POLL_S = 0.1


@dataclass(frozen=True)
class Step:
    """`launch` runs in the caller's thread and does not wait; `settle` runs in another and returns when all is well."""

    name: str
    needs: tuple[str, ...]
    launch: Callable[[], None]
    settle: Callable[[], None]


def run_steps(steps: Sequence[Step], done: Callable[[str], None], stopping: Callable[[], bool]) -> bool:
    """Runs them all; false where it was asked to stop first. `done` hears of each.

    Raises: whatever a step raises; ValueError: what is left waits for something that no step does.
    """
    waiting, finished = list(steps), set[str]()
    running: dict[Future[None], Step] = {}
    pool = ThreadPoolExecutor(max(1, len(steps)))
    try:
        while (waiting or running) and not stopping():
            for step in [step for step in waiting if finished.issuperset(step.needs)]:
                waiting.remove(step)
                step.launch()
                running[pool.submit(step.settle)] = step
            if not running:
                raise ValueError(f"nothing brings what is needed by {', '.join(step.name for step in waiting)}")
            for future in wait(running, timeout=_POLL_S, return_when=FIRST_COMPLETED).done:
                future.result()
                step = running.pop(future)
                finished.add(step.name)
                done(step.name)
        return not waiting and not running
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
