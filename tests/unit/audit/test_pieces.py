"""Leaves in pieces that lie within one bundle each."""

from hypothesis import given
from hypothesis import strategies as st

from services.audit.adapters.leaves import pieces_of
from services.audit.domain.streams import OWN_STREAM, Arrived
from services.audit.domain.tiles import decode_bundle


def test_a_piece_ends_where_its_bundle_does() -> None:
    leaves = [Arrived("s/1", seq, b"%d" % seq) for seq in range(1, 601)]
    pieces = list(pieces_of(200, leaves))
    assert [piece["_id"] for piece in pieces] == [200, 256, 512, 768]
    assert [len(decode_bundle(piece["leaves"])) for piece in pieces] == [56, 256, 256, 32]
    assert pieces[1]["runs"] == [{"stream": "s/1", "first": 57, "last": 312}]


def test_findings_have_no_number_and_stand_alone() -> None:
    own = Arrived(OWN_STREAM, 0, b"finding")
    [piece] = pieces_of(0, [Arrived("s/1", 1, b"a"), own, own, Arrived("s/1", 2, b"b"), Arrived("s/1", 3, b"c")])
    assert [(run["stream"], run["first"], run["last"]) for run in piece["runs"]] == [
        ("s/1", 1, 1),
        (OWN_STREAM, 0, 0),
        (OWN_STREAM, 0, 0),
        ("s/1", 2, 3),
    ]


@given(st.integers(0, 1_000), st.lists(st.tuples(st.sampled_from(["a/1", "b/1"]), st.integers(1, 3)), max_size=700))
def test_no_leaf_is_lost_between_pieces(first: int, given_: list[tuple[str, int]]) -> None:
    leaves = [Arrived(stream, seq, b"%d" % number) for number, (stream, seq) in enumerate(given_)]
    pieces = list(pieces_of(first, leaves))
    assert [leaf for piece in pieces for leaf in decode_bundle(piece["leaves"])] == [one.leaf for one in leaves]
    named = [
        (run["stream"], seq)
        for piece in pieces
        for run in piece["runs"]
        for seq in range(run["first"], run["last"] + 1)
    ]
    assert named == given_
