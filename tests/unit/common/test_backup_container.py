"""The file of a backup: whole and unchanged, or refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.backup.container import BackupUnreadable, read_frames, write_frames

KEY, OTHER = b"k" * 32, b"o" * 32
FRAMES = [{"number": number, "content": bytes([number]) * 1_000} for number in range(5)]


def written() -> bytes:
    file = io.BytesIO()
    write_frames(file, KEY, iter(FRAMES), {"end": True})
    return file.getvalue()


def read(content: bytes, key: bytes = KEY) -> list[dict[str, object]]:
    return list(read_frames(io.BytesIO(content), key))


def test_what_was_written_is_read() -> None:
    assert read(written()) == [*FRAMES, {"end": True}]


def test_another_key_reads_nothing() -> None:
    with pytest.raises(BackupUnreadable):
        read(written(), OTHER)


def test_a_file_that_is_no_backup_is_told() -> None:
    with pytest.raises(BackupUnreadable, match="not a backup"):
        read(b"PK\x03\x04")


@given(st.integers(min_value=0))
def test_a_file_cut_anywhere_is_told(at: int) -> None:
    content = written()
    with pytest.raises(BackupUnreadable):
        read(content[: at % len(content)])


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_told(at: int, flip: int) -> None:
    content = bytearray(written())
    content[at % len(content)] ^= flip
    with pytest.raises(BackupUnreadable):
        read(bytes(content))


def test_what_follows_the_end_is_told() -> None:
    with pytest.raises(BackupUnreadable):
        read(written() + b"x")


def test_frames_in_another_order_are_told() -> None:
    file = io.BytesIO()
    write_frames(file, KEY, iter(FRAMES[:2]), {"end": True})
    content = file.getvalue()
    head = len(b"tongdang-backup-1\n") + 24
    first = 4 + int.from_bytes(content[head : head + 4], "big")
    second = 4 + int.from_bytes(content[head + first : head + first + 4], "big")
    swapped = content[:head] + content[head + first : head + first + second] + content[head : head + first]
    with pytest.raises(BackupUnreadable):
        read(swapped + content[head + first + second :])
