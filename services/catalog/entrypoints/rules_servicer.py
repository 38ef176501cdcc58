"""RulesService over gRPC. A repeated request_id is answered from what the word is by then."""

# ruff: noqa: N802 - methods are named by the contract

import grpc

from services.catalog.application import rules
from services.catalog.application.rules import RuleVersions, Words
from services.catalog.domain.word_list import ListedWord
from services.catalog.entrypoints.rules_messages import table_message, version_message, word_message
from services.common.domain.paging import decode_token, encode_token, page_size
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import rules_pb2, rules_pb2_grpc


class RulesServicer(rules_pb2_grpc.RulesServiceServicer):
    """Thin: reads the message, calls the use case, answers."""

    def __init__(self, versions: RuleVersions, words: Words, repeats: Repeats) -> None:
        self._versions = versions
        self._words = words
        self._repeats = repeats

    def GetRuleTable(
        self, request: rules_pb2.GetRuleTableRequest, context: grpc.ServicerContext
    ) -> rules_pb2.GetRuleTableResponse:
        return table_message(rules.get_rule_table(request.version, versions=self._versions))

    def ListRuleVersions(
        self, request: rules_pb2.ListRuleVersionsRequest, context: grpc.ServicerContext
    ) -> rules_pb2.ListRuleVersionsResponse:
        page = self._versions.list(size=request.page_size, token=request.page_token)
        return rules_pb2.ListRuleVersionsResponse(
            versions=map(version_message, page.items), next_page_token=page.next_token
        )

    def ListSensitiveWords(
        self, request: rules_pb2.ListSensitiveWordsRequest, context: grpc.ServicerContext
    ) -> rules_pb2.ListSensitiveWordsResponse:
        current_call().actor.require_archive(request.archive_id)
        listed = self._words.get(request.archive_id)
        bound = {"archive_id": request.archive_id}
        after = list(map(str, decode_token(bound, request.page_token) or ()))
        limit = page_size(request.page_size)
        following = [one for one in listed.words if [one.ground, one.word] > after]
        shown = following[:limit]
        more = len(following) > limit
        return rules_pb2.ListSensitiveWordsResponse(
            words=map(word_message, shown),
            next_page_token=encode_token(bound, [shown[-1].ground, shown[-1].word]) if more else "",
            vocabulary=listed.vocabulary.version,
        )

    def AddSensitiveWord(
        self, request: rules_pb2.AddSensitiveWordRequest, context: grpc.ServicerContext
    ) -> rules_pb2.AddSensitiveWordResponse:
        by = current_call()

        def work() -> ListedWord:
            return rules.add_word(
                request.archive_id, request.word, request.ground, request.reason, by=by, words=self._words
            )

        word = self._repeats.run(idempotency_key(by, request), work, lambda: self._listed(request))
        return rules_pb2.AddSensitiveWordResponse(word=word_message(word))

    def RetireSensitiveWord(
        self, request: rules_pb2.RetireSensitiveWordRequest, context: grpc.ServicerContext
    ) -> rules_pb2.RetireSensitiveWordResponse:
        by = current_call()

        def work() -> ListedWord:
            return rules.retire_word(request.archive_id, request.word, request.reason, by=by, words=self._words)

        word = self._repeats.run(idempotency_key(by, request), work, lambda: self._listed(request))
        return rules_pb2.RetireSensitiveWordResponse(word=word_message(word))

    def _listed(self, request: rules_pb2.AddSensitiveWordRequest | rules_pb2.RetireSensitiveWordRequest) -> ListedWord:
        return rules.listed_word(request.archive_id, request.word, words=self._words)
