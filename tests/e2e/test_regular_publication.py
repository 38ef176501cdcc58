"""Regular publication, re-evaluations and early opening by their pages (Archives Law 28; rules D5, O3)."""

import re

import pytest
from playwright.sync_api import Browser, expect

from deploy.local.stack import Stack
from tests.e2e.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_a_director_confirms_for_an_issue_day_and_takes_it_back_without_voiding_a_signature(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather("常熟市教育局", 2)
    reviewer.open_all(batch)
    reviewer.tick_all(batch)
    reviewer.freeze(batch)
    reviewer.press("以档案馆签名")
    officer = Person(browser, stack, "js-unit3", people_password)
    officer.open(f"{batch}/signatures")
    officer.press("以形成单位签名")
    director = Person(browser, stack, "js-director", people_password)
    page = director.open(f"{batch}/signatures")
    first = page.locator("input[name=publish_on]").first
    expect(first).to_be_checked()
    day = first.get_attribute("value")
    director.press("确认，到那天公布")
    expect(page.locator("#live .sentence")).to_contain_text("已确认，等待公布日")
    page = director.open("/archive/issues")
    expect(page.locator("#scheduled li")).to_have_count(1)
    assert day is not None
    year, month, number = map(int, day.split("-"))
    expect(page.locator("#next")).to_contain_text(f"{year}年{month}月{number}日")
    page.locator("#scheduled a").click()
    director.press("取消这次公布日")
    expect(page.locator("#live .sentence")).to_contain_text("两方已签")
    expect(page.locator("#signed li")).to_have_count(2)
    director.press(re.compile("^确认公布"))
    expect(page.locator("#live .sentence")).to_contain_text("已公布", timeout=30_000)
    anybody = Person(browser, stack, "", "", phone=True)
    page = anybody.open("/issues")
    page.get_by_role("navigation").get_by_role("link", name="江苏省").click()
    page.locator("#issues tbody a").first.click()
    expect(page.locator(".hits li").first).to_be_visible()


def test_a_director_sets_the_days_and_what_is_wrong_stays_in_the_form(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    director = Person(browser, stack, "ks-director", people_password)
    page = director.open("/archive/issues")
    page.get_by_label("每月", exact=True).check()
    page.get_by_label("一年中的第一个公布月份").fill("1")
    page.get_by_label("每次在几号").fill("31")
    director.press("保存")
    expect(page.locator("#summary")).to_be_visible()
    expect(page.get_by_label("每次在几号")).to_have_value("31")
    page.get_by_label("每次在几号").fill("28")
    director.press("保存")
    expect(page.locator("#next")).to_contain_text("月28日")


def test_what_is_due_again_and_what_may_open_early_is_told_with_its_buttons(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    page = reviewer.open("/archive/rereviews")
    expect(page.get_by_role("heading", level=1)).to_have_text("到期复核")
    page = reviewer.open("/archive/early")
    expect(page.get_by_role("heading", level=1)).to_have_text("提前开放")
