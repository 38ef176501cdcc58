"""Staff pages of an archive with very many records of each kind: they answer, count right, and fit the screen.

Twenty thousand, or as many as `MANY` says: `make scale` plays it with a hundred thousand. The archive is one that no
other test of a browser uses; what this one puts into it is taken out again.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect
from pymongo.database import Database

from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from services.catalog.adapters.batch_documents import ENTRIES
from services.catalog.adapters.deferral_documents import DEFERRALS
from services.catalog.domain.verdicts import Decision, Verdict
from tests.builders.holdings import Document, Holdings
from tests.e2e.people import Person
from tests.e2e.timed import number, press, timed, turn, visit, wait_while_it_moves

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1_800)]
ARCHIVE, DATABASE, UNIT = "a130123", "catalog_130000", "正定县农业农村局"
MANY = int(os.environ.get("MANY", "20000"))
OLD, RECENT = range(1940, 1950), range(2010, 2012)
"""Years of formation: past their term, and under it; no sample record is as old."""
PUBLISHED, LONG_AGO, LATELY = (datetime(*day, 2, tzinfo=UTC) for day in ((2026, 1, 5), (2022, 3, 1), (2025, 3, 3)))
OPEN, EARLY = Verdict(Decision.OPEN, "O1"), Verdict(Decision.OPEN, "O2", "县志修订要用", early_class="culture")
DEFER = tuple(Verdict(Decision.DEFER, rule, "含个人信息") for rule in ("D1", "D2", "D3"))
EARLY_OPENED, AGAIN = MANY // 10, MANY * 6 // 10
"""Of the published list, its last lines; of the deferrals, those that are due again."""
LONG_MS = 300_000
"""For what the worker does with a whole list, on a machine that does much else."""


@pytest.fixture(scope="module")
def db(stack: Stack) -> Iterator[Database[Document]]:
    """Of the archive's province, as administrator."""
    with admin_client(stack.layout) as admin:
        yield admin[DATABASE]


@pytest.fixture(scope="module")
def holdings(db: Database[Document]) -> Iterator[Holdings]:
    """Many records to review, as many deferred, half of them past their term, and as many published."""
    holdings = Holdings(db, ARCHIVE)
    try:
        with timed("to put in"):
            holdings.put(holdings.records("A002", OLD, MANY, "Y"))
            opened = holdings.records("A001", OLD, MANY - EARLY_OPENED, "Y")
            opened += holdings.records("A001", RECENT, EARLY_OPENED, "D30")
            holdings.publish(opened, PUBLISHED, [OPEN] * (MANY - EARLY_OPENED) + [EARLY] * EARLY_OPENED)
            for count, at, term in ((AGAIN, LONG_AGO, "D10"), (MANY - AGAIN, LATELY, "D20")):
                deferred = holdings.records("A002", [*OLD[:2], *RECENT], count, term)
                holdings.defer(deferred, at, [DEFER[place % 3] for place in range(count)])
        yield holdings
    finally:
        with timed("to take out"):
            holdings.remove()


@pytest.fixture(scope="module")
def reviewer(browser: Browser, stack: Stack, people_password: str, holdings: Holdings) -> Person:
    """At the desk, once all of it is there."""
    return Person(browser, stack, "hb-reviewer", people_password)


@pytest.fixture(scope="module")
def batch(reviewer: Person) -> str:
    """The path of a list of them all, gathered from the row of a plan while the page tells how far it is."""
    page = visit(reviewer, "/archive/plans", "plans")
    page.get_by_text("新建计划").click()
    page.get_by_label("名称").fill("四十年代")
    row = page.get_by_role("group", name="第 1 项")
    row.get_by_label("全宗号").fill("A002")
    row.get_by_label("形成年度起").fill(str(OLD[0]))
    row.get_by_label("止").fill(str(OLD[-1]))
    row.get_by_label("完成日期").fill("2027-06-30")
    waiting = page.locator("tbody td[data-label=未列入]")
    press(reviewer, "建立计划", "plan", lambda: expect(waiting).to_have_text(f"{MANY:,}"))
    page.get_by_role("link", name="汇集").click()
    page.get_by_label(UNIT).check()
    state = page.locator("#state")
    press(reviewer, "汇集成批", "a list is asked for", lambda: expect(state).to_contain_text("汇集中"))
    path = page.url.removeprefix(reviewer.site)
    with timed("gathered"):
        visit(reviewer, path, "groups while it is gathered")
        assert 0 < _count(page, "总数") < MANY
        expect(state).to_contain_text("审核中", timeout=LONG_MS)
    return path


def test_a_plans_list_is_gathered_and_read_by_page_filter_group_and_key(reviewer: Person, batch: str) -> None:
    page = visit(reviewer, batch, "groups")
    assert _count(page, "总数") == _count(page, "未定") == _count(page, "未保密审查") == MANY
    groups = page.locator("td[data-label=共]")
    numbered = MANY // 100
    assert sorted(map(number, groups.all())) == [numbered, MANY - numbered], "those with an identity number are a group"
    visit(reviewer, "/archive/batches", "work lists")
    mine = page.locator("tbody tr").filter(has=page.locator(f"a[href='{batch}']"))
    expect(mine.locator("td[data-label=总数]")).to_have_text(f"{MANY:,}")
    visit(reviewer, f"{batch}/signatures", "signatures")
    plan = page.get_by_role("link", name="第 1 项").get_attribute("href")
    visit(reviewer, str(plan), "plan of which all is listed")
    expect(page.locator("tbody td[data-label=已列入]")).to_have_text(f"{MANY:,}")

    rows = page.locator("#rows li")
    for query, word in (
        ("", "A002-WS·1940-"),
        ("year=1947", "A002-WS·1947-"),
        ("fonds=A002&year=1949&decision=undecided", "A002-WS·1949-"),
        ("reason=personal-data", "身份证"),
        ("proposal=defer&secrecy=outstanding", "身份证"),
    ):
        visit(reviewer, f"{batch}/lines?{query}", f"lines {query}")
        turn(page, rows.filter(has_text=word).locator(".code"), f"lines {query}")
    visit(reviewer, f"{batch}/lines?fonds=A001", "lines of a fonds that has none")
    expect(page.locator("main")).to_contain_text("没有符合的条目")

    visit(reviewer, f"{batch}/lines?decision=undecided&proposal=open", "lines to decide")
    for left in range(MANY - 1, MANY - 4, -1):
        here = page.locator("#pane").get_attribute("data-record")
        with timed("a key"):
            page.keyboard.press("a")
            page.wait_for_function("was => document.getElementById('pane').dataset.record !== was", arg=here)
        assert _count(page, "未定") == left


def test_all_less_three_change_and_can_be_undone(reviewer: Person, batch: str, db: Database[Document]) -> None:
    page = visit(reviewer, f"{batch}/lines", "lines")
    said, boxes = page.locator("main .sentence").last, page.locator("input[name=record_id]")
    press(reviewer, "对符合筛选的全部作决定", "all that match", lambda: expect(said).to_contain_text(f"已选 {MANY:,}"))
    page.get_by_role("link", name="逐页挑出例外").click()
    kept = {boxes.nth(place).get_attribute("value") for place in (4, 11)}
    for place in (4, 11):
        boxes.nth(place).uncheck()
    less_two = f"已选 {MANY - 2:,}"
    press(reviewer, "记下，看下一页", "exceptions, next page", lambda: expect(said).to_contain_text(less_two))
    kept.add(boxes.nth(19).get_attribute("value"))
    boxes.nth(19).uncheck()
    less_three = f"已选 {MANY - 3:,}（符合筛选的全部，除去 3）"
    press(reviewer, "记下，看全貌", "preview", lambda: expect(said).to_contain_text(less_three))
    page.locator("input[name=open_rule][value=O1]").check()
    press(reviewer, f"开放这 {MANY - 3:,} 条", "an act on all", lambda: page.wait_for_url("**/acts"))
    progress = page.locator("#live progress")
    expect(progress).to_have_attribute("max", f"{MANY - 3}")
    with timed("carried out"):
        visit(reviewer, f"{batch}/lines", "lines during an act")
        wait_while_it_moves(progress)
    visit(reviewer, f"{batch}/acts", "acts")
    newest = page.locator("tbody tr").first
    expect(newest.locator("td.num")).to_have_text(f"{MANY - 3:,}")
    expect(newest.get_by_role("button", name="撤销")).to_be_visible()
    mine = {"batch_id": batch.rpartition("/")[2]}
    acts = list(db[ENTRIES].aggregate([{"$match": mine}, {"$sortByCount": "$act_id"}]))
    assert acts[0]["count"] == MANY - 3
    others = db[ENTRIES].find({**mine, "act_id": {"$ne": acts[0]["_id"]}}, {"record_id": 1})
    assert {one["record_id"] for one in others} == kept


def test_a_long_list_is_frozen_signed_and_waits_for_its_day(
    browser: Browser,
    stack: Stack,
    people_password: str,
    reviewer: Person,
    batch: str,
    holdings: Holdings,
) -> None:
    if _count(reviewer.open(batch), "未定"):
        reviewer.open_all(batch)
    holdings.tick_all(batch.rpartition("/")[2])
    page = visit(reviewer, f"{batch}/signatures", "signatures")
    page.get_by_label("没有问题").check()
    page.get_by_label("说明").fill("放在一起没有新的敏感信息")
    reviewer.press("记下结论")
    officer, director = (Person(browser, stack, name, people_password) for name in ("hb-unit2", "hb-director"))
    for person, button, name, state in (
        (reviewer, "定稿", "frozen", "已定稿"),
        (reviewer, "以档案馆签名", "signed", "一方已签"),
        (officer, "以形成单位签名", "signed by the unit", "两方已签"),
        (director, "确认，到那天公布", "confirmed", "已确认，等待公布日"),
    ):
        live = visit(person, f"{batch}/signatures", f"signatures before it is {name}").locator("#live .sentence")
        press(person, button, name, lambda: expect(live).to_contain_text(state, timeout=LONG_MS))  # noqa: B023 - now
    visit(officer, f"{batch}/lines", "lines for the unit")
    page = visit(director, "/archive/issues", "regular publication")
    expect(page.locator("#scheduled li").filter(has_text=f"{MANY:,}条将开放")).to_have_count(1)


def test_a_long_register_is_paged_filtered_and_reported(
    browser: Browser,
    stack: Stack,
    people_password: str,
    reviewer: Person,
    db: Database[Document],
) -> None:
    page = visit(reviewer, "/archive/deferrals", "register")
    whole = db[DEFERRALS].count_documents({"archive_id": ARCHIVE})
    others = whole - MANY
    assert _figure(page, "延期") == whole
    assert AGAIN <= _figure(page, "待重新评估") <= AGAIN + others
    assert MANY // 2 <= _figure(page, "逾期未经同意") <= MANY // 2 + others
    for query, word in (
        ("", "延期"),
        ("standing=due", "应重新评估"),
        ("standing=overdue&fonds=A002", "逾期，未经主管部门同意"),
        ("ground=D2", "D2"),
    ):
        visit(reviewer, f"/archive/deferrals?{query}", f"register {query}")
        rows = page.locator("tbody tr")
        turn(page, (rows.filter(has_text=word) if query else rows).locator(".code"), f"register {query}")
    visit(reviewer, "/archive/deferrals/print", "register on paper")
    expect(page.locator("tbody tr")).to_have_count(1_000)

    director = Person(browser, stack, "hb-director", people_password)
    page = director.open("/archive/deferrals")
    page.get_by_label("件数").fill("5")
    page.get_by_label("清点日期").fill("2026-01-05")
    director.press("记下件数")
    report = page.locator("section.card").first
    shown = re.compile(f"延期 {whole:,}")
    press(director, "生成报告", "report", lambda: expect(report).to_contain_text(shown, timeout=LONG_MS))
    with timed("report's file"), page.expect_download() as downloaded:
        report.get_by_role("link", name=re.compile("下载文件")).click()
    _, _, rows_of_file = downloaded.value.path().read_text(encoding="utf-8").partition("档号")
    assert rows_of_file.count("\nA00") == whole


def test_a_day_of_many_openings_and_its_early_ones_are_paged(
    browser: Browser,
    stack: Stack,
    reviewer: Person,
) -> None:
    page = visit(reviewer, "/archive", "desk")
    expect(page.locator("#due-again")).to_contain_text("条到期")
    visit(reviewer, "/archive/issues", "regular publication")
    visit(reviewer, "/archive/rereviews", "due again")
    expect(page.locator("section").filter(has_text=UNIT)).to_contain_text(f"{AGAIN:,}条到期")
    visit(reviewer, "/archive/early", "opened early")
    turn(page, page.locator("#opened td.code"), "opened early")
    with timed("opened early, as a table"):
        answer = reviewer.context.request.get(f"{reviewer.site}/archive/early.csv", timeout=LONG_MS)
    assert answer.text().count("县志修订要用") == EARLY_OPENED

    anybody = Person(browser, stack, "", "", phone=True)
    for path, name in ((f"/issues/{ARCHIVE}", "days"), ("/issues?region=130000", "days of a region")):
        day = visit(anybody, path, name).locator("#issues tbody tr").filter(has_text="2026年1月5日")
        expect(day).to_contain_text(f"{MANY:,}")
        expect(day).to_contain_text(f"{EARLY_OPENED:,}条提前开放")
    for path, name in ((f"/issues/{ARCHIVE}/2026-01-05", "a day"), (f"/issues/{ARCHIVE}/early", "early openings")):
        page = visit(anybody, path, name)
        turn(page, page.locator(".hits .code"), name)


def _count(page: Page, name: str) -> int:
    return number(page.locator(f"#counts a:has-text('{name}') strong"))


def _figure(page: Page, name: str) -> int:
    return number(page.locator("ul.counts li").filter(has_text=re.compile(f"^{name} ")).locator("strong"))
