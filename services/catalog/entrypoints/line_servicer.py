"""LineService over gRPC: the lines of a batch in review."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Sequence

import grpc

from services.catalog.application import lines as use_cases
from services.catalog.application.lines import Matching, Undone
from services.catalog.application.review import ReviewDesk
from services.catalog.application.review_ports import Lines, RecordFields
from services.catalog.domain.acts import MAX_TICKED, UNDOABLE, Act
from services.catalog.domain.gathering import Matter
from services.catalog.domain.lines import Line
from services.catalog.entrypoints.line_messages import (
    TICKED,
    act_message,
    filter_of,
    group_message,
    line_message,
    line_messages,
    verdict_of,
)
from services.catalog.entrypoints.review_messages import named
from services.catalog.entrypoints.review_servicer import visible_batch
from services.common.domain.paging import page_size
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import lines_pb2, lines_pb2_grpc

_NAMED = 100


class LineServicer(lines_pb2_grpc.LineServiceServicer):
    """Thin. What was listed on a page that a person can read is kept before the page leaves."""

    def __init__(self, desk: ReviewDesk, lines: Lines, repeats: Repeats) -> None:
        self._desk = desk
        self._lines = lines
        self._repeats = repeats

    def ListLines(
        self, request: lines_pb2.ListLinesRequest, context: grpc.ServicerContext
    ) -> lines_pb2.ListLinesResponse:
        by = current_call()
        batch = visible_batch(self._desk, request.batch_id, by)
        page = self._lines.page(
            request.batch_id,
            filter_of(request.filter),
            named(TICKED, request.secrecy, "secrecy"),
            size=request.page_size,
            token=request.page_token,
        )
        if page_size(request.page_size) <= MAX_TICKED and batch.matter is not Matter.TEXT:
            self._lines.show(request.batch_id, by.actor.pseudonym, page.items)
        return lines_pb2.ListLinesResponse(lines=line_messages(page.items), next_page_token=page.next_token)

    def GetLine(self, request: lines_pb2.GetLineRequest, context: grpc.ServicerContext) -> lines_pb2.GetLineResponse:
        by = current_call()
        visible_batch(self._desk, request.batch_id, by)
        found = self._lines.one(request.batch_id, request.record_id)
        self._lines.show(request.batch_id, by.actor.pseudonym, [found])
        return lines_pb2.GetLineResponse(line=line_message(*found))

    def ListGroups(
        self, request: lines_pb2.ListGroupsRequest, context: grpc.ServicerContext
    ) -> lines_pb2.ListGroupsResponse:
        visible_batch(self._desk, request.batch_id, current_call())
        return lines_pb2.ListGroupsResponse(groups=map(group_message, self._lines.groups(request.batch_id)))

    def DecideLines(
        self, request: lines_pb2.DecideLinesRequest, context: grpc.ServicerContext
    ) -> lines_pb2.DecideLinesResponse:
        by = current_call()

        def work() -> None:
            use_cases.decide_lines(
                act_id=request.request_id,
                batch_id=request.batch_id,
                seen={line.record_id: line.version for line in request.lines},
                verdict=verdict_of(request.verdict),
                by=by,
                batches=self._desk.batches,
            )

        self._repeats.run(idempotency_key(by, request), work, lambda: None)
        now = self._some(request.batch_id, [line.record_id for line in request.lines])
        return lines_pb2.DecideLinesResponse(act_id=request.request_id, lines=line_messages(now))

    def PreviewMatching(
        self, request: lines_pb2.PreviewMatchingRequest, context: grpc.ServicerContext
    ) -> lines_pb2.PreviewMatchingResponse:
        count, sample = use_cases.preview_matching(
            batch_id=request.batch_id,
            wanted=filter_of(request.filter),
            by=current_call(),
            batches=self._desk.batches,
            lines=self._lines,
        )
        return lines_pb2.PreviewMatchingResponse(count=count, sample=line_messages(sample))

    def DecideMatching(
        self, request: lines_pb2.DecideMatchingRequest, context: grpc.ServicerContext
    ) -> lines_pb2.DecideMatchingResponse:
        by = current_call()

        def work() -> Act:
            matching = Matching(filter_of(request.filter), tuple(request.except_record_ids), request.expected_count)
            return use_cases.decide_matching(
                act_id=request.request_id,
                batch_id=request.batch_id,
                matching=matching,
                verdict=verdict_of(request.verdict),
                by=by,
                batches=self._desk.batches,
            )

        self._repeats.run(idempotency_key(by, request), work, lambda: None)
        bulk = self._desk.batches.get(request.batch_id).bulk
        under_way = bulk is not None and bulk.act_id == request.request_id
        done = bulk.done if bulk and under_way else request.expected_count
        return lines_pb2.DecideMatchingResponse(act_id=request.request_id, done=done, total=request.expected_count)

    def ListActs(self, request: lines_pb2.ListActsRequest, context: grpc.ServicerContext) -> lines_pb2.ListActsResponse:
        by = current_call()
        visible_batch(self._desk, request.batch_id, by)
        acts = self._lines.acts(request.batch_id, by.actor.pseudonym, UNDOABLE)
        return lines_pb2.ListActsResponse(acts=map(act_message, acts))

    def UndoAct(self, request: lines_pb2.UndoActRequest, context: grpc.ServicerContext) -> lines_pb2.UndoActResponse:
        by = current_call()

        def work() -> Undone:
            return use_cases.undo_act(
                act_id=request.act_id, batch_id=request.batch_id, by=by, batches=self._desk.batches
            )

        def again() -> Undone:
            return use_cases.undone_before(act_id=request.act_id, batch_id=request.batch_id, lines=self._lines)

        undone = self._repeats.run(idempotency_key(by, request), work, again)
        kept = self._lines.kept(request.batch_id, request.act_id, _NAMED) if undone.kept else []
        return lines_pb2.UndoActResponse(taken_back=undone.taken_back, kept=undone.kept, kept_lines=line_messages(kept))

    def ReviewSecrecy(
        self, request: lines_pb2.ReviewSecrecyRequest, context: grpc.ServicerContext
    ) -> lines_pb2.ReviewSecrecyResponse:
        by = current_call()

        def work() -> int:
            return use_cases.review_secrecy(
                batch_id=request.batch_id, record_ids=list(request.record_ids), by=by, batches=self._desk.batches
            )

        def again() -> int:
            return self._desk.batches.get(request.batch_id).ticked

        ticked = self._repeats.run(idempotency_key(by, request), work, again)
        return lines_pb2.ReviewSecrecyResponse(records_ticked=ticked)

    def _some(self, batch_id: str, record_ids: Sequence[str]) -> list[tuple[Line, RecordFields]]:
        return self._lines.some(batch_id, record_ids)
