"""What the actors were promised: every answer they got, and what they count on since."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


class Steps:
    """Counts attempts and answers of all actors."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.attempts = 0
        self.answers = 0
        self._given_up = False

    def give_up(self) -> None:
        """An actor failed; there is nothing more to wait for."""
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    def attempted(self) -> None:
        """A call goes out."""
        with self._changed:
            self.attempts += 1
            self._changed.notify_all()

    def answered(self) -> None:
        """A call came back with what was asked for."""
        with self._changed:
            self.answers += 1
            self._changed.notify_all()

    def wait_until(self, reached: Callable[["Steps"], bool], patience_s: float) -> None:
        """Raises: TimeoutError: the story stands still."""
        with self._changed:
            done = self._changed.wait_for(lambda: self._given_up or reached(self), patience_s)
            if not done or self._given_up:
                raise TimeoutError(f"the story stands still at {self.answers} answers, {self.attempts} attempts")


@dataclass(frozen=True)
class Access:
    """One answered access to something that is not open. Its event names the call as its cause."""

    action: str
    username: str
    call_id: str


@dataclass
class Ledger:
    """Appended to by all actors; each entry was answered OK."""

    accesses: list[Access] = field(default_factory=list)
    imports: dict[str, int] = field(default_factory=dict)
    """Import id → rows of the file."""
    batches: set[str] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    retracted: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)
    declined: set[str] = field(default_factory=set)
    """Cases."""
    downloads: int = 0
    pages: int = 0
    sign_ins: int = 0
    setbacks: Counter[str] = field(default_factory=Counter)
    """Error code → how often it was answered while something was broken."""
    defects: list[str] = field(default_factory=list)
    """Faults that were told as if the product had a defect: an INTERNAL or a 500."""
