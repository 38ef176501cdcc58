"""The call being served: who acts, in which role, under which action. Use cases take it as `by`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.common.domain.actor import Actor, Role
from services.common.domain.audit_event import AuditEvent, ObjectRef, Outcome, bounded
from services.common.domain.clock import Clock
from services.common.domain.ids import Ids


@dataclass(frozen=True)
class Caller:
    """Made by the gRPC interceptor once the access table has admitted the call.

    `action`: from the access table. `correlation_id`, `causation_id`: from the call's metadata, else fresh.
    """

    actor: Actor
    role: Role
    action: str
    correlation_id: str
    causation_id: str
    clock: Clock = field(repr=False)
    ids: Ids = field(repr=False)

    def granted(
        self,
        object_: ObjectRef,
        *,
        correlation_id: str = "",
        action: str = "",
        facts: Mapping[str, str | int | bool] | None = None,
    ) -> AuditEvent:
        """The event of an access that was allowed."""
        return self._event(Outcome.GRANTED, object_, "", correlation_id, action, facts)

    def refused(self, object_: ObjectRef, reason: str, *, correlation_id: str = "", action: str = "") -> AuditEvent:
        """The event of an access that was refused; `reason` is a stable error code."""
        return self._event(Outcome.REFUSED, object_, reason, correlation_id, action, None)

    def _event(
        self,
        outcome: Outcome,
        object_: ObjectRef,
        reason: str,
        correlation_id: str,
        action: str,
        facts: Mapping[str, str | int | bool] | None,
    ) -> AuditEvent:
        return AuditEvent(
            event_id=self.ids.new(),
            time=self.clock.now(),
            action=action or self.action,
            outcome=outcome,
            actor=self.actor,
            role=self.role.value,
            object=object_.bounded(),
            correlation_id=bounded(correlation_id or self.correlation_id),
            causation_id=self.causation_id,
            reason=reason,
            facts=dict(facts or {}),
        )
