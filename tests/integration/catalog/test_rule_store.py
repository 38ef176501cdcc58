"""Rule versions and sensitive words on a real database: recorded, kept, and safe for two at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.adapters.rule_store import RULE_VERSIONS, SENSITIVE_WORDS, MongoRuleVersions, MongoWords
from services.catalog.application.rules import add_word, get_rule_table, retire_word, use_rule_table
from services.catalog.domain.rules import RULES, RuleSettings
from services.catalog.domain.rules.versions import RuleTable, rule_table
from services.catalog.domain.sensitive_words import DEFAULT_WORDS
from services.catalog.domain.word_list import WordInUse, WordNotInUse
from services.common.domain.actor import Actor, Role
from services.common.domain.caller import Caller
from services.common.domain.errors import NotFound, OutOfScope
from services.common.mongo.idempotency import IdempotencyKey
from services.common.mongo.repeats import Repeats
from services.common.mongo.transactions import Transactions
from tests.integration.catalog.import_ground import ARCHIVE, CLOCK, IDS, Ground

pytestmark = pytest.mark.integration
DEFAULT, CHANGED = rule_table(RuleSettings()), rule_table(RuleSettings(re_evaluation_years=5))


class RulesGround(Ground):
    """A province with its rules and words."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.transactions = Transactions(self.database, IDS, CLOCK)
        self.versions = MongoRuleVersions(self.database, self.transactions)
        self.words = MongoWords(self.database, self.transactions)

    def use(self, table: RuleTable) -> bool:
        by = Caller(Actor.service("catalog-320000"), Role.SERVICE, "rules.changed", "", "", CLOCK, IDS)
        return use_rule_table(table, by=by, versions=self.versions)

    def director(self, archive_id: str = ARCHIVE.archive_id, action: str = "word.add") -> Caller:
        actor = Actor("d" * 32, frozenset({Role.DIRECTOR}), "portal", region_id="320000", archive_id=archive_id)
        return Caller(actor, Role.DIRECTOR, action, "", "", CLOCK, IDS)

    def add(self, word: str, ground: str = "D1", archive_id: str = ARCHIVE.archive_id) -> None:
        add_word(ARCHIVE.archive_id, word, ground, "本馆常见", by=self.director(archive_id), words=self.words)


@pytest.fixture
def ground(engines: Any) -> Iterator[RulesGround]:
    database = engines.databases.migrated("rules", MIGRATIONS)
    yield RulesGround(database)
    database.close()


def at_once(work: Callable[[int], object], times: int) -> list[object]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work, range(times)))


def test_a_table_is_recorded_once_however_often_a_service_starts_with_it(ground: RulesGround) -> None:
    assert [ground.use(DEFAULT), ground.use(DEFAULT)] == [True, False]
    (leaf,) = ground.leaves("rules.changed")
    assert leaf["unmapped"] == {"name": DEFAULT.name, "sha256": DEFAULT.sha256, "former": ""}
    assert leaf["actor"]["uid"] == "catalog-320000"


def test_each_change_of_the_table_is_an_event_and_the_change_back_too(ground: RulesGround) -> None:
    for table in (DEFAULT, CHANGED, DEFAULT):
        ground.use(table)
    former = [leaf["unmapped"]["former"] for leaf in ground.leaves("rules.changed")]
    assert former == ["", DEFAULT.version, CHANGED.version]
    page = ground.versions.list(size=2, token="")
    rest = ground.versions.list(size=2, token=page.next_token)
    assert [one.table for one in [*page.items, *rest.items]] == [DEFAULT, CHANGED, DEFAULT]
    assert [one.in_use for one in [*page.items, *rest.items]] == [True, False, False] and not rest.next_token


def test_replicas_that_start_at_once_record_one_change(ground: RulesGround) -> None:
    assert sorted(at_once(lambda _: ground.use(DEFAULT), 8), key=bool) == [False] * 7 + [True]
    assert ground.db[RULE_VERSIONS].count_documents({}) == len(ground.leaves("rules.changed")) == 1


def test_a_former_table_is_read_as_it_was(ground: RulesGround) -> None:
    ground.use(CHANGED)
    ground.use(DEFAULT)
    former = get_rule_table(CHANGED.version, versions=ground.versions)
    assert former.table.settings["re_evaluation_years"] == 5 and not former.in_use
    assert [rule.id for rule in former.table.rules] == list(RULES)
    assert get_rule_table("", versions=ground.versions).table == DEFAULT
    with pytest.raises(NotFound):
        get_rule_table("2026/sha256:0", versions=ground.versions)


def test_a_table_of_the_program_is_known_before_anyone_used_it(ground: RulesGround) -> None:
    used = get_rule_table(DEFAULT.version, versions=ground.versions)
    assert (used.table, used.since, used.in_use) == (DEFAULT, None, False)


def test_words_are_added_and_retired_with_an_event_that_does_not_name_them(ground: RulesGround) -> None:
    ground.add("界碑")
    retire_word(ARCHIVE.archive_id, "宗教", "误报过多", by=ground.director(action="word.retire"), words=ground.words)
    listed = ground.words.get(ARCHIVE.archive_id)
    assert [one.word for one in listed.words if one.change] == ["宗教", "界碑"]
    leaves = [*ground.leaves("word.add"), *ground.leaves("word.retire")]
    assert [leaf["entity"]["uid"] for leaf in leaves] == ["a320581/1", "a320581/2"]
    assert leaves[1]["unmapped"]["vocabulary"] == listed.vocabulary.version
    assert "界碑" not in repr(leaves) and "宗教" not in repr(leaves)


def test_another_archives_words_are_neither_changed_nor_seen(ground: RulesGround) -> None:
    with pytest.raises(OutOfScope):
        ground.add("界碑", archive_id="a320583")
    ground.add("界碑")
    assert ground.words.get("a320583").word("界碑") is None
    assert ground.words.get("a3205").word("界碑") is None


def test_two_who_add_the_same_word_at_once_make_one_change_and_different_words_are_all_kept(
    ground: RulesGround,
) -> None:
    def add(number: int) -> str:
        try:
            ground.add("界碑" if number < 2 else f"界{chr(0x4E00 + number)}")
        except WordInUse:
            return "in use"
        return "added"

    assert sorted(at_once(add, 8)) == ["added"] * 7 + ["in use"]
    numbers = [row["_id"]["number"] for row in ground.db[SENSITIVE_WORDS].find().sort("_id", 1)]
    assert numbers == list(range(1, 8))
    assert len(ground.words.get(ARCHIVE.archive_id).vocabulary.words) == len(DEFAULT_WORDS) + 7


def test_a_repeated_request_changes_nothing_again(ground: RulesGround) -> None:
    repeats = Repeats(ground.transactions)
    key = IdempotencyKey("d" * 32, "word.add", IDS.new(), "hash")
    for _ in range(2):
        repeats.run(key, lambda: ground.add("界碑"), lambda: None)
    assert ground.db[SENSITIVE_WORDS].count_documents({}) == 1


def test_what_is_refused_leaves_nothing(ground: RulesGround) -> None:
    with pytest.raises(WordNotInUse):
        retire_word(ARCHIVE.archive_id, "界碑", "误报", by=ground.director(), words=ground.words)
    assert ground.db[SENSITIVE_WORDS].count_documents({}) == 0
    assert not ground.leaves("word.add")
