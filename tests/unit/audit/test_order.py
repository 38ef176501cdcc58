"""What is written down of a batch, and what a finding speaks of."""

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.findings import finding_leaf, spoken_of
from services.audit.domain.order import Run, parts_of
from services.audit.domain.streams import OWN_STREAM, Arrived, Finding, Place

A, B = "audit.catalog-320000.events.v1", "audit.portal.events.v1"


def at(topic: str, offset: int, partition: int = 0) -> Arrived:
    return Arrived("s/1", offset + 1, b"leaf", Place(topic, partition, offset))


def test_leaves_side_by_side_are_one_run() -> None:
    own = Arrived(OWN_STREAM, 0, b"finding")
    leaves = [at(A, 0), at(A, 1), at(B, 2), at(A, 2), own, at(A, 3), at(A, 5), at(A, 4), at(A, 5, 1)]
    assert parts_of(leaves) == (
        Run(A, 0, 0, 2),
        Run(B, 0, 2, 3),
        Run(A, 0, 2, 3),
        own,
        Run(A, 0, 3, 4),
        Run(A, 0, 5, 6),
        Run(A, 0, 4, 5),
        Run(A, 1, 5, 6),
    )
    assert parts_of([]) == ()


@given(st.lists(st.builds(at, st.sampled_from([A, B]), st.integers(0, 5), st.integers(0, 1))))
def test_runs_name_every_leaf_in_its_order(leaves: list[Arrived]) -> None:
    named = [
        Place(part.topic, part.partition, offset)
        for part in parts_of(leaves)
        if isinstance(part, Run)
        for offset in range(part.first, part.end)
    ]
    assert named == [leaf.place for leaf in leaves]


def test_a_finding_says_what_it_speaks_of_and_where_that_lies() -> None:
    for what in Finding:
        spoken = spoken_of(finding_leaf(what, at(A, 7), "2026-03-02T12:00:00Z"))
        assert (spoken.what, spoken.stream, spoken.place) == (what, "s/1", Place(A, 0, 7))
