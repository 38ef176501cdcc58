"""The clock that runs while somebody has to act: a day that passed is shown as late, to everyone (promise 3)."""

from services.common.domain.caller import Caller
from services.common.domain.clock import legal_day
from services.requests.application.messages import changed, request_message, request_object
from services.requests.application.ports import Requests, Unit


def show_late(*, by: Caller, requests: Requests) -> int:
    """Marks open requests whose day has passed; returns how many. Safe to run in several replicas at once."""
    today = legal_day(by.clock.now())
    marked = 0

    for request_id in requests.running_out(today):

        def work(unit: Unit, request_id: str = request_id) -> bytes:
            before = unit.get(request_id)
            if not before.late_on(today):
                return b""
            request = before.show_late()
            unit.save(request)
            facts = {"due_on": str(request.deadline.due_on), "state": request.state.value}
            event = by.granted(request_object(request), correlation_id=request.request_id, facts=facts)
            unit.record(event)
            unit.emit(changed(request, event.event_id, by))
            return request_message(request).SerializeToString()

        marked += bool(requests.run(work))
    return marked
