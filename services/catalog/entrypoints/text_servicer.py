"""TextService over gRPC. A repeated request_id is answered from what the text is by then."""

# ruff: noqa: N802 - methods are named by the contract

import grpc

from services.catalog.application import texts as use_cases
from services.catalog.application.review_ports import Records
from services.catalog.application.texts import Texts
from services.catalog.domain.texts import Text, TextState
from services.catalog.entrypoints.review_messages import timestamp
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import text_pb2, text_pb2_grpc

_STATES = {
    TextState.WAITING: text_pb2.TEXT_STATE_WAITING,
    TextState.OPEN: text_pb2.TEXT_STATE_OPEN,
    TextState.DEFERRED: text_pb2.TEXT_STATE_DEFERRED,
    TextState.WITHDRAWN: text_pb2.TEXT_STATE_WITHDRAWN,
}


class TextServicer(text_pb2_grpc.TextServiceServicer):
    """Thin: reads the message, calls the use case, answers."""

    def __init__(self, records: Records, texts: Texts, repeats: Repeats) -> None:
        self._records = records
        self._texts = texts
        self._repeats = repeats

    def EnterText(
        self, request: text_pb2.EnterTextRequest, context: grpc.ServicerContext
    ) -> text_pb2.EnterTextResponse:
        by, texts = current_call(), self._texts

        def work() -> Text:
            return use_cases.enter_text(
                record_id=request.record_id, content=request.content, by=by, records=self._records, texts=texts
            )

        text = self._repeats.run(idempotency_key(by, request), work, lambda: texts.get(request.record_id))
        return text_pb2.EnterTextResponse(text=_message(text))

    def GetText(self, request: text_pb2.GetTextRequest, context: grpc.ServicerContext) -> text_pb2.GetTextResponse:
        text = use_cases.get_text(record_id=request.record_id, by=current_call(), texts=self._texts)
        return text_pb2.GetTextResponse(text=_message(text))

    def WithdrawText(
        self, request: text_pb2.WithdrawTextRequest, context: grpc.ServicerContext
    ) -> text_pb2.WithdrawTextResponse:
        by, texts = current_call(), self._texts

        def work() -> Text:
            return use_cases.withdraw_text(
                record_id=request.record_id, rule=request.rule, reason=request.reason, by=by, texts=texts
            )

        text = self._repeats.run(idempotency_key(by, request), work, lambda: texts.get(request.record_id))
        return text_pb2.WithdrawTextResponse(text=_message(text))


def _message(text: Text) -> text_pb2.Text:
    return text_pb2.Text(
        record_id=text.record_id,
        state=_STATES[text.state],
        text=text.text,
        version=text.version,
        batch_id=text.batch_id,
        rule=text.rule,
        reason=text.reason,
        entered_by=text.entered_by,
        entered_at=timestamp(text.entered_at),
    )
