"""Plans of the opening review."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from services.catalog.domain.plans import Plan, PlanRow, RowProgress
from services.common.domain.audit_event import AuditEvent, ObjectRef
from services.common.domain.caller import Caller
from services.common.domain.errors import InvalidArgument
from services.common.domain.paging import Page
from services.common.domain.registry import Archive, Registry


class Plans(Protocol):
    """Plans of one province's archives."""

    def get(self, plan_id: str) -> Plan:
        """Raises: NotFound."""
        ...

    def list(self, archive_id: str, *, size: int, token: str) -> Page[Plan]:
        """Newest first."""
        ...

    def put(self, plan: Plan, event: AuditEvent) -> None:
        """Raises: VersionConflict."""
        ...

    def used_rows(self, plan_id: str) -> frozenset[int]:
        """Numbers of the rows that have batches."""
        ...

    def progress(self, plan: Plan, fonds: frozenset[str], on: date) -> Sequence[RowProgress]:
        """How far each row is. `fonds`: all of the archive."""
        ...


def create_plan(*, plan: Plan, archive: Archive, by: Caller, plans: Plans) -> Plan:
    """Raises: OutOfScope, InvalidArgument."""
    by.actor.require_archive(archive.archive_id)
    _require_fonds(plan, archive)
    plan.require_sound()
    plans.put(plan, _event(plan, archive, by))
    return plan


def change_plan(
    *, plan_id: str, version: int, title: str, rows: Sequence[PlanRow], registry: Registry, by: Caller, plans: Plans
) -> Plan:
    """Raises: NotFound, OutOfScope, VersionConflict, InvalidArgument."""
    plan = plans.get(plan_id)
    by.actor.require_archive(plan.archive_id)
    archive = registry.archive(plan.archive_id)
    after = plan.changed(version=version, title=title, rows=rows, used=plans.used_rows(plan_id))
    _require_fonds(after, archive)
    plans.put(after, _event(after, archive, by))
    return after


def _require_fonds(plan: Plan, archive: Archive) -> None:
    known = {fonds.code for fonds in archive.fonds}
    for number, row in enumerate(plan.rows):
        if set(row.filter.fonds) - known:
            raise InvalidArgument(f"rows[{number}].filter.fonds", "fonds of the archive")


def _event(plan: Plan, archive: Archive, by: Caller) -> AuditEvent:
    object_ = ObjectRef("plan", plan.plan_id, archive.region_id, archive.archive_id)
    return by.granted(object_, facts={"year": plan.year, "rows": len(plan.rows), "version": plan.version})
