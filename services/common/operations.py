"""What an operator does to any service from the command line: `python -m services.x backup | restore | letters-…`.

Each command is an audit event of that service's own stream, recorded before anything is read or changed; a restore is
recorded as soon as there is a database again to record it in. Answers are JSON on standard output.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.common.backup.back_up import BACKUPS, back_up
from services.common.backup.incarnations import RestoreState
from services.common.backup.restore import load, reopen
from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.clock import to_iso
from services.common.domain.errors import InvalidArgument, NotFound
from services.common.foundation import Foundation
from services.common.kafka.reading import read_stream
from services.common.mongo.letters import COLLECTION as LETTERS
from services.common.mongo.migrations import Migration
from services.common.settings import read_key

Command = Callable[..., None]


def tell(answer: Mapping[str, Any]) -> None:
    """One JSON object, one line: for people who pipe, and for `tongdang`."""
    print(json.dumps(answer, ensure_ascii=False, default=str), flush=True)  # noqa: T201 - a command's answer


class Operations:
    """The commands every service with a database has.

    `after_restore`: whether a restored service may start at once, or has to be reconciled first.
    """

    def __init__(
        self,
        foundation: Callable[[], Foundation],
        migrations: Sequence[Migration],
        after_restore: RestoreState = RestoreState.DONE,
    ) -> None:
        self._foundation = foundation
        self._migrations = list(migrations)
        self._after_restore = after_restore

    def commands(self) -> dict[str, Command]:
        """By the name they are called."""
        return {
            "backup": self.backup,
            "restore": self.restore,
            "letters": self.letters,
            "letter-retry": lambda letter_id: self._settle_letter(letter_id, "waiting"),
            "letter-discard": lambda letter_id: self._settle_letter(letter_id, "discarded"),
        }

    def backup(self, file: str) -> None:
        """Everything in the service's database as of now, encrypted."""
        base = self._foundation()
        record(base, "operator.backup")
        report = back_up(base.database, Path(file), _key(base), principal=_principal(base), taken_at=base.clock.now())
        done = {"_id": base.ids.new(), "finished_at": base.clock.now(), "taken_at": report.taken_at}
        base.database.db[BACKUPS].insert_one({**done, "size": report.size})
        documents = sum(report.collections.values())
        tell({"principal": report.principal, "taken_at": to_iso(report.taken_at), "documents": documents,
              "bytes": report.size, "file": file})  # fmt: skip

    def restore(self, file: str, replace: str = "") -> None:
        """Puts a backup back into an empty database, or with `replace` in the place of what is there."""
        if replace not in ("", "replace"):
            raise InvalidArgument("replace", "nothing, or the word replace")
        base = self._foundation()
        principal = _principal(base)
        loaded = load(base.database, Path(file), _key(base), principal=principal, replace=replace == "replace")
        base.migrate(self._migrations)
        kafka = base.settings.kafka_connection()
        reopened = reopen(
            base.database,
            read_stream(kafka, principal),
            finished=self._after_restore,
            loaded=loaded,
            restore_id=base.ids.new(),
            now=base.clock.now(),
        )
        record(base, "operator.restore", {"taken_at": to_iso(loaded.taken_at), "incarnation": reopened.incarnation})
        tell({"principal": principal, "taken_at": to_iso(loaded.taken_at), "documents": loaded.documents,
              "before": reopened.before, "last_known_seq": reopened.known_seq, "events_after_backup": reopened.later,
              "stream": f"{principal}/{reopened.incarnation}", "state": self._after_restore.value})  # fmt: skip

    def letters(self) -> None:
        """Letters that a peer refused for good, one a line; bodies are not shown, since they hold what people wrote."""
        base = self._foundation()
        record(base, "operator.letters")
        for row in base.database.db[LETTERS].find({"state": "parked"}, {"body": 0}).sort("_id", 1):
            tell({"principal": _principal(base), "id": row["_id"], "lane": row["lane"], "method": row["method"],
                  "conversation": row["conversation"], "number": row["number"], "attempts": row["attempts"],
                  "problem": row.get("problem", ""), "created_at": to_iso(row["created_at"])})  # fmt: skip

    def _settle_letter(self, letter_id: str, state: str) -> None:
        base = self._foundation()
        record(base, f"operator.letter-{'retry' if state == 'waiting' else 'discard'}", {"letter": letter_id})
        change = {"state": state, "not_before": base.clock.now()}
        done = base.database.db[LETTERS].update_one({"_id": letter_id, "state": "parked"}, {"$set": change})
        if done.matched_count != 1:
            raise NotFound(f"no parked letter {letter_id}")
        tell({"principal": _principal(base), "id": letter_id, "state": state})


def operator(base: Foundation, action: str) -> Caller:
    """Somebody with the service's own keys at its command line; who it was, the machine's own log tells."""
    principal = _principal(base)
    return Caller(Actor.service(principal), Role.SERVICE, action, "", "", base.clock, base.ids)


def record(base: Foundation, action: str, facts: Mapping[str, str | int | bool] | None = None) -> None:
    """Durable when it returns. Raises: Unavailable."""
    by = operator(base, action)
    event = by.granted(ObjectRef("database", base.database.name), facts=facts)
    base.transactions.run(lambda tx: tx.record(event))


def _principal(base: Foundation) -> str:
    return base.settings.identity.principal


def _key(base: Foundation) -> bytes:
    if base.settings.backup is None:
        raise InvalidArgument("BACKUP__KEY_FILE", "the file with the backup key, 32 bytes base64")
    return read_key(base.settings.backup.key_file)
