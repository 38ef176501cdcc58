"""tongdang-verify against logs that lie in every way we could think of."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain.notes import Checkpoint, InvalidNote, sign_checkpoint, verifier_key
from services.audit.domain.tiles import TILE_WIDTH, encode_bundle, parse_tile_path
from services.audit.verifier import __main__ as command
from services.audit.verifier.verify import NotServed, VerificationFailed, verify
from services.common.domain.merkle import leaf_hash, root_of_hashes

ORIGIN = "tongdang.test/audit"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = verifier_key(ORIGIN, KEY.public_key().public_bytes_raw())
SIZE = TILE_WIDTH * 2 + 40


class LogHere:
    """A log in memory. `lie` may change what it serves of a path."""

    def __init__(self, leaves: list[bytes], key: Ed25519PrivateKey = KEY) -> None:
        self.leaves = leaves
        self.key = key
        self.checkpoint = Checkpoint(ORIGIN, len(leaves), root_of_hashes([leaf_hash(leaf) for leaf in leaves]))
        self.lie: Callable[[str, bytes], bytes] = lambda _, content: content

    def read(self, path: str) -> bytes:
        return self.lie(path, self._truth(path))

    def _truth(self, path: str) -> bytes:
        if path == "checkpoint":
            return sign_checkpoint(self.checkpoint, self.key).encode()
        tile = parse_tile_path(path.removeprefix("tile/"))
        assert tile is not None
        first = tile.number * TILE_WIDTH
        if tile.level is None:
            return encode_bundle(self.leaves[first : first + tile.width])
        nodes = [leaf_hash(leaf) for leaf in self.leaves]
        for _ in range(tile.level):
            nodes = [root_of_hashes(nodes[at : at + TILE_WIDTH]) for at in range(0, len(nodes), TILE_WIDTH)]
        return b"".join(nodes[first : first + tile.width])


def leaves(size: int = SIZE) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(size)]


def flipped(path: str) -> Callable[[str, bytes], bytes]:
    """Changes the last byte of one path's content."""
    return lambda asked, content: content[:-1] + bytes([content[-1] ^ 1]) if asked == path else content


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, SIZE])
def test_an_honest_log_passes_and_a_first_visit_is_called_so(size: int) -> None:
    verdict = verify(LogHere(leaves(size)), VKEY, None)
    assert (verdict.checkpoint.size, verdict.earlier) == (size, None)


@pytest.mark.parametrize("earlier", [0, 1, 200, 256, SIZE])
def test_a_log_that_only_grew_is_consistent_with_the_last_visit(earlier: int) -> None:
    last = LogHere(leaves(earlier)).checkpoint
    assert verify(LogHere(leaves()), VKEY, last).earlier == earlier


@pytest.mark.parametrize(
    "path",
    ["tile/entries/000", "tile/entries/002.p/40", "tile/0/001", "tile/0/002.p/40", "tile/1/000.p/2"],
)
def test_one_byte_changed_anywhere_fails(path: str) -> None:
    log = LogHere(leaves())
    log.lie = flipped(path)
    with pytest.raises(VerificationFailed):
        verify(log, VKEY, None)


def test_entries_and_tiles_changed_together_still_miss_the_signed_root() -> None:
    log = LogHere(leaves())
    log.leaves[3] = b"another"
    with pytest.raises(VerificationFailed, match="signed root"):
        verify(log, VKEY, None)


def test_a_tile_that_is_withheld_fails() -> None:
    def withhold(path: str, content: bytes) -> bytes:
        if path == "tile/0/001":
            raise NotServed(path)
        return content

    log = LogHere(leaves())
    log.lie = withhold
    with pytest.raises(VerificationFailed, match="not served"):
        verify(log, VKEY, None)


def test_a_bundle_with_too_few_entries_fails() -> None:
    log = LogHere(leaves())
    log.lie = lambda path, content: encode_bundle(leaves(255)) if path == "tile/entries/000" else content
    with pytest.raises(VerificationFailed, match="expected 256"):
        verify(log, VKEY, None)


def test_a_log_that_was_rewritten_shrank_or_is_another_one_fails() -> None:
    last = LogHere(leaves(300)).checkpoint
    rewritten = leaves()
    rewritten[7] = b"another"
    with pytest.raises(VerificationFailed, match="rewritten"):
        verify(LogHere(rewritten), VKEY, last)
    with pytest.raises(VerificationFailed, match="rewritten"):
        verify(LogHere(rewritten[:300]), VKEY, last)
    with pytest.raises(VerificationFailed, match="shrank"):
        verify(LogHere(leaves(299)), VKEY, last)
    with pytest.raises(VerificationFailed, match="another log"):
        verify(LogHere(leaves()), VKEY, Checkpoint("other", 1, leaf_hash(b"leaf 0")))


def test_another_key_and_a_note_of_no_meaning_fail() -> None:
    with pytest.raises(InvalidNote):
        verify(LogHere(leaves(), Ed25519PrivateKey.generate()), VKEY, None)
    log = LogHere(leaves())
    log.lie = lambda path, content: b"\xff\xfe" if path == "checkpoint" else content
    with pytest.raises(InvalidNote):
        verify(log, VKEY, None)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """The command with a log in memory behind its URL."""

    def run(log: LogHere, *more: str, key: str = VKEY) -> int:
        monkeypatch.setattr(command, "HttpLog", lambda _: log)
        state = str(tmp_path / "state.json")
        monkeypatch.setattr("sys.argv", ["verify", "--url", "http://log", "--key", key, "--state", state, *more])
        return command.main()

    return run


def test_the_command_tells_a_first_visit_from_a_later_one(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(LogHere(leaves(300))) == 0
    assert "首次查验" in capsys.readouterr().out
    assert run(LogHere(leaves()), "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verified"] is True
    assert "consistent with the last visit's 300 entries" in answer["en"]


def test_the_command_fails_on_a_fork_and_keeps_the_checkpoint_it_trusts(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(LogHere(leaves(300))) == 0
    forked = [*leaves(299), b"another"]
    assert run(LogHere(forked)) == 1
    assert "验证失败" in capsys.readouterr().out
    assert run(LogHere(leaves())) == 0


def test_the_command_says_when_it_could_not_check(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out_of_reach = LogHere(leaves())

    def refuse(path: str, content: bytes) -> bytes:
        raise ConnectionRefusedError("refused")

    out_of_reach.lie = refuse
    assert run(out_of_reach) == 2
    assert run(LogHere(leaves()), key="not+a+key") == 2
    assert run(LogHere(leaves()), key=str(tmp_path / "nowhere")) == 2
    (tmp_path / "state.json").write_text("{}")
    assert run(LogHere(leaves())) == 2
    assert capsys.readouterr().err.count("Could not check") == 4
