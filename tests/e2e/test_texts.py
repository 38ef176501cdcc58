"""A record's text by the pages: entered, reviewed on a list of its own, found, read on a phone, withdrawn."""

import re
import subprocess
import urllib.parse

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.client import LocalClient
from deploy.local.layout import ROOT
from deploy.local.stack import Stack
from tests.e2e.people import Person
from tests.integration.publication.ground import Province, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]
CODE, TITLE = "A003-WS·1948-Y-JYK-95001", "关于黄鹂桥小学修缮的批复"
WORDS = "经研究，同意修缮校舍三间。\n经办人电话13812345678，须删去后公布。\n此复。"
PUBLIC = "经研究，同意修缮校舍三间。\n此复。"


def _opened(stack: Stack) -> str:
    """A record of the unit whose entry has just become public; its id. One is brought along, should none be left."""
    province = Province(LocalClient(stack.layout, "portal"), "320000", "a320581", "js")
    row = {"责任者": "常熟县教育局", "日期": "19480304", "保管期限": "永久", "页数": "3", "档号": CODE, "题名": TITLE}
    province.take_in([row])
    batch = province.publish("u320581-jy", "js-unit3", 1)
    [record_id] = province.records(batch)
    return record_id


def _enter(clerk: Person, record_id: str, content: bytes) -> Page:
    page = clerk.open(f"/archive/records/{record_id}/text")
    page.set_input_files("#file", {"name": "原文.txt", "mimeType": "text/plain", "buffer": content})
    clerk.press("录入")
    return page


def _verified(stack: Stack, record_id: str) -> "subprocess.CompletedProcess[str]":
    """As a reader checks the text from outside, once the log can be asked for its publication."""
    command = [str(ROOT / "bin" / "tongdang-verify"), "record", "--text"]
    command += ["--portal", stack.layout.portal_url, record_id, "--url", stack.layout.log_url]
    command += ["--key", str(stack.layout.etc / "audit-log.vkey")]

    def asked() -> "subprocess.CompletedProcess[str] | None":
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done if done.returncode == 0 else None

    verified: subprocess.CompletedProcess[str] = until(asked)
    return verified


def _found(reader: Person, words: str) -> Page:
    return reader.open(f"/search?q={urllib.parse.quote(words)}")


def test_a_text_is_entered_reviewed_found_read_and_withdrawn(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    record_id = _opened(stack)
    clerk, reviewer, officer, director = (
        Person(browser, stack, name, people_password) for name in ("js-clerk", "js-reviewer", "js-unit3", "js-director")
    )
    reader = Person(browser, stack, "", "", phone=True)

    page = _enter(clerk, record_id, "正文".encode("gb18030"))
    expect(page.locator("#file-problem")).to_contain_text("第 1 行")
    page = _enter(clerk, record_id, "机密★10年\n正文".encode())
    expect(page.locator("#file-problem")).to_contain_text("密级")
    page = _enter(clerk, record_id, WORDS.encode())
    expect(page.locator(".sentence")).to_contain_text("等待决定")
    page = _enter(clerk, record_id, PUBLIC.encode())
    expect(page.locator(".text")).to_have_text(PUBLIC)

    page = reviewer.open("/archive/batches")
    page.get_by_label("常熟市教育局").check()
    page.get_by_label("公布已开放档案的原文").check()
    reviewer.press("汇集成批")
    expect(page.locator("h1")).to_contain_text("公布原文", timeout=30_000)
    expect(page.locator("#live .sentence")).to_contain_text("审核中", timeout=30_000)
    batch = page.url.removeprefix(reviewer.site)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    expect(page.locator("#pane .text")).to_have_text(PUBLIC)
    expect(page.get_by_role("button", name=re.compile("均已逐件"))).to_have_count(0)
    page.locator("#do-secrecy").click()
    expect(page.locator("#pane #secrecy")).to_contain_text("已保密审查")
    page.locator("#do-open").click()
    expect(page.locator("#counts a:has-text('未定') strong")).to_have_text("0")
    reviewer.freeze(batch)
    reviewer.publish(batch, officer, director)

    until(lambda: _found(reader, "修缮校舍三间").locator(".passage").count())
    page = reader.page
    expect(page.locator(".passage mark")).to_have_text("修缮校舍三间")
    page.get_by_role("link", name="在正文中").click()
    expect(page.locator(".text")).to_have_text(PUBLIC)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits a phone"
    page.get_by_role("link", name="核对这段原文").click()
    expect(page.locator(".verdict.good")).to_be_visible()
    told = _verified(stack, record_id)
    assert (told.returncode, "条目" in told.stdout) == (0, True), told.stdout + told.stderr
    title = reader.open(f"/records/{record_id}").locator("h1").inner_text()
    page.get_by_role("link", name="阅读全文").click()
    expect(page.locator("h1")).to_have_text(title)

    page = director.open(f"/archive/records/{record_id}/text")
    page.get_by_label("理由").fill("涉及他人")
    page.get_by_label("我确认撤回").check()
    director.press("撤回原文")
    expect(page.locator(".sentence")).to_contain_text("已撤回")
    until(lambda: not _found(reader, "修缮校舍三间").locator(".passage").count())
    expect(reader.open(f"/records/{record_id}").get_by_role("link", name="阅读全文")).to_have_count(0)
