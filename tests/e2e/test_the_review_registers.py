"""Plans, units' history and disagreements by their pages (Measures 13, 14; rules O5, O6)."""

import pytest
from playwright.sync_api import Browser, expect

from deploy.local.stack import Stack
from tests.e2e.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_a_plan_names_what_by_when_and_who_and_its_row_gathers_a_batch(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    page = reviewer.open("/archive/plans")
    page.get_by_text("新建计划").click()
    page.get_by_label("名称").fill("教育局档案")
    row = page.get_by_role("group", name="第 1 项")
    row.get_by_label("全宗号").fill("A003")
    row.get_by_label("形成年度起").fill("1985")
    row.get_by_label("止").fill("1995")
    row.get_by_label("完成日期").fill("2027-06-30")
    row.get_by_label("负责人").select_option(label="顾明远")
    reviewer.press("建立计划")
    line = page.locator("tbody tr")
    expect(line).to_contain_text("A003 · 1985–1995")
    expect(line).to_contain_text("顾明远")
    page.get_by_role("link", name="汇集").click()
    page.get_by_label("常熟市教育局").check()
    page.get_by_label("最多条数").fill("3")
    reviewer.press("汇集成批")
    expect(page.locator("#live .sentence")).to_contain_text("审核中", timeout=30_000)
    page.get_by_role("link", name="定稿与签名").click()
    page.get_by_role("link", name="第 1 项").click()
    expect(page.locator("tbody td[data-label=已列入]")).to_have_text("3")


def test_a_list_gathered_by_mistake_is_cancelled_after_the_page_said_what_is_lost(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather("常熟市教育局", 3)
    second = Person(browser, stack, "js-reviewer2", people_password)
    expect(second.open(f"{batch}/signatures").locator("#cancel")).to_have_count(0)
    page = reviewer.open(f"{batch}/signatures")
    page.get_by_text("撤销批次").first.click()
    expect(page.locator("#cancel")).to_contain_text("这 3 条记录全部回到汇集之前的状态")
    reviewer.press("撤销批次")
    expect(page.locator("#cancel-reason-problem")).to_be_visible()
    page.locator("#cancel-reason").fill("与上一批重复")
    reviewer.press("撤销批次")
    expect(page.locator("#state")).to_contain_text("已撤销", timeout=30_000)
    expect(page.locator("#live")).to_contain_text("顾明远")
    expect(page.locator("#live")).to_contain_text("与上一批重复")
    expect(page.get_by_role("button", name="撤销批次")).to_have_count(0)


def test_a_units_history_counts_once_another_person_has_attested_it(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    page = reviewer.open("/archive/fonds/A002")
    page.get_by_text("录入一项沿革").click()
    page.get_by_label("更名").check()
    page.get_by_label("文号").first.fill("常政发〔1998〕8号")
    page.get_by_label("文件日期").fill("1998-03-01")
    reviewer.press("录入，交另一人确认")
    event = page.locator(".history li", has_text="常政发〔1998〕8号")
    expect(event).to_contain_text("尚未生效")
    expect(event.get_by_role("button")).to_have_count(0)
    second = Person(browser, stack, "js-reviewer2", people_password)
    second.open("/archive/fonds/A002")
    second.press("确认属实")
    expect(second.page.locator(".history li", has_text="常政发〔1998〕8号")).to_contain_text("确认：钱素珍")


def test_what_a_unit_does_not_agree_to_is_held_until_the_mechanism_has_decided(
    browser: Browser,
    stack: Stack,
    people_password: str,
) -> None:
    reviewer = Person(browser, stack, "js-reviewer", people_password)
    batch = reviewer.gather("常熟市教育局", 2)
    reviewer.open_all(batch)
    officer = Person(browser, stack, "js-unit3", people_password)
    page = officer.open(f"{batch}/lines")
    title = page.locator("#opened").inner_text()
    page.locator("#pane").get_by_label("不同意的理由").fill("涉及在世人员")
    page.locator("#pane").get_by_role("button", name="不同意，搁置").click()
    expect(page.locator("#counts a:has-text('搁置') strong")).to_have_text("1")

    director = Person(browser, stack, "js-director", people_password)
    page = director.open("/archive/disagreements")
    one = page.locator("section", has_text=title)
    expect(one).to_contain_text("涉及在世人员")
    one.get_by_text("记下协调结果").click()
    one.get_by_label("文号").fill("常开协〔2026〕2号")
    one.get_by_label("决定日期").fill("2026-11-20")
    one.get_by_label("开放", exact=True).check()  # a later list that takes it in may open it
    one.get_by_role("button", name="记下").click()
    expect(page.locator("section", has_text=title)).to_contain_text("常开协〔2026〕2号")
