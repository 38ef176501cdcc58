"""Access table of the deferral register's services: register and reports, consents, series, supervision."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_PACKAGE = "/tongdang.catalog.v1."
_DEFERRALS = _PACKAGE + "DeferralService/"
_CONSENTS = _PACKAGE + "ConsentService/"
_SERIES = _PACKAGE + "SeriesService/"
_SUPERVISION = _PACKAGE + "RegisterSupervisionService/"
_CALLERS = ("portal", "operator")
_ARCHIVE = frozenset({Role.CLERK, Role.REVIEWER, Role.DIRECTOR})
_STAFF = _ARCHIVE | {Role.UNIT_OFFICER}
_REVIEWER = frozenset({Role.REVIEWER})
_SIGNING = frozenset({Role.REVIEWER, Role.UNIT_OFFICER})
_LEADING = frozenset({Role.REVIEWER, Role.DIRECTOR})
_DIRECTOR = frozenset({Role.DIRECTOR})
_REGULATOR = frozenset({Role.REGULATOR})
_READ, _WRITE = Recording.CLOSED, Recording.WRITE


def _archive(request: Any) -> ObjectRef:
    return ObjectRef("archive", request.archive_id, archive_id=request.archive_id)


def _region(request: Any) -> ObjectRef:
    return ObjectRef("region", request.region_id, request.region_id)


def _consent(request: Any) -> ObjectRef:
    return ObjectRef("consent", request.consent_id)


def _series(request: Any) -> ObjectRef:
    return ObjectRef("series", request.series_id)


def _report(request: Any) -> ObjectRef:
    return ObjectRef("deferral-report", request.report_id)


def _look(request: Any) -> ObjectRef:
    return ObjectRef("look", request.look_id)


def _row(action: str, roles: frozenset[Role], recording: Recording, object_of: Any) -> Access:
    return Access(action, _CALLERS, roles, recording, object_of=object_of)


REGISTER_ACCESS: AccessTable = {
    _DEFERRALS + "ListDeferrals": _row("deferral.list", _ARCHIVE, _READ, _archive),
    _DEFERRALS + "GetRegister": _row("deferral.count", _ARCHIVE, _READ, _archive),
    _DEFERRALS + "RecordSecretsOutside": _row("secrets.count", _LEADING, _WRITE, _archive),
    _DEFERRALS + "ReportDeferrals": _row("deferral.report", _DIRECTOR, _WRITE, _archive),
    _DEFERRALS + "ListReports": _row("deferral.list-reports", _ARCHIVE, _READ, _archive),
    _DEFERRALS + "ReadReport": _row("deferral.read-report", _ARCHIVE, _READ, _report),
    _CONSENTS + "EnterConsent": _row("consent.enter", _REVIEWER, _WRITE, _archive),
    _CONSENTS + "CheckConsent": _row("consent.check", _LEADING, _WRITE, _consent),
    _CONSENTS + "ListConsents": _row("consent.list", _ARCHIVE, _READ, _archive),
    _CONSENTS + "ReadConsent": _row("consent.read", _ARCHIVE, _READ, _consent),
    _SERIES + "ListPersonalYears": _row("series.count", _ARCHIVE, _READ, _archive),
    _SERIES + "ProposeSeries": _row("series.propose", _REVIEWER, _WRITE, _archive),
    _SERIES + "SignSeries": _row("series.sign", _SIGNING, _WRITE, _series),
    _SERIES + "EndSeries": _row("series.end", _LEADING, _WRITE, _series),
    _SERIES + "ListSeries": _row("series.list", _STAFF, _READ, _archive),
    _SUPERVISION + "SummariseRegisters": _row("deferral.summarise", _REGULATOR, _READ, _region),
    _SUPERVISION + "ListSubmittedReports": _row("deferral.list-submitted", _REGULATOR, _READ, _region),
    _SUPERVISION + "OpenReport": _row("deferral.open-report", _REGULATOR, _WRITE, _report),
    _SUPERVISION + "ReadOpenedReport": _row("deferral.read-opened", _REGULATOR, _READ, _look),
}
