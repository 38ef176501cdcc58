"""RulesService on the running stack: who may do what, how often, and that it is on the record."""

import hashlib
import json
import uuid
from typing import Any

import pytest

from deploy.local.client import LocalClient
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.common.domain.errors import TongdangError
from tongdang.catalog.v1 import rules_pb2, rules_pb2_grpc

pytestmark = pytest.mark.integration
ARCHIVE = "a130123"


@pytest.fixture
def service(client: LocalClient) -> Any:
    return rules_pb2_grpc.RulesServiceStub(client.channel("catalog-130000"))  # type: ignore[no-untyped-call]


def _adding(**changes: str) -> rules_pb2.AddSensitiveWordRequest:
    usual = {"request_id": str(uuid.uuid4()), "archive_id": ARCHIVE, "word": "界河", "ground": "D1", "reason": "常见"}
    return rules_pb2.AddSensitiveWordRequest(**(usual | changes))


def test_the_table_in_use_is_served_with_bytes_that_have_its_hash(client: LocalClient, service: Any) -> None:
    table = client.call(service.GetRuleTable, rules_pb2.GetRuleTableRequest(), "hb-clerk")
    assert hashlib.sha256(table.canonical).hexdigest() == table.version.sha256
    assert table.version.version == f"{table.version.name}/sha256:{table.version.sha256}"
    assert len(table.rules) == 26 and table.version.in_use
    listed = client.call(service.ListRuleVersions, rules_pb2.ListRuleVersionsRequest(), "hb-clerk").versions
    assert [one.version for one in listed if one.in_use] == [table.version.version]


def test_words_are_paged_whole_and_once_each(client: LocalClient, service: Any) -> None:
    seen: list[str] = []
    token = ""
    while True:
        asked = rules_pb2.ListSensitiveWordsRequest(archive_id=ARCHIVE, page_size=7, page_token=token)
        page = client.call(service.ListSensitiveWords, asked, "hb-clerk")
        seen += [one.word for one in page.words]
        if not (token := page.next_page_token):
            break
    assert len(seen) == len(set(seen)) >= 25


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("hb-clerk", "ROLE_NOT_ALLOWED"),
        ("hb-reviewer", "ROLE_NOT_ALLOWED"),
        ("regulator", "ROLE_NOT_ALLOWED"),
        ("citizen", "ROLE_NOT_ALLOWED"),
        ("gz-director", "OUT_OF_SCOPE"),
        ("", "UNAUTHENTICATED"),
    ],
)
def test_nobody_but_the_archives_director_changes_its_words(
    client: LocalClient, service: Any, person: str, code: str
) -> None:
    with pytest.raises(TongdangError) as refusal:
        client.call(service.AddSensitiveWord, _adding(), person)
    assert refusal.value.code == code


def test_another_archives_staff_do_not_see_them(client: LocalClient, service: Any) -> None:
    with pytest.raises(TongdangError) as refusal:
        client.call(service.ListSensitiveWords, rules_pb2.ListSensitiveWordsRequest(archive_id=ARCHIVE), "gz-director")
    assert refusal.value.code == "OUT_OF_SCOPE"


def test_a_repeated_request_has_one_effect_and_another_content_under_its_key_none(
    client: LocalClient, service: Any, stack: Stack
) -> None:
    asked = _adding(word="界桩")
    first = client.call(service.AddSensitiveWord, asked, "hb-director")
    assert client.call(service.AddSensitiveWord, asked, "hb-director") == first
    with pytest.raises(TongdangError) as refusal:
        other = _adding(word="界石", request_id=asked.request_id)
        client.call(service.AddSensitiveWord, other, "hb-director")
    assert refusal.value.code == "REQUEST_ID_REUSED"
    with admin_client(stack.layout) as admin:
        changes = list(admin["catalog_130000"]["sensitive_words"].find({"word": {"$in": ["界桩", "界石"]}}))
        leaves = [json.loads(leaf) for row in admin["catalog_130000"]["outbox"].find() for leaf in row["leaves"]]
    assert [one["word"] for one in changes] == ["界桩"]
    assert "界桩" not in repr(leaves)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"word": "13812345678"}, "word"),
        ({"word": "界"}, "word"),
        ({"ground": "S1"}, "ground"),
        ({"reason": " "}, "reason"),
        ({"request_id": "1"}, "request_id"),
    ],
)
def test_bad_input_is_told_by_field(client: LocalClient, service: Any, changes: dict[str, str], field: str) -> None:
    with pytest.raises(TongdangError) as refusal:
        client.call(service.AddSensitiveWord, _adding(**changes), "hb-director")
    assert [one.field for one in refusal.value.violations] == [field]


@pytest.mark.parametrize("token", ["x", "W10", "WyJhIixbXV0"])
def test_a_strange_page_token_is_refused(client: LocalClient, service: Any, token: str) -> None:
    with pytest.raises(TongdangError) as refusal:
        client.call(service.ListRuleVersions, rules_pb2.ListRuleVersionsRequest(page_token=token), "hb-clerk")
    assert refusal.value.code == "INVALID_PAGE_TOKEN"
