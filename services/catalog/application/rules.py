"""The rule table as staff read it, and the sensitive words as a director keeps them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.catalog.domain.rules.versions import RuleTable, program_tables
from services.catalog.domain.word_list import ListedWord, WordChange, WordList, clean_word
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.errors import InvalidArgument, NotFound
from services.common.domain.paging import Page


@dataclass(frozen=True)
class UsedTable:
    """A table and since when this province uses or used it; None where it only stands in the program's history."""

    table: RuleTable
    since: datetime | None
    in_use: bool


class RuleVersions(Protocol):
    """Every table a province has used; nothing is ever changed or taken away."""

    def list(self, *, size: int, token: str) -> Page[UsedTable]:
        """The newest first."""
        ...

    def current(self) -> UsedTable:
        """The table in use. Raises: NotFound: the service has not started yet."""
        ...

    def find(self, version: str) -> UsedTable | None:
        """The last time it was used."""
        ...

    def put_in_use(self, table: RuleTable, event: Callable[[str], AuditEvent]) -> bool:
        """Records the table and the event, made from the former version, in one transaction; False if it is in use."""
        ...


class Words(Protocol):
    """The word lists of a province's archives; every change is kept, with its audit event."""

    def get(self, archive_id: str) -> WordList:
        """The default list where the archive changed nothing."""
        ...

    def change(
        self, archive_id: str, work: Callable[[WordList], WordChange], event: Callable[[str, WordList], AuditEvent]
    ) -> WordList:
        """One transaction: `work` on the list as it is, the change, the event of its id and the list after it."""
        ...


def use_rule_table(table: RuleTable, *, by: Caller, versions: RuleVersions) -> bool:
    """At a service's start: a table not used before is an audit event, so that no change of rules goes unseen."""

    def event(former: str) -> AuditEvent:
        facts = {"name": table.name, "sha256": table.sha256, "former": former}
        return by.granted(ObjectRef("rule-table", table.name), facts=facts)

    return versions.put_in_use(table, event)


def get_rule_table(version: str, *, versions: RuleVersions) -> UsedTable:
    """A table by its version, the one in use where none is named.

    Raises: NotFound.
    """
    if not version:
        return versions.current()
    used = versions.find(version)
    if used:
        return used
    for table in program_tables():
        if table.version == version:
            return UsedTable(table, None, False)
    raise NotFound("rule table")


def add_word(archive_id: str, word: str, ground: str, reason: str, *, by: Caller, words: Words) -> ListedWord:
    """Raises: OutOfScope, InvalidArgument, WordInUse, WordListFull."""
    by.actor.require_archive(archive_id)
    cleaned = clean_word(word)

    def work(current: WordList) -> WordChange:
        return current.added(cleaned, ground, at=by.clock.now(), by=by.actor.pseudonym, reason=reason)

    return _change(archive_id, cleaned, work, by=by, words=words)


def retire_word(archive_id: str, word: str, reason: str, *, by: Caller, words: Words) -> ListedWord:
    """Raises: OutOfScope, InvalidArgument, WordNotInUse."""
    by.actor.require_archive(archive_id)
    cleaned = clean_word(word)

    def work(current: WordList) -> WordChange:
        return current.retired(cleaned, at=by.clock.now(), by=by.actor.pseudonym, reason=reason)

    return _change(archive_id, cleaned, work, by=by, words=words)


def listed_word(archive_id: str, word: str, *, words: Words) -> ListedWord:
    """A word as it stands, for the answer to a repeated request.

    Raises: InvalidArgument.
    """
    found = words.get(archive_id).word(clean_word(word))
    if found is None:
        raise InvalidArgument("word", "a word of the list")
    return found


def _change(
    archive_id: str, word: str, work: Callable[[WordList], WordChange], *, by: Caller, words: Words
) -> ListedWord:
    def event(change_id: str, after: WordList) -> AuditEvent:
        facts = {"vocabulary": after.vocabulary.version}  # the word itself may be somebody's name
        return by.granted(ObjectRef("sensitive-word", change_id, archive_id=archive_id), facts=facts)

    listed = words.change(archive_id, work, event).word(word)
    assert listed is not None, "what was changed is on the list"
    return listed
