"""An open entry is corrected by the pages: proposed, compared on a list of its own, signed, read anew by the public."""

import urllib.parse

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.client import LocalClient
from deploy.local.stack import Stack
from tests.e2e.people import Person
from tests.integration.publication.ground import Province, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]
CODE = "A003-WS·1931-Y-JYK-95011"
WRONG, WRONGLY_NAMED = "关于鸬鹚渡义塾聘用塾师的呈文", "鸬鹚渡义塾"
RIGHT, RIGHTLY_NAMED = "关于稻香坊夜校增聘教员的指令", "稻香坊夜校"


def _opened(stack: Stack) -> str:
    """The oldest record of its unit, whose entry has just become public; its id."""
    province = Province(LocalClient(stack.layout, "portal"), "320000", "a320581", "js")
    row = {"责任者": "常熟县教育局", "日期": "19310304", "保管期限": "永久", "页数": "3", "档号": CODE, "题名": WRONG}
    province.take_in([row])
    [record_id] = province.records(province.publish("u320581-jy", "js-unit3", 1))
    return record_id


def _propose(clerk: Person, record_id: str, title: str) -> Page:
    page = clerk.open(f"/archive/records/{record_id}/correction")
    page.get_by_label("题名").fill(title)
    page.get_by_label("更正理由").fill("与原件核对，题名张冠李戴")
    clerk.press("提出更正")
    return page


def _finds(reader: Person, words: str, record_id: str) -> bool:
    page = reader.open(f"/search?q={urllib.parse.quote(words)}")
    return page.locator(f"a[href='/records/{record_id}']").count() > 0


def test_a_wrong_title_is_corrected_under_two_signatures_and_the_public_reads_the_right_one(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    record_id = _opened(stack)
    clerk, reviewer, officer, director = (
        Person(browser, stack, name, people_password) for name in ("js-clerk", "js-reviewer", "js-unit3", "js-director")
    )
    reader = Person(browser, stack, "", "", phone=True)
    until(lambda: _finds(reader, WRONGLY_NAMED, record_id))

    page = clerk.open(f"/archive/records/{record_id}")
    page.get_by_role("link", name="更正").click()
    expect(page.get_by_label("题名")).to_have_value(WRONG)
    page = _propose(clerk, record_id, WRONG)
    expect(page.locator("#act")).to_contain_text("完全一样")
    page = _propose(clerk, record_id, "机密★10年")
    expect(page.locator("#act")).to_contain_text("密级")
    expect(page.get_by_label("题名")).to_have_value(WRONG)
    page = _propose(clerk, record_id, RIGHT)
    expect(page.locator(".sentence")).to_contain_text("等待决定")
    expect(page.locator(".changes ins")).to_have_text(RIGHT)

    page = reviewer.open("/archive/batches")
    page.get_by_label("常熟市教育局").check()
    page.get_by_label("更正已开放的条目").check()
    reviewer.press("汇集成批")
    expect(page.locator("h1")).to_contain_text("更正条目", timeout=30_000)
    expect(page.locator("#live .sentence")).to_contain_text("审核中", timeout=30_000)
    batch = page.url.removeprefix(reviewer.site)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    expect(page.locator("#pane .changes del")).to_have_text(WRONG)
    expect(page.locator("#pane .changes ins")).to_have_text(RIGHT)
    expect(page.get_by_role("button", name="延期开放")).to_have_count(0)
    page.set_viewport_size({"width": 375, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits a phone"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("#do-secrecy").click()
    expect(page.locator("#pane #secrecy")).to_contain_text("已保密审查")
    page.locator("#do-open").click()
    expect(page.locator("#counts a:has-text('未定') strong")).to_have_text("0")
    expect(clerk.open(f"/archive/records/{record_id}/correction").locator("textarea")).to_have_count(0)
    reviewer.freeze(batch)
    reviewer.publish(batch, officer, director)

    until(lambda: _finds(reader, RIGHTLY_NAMED, record_id))
    assert not _finds(reader, WRONGLY_NAMED, record_id)
    page = reader.open(f"/records/{record_id}")
    expect(page.locator("h1")).to_have_text(RIGHT)
    expect(page.locator("main")).to_contain_text("更正于")
    page.get_by_role("link", name="核对").click()
    expect(page.locator(".verdict.good")).to_be_visible()
    expect(clerk.open(f"/archive/records/{record_id}/correction").locator(".sentence")).to_contain_text("已公布")
