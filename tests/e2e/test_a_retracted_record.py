"""A record is retracted after a copy went out: who asked knows, outlets are silent, the copy stays genuine (UX 52)."""

import gzip
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.common.domain.open_dump import JSON_LINES, RETRACTED
from tests.e2e.people import Person
from tests.e2e.test_the_story import ask_for_a_copy, fulfil
from tests.integration.publication.ground import Site, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]


def test_the_requester_knows_all_outlets_are_silent_and_the_copy_was_genuine_when_issued(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    site = Site(stack)
    title = site.json(f"/api/v1/search?region=320000&q={quote('救济')}")["hits"][0]["entry"]["title"]
    request_path, number = ask_for_a_copy(browser, stack, people_password, title)
    fulfil(browser, stack, people_password, number)
    with admin_client(stack.layout) as admin:
        case = admin["catalog_320000"]["cases"].find_one({"number": number})
    assert case is not None
    record_id, code = case["record_id"], case["delivery"]["code"]
    entry = site.json(f"/api/v1/records/{record_id}")
    assert record_id in dumped(site, JSON_LINES)

    director = Person(browser, stack, "js-director", people_password)
    page = director.open(f"/archive/records/{record_id}")
    page.get_by_label("理由").fill("涉及个人隐私")
    page.get_by_label("我确认撤回").check()
    director.press("撤回")
    until(lambda: site.get(f"/records/{record_id}")[0] == 410)

    searched = site.json(f"/api/v1/search?q={quote(entry['reference_code'])}").get("hits", [])
    assert record_id not in {hit["entry"]["record_id"] for hit in searched}
    assert record_id not in site.get("/feed.atom?archive=a320581")[1].decode()
    harvested = site.get(f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:localhost:{record_id}")[1].decode()
    assert 'status="deleted"' in harvested and title not in harvested
    until(lambda: record_id in dumped(site, RETRACTED))
    assert record_id not in dumped(site, JSON_LINES)

    citizen = Person(browser, stack, "citizen", people_password, phone=True)
    page = citizen.open(request_path)
    expect(page.locator("main .note", has_text="撤回了您申请的这条目录")).to_contain_text("不影响它出具时为真")
    expect(page.get_by_role("link", name="下载复制件")).to_be_visible()
    stranger = Person(browser, stack, "", people_password)
    page = stranger.open(f"/verify/{code}")
    expect(page.locator(".verdict.good")).to_contain_text("真实")
    expect(page.locator(".verdict.good")).to_contain_text("不影响它出具时为真")


def dumped(site: Site, name: str) -> str:
    """A file of the province's newest dump; empty where none is offered."""
    status, packed = site.get(f"/open-data/320000/latest/{name}")
    return gzip.decompress(packed).decode() if status == 200 else ""


def test_a_citizen_on_a_phone_without_javascript_reads_the_page_of_open_data(
    browser: Browser,
    stack: Stack,
) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 740}, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(stack.url("portal"))
    page.get_by_role("link", name="开放数据").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("开放目录下载")
    expect(page.get_by_role("link", name="entries.csv.gz")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    with page.expect_download() as waiting:
        page.get_by_role("link", name="entries.csv.gz").first.click()
    assert waiting.value.suggested_filename == "entries.csv.gz"
    context.close()
