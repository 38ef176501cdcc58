"""Acceptance sentences of the pages: scripts, keyboard, weight (UX 1, 18, 19, 24)."""

import pytest
from playwright.sync_api import Browser, expect

from deploy.local.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.mark.parametrize("words", ["救济", "救濟", "jiuji", "jiu ji"])
def test_a_citizen_on_a_phone_without_javascript_finds_in_either_script_and_by_pinyin(
    browser: Browser,
    stack: Stack,
    words: str,
) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 740}, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(stack.url("portal"))
    page.get_by_label("查什么？").fill(words)
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".hits li").first).to_contain_text("救济")
    expect(page.get_by_role("status")).to_contain_text("找到")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    context.close()


def test_the_search_page_weighs_under_100_kb_and_asks_no_other_host(browser: Browser, stack: Stack) -> None:
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    hosts: set[str] = set()
    page.on("response", lambda answer: (sizes.append(len(answer.body())), hosts.add(answer.url.split("/")[2])))
    page.goto(stack.url("portal") + "/search?q=救济")
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < 100_000
    assert hosts == {stack.url("portal").split("/")[2]}
    context.close()


def test_everything_on_the_search_page_is_reached_by_keyboard_and_its_focus_is_seen(
    browser: Browser,
    stack: Stack,
) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(stack.url("portal") + "/search?q=救济")
    wanted = page.locator("main a[href], main button, main input:visible, main summary").count()
    reached = set()
    for _ in range(wanted + 20):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        inside = page.evaluate("document.querySelector('main').contains(document.activeElement)")
        if inside:
            assert outline == "solid", "focus is not seen"
            reached.add(page.evaluate("document.activeElement.outerHTML"))
    assert len(reached) >= wanted - 1, "radio groups are one stop"
    context.close()
