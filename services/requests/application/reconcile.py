"""Compares the centre's requests with the cases the provinces hold, and applies again what a restored centre forgot.

Both sides live on meanwhile, and each only ever gains letters. So what the centre has is read before the province
where the province may lack it, and again after it where the centre may: a letter under way is no difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from services.common.domain.caller import Caller
from services.common.domain.errors import TongdangError
from services.common.domain.registry import Registry
from services.requests.application.answers import STATUSES, apply_answer
from services.requests.application.legs import Legs
from services.requests.application.messages import request_object
from services.requests.application.ports import Numbers, Requests, Unit
from services.requests.domain.differences import Difference, Finding
from services.requests.domain.lifecycle import STATE_OF_STATUS
from services.requests.domain.request import RetrievalRequest
from tongdang.fulfilment.v1 import fulfilment_pb2 as pb

_PAGE = 100

log = structlog.get_logger()
Known = tuple[RetrievalRequest, int]
"""A request, and how many of its letters the province has confirmed."""


class Province(Protocol):
    """One province's side of its legs."""

    def cases(self) -> Iterable[pb.HeldCase]:
        """Every case it holds. Raises: TongdangError: it does not answer."""
        ...

    def answers(self, leg_id: str, after: int) -> Sequence[pb.SupplyingAgencyMessageRequest]:
        """What it wrote on a leg and had confirmed, by number. Raises: TongdangError."""
        ...


def compare(legs: Legs, provinces: Mapping[str, Province]) -> list[Difference]:
    """Everything on which the centre and a province do not agree. `provinces`: by region id."""
    found: list[Difference] = []
    for region_id, province in provinces.items():
        try:
            found += _of_region(region_id, legs, province)
        except TongdangError as problem:
            found.append(Difference(Finding.PROVINCE_SILENT, region_id, "", problem.code))
    return sorted(found)


def bring_back(
    found: Iterable[Difference],
    *,
    by: Caller,
    legs: Legs,
    provinces: Mapping[str, Province],
    requests: Requests,
    numbers: Numbers,
    registry: Registry,
) -> None:
    """Applies the provinces' letters to the requests that are behind, as if they had just come.

    Each in transactions of its own, so that a kill leaves the rest for the next run. Numbers that a province knows
    are never given again. A province that falls silent meanwhile is left for the next run too.
    """
    behind = {one.object_id for one in found if one.finding is Finding.REQUEST_BEHIND}
    for region_id, province in provinces.items():
        sender = replace(by, actor=replace(by.actor, via=registry.region(region_id).principal))
        try:
            cases = list(province.cases())
        except TongdangError:
            continue  # the comparison that follows names it
        numbers.skip(case.request_number for case in cases)
        for case in cases:
            known = legs.of_leg(case.leg_id, region_id) if case.leg_id in behind else None
            if known is None:
                continue
            try:
                _catch_up(known[0], case, province, sender, requests, registry)
            except TongdangError as problem:  # this one stays behind, and is listed; the others go on
                log.warning("request-not-brought-back", leg=case.leg_id, code=problem.code)


def _of_region(region_id: str, legs: Legs, province: Province) -> list[Difference]:
    before = {known[0].leg_id: known for known in _every(region_id, legs)}
    held = {case.leg_id: case for case in province.cases()}
    found: list[Difference] = []
    for leg_id, known in before.items():
        found += _lost_there(known, held.get(leg_id))
    for leg_id, case in held.items():
        if _lost_here(before.get(leg_id), case):
            found += _lost_here(legs.of_leg(leg_id, region_id), case)
    return found


def _every(region_id: str, legs: Legs) -> Iterator[Known]:
    token = ""
    while True:
        page = legs.of_region(region_id, _PAGE, token)
        yield from page.items
        token = page.next_token
        if not token:
            return


def _lost_there(known: Known, case: pb.HeldCase | None) -> list[Difference]:
    request, confirmed = known
    if case is None:
        return [Difference(Finding.CASE_ABSENT, request.leg_id, _here(request))] if confirmed else []
    if case.received < confirmed or case.sent < len(request.conversation.heard):
        return [Difference(Finding.CASE_BEHIND, case.leg_id, _here(request), _there(case))]
    return []


def _lost_here(known: Known | None, case: pb.HeldCase) -> list[Difference]:
    if known is None:
        return [Difference(Finding.REQUEST_ABSENT, case.leg_id, "", _there(case))]
    request = known[0]
    heard = len(request.conversation.heard)
    told = Difference(Finding.REQUEST_BEHIND, case.leg_id, _here(request), _there(case))
    if heard < case.confirmed or request.conversation.sent < case.received:
        return [told]
    status = STATUSES.get(case.status)
    expected = STATE_OF_STATUS.get(status) if status is not None else None
    if heard == case.sent and request.state is not expected:
        return [replace(told, finding=Finding.STATE_DIFFERS)]
    return []


def _here(request: RetrievalRequest) -> str:
    talk = request.conversation
    return f"{request.number} {request.state.value}, {talk.sent} sent, {len(talk.heard)} heard"


def _there(case: pb.HeldCase) -> str:
    status = STATUSES.get(case.status)
    told = status.value if status is not None else "unknown"
    return f"{case.request_number} {told}, {case.received} received, {case.sent} sent"


def _catch_up(
    request: RetrievalRequest, case: pb.HeldCase, province: Province, by: Caller, requests: Requests, registry: Registry
) -> None:
    expected = len(request.conversation.heard) + 1
    for answer in province.answers(request.leg_id, expected - 1):
        if answer.header.number != expected:
            break  # one before it is not kept any more: the request stays behind, and is listed
        apply_answer(answer, by=by, requests=requests, registry=registry)
        expected += 1

    def resume(unit: Unit) -> bytes:
        before = unit.of_leg(case.leg_id)
        after = before.resumed(case.received)
        unit.save(after)
        unit.arrived(case.leg_id, case.received, by.clock.now())
        facts = {"state": after.state.value, "sent": after.conversation.sent}
        unit.record(by.granted(request_object(after), correlation_id=after.request_id, facts=facts))
        return b""

    requests.run(resume)
