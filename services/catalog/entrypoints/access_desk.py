"""Access table of the desk, the delivery and the supplying agency."""

import hashlib
from typing import Any

from services.catalog.application.delivery import certificate_id
from services.common.domain.access import Access, AccessTable, Recording
from services.common.domain.actor import Role
from services.common.domain.audit_event import ObjectRef

_DESK = "/tongdang.catalog.v1.DeskService/"
_DELIVERY = "/tongdang.catalog.v1.DeliveryService/"
_SUPPLYING = "/tongdang.fulfilment.v1.SupplyingAgencyService/"
_RECONCILIATION = "/tongdang.fulfilment.v1.CaseReconciliationService/"
_CENTRE = ("requests",)
_PORTAL = ("portal", "operator")
_CLERK = frozenset({Role.CLERK})
_CITIZEN = frozenset({Role.CITIZEN})
_SERVICE = frozenset({Role.SERVICE})


def _archive(message: Any) -> ObjectRef:
    return ObjectRef("archive", message.archive_id, archive_id=message.archive_id)


def _case(message: Any) -> ObjectRef:
    return ObjectRef("case", message.case_id)


def _scan(message: Any) -> ObjectRef:
    return ObjectRef("case", message.header.case_id)


def _leg(message: Any) -> ObjectRef:
    header = message.header
    return ObjectRef("case", header.requesting_agency_request_id, archive_id=header.supplying_agency_id)


def _request(message: Any) -> ObjectRef:
    return ObjectRef("request", message.request_id)


def _certificate(message: Any) -> ObjectRef:
    return ObjectRef("certificate", certificate_id(message.code))


def _ticket(message: Any) -> ObjectRef:
    return ObjectRef("delivery-ticket", hashlib.sha256(message.ticket.encode()).hexdigest()[:32])


def _request_id(message: Any) -> str:
    return str(message.request_id)


def _behalf_of(message: Any) -> str:
    return str(message.on_behalf_of.request_id)


_R = Recording
DESK_ACCESS: AccessTable = {
    _DESK + "ListCases": Access("case.list", _PORTAL, _CLERK, _R.CLOSED, _archive),
    _DESK + "GetCase": Access("case.read", _PORTAL, _CLERK, _R.CLOSED, _case),
    _DESK + "AcceptCase": Access("case.accept", _PORTAL, _CLERK, _R.WRITE, _case),
    _DESK + "AttachScan": Access("case.attach", _PORTAL, _CLERK, _R.WRITE, _scan),
    _DESK + "DeliverCase": Access("case.deliver", _PORTAL, _CLERK, _R.WRITE, _case),
    _DESK + "DeclineCase": Access("case.decline", _PORTAL, _CLERK, _R.WRITE, _case),
    _DELIVERY + "OpenDelivery": Access("delivery.open", ("portal",), _CITIZEN, _R.WRITE, _request, _request_id),
    _DELIVERY + "ReadChunk": Access("delivery.read", ("portal",), _CITIZEN, _R.CLOSED, _ticket),
    _DELIVERY + "VerifyCertificate": Access(
        "certificate.verify", ("portal",), frozenset(Role), _R.CLOSED, _certificate
    ),
    _SUPPLYING + "Request": Access("case.receive", _CENTRE, _SERVICE, _R.WRITE, _leg, _request_id),
    _SUPPLYING + "RequestingAgencyMessage": Access("case.message", _CENTRE, _SERVICE, _R.WRITE, _leg, _behalf_of),
    _RECONCILIATION + "ListHeldCases": Access(
        "case.held", _CENTRE, _SERVICE, _R.CLOSED, lambda _: ObjectRef("cases", "own")
    ),
    _RECONCILIATION + "ListAnswers": Access(
        "case.answers", _CENTRE, _SERVICE, _R.CLOSED, lambda message: ObjectRef("case", message.leg_id)
    ),
}
