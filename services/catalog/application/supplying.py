"""The requesting agency's side of a leg: a request becomes a case; a withdrawal ends it if it still can."""

import hashlib
import re
from dataclasses import replace

from services.catalog.application.desk_messages import cancel_answer, case_object, status_letter
from services.catalog.application.desk_ports import Cases, Holdings, Unit
from services.catalog.domain import cases as domain
from services.catalog.domain.cases import Case
from services.common.domain.actor import OnBehalfOf
from services.common.domain.caller import Caller
from services.common.domain.conversation import Conversation
from services.common.domain.errors import InvalidArgument, NotFound, OutOfScope
from services.common.domain.ids import is_uuid
from services.common.domain.registry import Registry
from services.common.grpc.stamps import deadline_of, moment_of, stamp
from tongdang.common.v1 import common_pb2
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb


def take_request(
    message: pb.RequestRequest, *, by: Caller, cases: Cases, holdings: Holdings, registry: Registry, region_id: str
) -> pb.Confirmation:
    """Puts a request into the queue of the archive that holds the record, and answers RequestReceived by letter.

    Raises: OutOfScope: an archive of another region, or a record of another archive; NotFound, InvalidArgument,
        MessageGap, RequestIdReused.
    """
    by = _acting_for(by, message.on_behalf_of)
    header = message.header
    archive_id = header.supplying_agency_id
    if registry.archive(archive_id).region_id != region_id:
        raise OutOfScope("an archive of another region")
    if holdings.record(message.record_id)["archive_id"] != archive_id:
        raise OutOfScope("another archive's record")
    case_id = _leg(header)
    deadline = deadline_of(message.deadline)
    digest = _digest(message)

    def work(unit: Unit) -> bytes:
        known = unit.find(case_id)
        talk = known.conversation if known else Conversation()
        stored = talk.answered(header.number, digest)
        if stored is not None:
            return stored
        answer = _confirmation(by)
        case = domain.received(
            case_id,
            message.request_id,
            message.request_number,
            region_id,
            archive_id,
            message.record_id,
            message.reference_code,
            message.title,
            message.on_behalf_of.pseudonym,
            message.sealed_applicant,
            deadline,
            by.clock.now(),
        )
        case = _heard(case, header.number, digest, answer)
        event = by.granted(case_object(case), correlation_id=case.request_id, facts={"number": case.number})
        unit.add(case)
        unit.record(event)
        unit.post(status_letter(case, event.event_id, by))
        return answer

    return pb.Confirmation.FromString(cases.run(work))


def take_message(message: pb.RequestingAgencyMessageRequest, *, by: Caller, cases: Cases) -> pb.Confirmation:
    """A further message of the requesting agency; Cancel gets its answer by letter.

    Raises: NotFound, InvalidArgument, MessageGap, RequestIdReused.
    """
    by = _acting_for(by, message.on_behalf_of)
    header = message.header
    case_id = _leg(header)
    if message.action == pb.ACTION_UNSPECIFIED:
        raise InvalidArgument("action", "an ISO 18626 action")
    digest = _digest(message)

    def work(unit: Unit) -> bytes:
        case = unit.find(case_id)
        if case is None or case.archive_id != header.supplying_agency_id:
            raise NotFound("case")
        stored = case.conversation.answered(header.number, digest)
        if stored is not None:
            return stored
        answer = _confirmation(by)
        case = _heard(case, header.number, digest, answer)
        facts = {"action": pb.Action.Name(message.action), "state": case.state.value}
        event = by.granted(case_object(case), correlation_id=case.request_id, facts=facts)
        if message.action == pb.ACTION_CANCEL:
            case = case.cancel()
            unit.post(cancel_answer(case, event.event_id, by))
        elif message.action == pb.ACTION_STATUS_REQUEST:
            case = replace(case, conversation=case.conversation.send())
            unit.post(status_letter(case, event.event_id, by))
        unit.save(case)
        unit.record(event)
        return answer

    return pb.Confirmation.FromString(cases.run(work))


def _acting_for(by: Caller, behalf: common_pb2.OnBehalfOf) -> Caller:
    """The service acts for the applicant, whom it names by pseudonym: nobody's token is live any more."""
    if not re.fullmatch("[0-9a-f]{32}", behalf.pseudonym) or not is_uuid(behalf.request_id):
        raise InvalidArgument("on_behalf_of", "a pseudonym and a request")
    person = OnBehalfOf(behalf.pseudonym, behalf.acr, moment_of(behalf.auth_time), behalf.request_id)
    return replace(by, actor=replace(by.actor, on_behalf_of=person))


def _leg(header: pb.Header) -> str:
    if not is_uuid(header.requesting_agency_request_id):
        raise InvalidArgument("header.requesting_agency_request_id", "a UUID")
    return header.requesting_agency_request_id


def _heard(case: Case, number: int, digest: str, answer: bytes) -> Case:
    return replace(case, conversation=case.conversation.hear(number, digest, answer))


def _digest(message: pb.RequestRequest | pb.RequestingAgencyMessageRequest) -> str:
    return hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()


def _confirmation(by: Caller) -> bytes:
    now = stamp(by.clock.now())
    done = pb.Confirmation(timestamp=now, timestamp_received=now, message_status=pb.MESSAGE_STATUS_OK)
    return done.SerializeToString()
