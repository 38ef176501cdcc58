"""The opening review of one archive through the services that staff use, as samples and tests go through it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc

from services.common.domain.errors import TongdangError
from tongdang.catalog.v1 import (
    fonds_pb2,
    fonds_pb2_grpc,
    lines_pb2,
    lines_pb2_grpc,
    review_pb2,
    review_pb2_grpc,
)

_PAGE = 20
"""Rows that a person reads at once; the secrecy review goes by such pages."""
_WORKING = (review_pb2.BATCH_STATE_GATHERING, review_pb2.BATCH_STATE_PUBLISHING)
Ask = Callable[[Any, Any, str], Any]
_DOCUMENT = ("样例〔2026〕1号", "2026-01-05")


def _fresh(_: str) -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class People:
    """Who acts: usernames. `second`: the unit's officer, or a second reviewer where no unit exists."""

    reviewer: str
    second: str
    director: str


class Reviewing:
    """`ask`: calls a method of a stub with a request, as somebody. `channel`: to the province's catalog service.

    `keys`: the request id of a named step; the same key again is answered with what the first one did.
    """

    def __init__(
        self, ask: Ask, channel: grpc.Channel, archive_id: str, people: People, keys: Callable[[str], str] = _fresh
    ) -> None:
        self._ask = ask
        self._archive_id = archive_id
        self._people = people
        self._keys = keys
        self.review: Any = review_pb2_grpc.ReviewServiceStub(channel)  # type: ignore[no-untyped-call]
        self.lines: Any = lines_pb2_grpc.LineServiceStub(channel)  # type: ignore[no-untyped-call]
        self.fonds: Any = fonds_pb2_grpc.FondsServiceStub(channel)  # type: ignore[no-untyped-call]

    def attest_no_unit(self) -> None:
        """Two people answer for it that the fonds without a unit have none (rule O5)."""
        listed = fonds_pb2.ListFondsRequest(archive_id=self._archive_id)
        for fonds in self._call(self.fonds.ListFonds, listed).fonds:
            if fonds.asked != fonds_pb2.ASKED_UNIT_UNKNOWN:
                continue
            entered = fonds_pb2.RecordFondsEventRequest(
                request_id=self._keys(f"no unit {fonds.fonds}"),
                archive_id=self._archive_id,
                fonds=fonds.fonds,
                kind=fonds_pb2.FONDS_EVENT_KIND_NONE_EXISTS,
                document_number=_DOCUMENT[0],
                document_date=_DOCUMENT[1],
            )
            event = self._call(self.fonds.RecordFondsEvent, entered).event
            attested = fonds_pb2.AttestFondsEventRequest(
                request_id=self._keys(f"attest {fonds.fonds}"), event_id=event.event_id
            )
            self._call(self.fonds.AttestFondsEvent, attested, self._people.director)

    def gather(self, unit_id: str, **wanted: Any) -> review_pb2.Batch | None:
        """A list in review, or None where there is nothing to review."""
        asked = review_pb2.CreateBatchRequest(
            request_id=self._keys("batch"), archive_id=self._archive_id, unit_id=unit_id, **wanted
        )
        try:
            batch = self._call(self.review.CreateBatch, asked).batch
        except TongdangError as problem:
            if problem.code != "NOTHING_TO_REVIEW":
                raise
            return None
        return self.settled(batch.batch_id)

    def records(self, batch_id: str) -> list[str]:
        """Ids of the records on a list, in its order."""
        found: list[str] = []
        token = ""
        while True:
            asked = lines_pb2.ListLinesRequest(batch_id=batch_id, page_size=100, page_token=token)
            page = self._call(self.lines.ListLines, asked)
            found += [line.record.record_id for line in page.lines]
            token = page.next_page_token
            if not token:
                return found

    def decide_groups(self, batch_id: str) -> None:
        """What is suggested is taken group by group; where people must judge, the record opens."""
        groups = self._call(self.lines.ListGroups, lines_pb2.ListGroupsRequest(batch_id=batch_id)).groups
        for group in groups:
            if not group.lines_undecided:
                continue
            filter_ = lines_pb2.LineFilter(group_id=group.group_id, decision=lines_pb2.DECISION_UNDECIDED)
            shown = self._call(
                self.lines.PreviewMatching, lines_pb2.PreviewMatchingRequest(batch_id=batch_id, filter=filter_)
            )
            decide = lines_pb2.DecideMatchingRequest(
                request_id=self._keys(f"group {group.group_id}"),
                batch_id=batch_id,
                filter=filter_,
                expected_count=shown.count,
                verdict=_verdict(group.suggestion),
            )
            self._call(self.lines.DecideMatching, decide)
            self.settled(batch_id)

    def tick_all(self, batch_id: str, *, texts: bool = False) -> None:
        """The secrecy review, page by page of what a person is shown (rule S4)."""
        token = ""
        while True:
            asked = lines_pb2.ListLinesRequest(
                batch_id=batch_id,
                secrecy=lines_pb2.SECRECY_OUTSTANDING,
                page_size=_PAGE,
                page_token=token,
            )
            page = self._call(self.lines.ListLines, asked)
            ids = [line.record.record_id for line in page.lines]
            for record_id in ids if texts else []:  # read one by one
                self._call(self.lines.GetLine, lines_pb2.GetLineRequest(batch_id=batch_id, record_id=record_id))
            if ids:
                tick = lines_pb2.ReviewSecrecyRequest(
                    request_id=self._keys(f"tick {ids[0]}"), batch_id=batch_id, record_ids=ids
                )
                self._call(self.lines.ReviewSecrecy, tick)
            token = page.next_page_token
            if not token:
                return

    def freeze(self, batch_id: str) -> review_pb2.Batch:
        """The list as a whole gives nothing away (rule S5), and is fixed."""
        stated = review_pb2.StateAggregationRequest(
            request_id=self._keys("aggregation"),
            batch_id=batch_id,
            result=review_pb2.AGGREGATION_RESULT_CLEAR,
            reason="汇集后未形成新的敏感信息",
        )
        self._call(self.review.StateAggregation, stated)
        frozen = review_pb2.FreezeBatchRequest(request_id=self._keys("freeze"), batch_id=batch_id)
        batch: review_pb2.Batch = self._call(self.review.FreezeBatch, frozen).batch
        return batch

    def sign(self, batch: review_pb2.Batch) -> review_pb2.Batch:
        """Both sides, as far as they have not signed yet."""
        second = review_pb2.SIDE_ARCHIVE_SECOND if batch.archive_alone else review_pb2.SIDE_CREATING_UNIT
        signed = {signature.side for signature in batch.signatures}
        for side, person in ((review_pb2.SIDE_ARCHIVE, self._people.reviewer), (second, self._people.second)):
            if side not in signed:
                sign = review_pb2.SignBatchRequest(
                    request_id=self._keys(f"sign {side}"), batch_id=batch.batch_id, side=side, root=batch.root
                )
                batch = self._call(self.review.SignBatch, sign, person).batch
        return batch

    def publish(self, batch_id: str) -> review_pb2.Batch:
        """The director confirms; answers once everything is published."""
        asked = review_pb2.PublishBatchRequest(request_id=self._keys("publish"), batch_id=batch_id)
        self._call(self.review.PublishBatch, asked, self._people.director)
        return self.settled(batch_id)

    def ready(self, batch: review_pb2.Batch) -> review_pb2.Batch:
        """From review to signed by both sides."""
        if batch.state == review_pb2.BATCH_STATE_REVIEW:
            self.decide_groups(batch.batch_id)
            self.tick_all(batch.batch_id, texts=batch.matter == review_pb2.MATTER_TEXT)
            batch = self.freeze(batch.batch_id)
        return self.sign(batch)

    def settled(self, batch_id: str) -> review_pb2.Batch:
        """The batch once the worker has done with it."""
        while True:
            asked = review_pb2.GetBatchRequest(batch_id=batch_id)
            batch: review_pb2.Batch = self._call(self.review.GetBatch, asked).batch
            if batch.state not in _WORKING and not batch.HasField("bulk"):
                return batch
            time.sleep(0.05)

    def _call(self, method: Any, request: Any, person: str = "") -> Any:
        return self._ask(method, request, person or self._people.reviewer)


def _verdict(suggestion: lines_pb2.Suggestion) -> lines_pb2.Verdict:
    if suggestion.proposal == lines_pb2.PROPOSAL_DEFER:
        return lines_pb2.Verdict(decision=lines_pb2.DECISION_DEFER, rule="D2", reason="含个人信息")
    rule = "P1" if suggestion.rule == "P1" else "O1"
    return lines_pb2.Verdict(decision=lines_pb2.DECISION_OPEN, rule=rule)
