"""The story of the product, in a real browser: review desk, citizen in another region, archive, regulator."""

import subprocess
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from deploy.local.layout import ROOT
from deploy.local.stack import Stack
from services.portal.entrypoints.visit import COOKIE
from tests.collector import Collector
from tests.e2e import telling
from tests.e2e.people import Person
from tests.integration.dataplane.ground import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]


def _scan() -> bytes:
    image = Image.new("RGB", (1240, 1754), "white")
    out = BytesIO()
    image.save(out, "PDF", resolution=150)
    return out.getvalue()


def test_a_record_goes_from_the_review_desk_to_a_citizen_in_another_region(
    browser: Browser, stack: Stack, people_password: str, tmp_path: Path, collector: Collector
) -> None:
    """Steps 3 to 7 of the story with nothing faked; then what the run has told of itself."""
    title = _review_and_publish(browser, stack, people_password)
    request_path, number = ask_for_a_copy(browser, stack, people_password, title)
    fulfil(browser, stack, people_password, number)
    _download_and_verify(browser, stack, people_password, request_path, tmp_path)
    _supervise(browser, stack, people_password, number)
    _verify_the_log(stack, tmp_path)
    _one_trace_leads_from_the_click_to_the_log(collector)
    cookies = {str(one["value"]) for person in browser.contexts for one in person.cookies() if one["name"] == COOKIE}
    assert cookies
    _nobody_is_betrayed(stack, collector, {title, *cookies})
    assert telling.no_objects(stack) == []


def _one_trace_leads_from_the_click_to_the_log(collector: Collector) -> None:
    spans = until(lambda: telling.whole_trace(collector), 30)
    [root] = telling.roots(spans)
    assert (root.service, root.name) == ("portal", "POST /drafts/{draft_id}/check/submit")


def _nobody_is_betrayed(stack: Stack, collector: Collector, own: set[str]) -> None:
    used = {"杨阿·买提", "+86 139 0000 0001", "139 0000 0001", "办理退休", "随机抽查", "eyJhbGciOi", *own}
    words = used | telling.personal_words(stack)
    assert telling.betrayals(telling.told(stack, collector), words) == []
    planted = [("a log", '{"name": "杨阿·买提"}'.encode()), ("a URL", b"GET /search?q=%e5%8a%9e%e7%90%86")]
    assert len(telling.betrayals(iter(planted), words | {"办理"})) == 2, "the search would find it"


def _review_and_publish(browser: Browser, stack: Stack, password: str) -> str:
    reviewer = Person(browser, stack, "js-reviewer", password)
    batch = reviewer.gather("常熟市教育局", 20)
    reviewer.open_all(batch)
    reviewer.tick_all(batch)
    title = reviewer.open(f"{batch}/lines?decision=open").locator("#rows a").first.inner_text()
    reviewer.freeze(batch)
    reviewer.press("以档案馆签名")
    expect(reviewer.page.locator("#live .sentence")).to_contain_text("一方已签")

    director = Person(browser, stack, "js-director", password)
    expect(director.open(f"{batch}/signatures").get_by_role("button", name="确认公布")).to_have_count(0)

    officer = Person(browser, stack, "js-unit3", password)
    officer.open(f"{batch}/signatures")
    officer.press("以形成单位签名")
    director.open(f"{batch}/signatures")
    director.press("确认公布")
    expect(director.page.locator("#live .sentence")).to_contain_text("已公布", timeout=20_000)
    return title


def ask_for_a_copy(browser: Browser, stack: Stack, password: str, title: str) -> tuple[str, str]:
    newcomer = Person(browser, stack, "citizen-new", password, phone=True)
    citizen = Person(browser, stack, "citizen", password, phone=True)
    page = citizen.page
    for _ in range(40):
        citizen.open(f"/search?q={title}")
        if page.locator(".hits a").count():
            break
        page.wait_for_timeout(250)
    page.locator(".hits a", has_text=title).first.click()
    record = page.url.removeprefix(citizen.site)
    assert newcomer.open(record + "/request").get_by_role("heading", level=1).inner_text() == "需要先核验身份"

    page.get_by_role("link", name="申请复制件").click()
    citizen.press("确认，向这个档案馆申请")
    citizen.press("继续")
    assert page.title().startswith("错误：")
    page.get_by_label("姓名").fill("杨阿·买提")
    page.get_by_label("电话").fill("+86 139 0000 0001")
    citizen.press("继续")
    page.get_by_label("用途").fill("办理退休")
    citizen.press("继续")
    form = page.url
    citizen.press("提交申请")
    number = page.locator(".verdict .code").inner_text()
    first = page.url.removeprefix(citizen.site).split("?")[0]
    draft = form.removeprefix(citizen.site).split("/")[2]
    csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
    again = citizen.context.request.post(
        f"{citizen.site}/drafts/{draft}/check/submit", form={"csrf": csrf}, max_redirects=0
    )
    assert again.status == 303, "sent twice, it is the same request"
    assert again.headers["location"].startswith(first)
    expect(citizen.open("/requests").locator(".hits li", has_text=number)).to_have_count(1)
    return first, number


def fulfil(browser: Browser, stack: Stack, password: str, number: str) -> None:
    other = Person(browser, stack, "ks-clerk", password)
    expect(other.open("/archive/desk").get_by_text(number)).to_have_count(0)
    clerk = Person(browser, stack, "js-clerk", password)
    for _ in range(40):
        clerk.open("/archive/desk")
        if clerk.page.get_by_text(number).count():
            break
        clerk.page.wait_for_timeout(250)
    clerk.page.get_by_role("link", name=number).click()
    expect(clerk.page.get_by_text("杨阿·买提")).to_be_visible()
    clerk.press("受理")
    scan = {"name": "扫描件.pdf", "mimeType": "application/pdf", "buffer": _scan()}
    clerk.page.get_by_label("扫描件", exact=True).set_input_files(files=[scan])
    clerk.press("上传扫描件")
    expect(clerk.page.locator(".sentence")).to_contain_text("待出证")
    clerk.press("出证并交付")
    expect(clerk.page.locator(".sentence")).to_contain_text("办结", timeout=30_000)


def _download_and_verify(browser: Browser, stack: Stack, password: str, path: str, folder: Path) -> None:
    citizen = Person(browser, stack, "citizen", password, phone=True)
    page = citizen.page
    for _ in range(40):
        citizen.open(path)
        if page.get_by_role("link", name="下载复制件").count():
            break
        page.wait_for_timeout(250)
    expect(page.locator(".history li")).to_have_count(4)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载复制件").click()
    file = folder / "copy.pdf"
    waiting.value.save_as(file)
    with pikepdf.open(file) as copy:
        assert len(copy.pages) == 2, "certificate and one scanned page"
    stranger = Person(browser, stack, "citizen2", password)
    answer = stranger.context.request.get(f"{stranger.site}{path}/copy")
    assert answer.status in (403, 404), "another person's copy"


def _supervise(browser: Browser, stack: Stack, password: str, number: str) -> None:
    regulator = Person(browser, stack, "regulator", password)
    page = regulator.page
    wanted = ("request.submit", "case.accept", "case.attach", "case.deliver", "delivery.open")
    for _ in range(60):
        regulator.open(f"/supervision/trail?request={number}&purpose=随机抽查")
        text = page.locator("main").inner_text()
        if page.locator("tbody tr").count() >= len(wanted) + 2:
            break
        page.wait_for_timeout(250)
    assert page.locator("tbody tr").count() >= len(wanted), text
    page.locator("tbody tr").first.get_by_role("link").click()
    expect(page.locator(".verdict.good")).to_be_visible()


def _verify_the_log(stack: Stack, folder: Path) -> None:
    command = [str(ROOT / "bin" / "tongdang-verify"), "--url", stack.layout.log_url]
    command += ["--key", str(stack.layout.etc / "audit-log.vkey"), "--state", str(folder / "state.json")]
    for expected in ("first visit", "consistent with"):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert expected in done.stdout
