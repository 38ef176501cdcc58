"""What a witness cosigned last, on disk before anybody hears of it."""

import json
import os
from pathlib import Path

from services.audit.domain.notes import Checkpoint


class MemoryUnreadable(Exception):
    """The file holds no checkpoint. A witness that forgets must not go on under the same key."""


class Memory:
    """One checkpoint in one file, replaced as a whole: a kill leaves the former or the new one."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> Checkpoint | None:
        """None before the first.

        Raises: MemoryUnreadable.
        """
        try:
            row = json.loads(self._file.read_text(encoding="utf-8"))
            return Checkpoint(row["origin"], int(row["size"]), bytes.fromhex(row["root"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise MemoryUnreadable(f"{self._file.name}: {type(problem).__name__}") from problem

    def keep(self, checkpoint: Checkpoint) -> None:
        """Durable when it returns. Raises: OSError: the former one stands."""
        row = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        part = self._file.with_name(self._file.name + ".part")
        with part.open("w", encoding="utf-8") as out:
            json.dump(row, out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
