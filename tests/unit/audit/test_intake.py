"""What arriving events add to the log: nothing lost, nothing twice, no lie unsaid."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.intake import Intake
from services.audit.domain.streams import OWN_STREAM, Arrived, Finding, Streams, digest

A = "catalog-320000/1"


class HeldHere:
    """Held events in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], Arrived] = {}

    def hold(self, arrived: Arrived) -> bool:
        return self.rows.setdefault((arrived.stream, arrived.seq), arrived).leaf == arrived.leaf

    def following(self, stream: str, seq: int) -> Iterator[Arrived]:
        while (found := self.rows.get((stream, seq := seq + 1))) is not None:
            yield found

    def streams(self) -> set[str]:
        return {stream for stream, _ in self.rows}


class LogHere:
    """A log in memory that takes batches."""

    def __init__(self) -> None:
        self.leaves: list[Arrived] = []
        self.streams = Streams()
        self.held = HeldHere()

    def take(self, batch: Sequence[Arrived]) -> None:
        streams = self.streams.copy()
        intake = Intake(streams, self.held, self.logged, finding)
        fresh = [leaf for arrived in batch for leaf in intake.arrive(arrived)]
        self.leaves += fresh
        self.streams = streams

    def logged(self, stream: str, seq: int) -> str | None:
        return next((digest(one.leaf) for one in self.leaves if (one.stream, one.seq) == (stream, seq)), None)

    def numbers(self, stream: str = A) -> list[int]:
        return [one.seq for one in self.leaves if one.stream == stream]

    def findings(self) -> list[str]:
        return [one.leaf.decode() for one in self.leaves if one.stream == OWN_STREAM]


def finding(what: Finding, arrived: Arrived) -> Arrived:
    return Arrived(OWN_STREAM, 0, f"{what.value} {arrived.seq}".encode())


def event(seq: int, leaf: bytes = b"", stream: str = A) -> Arrived:
    return Arrived(stream, seq, leaf or f"leaf {seq}".encode())


def test_a_repeat_is_dropped_also_within_a_batch() -> None:
    log = LogHere()
    log.take([event(1), event(2), event(1), event(2)])
    log.take([event(2), event(1), event(3)])
    assert log.numbers() == [1, 2, 3]
    assert log.findings() == []


def test_another_leaf_under_a_used_number_is_said_also_within_a_batch() -> None:
    log = LogHere()
    log.take([event(1), event(2), event(1, b"a lie"), event(2, b"a lie")])
    log.take([event(1, b"a later lie")])
    assert log.numbers() == [1, 2]
    assert log.findings() == ["equivocation 1", "equivocation 2", "equivocation 1"]


def test_a_gap_is_said_once_and_what_came_early_follows_in_order() -> None:
    log = LogHere()
    log.take([event(1), event(4)])
    log.take([event(3), event(5)])
    assert (log.numbers(), log.findings()) == ([1], ["gap 4"])
    log.take([event(2)])
    assert log.numbers() == [1, 2, 3, 4, 5]
    log.take([event(8)])
    assert log.findings() == ["gap 4", "gap 8"], "the next gap is news again"


def test_another_leaf_under_a_held_number_is_said() -> None:
    log = LogHere()
    log.take([event(2), event(2, b"a lie"), event(1)])
    assert log.numbers() == [1, 2]
    assert [one.leaf for one in log.leaves if one.stream == A] == [b"leaf 1", b"leaf 2"]
    assert log.findings() == ["gap 2", "equivocation 2"]


def test_streams_do_not_wait_for_one_another() -> None:
    log = LogHere()
    other = "catalog-320000/2"
    log.take([event(5), event(1, stream=other), event(2, stream=other)])
    assert (log.numbers(), log.numbers(other)) == ([], [1, 2])


def test_bytes_nobody_can_read_are_said() -> None:
    log = LogHere()
    log.take([Arrived("", 0, b"\xff"), event(1)])
    assert (log.findings(), log.numbers()) == (["unreadable 0"], [1])


def test_what_a_kill_left_held_is_set_free_by_the_same_event_again() -> None:
    log = LogHere()
    log.take([event(2), event(3)])
    log.take([event(1)])
    log.leaves, log.streams = log.leaves[:2], Streams({A: (1, digest(b"leaf 1"))})  # cut after the first of three
    log.take([event(1)])
    assert log.numbers() == [1, 2, 3]


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8), max_size=10), st.integers(1, 5))
def test_in_whatever_order_events_come_the_stream_is_whole(order: list[int], repeats: list[int], batch: int) -> None:
    log = LogHere()
    arrivals = [event(seq) for seq in [*order, *repeats]]
    for start in range(0, len(arrivals), batch):
        log.take(arrivals[start : start + batch])
    assert log.numbers() == list(range(1, 9))
    assert not [said for said in log.findings() if said.startswith("equivocation")]
