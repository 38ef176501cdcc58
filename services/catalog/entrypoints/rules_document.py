"""The rule table as a page for lawyers, and the file that keeps it: `make rules` writes both, a test holds them."""

import json
import sys
from collections.abc import Iterator

from services.catalog.domain.rules.articles import TITLES
from services.catalog.domain.rules.rule import Rule
from services.catalog.domain.rules.settings import RuleSettings
from services.catalog.domain.rules.table import RULES
from services.catalog.domain.rules.versions import HISTORY, RuleTable, history_file, program_tables, rule_table
from services.catalog.domain.sensitive_words import DEFAULT_WORDS, Vocabulary
from services.common.domain.errors import Kind, TongdangError


class RuleVersionTaken(TongdangError):
    """The table changed under a name that stands for another one."""

    code = "RULE_VERSION_TAKEN"
    kind = Kind.CONFLICT


def keep_version() -> None:
    """Writes the table into the history.

    Raises: RuleVersionTaken: its name stands for another table; `NAME` in `versions.py` has to be a new one.
    """
    table = rule_table(RuleSettings())
    if any(one.name == table.name and one.sha256 != table.sha256 for one in program_tables()):
        raise RuleVersionTaken(f"{table.name} stands for another table: a new NAME in versions.py")
    HISTORY.mkdir(exist_ok=True)
    history_file(table).write_bytes(table.canonical)


def print_document() -> None:
    """On standard output, for `docs/rules.md`."""
    sys.stdout.write(document())


def document() -> str:
    """Markdown, Chinese and English."""
    return "\n".join(_lines(rule_table(RuleSettings()))) + "\n"


def _lines(table: RuleTable) -> Iterator[str]:
    yield "# 开放审核规则表 The rule table of the opening review"
    yield ""
    yield "由代码生成，不在此修改：`make rules`。Generated from the code, not edited here: `make rules`."
    yield ""
    yield f"版本 Version: `{table.version}`"
    yield ""
    yield "| 代号 | 文件 | Text |"
    yield "|---|---|---|"
    for law, (zh, en) in TITLES.items():
        yield f"| {law.value} | 《{zh}》 | {en} |"
    yield ""
    for rule in RULES.values():
        yield from _rule(rule)
    yield from _settings(table)
    yield from _words()


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.id}"
    yield ""
    yield f"{rule.zh}"
    yield ""
    yield f"{rule.en}"
    yield ""
    basis_zh = "；".join(article.zh for article in rule.basis) or "无条文，实践做法"
    basis_en = "; ".join(article.en for article in rule.basis) or "practice, no article"
    yield f"- 依据：{basis_zh}。Basis: {basis_en} (`{rule.citation}`)."
    yield f"- 条件 Condition: `{rule.condition}`; 结果 effect: `{rule.effect.value}`."
    code = "、".join(f"`{name.removeprefix('services.catalog.')}`" for name in rule.enforced_by)
    yield (
        f"- 由代码执行 Enforced by: {code}." if code else "- 由人执行，本程序尚无代码。Applied by people; no code yet."
    )
    yield ""


def _settings(table: RuleTable) -> Iterator[str]:
    yield "## 法律未定、由各省设定的 What the law leaves open: settings and their defaults"
    yield ""
    yield "| 设定 Setting | 默认 Default |"
    yield "|---|---|"
    for name, value in table.settings.items():
        yield f"| `{name}` | {_told(value)} |"
    yield ""


def _told(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(f"{one['name']}: {' '.join(one['words'])}" for one in value)
    return f"`{json.dumps(value)}`"


def _words() -> Iterator[str]:
    yield "## 敏感词 Sensitive words"
    yield ""
    yield f"默认词表，各馆可增减。Default list, to which each archive adds. `{Vocabulary().version}`"
    yield ""
    for ground in sorted({one.ground for one in DEFAULT_WORDS}):
        yield f"- {ground}: " + " ".join(one.word for one in DEFAULT_WORDS if one.ground == ground)
