"""Shows checkpoints to the witnesses and publishes one as soon as enough of them have cosigned it.

The log never waits for any of this: it signs and goes on. Each witness has a thread of its own, so that one that does
not answer holds up neither the log nor the others. All are shown the same checkpoint until a quorum has cosigned it
(or has had five seconds for it), since lines below different checkpoints would never add up.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from pymongo.errors import PyMongoError

from services.audit.adapters.cosigned_log import CosignedCheckpoint, CosignedLog
from services.audit.adapters.published_log import PublishedLog, SignedCheckpoint
from services.audit.adapters.witness_client import WitnessClient, WitnessHasSeen, WitnessRefused
from services.audit.domain.cosignatures import Cosignature
from services.audit.domain.proofs import consistency_from_tiles
from services.common.domain.errors import NotFound, Unavailable
from services.common.metrics import WITNESS_ASKED

_EVERY_S = 0.5
_LONGEST_REST_S = 8.0
_PATIENCE_S = 5.0
OUTCOMES = (
    *("cosigned", "other-size", "ahead", "forked", "inconsistent", "unsigned", "unknown-log", "wrong-signature"),
    *("error", "no-answer"),
)

log = structlog.get_logger()


@dataclass
class _Shown:
    """The checkpoint that all witnesses are shown, since when, and who has cosigned it."""

    checkpoint: SignedCheckpoint
    since: float
    found: dict[str, Cosignature] = field(default_factory=dict)


class Cosigning:
    """Asks where this process appends (`mine`). `ahead` is told when a witness has seen more than was ever signed."""

    name = "cosigning"

    def __init__(
        self,
        published: PublishedLog,
        cosigned: CosignedLog,
        witnesses: Sequence[WitnessClient],
        quorum: int,
        mine: Callable[[], bool],
        ahead: Callable[[str], None],
    ) -> None:
        self._published = published
        self._cosigned = cosigned
        self._quorum = quorum
        self._mine = mine
        self._ahead = ahead
        self._shown: _Shown | None = None
        self._lock = threading.Lock()
        self._proven: tuple[tuple[int, int], list[bytes]] = (0, 0), []
        self._proving = threading.Lock()
        self._stop = threading.Event()
        for one in witnesses:
            for outcome in OUTCOMES:
                WITNESS_ASKED.labels(witness=one.name, outcome=outcome)  # from 0 on, so that the first one is seen
        self._threads = [
            threading.Thread(target=self._ask_again_and_again, args=(one,), name=one.name, daemon=True)
            for one in witnesses
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Waits for a question that is open, at most its own patience."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=_PATIENCE_S + 1)

    def check(self) -> None:
        """Witnesses are no condition for serving; an alert tells when they are missing."""

    def _ask_again_and_again(self, witness: WitnessClient) -> None:
        seen, rest = 0, _EVERY_S
        while not self._stop.wait(rest):
            outcome, rest = "", min(2 * max(rest, _EVERY_S), _LONGEST_REST_S)
            try:
                shown = self._to_show()
                if shown is not None and witness.name not in shown.found and seen <= shown.checkpoint.size:
                    seen = self._ask(witness, shown, seen)
                    outcome = "cosigned"
                rest = _EVERY_S
            except WitnessHasSeen as other:
                outcome, rest = "other-size", 0.0 if other.size != seen else _EVERY_S
                seen = other.size
                self._look_ahead(witness.name, seen)
            except (NotFound, Unavailable, PyMongoError):
                rest = _EVERY_S  # nothing to show at the moment
            except WitnessRefused as refusal:
                outcome = refusal.outcome
                log.error("witness-refused", witness=witness.name, outcome=outcome)
            except OSError:
                outcome = "no-answer"
            except Exception as defect:  # the thread's own boundary: one strange answer must not end the asking
                outcome = "error"
                log.error("witness-failed", witness=witness.name, defect=type(defect).__name__)
            if outcome:
                WITNESS_ASKED.labels(witness=witness.name, outcome=outcome).inc()

    def _ask(self, witness: WitnessClient, shown: _Shown, seen: int) -> int:
        """The size it has cosigned now.

        Raises: WitnessHasSeen, WitnessRefused; OSError; what reading the log raises.
        """
        checkpoint = shown.checkpoint
        found = witness.add_checkpoint(checkpoint.note, seen, self._proof(seen, checkpoint.size))
        with self._lock:
            shown.found[witness.name] = found
            lines = [one.line for _, one in sorted(shown.found.items())]
        if len(lines) >= self._quorum:
            note = checkpoint.note + "".join(lines)
            self._cosigned.keep(CosignedCheckpoint(note, checkpoint.size, checkpoint.signed_at))
        return checkpoint.size

    def _proof(self, seen: int, size: int) -> list[bytes]:
        """Consistency of the two trees; the last one again where, as mostly, the next witness has seen as much."""
        with self._proving:
            if self._proven[0] != (seen, size):
                self._proven = (seen, size), consistency_from_tiles(seen, size, self._published.hashes) if seen else []
            return self._proven[1]

    def _to_show(self) -> _Shown | None:
        """The same one for all witnesses; a new one once the last has had its time."""
        if not self._mine():
            return None
        newest = self._published.checkpoint()
        with self._lock:
            last = self._shown
            if last is not None:
                settled = len(last.found) >= self._quorum or time.monotonic() > last.since + _PATIENCE_S
                if newest.size <= last.checkpoint.size or not settled:
                    return last
            self._shown = _Shown(newest, time.monotonic())
            return self._shown

    def _look_ahead(self, name: str, seen: int) -> None:
        try:
            signed = self._published.checkpoint().size
        except (NotFound, Unavailable, PyMongoError):
            return
        if seen > signed:
            WITNESS_ASKED.labels(witness=name, outcome="ahead").inc()
            self._ahead(f"witness {name} has cosigned {seen} leaves, {signed} are signed")


def largest_seen(witnesses: Sequence[WitnessClient], note: str) -> int:
    """The largest tree that any witness within reach has cosigned; 0 where none answers.

    `note`: a signed checkpoint of the empty tree, which teaches a witness nothing.
    """

    def ask(witness: WitnessClient) -> int:
        try:
            witness.add_checkpoint(note, 0, [])
        except WitnessHasSeen as seen:
            return seen.size
        except (WitnessRefused, OSError) as problem:
            log.warning("witness-not-asked", witness=witness.name, problem=type(problem).__name__)
        return 0

    if not witnesses:
        return 0
    with ThreadPoolExecutor(len(witnesses)) as pool:
        return max(pool.map(ask, witnesses))
