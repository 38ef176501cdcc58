"""Access table of RulesService."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_SERVICE = "/tongdang.catalog.v1.RulesService/"
_CALLERS = ("portal", "operator")
_STAFF = frozenset({Role.CLERK, Role.REVIEWER, Role.DIRECTOR, Role.UNIT_OFFICER})
_DIRECTOR = frozenset({Role.DIRECTOR})


def _table(request: Any) -> ObjectRef:
    return ObjectRef("rule-table", request.version)


def _archive(request: Any) -> ObjectRef:
    return ObjectRef("archive", request.archive_id, archive_id=request.archive_id)


RULES_ACCESS: AccessTable = {
    _SERVICE + "GetRuleTable": Access("rules.read", _CALLERS, _STAFF, Recording.CLOSED, object_of=_table),
    _SERVICE + "ListRuleVersions": Access("rules.list-versions", _CALLERS, _STAFF, Recording.CLOSED),
    _SERVICE + "ListSensitiveWords": Access("words.list", _CALLERS, _STAFF, Recording.CLOSED, object_of=_archive),
    _SERVICE + "AddSensitiveWord": Access("word.add", _CALLERS, _DIRECTOR, Recording.WRITE, object_of=_archive),
    _SERVICE + "RetireSensitiveWord": Access("word.retire", _CALLERS, _DIRECTOR, Recording.WRITE, object_of=_archive),
}
