"""Acceptance sentences of the review's pages, in a real browser (UX 28–30, 33, 34, 50, 51)."""

import io
import re
import unicodedata
import uuid
from pathlib import Path

import pikepdf
import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.client import LocalClient
from deploy.local.stack import Stack
from services.portal.entrypoints.visit import COOKIE
from tests.e2e.people import Person
from tests.integration.dataplane.ground import until
from tongdang.catalog.v1 import import_pb2, import_pb2_grpc

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]
UNIT = "常熟市教育局"


def _count(page: Page, name: str) -> int:
    return int(page.locator(f"#counts a:has-text('{name}') strong").first.inner_text().replace(",", ""))


def _current(page: Page) -> str:
    return page.locator("#pane").get_attribute("data-record") or ""


def test_a_reviewer_decides_200_records_by_keyboard_with_the_mouse_untouched(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather(UNIT, 200)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    page.evaluate("window.never_left = true; addEventListener('mousedown', () => { window.mouse = true })")
    keys = page.keyboard
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    deferred = 0
    for place in range(200):
        here = _current(page)
        keys.press("s")
        if place % 20 == 7:
            keys.press("d")
            expect(page.locator("#defer-reason")).to_be_focused()
            keys.type("涉及第三方权益")
            page.locator("#defer input[value=D2]").focus()
            keys.press("Space")
            keys.press("Enter")
            deferred += 1
        else:
            keys.press("a")
        if place < 199:
            page.wait_for_function("was => document.getElementById('pane')?.dataset.record !== was", arg=here)
            assert page.evaluate("document.activeElement !== document.body"), "focus is lost"
    expect(page.locator("#counts a:has-text('未定') strong")).to_have_text("0")
    assert page.evaluate("window.never_left") is True, "the page was loaded anew"
    assert page.evaluate("window.mouse") is None
    assert len(asked) <= 3 * 200 + 20, "its tick, its decision and the next one; pages of twenty"
    page.reload()
    assert (_count(page, "开放"), _count(page, "延期开放"), _count(page, "未保密审查")) == (200 - deferred, deferred, 0)


def test_keys_can_be_switched_off_and_every_key_has_a_button(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather(UNIT, 3)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    for key in "adsz":
        assert page.locator(f"button[data-key={key}]").count() == 1
    page.keyboard.press("?")
    page.get_by_role("link", name="关闭单键操作").press("Enter")
    expect(page.locator("#work:not([data-keys])")).to_be_visible()
    here = _current(page)
    page.keyboard.press("a")
    page.locator("#do-open").press("Enter")
    page.wait_for_function("was => document.getElementById('pane').dataset.record !== was", arg=here)
    assert _count(page, "开放") == 1, "the letter did nothing, its button did"


def test_the_last_acts_are_undone_one_by_one_by_key_and_without_a_script(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather(UNIT, 6)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    first = _current(page)
    for _ in range(3):
        here = _current(page)
        page.keyboard.press("a")
        page.wait_for_function("was => document.getElementById('pane').dataset.record !== was", arg=here)
    for left in (2, 1, 0):
        page.keyboard.press("z")
        expect(page.locator("#counts li:nth-child(3) strong")).to_have_text(str(left))
    expect(page.locator("#pane"), "undoing leads back to the line").to_have_attribute("data-record", first)

    without = Person(browser, stack, "js-reviewer", people_password, phone=True)
    plain = without.open(f"{batch}/lines?decision=undecided")
    for done in range(1, 4):
        without.press("开放")
        expect(plain.locator("#counts li:nth-child(3) strong")).to_have_text(str(done))
    assert plain.evaluate("document.documentElement.scrollWidth") <= 375
    for left in (2, 1, 0):
        without.open(f"{batch}/acts")
        plain.locator("form[action$='/undo'] button").first.click()
        expect(plain.locator("#counts li:nth-child(3) strong")).to_have_text(str(left))


def test_everything_a_filter_matches_less_three_changes_and_nothing_else(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather(UNIT, 50)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    reviewer.press("对符合筛选的全部作决定")
    expect(page.locator("main")).to_contain_text("已选 50（符合筛选的全部，除去 0）")
    page.get_by_role("link", name="逐页挑出例外").click()
    boxes = page.locator("input[name=record_id]")
    kept = [boxes.nth(place).get_attribute("value") for place in (0, 7, 19)]
    for place in (0, 7, 19):
        boxes.nth(place).uncheck()
    reviewer.press("记下，看下一页")
    expect(page.locator("main")).to_contain_text("已选 47（符合筛选的全部，除去 3）")
    reviewer.press("记下，看全貌")
    page.locator("input[name=open_rule][value=O1]").check()

    other = Person(browser, stack, "js-reviewer2", people_password)
    theirs = other.open(f"{batch}/lines?decision=undecided&record={kept[1]}")
    here = _current(theirs)
    theirs.keyboard.press("a")
    theirs.wait_for_function("was => document.getElementById('pane').dataset.record !== was", arg=here)
    reviewer.press("开放这 47 条")
    expect(page.locator(".summary")).to_be_visible()
    assert _count(page, "开放") == 1, "the count differed, so nothing changed"

    other.open(f"{batch}/acts")
    other.press("撤销")
    page.goto(page.url.removesuffix("/decide"))
    page.locator("input[name=open_rule][value=O1]").check()
    reviewer.press("开放这 47 条")
    page.wait_for_url("**/acts")
    expect(page.locator("#counts li:nth-child(3) strong")).to_have_text("47", timeout=30_000)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    left = {box.get_attribute("value").partition(":")[0] for box in page.locator("#rows input").all()}  # type: ignore[union-attr]
    assert left == set(kept)


def test_two_reviewers_at_one_line_see_who_decided_first_and_lose_no_word(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    first = Person(browser, stack, "js-reviewer", people_password)
    second = Person(browser, stack, "js-reviewer2", people_password)
    batch = first.gather(UNIT, 2)
    theirs, mine = (one.open(f"{batch}/lines?decision=undecided") for one in (first, second))
    line = _current(theirs)
    assert _current(mine) == line
    theirs.keyboard.press("a")
    theirs.wait_for_function("was => document.getElementById('pane').dataset.record !== was", arg=line)
    mine.locator("#defer input[value=D1]").check()
    mine.get_by_label("延期的理由").fill("涉及未公开的规划")
    mine.get_by_label("延期的理由").press("Enter")
    pane = mine.locator("#pane")
    expect(pane).to_contain_text("顾明远 刚刚已决定")
    expect(pane.locator("#changed")).to_contain_text("开放 O1")
    expect(pane.locator("#changed")).to_contain_text("延期开放 D1 · 涉及未公开的规划")
    expect(mine.get_by_label("延期的理由")).to_have_value("涉及未公开的规划")
    mine.locator("#do-defer").click()
    mine.wait_for_function("was => document.getElementById('pane').dataset.record !== was", arg=line)
    assert _count(mine, "延期开放") == 1, "decided again knowingly"


def test_what_was_typed_outlives_the_session_for_its_writer_and_nobody_else(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather(UNIT, 2)
    page = reviewer.open(f"{batch}/lines?decision=undecided")
    page.locator("#defer input[value=D2]").check()
    page.get_by_label("延期的理由").fill("半小时写成的理由")
    reviewer.context.clear_cookies(name=COOKIE)
    page.get_by_label("延期的理由").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("您填的内容还在")
    expect(page.locator("main")).to_contain_text("半小时写成的理由")
    kept = page.url.removeprefix(reviewer.site)

    stranger = Person(browser, stack, "js-reviewer2", people_password)
    answer = stranger.context.request.get(stranger.site + kept)
    assert answer.status == 404
    assert "半小时" not in answer.text()
    forged = stranger.context.request.post(f"{stranger.site}{batch}/lines/x/decide", form={"csrf": "x", "reason": "y"})
    assert forged.status == 403, "a form that is not ours is not kept"

    reviewer.press("照原样提交")
    expect(page.locator("#counts li:nth-child(4) strong")).to_have_text("1")


def test_a_stamped_reply_counts_after_a_second_persons_check_and_its_letter_prints(
    browser: Browser,
    stack: Stack,
    people_password: str,
    tmp_path: Path,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather(UNIT, 4)
    reviewer.open_all(batch)
    reviewer.tick_all(batch)
    code = reviewer.open(f"{batch}/lines").locator("#rows .code").first.inner_text()
    reviewer.freeze(batch)
    reviewer.press("以档案馆签名")

    page = reviewer.open(f"{batch}/letter")
    page.pdf(path=tmp_path / "letter.pdf", format="A4")
    paper = pypdf.PdfReader(tmp_path / "letter.pdf")
    text = unicodedata.normalize("NFKC", "".join(sheet.extract_text() for sheet in paper.pages))
    words = re.sub(r"\s", "", text)
    number = re.sub(r"^\D*\d+\D+", "", code)  # the font's 长 comes back as a radical
    for expected in (UNIT, number, "第三十条", "不视为同意", f"1/{len(paper.pages)}"):
        assert expected in words

    page = reviewer.open(f"{batch}/letters")
    page.get_by_label("来文字号").fill("常教函〔2026〕12号")
    page.get_by_label("来文日期").fill("2026-11-20")
    page.get_by_label("单位不同意的条目").fill("没有-这个-档号")
    page.get_by_label("扫描件", exact=True).set_input_files(
        files=[{"name": "回函.pdf", "mimeType": "application/pdf", "buffer": _scan()}]
    )
    reviewer.press("录入，交另一人核对")
    expect(page.locator(".summary")).to_contain_text("没有-这个-档号")
    page.get_by_label("单位不同意的条目").fill("")
    page.get_by_label("扫描件", exact=True).set_input_files(
        files=[{"name": "回函.pdf", "mimeType": "application/pdf", "buffer": _scan()}]
    )
    reviewer.press("录入，交另一人核对")
    expect(page.get_by_text("要由另一人核对")).to_be_visible()
    expect(page.locator("#live .sentence")).to_contain_text("一方已签")

    second = Person(browser, stack, "js-reviewer2", people_password)
    second.open(f"{batch}/letters")
    second.press("与原件一致")
    expect(second.page.locator("#live .sentence")).to_contain_text("两方已签")
    expect(second.open(f"{batch}/signatures").locator("#signed")).to_contain_text("单位来函")

    director = Person(browser, stack, "js-director", people_password)
    director.open(f"{batch}/signatures")
    director.press("确认公布")
    expect(director.page.locator("#live .sentence")).to_contain_text("已公布", timeout=30_000)


def _scan() -> bytes:
    paper, out = pikepdf.new(), io.BytesIO()
    paper.add_blank_page()
    paper.save(out)
    return out.getvalue()


def test_an_abolished_units_file_opens_with_two_of_the_archive_and_says_so(
    browser: Browser,
    stack: Stack,
    client: LocalClient,
    people_password: str,
) -> None:
    title = f"关于手工业联社第{uuid.uuid4().int % 10**6}次会议的通知"
    _import(
        client,
        "a320581",
        "js-clerk",
        f"A004-WS·1985-Y-{uuid.uuid4().int % 10**4:04d},{title},常熟县手工业联社,19850615,永久,未审核\n",
    )
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather("无形成单位或承继单位", 10)
    reviewer.open_all(batch)
    reviewer.tick_all(batch)
    reviewer.freeze(batch)
    reviewer.press("以档案馆签名")
    expect(reviewer.page.get_by_text("另一方要由别人签")).to_be_visible()
    expect(reviewer.page.get_by_role("button", name="签名")).to_have_count(0)
    second = Person(browser, stack, "js-reviewer2", people_password)
    expect(second.open(f"{batch}/signatures").locator("#signed")).to_contain_text("顾明远")
    second.press("以档案馆第二人签名")
    director = Person(browser, stack, "js-director", people_password)
    director.open(f"{batch}/signatures")
    director.press("确认公布")
    expect(director.page.locator("#live .sentence")).to_contain_text("已公布", timeout=30_000)
    reader = Person(browser, stack, "", "")
    found = until(lambda: reader.open(f"/search?q={title}").locator(".hits a", has_text=title).all(), 30)
    found[0].click()
    expect(reader.page.locator("main")).to_contain_text("由档案馆单独审核")


def test_where_one_person_is_all_there_is_the_page_tells_whom_to_borrow(
    browser: Browser,
    stack: Stack,
    client: LocalClient,
    people_password: str,
) -> None:
    rows = [
        f"A001-WS·1985-Y-{n:04d},关于救济工作的第{n}号通知,昆山市民政局,19850615,永久,未审核\n" for n in range(1, 5)
    ]
    _import(client, "a320583", "ks-clerk", "".join(rows))
    alone = Person(browser, stack, "ks-director", people_password)
    batch = alone.gather("昆山市民政局", 2)
    alone.open_all(batch)
    alone.tick_all(batch)
    alone.freeze(batch)
    alone.press("以档案馆签名")
    officer = Person(browser, stack, "ks-unit", people_password)
    officer.open(f"{batch}/signatures")
    officer.press("以形成单位签名")
    page = alone.open(f"{batch}/signatures")
    expect(page.get_by_role("button", name="确认公布")).to_have_count(0)
    expect(page.locator("#borrow")).to_contain_text("常熟市档案馆")

    lender = Person(browser, stack, "js-director", people_password)
    loan = lender.open("/archive/loans")
    loan.get_by_label("昆山市档案馆").check()
    loan.get_by_label("文号").fill("苏档函〔2026〕3号")
    loan.get_by_label("止", exact=True).fill(loan.get_by_label("起", exact=True).input_value())
    lender.press("借出")
    loan.get_by_role("link", name="看待确认的批次").first.click()
    loan.get_by_role("link", name="批次").first.click()
    loan.get_by_role("link", name="定稿与签名").click()
    lender.press("确认公布")
    expect(loan.locator("#live .sentence")).to_contain_text("已公布", timeout=30_000)
    expect(loan.locator("#signed")).to_contain_text("借用的确认人")


def _import(client: LocalClient, archive_id: str, clerk: str, rows: str) -> None:
    """Old records, so that there is something to review."""
    content = ("档号,题名,责任者,日期,保管期限,开放标识\n" + rows).encode()
    stub = import_pb2_grpc.ImportServiceStub(client.channel("catalog-320000"))  # type: ignore[no-untyped-call]
    header = import_pb2.UploadHeader(request_id=str(uuid.uuid4()), archive_id=archive_id, file_name="补录.csv")
    parts = [
        import_pb2.UploadCatalogueRequest(header=header),
        import_pb2.UploadCatalogueRequest(content=content),
    ]
    job = client.call(stub.UploadCatalogue, iter(parts), clerk).job
    asked = import_pb2.GetImportRequest(import_id=job.import_id)
    done = until(lambda: _ended(client.call(stub.GetImport, asked, clerk).job), 60)
    assert done.rows_rejected == 0


def _ended(job: import_pb2.ImportJob) -> import_pb2.ImportJob | None:
    running = (import_pb2.IMPORT_STATE_QUEUED, import_pb2.IMPORT_STATE_RUNNING)
    return None if job.state in running else job
