"""The file of a backup: frames under libsodium's secretstream, so that nobody without the key reads, cuts or reorders.

XChaCha20-Poly1305 with a final tag: a file cut short is told from a whole one.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from bson import decode, encode
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as HEADER_BYTES,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_pull,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as FINAL,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MESSAGE,
)

from services.common.domain.errors import TongdangError

_MAGIC = b"tongdang-backup-1\n"
_MAX_FRAME = 64 * 1024 * 1024

Frame = dict[str, Any]


class BackupUnreadable(TongdangError):
    """Not a backup, another key's, cut short or changed."""

    code = "BACKUP_UNREADABLE"


def write_frames(file: BinaryIO, key: bytes, frames: Iterable[Frame], last: Frame) -> None:
    """`key`: 32 bytes. `frames` are drawn one by one, so that a database never has to fit into memory."""
    state = crypto_secretstream_xchacha20poly1305_state()
    file.write(_MAGIC + crypto_secretstream_xchacha20poly1305_init_push(state, key))

    def push(frame: Frame, tag: int) -> None:
        sealed = crypto_secretstream_xchacha20poly1305_push(state, zlib.compress(encode(frame), 1), None, tag)
        file.write(struct.pack(">I", len(sealed)) + sealed)

    for frame in frames:
        push(frame, MESSAGE)
    push(last, FINAL)


def read_frames(file: BinaryIO, key: bytes) -> Iterator[Frame]:
    """All frames; the end is reached only if the file is whole.

    Raises: BackupUnreadable.
    """
    if file.read(len(_MAGIC)) != _MAGIC:
        raise BackupUnreadable("not a backup of this format")
    state = crypto_secretstream_xchacha20poly1305_state()
    try:
        crypto_secretstream_xchacha20poly1305_init_pull(state, file.read(HEADER_BYTES), key)
        tag = MESSAGE
        while tag != FINAL:
            (size,) = struct.unpack(">I", file.read(4))
            if size > _MAX_FRAME:
                raise BackupUnreadable("a frame too large")
            sealed = file.read(size)
            if len(sealed) != size:
                raise BackupUnreadable("cut short")
            content, tag = crypto_secretstream_xchacha20poly1305_pull(state, sealed)
            yield decode(zlib.decompress(content))
        if file.read(1):
            raise BackupUnreadable("something follows the end")
    except (RuntimeError, ValueError, struct.error, zlib.error) as problem:
        raise BackupUnreadable("another key's, cut short or changed") from problem
