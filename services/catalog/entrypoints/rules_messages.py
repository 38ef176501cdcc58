"""Between the rules' domain and their contract."""

import json
from datetime import datetime

from google.protobuf import timestamp_pb2

from services.catalog.application.rules import UsedTable
from services.catalog.domain.rules.articles import Article
from services.catalog.domain.rules.rule import Rule
from services.catalog.domain.rules.table import RULES
from services.catalog.domain.word_list import ListedWord
from tongdang.catalog.v1 import rules_pb2


def version_message(used: UsedTable) -> rules_pb2.RuleVersion:
    """A table without its rows."""
    table = used.table
    return rules_pb2.RuleVersion(
        version=table.version,
        name=table.name,
        sha256=table.sha256,
        since=_timestamp(used.since),
        in_use=used.in_use,
    )


def table_message(used: UsedTable) -> rules_pb2.GetRuleTableResponse:
    """A table with its rows, settings and bytes."""
    settings = [
        rules_pb2.RuleSetting(name=name, value=json.dumps(value, ensure_ascii=False))
        for name, value in used.table.settings.items()
    ]
    return rules_pb2.GetRuleTableResponse(
        version=version_message(used),
        rules=[_rule(rule, used.in_use and rule.id in RULES) for rule in used.table.rules],
        settings=settings,
        canonical=used.table.canonical,
    )


def word_message(word: ListedWord) -> rules_pb2.SensitiveWord:
    """A word with its last change."""
    change = word.change
    return rules_pb2.SensitiveWord(
        word=word.word,
        ground=word.ground,
        in_use=word.in_use,
        is_default=word.is_default,
        changed_at=_timestamp(change.changed_at if change else None),
        changed_by=change.changed_by if change else "",
        reason=change.reason if change else "",
    )


def _rule(rule: Rule, applied: bool) -> rules_pb2.Rule:
    return rules_pb2.Rule(
        id=rule.id,
        basis=map(_article, rule.basis),
        condition=rule.condition,
        effect=rule.effect.value,
        text_zh=rule.zh,
        text_en=rule.en,
        enforced_by=RULES[rule.id].enforced_by if applied else (),
    )


def _article(article: Article) -> rules_pb2.RuleArticle:
    return rules_pb2.RuleArticle(
        law=article.law.value,
        number=article.number,
        item=article.item,
        short=article.short,
        text_zh=article.zh,
        text_en=article.en,
    )


def _timestamp(moment: datetime | None) -> timestamp_pb2.Timestamp | None:
    if moment is None:
        return None
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp
