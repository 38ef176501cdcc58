"""The rule table and the sensitive words, read and kept in a browser without JavaScript."""

import hashlib

import pytest
from playwright.sync_api import Browser, expect

from deploy.local.stack import Stack
from tests.e2e.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_a_clerk_on_a_phone_reads_every_rule_in_both_languages_and_changes_no_word(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    clerk = Person(browser, stack, "gz-clerk", people_password, phone=True)
    page = clerk.open("/archive/rules")
    expect(page.locator("section")).to_have_count(26)
    expect(page.locator("section p[lang=en]")).to_have_count(26)
    expect(page.get_by_text("《档案法》第二十七条").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page = clerk.open("/archive/rules/words")
    expect(page.get_by_text("群体性事件")).to_be_visible()
    expect(page.get_by_role("button", name="加入词")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    clerk.context.close()


def test_the_bytes_of_a_table_have_the_hash_that_the_page_tells(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    clerk = Person(browser, stack, "gz-clerk", people_password)
    page = clerk.open("/archive/rules")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载原文").click()
    told = page.locator("dd.code").inner_text()
    assert hashlib.sha256(download.value.path().read_bytes()).hexdigest() == told
    clerk.context.close()


def test_a_director_adds_a_word_and_retires_it_and_keeps_what_was_written_when_something_is_missing(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    director = Person(browser, stack, "gz-director", people_password, phone=True)
    page = director.open("/archive/rules/words")
    page.locator("#word").fill("界碑")
    page.get_by_label("延期：涉及重大利益").check()
    director.press("加入词")
    expect(page.locator(".summary")).to_contain_text("请写明理由")
    expect(page.locator("#word")).to_have_value("界碑")
    page.locator("#reason").fill("本馆地处边境")
    director.press("加入词")
    row = page.locator("tr", has_text="界碑")
    expect(row).to_contain_text("使用中")
    row.get_by_role("radio").check()
    page.locator("#retire-reason").fill("误报过多")
    director.press("停用所选的词")
    expect(page.locator("tr", has_text="界碑")).to_contain_text("已停用")
    director.press("停用所选的词")
    expect(page.locator(".summary")).to_contain_text("请选一个使用中的词")
    director.context.close()
