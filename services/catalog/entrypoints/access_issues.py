"""Access table of regular publication and of what was opened: the latter anybody may read, as an open entry."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_ISSUES, _OPENED = "/tongdang.catalog.v1.IssueService/", "/tongdang.catalog.v1.OpenedService/"
_CALLERS = ("portal", "operator")
_ARCHIVE = frozenset({Role.CLERK, Role.REVIEWER, Role.DIRECTOR})
_DIRECTOR = frozenset({Role.DIRECTOR})


def _archive(request: Any) -> ObjectRef:
    return ObjectRef("archive", request.archive_id, archive_id=request.archive_id)


def _batch(request: Any) -> ObjectRef:
    return ObjectRef("batch", request.batch_id)


def _batch_id(request: Any) -> str:
    return str(request.batch_id)


def _read(action: str) -> Access:
    return Access(action, _CALLERS, _ARCHIVE, Recording.CLOSED, object_of=_archive)


def _confirm(action: str) -> Access:
    return Access(action, _CALLERS, _DIRECTOR, Recording.WRITE, object_of=_batch, correlation_of=_batch_id)


def _public(action: str) -> Access:
    return Access(action, _CALLERS, frozenset(Role), Recording.OPEN, object_of=_archive)


ISSUE_ACCESS: AccessTable = {
    _ISSUES + "GetIssuePlan": _read("issue.plan"),
    _ISSUES + "SetRhythm": Access("issue.set-rhythm", _CALLERS, _DIRECTOR, Recording.WRITE, object_of=_archive),
    _ISSUES + "ScheduleBatch": _confirm("batch.schedule"),
    _ISSUES + "UnscheduleBatch": _confirm("batch.unschedule"),
    _ISSUES + "CountWaiting": _read("record.count-waiting"),
    _ISSUES + "ListEarlyOpenings": _read("record.list-early"),
    _OPENED + "ListIssues": _public("issue.list"),
    _OPENED + "ListOpened": _public("issue.read"),
}
