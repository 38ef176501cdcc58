"""The deferral register, consents, personal series and reports by their pages, on a desktop and on a phone."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from deploy.local.client import LocalClient
from deploy.local.stack import Stack
from tests.builders.deferring import deferred
from tests.e2e.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def _scan() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, "PNG")
    return out.getvalue()


def test_an_overdue_deferral_gets_its_consent_from_two_people_by_the_pages(
    browser: Browser,
    stack: Stack,
    people_password: str,
    client: LocalClient,
) -> None:
    deferred(client, 1)
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    page = reviewer.open("/archive/deferrals?standing=overdue")
    first = page.locator("tbody tr").first
    code = first.locator(".code").first.inner_text()
    expect(first).to_contain_text("逾期，未经主管部门同意")
    reviewer.open("/archive/consents")
    page.get_by_text("录入一份同意文件").click()
    page.get_by_label("文号").fill("苏档函〔2026〕78号")
    page.get_by_label("同意日期").fill("2026-01-05")
    page.get_by_label("同意机关").fill("江苏省档案局")
    page.get_by_label("扫描件").set_input_files({"name": "s.png", "mimeType": "image/png", "buffer": _scan()})
    page.get_by_label("档号").fill(code)
    page.get_by_label("文件涉及的件数").fill("3")
    reviewer.press("录入，交另一人核对")
    expect(page.locator("#act")).to_contain_text("实际符合的是 1 条，与您看到的 3 条不同")
    page.get_by_label("文件涉及的件数").fill("1")
    page.get_by_label("扫描件").set_input_files({"name": "s.png", "mimeType": "image/png", "buffer": _scan()})
    reviewer.press("录入，交另一人核对")
    card = page.locator("section.card", has_text="苏档函〔2026〕78号")
    expect(card).to_contain_text("要由另一人核对")
    second = Person(browser, stack, "js-reviewer2", people_password)
    page = second.open("/archive/consents")
    card = page.locator("section.card", has_text="苏档函〔2026〕78号")
    card.get_by_role("button", name="与原件一致").click()
    expect(page.locator("section.card", has_text="苏档函〔2026〕78号")).to_contain_text("已记入 1 件")
    second.open("/archive/deferrals?standing=overdue")
    expect(page.locator("tbody .code", has_text=re.compile(f"^{re.escape(code)}$"))).to_have_count(0)


def test_a_personal_series_is_proposed_signed_by_both_and_shown_as_overdue_until_consent(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    page = reviewer.open("/archive/series")
    row = page.locator("tbody tr", has_text="已满期，未列入整组").filter(has_text="A001").last
    year = row.locator("td[data-label=年度]").inner_text()
    category = row.locator("td").nth(1).inner_text()
    page.get_by_text("提出一组").click()
    page.get_by_label("全宗号").fill("A001")
    page.get_by_label("类别").select_option(label=category)
    page.get_by_label("形成年度起").fill(year)
    page.get_by_label("止", exact=True).fill("2020")
    page.get_by_label("理由").last.fill("含个人信息")
    reviewer.press("提出，交两方签名")
    expect(page.locator("#summary")).to_contain_text("已满二十五年")
    page.get_by_label("止", exact=True).fill(year)
    reviewer.press("提出，交两方签名")
    card = page.locator("section.card", has_text=f"· {year}–{year}").first
    expect(card).to_contain_text("待签名")
    card.get_by_role("button", name=re.compile("签名")).click()
    expect(page.locator("section.card", has_text=f"· {year}–{year}").first).to_contain_text("一方已签名")
    officer = Person(browser, stack, "js-unit", people_password)
    page = officer.open("/archive/series")
    card = page.locator("section.card", has_text=f"· {year}–{year}").first
    card.get_by_role("button", name=re.compile("签名")).click()
    expect(page.locator("section.card", has_text=f"· {year}–{year}").first).to_contain_text("逾期，未经主管部门同意")


def test_a_report_is_made_by_the_director_and_opened_by_the_authority_with_a_reason(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    director = Person(browser, stack, "js-director", people_password)
    page = director.open("/archive/deferrals")
    page.get_by_label("件数").fill("-3")
    page.get_by_label("清点日期").fill("2026-01-05")
    director.press("记下件数")
    expect(page.locator("#summary")).to_contain_text("请填件数")
    page.get_by_label("件数").fill("5")
    director.press("记下件数")
    expect(page.locator("main")).to_contain_text("国家秘密：5 件，存于系统外")
    director.press("生成报告，报主管部门")
    expect(page.locator("section.card").first).to_contain_text("延期")
    with page.expect_download() as downloaded:
        page.locator("section.card").first.get_by_role("link", name=re.compile("下载文件")).click()
    frozen = downloaded.value.path().read_bytes()
    page = director.open("/archive/deferrals/print?standing=overdue")
    expect(page.locator("article")).to_contain_text("存于系统外")

    regulator = Person(browser, stack, "regulator", people_password)
    page = regulator.open("/supervision/registers")
    page.get_by_role("link", name="江苏省").click()
    expect(page.locator("tbody tr", has_text="从未报告").first).to_be_visible()
    card = page.locator("section.card").first
    card.get_by_role("button", name="打开报告").click()
    expect(page.locator("#summary")).to_contain_text("请填理由")
    page.locator("section.card").first.get_by_label("查看理由").fill("年度检查")
    page.locator("section.card").first.get_by_role("button", name="打开报告").click()
    with page.expect_download() as downloaded:
        page.get_by_role("link", name=re.compile("下载文件")).click()
    assert downloaded.value.path().read_bytes() == frozen
    stranger = Person(browser, stack, "gz-regulator", people_password)
    stranger.open("/supervision/registers/320000")
    expect(stranger.page.locator("h1")).not_to_contain_text("延期开放目录")


@pytest.mark.parametrize("path", ["/archive/deferrals", "/archive/consents", "/archive/series"])
def test_the_registers_pages_fit_a_phone_without_script(
    browser: Browser,
    stack: Stack,
    people_password: str,
    path: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password, phone=True)
    page = reviewer.open(path)
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
