"""Who may do what with requests, and how it is recorded."""

from typing import Any

from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_CITIZEN = frozenset({Role.CITIZEN})
_PORTAL = ("portal",)
_REQUESTS = "/tongdang.requests.v1.RequestService/"
_ANSWERS = "/tongdang.fulfilment.v1.RequestingAgencyService/"
_RECONCILIATION = "/tongdang.fulfilment.v1.ReconciliationService/"
_PROVINCES = ("catalog-",)
_SERVICE = frozenset({Role.SERVICE})


def _request(message: Any) -> ObjectRef:
    return ObjectRef("request", message.request_id)


def _request_id(message: Any) -> str:
    return str(message.request_id)


def _target(message: Any) -> ObjectRef:
    return ObjectRef("request", message.target_request_id)


def _target_id(message: Any) -> str:
    return str(message.target_request_id)


ACCESS: AccessTable = {
    _REQUESTS + "SubmitRequest": Access("request.submit", _PORTAL, _CITIZEN, Recording.WRITE, _request, _request_id),
    _REQUESTS + "GetRequest": Access("request.read", _PORTAL, _CITIZEN, Recording.CLOSED, _request, _request_id),
    _REQUESTS + "ListRequests": Access(
        "request.list", _PORTAL, _CITIZEN, Recording.CLOSED, lambda _: ObjectRef("requests", "own")
    ),
    _REQUESTS + "CancelRequest": Access("request.cancel", _PORTAL, _CITIZEN, Recording.WRITE, _target, _target_id),
    _ANSWERS + "SupplyingAgencyMessage": Access(
        "request.answer", _PROVINCES, _SERVICE, Recording.WRITE, _request, _request_id
    ),
    _RECONCILIATION + "ListLegs": Access(
        "leg.list", _PROVINCES, _SERVICE, Recording.CLOSED, lambda _: ObjectRef("legs", "own")
    ),
    _RECONCILIATION + "ListLetters": Access(
        "leg.letters", _PROVINCES, _SERVICE, Recording.CLOSED, lambda message: ObjectRef("leg", message.leg_id)
    ),
}
