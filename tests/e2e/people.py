"""People of the tests: one browser each, and the steps of the review that several tests go through by its pages."""

import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

from deploy.local.stack import Stack

_PATIENCE_MS = 90_000
"""As long as the site itself waits for a province."""
expect.set_options(timeout=30_000)
_AT_KEYCLOAK = "/realms/"
"""Path of the cookies by which the identity provider knows somebody again."""
_KNOWN: dict[tuple[str, str], list[Any]] = {}
"""These cookies, by site and username: who signed in once types no password in another browser of theirs."""


class Person:
    """One person at a browser of their own; citizens without JavaScript, on a phone."""

    def __init__(self, browser: Browser, stack: Stack, username: str, password: str, *, phone: bool = False) -> None:
        size = {"width": 375, "height": 740} if phone else {"width": 1280, "height": 900}
        # Keycloak's own page needs its script; ours must not
        self.context = browser.new_context(viewport=size, locale="zh-CN", accept_downloads=True)
        if phone:
            self.context.route("**/static/*.js", lambda route: route.abort())
        self.context.set_default_timeout(_PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.site = stack.url("portal")
        self._password = password
        if username:
            self.context.add_cookies(_KNOWN.get((self.site, username), []))
            if not self.open("/signin").url.startswith(self.site):
                self._sign_in(username)
            expect(self.page.locator(".who")).to_be_visible()

    def _sign_in(self, username: str) -> None:
        """At the identity provider's page, which is open."""
        self.page.fill("#username", username)
        self.page.fill("#password", self._password)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(f"{self.site}/**")
        cookies = [one for one in self.context.cookies() if one.get("path", "").startswith(_AT_KEYCLOAK)]
        _KNOWN[self.site, username] = cookies

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def press(self, label: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=label).first.click()

    def gather(self, unit: str, limit: int) -> str:
        """A new batch in review; its path."""
        self.open("/archive/batches")
        self.page.get_by_label(unit).check()
        self.page.get_by_label("最多条数").fill(str(limit))
        self.press("汇集成批")
        expect(self.page.locator("#live .sentence")).to_contain_text("审核中", timeout=30_000)
        return self.page.url.removeprefix(self.site)

    def open_all(self, batch: str) -> None:
        """Decides every undecided line: open, rule O1."""
        self.open(f"{batch}/lines?decision=undecided")
        self.press("对符合筛选的全部作决定")
        self.page.locator("input[name=open_rule][value=O1]").check()
        self.press(re.compile("^开放这"))
        self.page.wait_for_url("**/acts")
        expect(self.page.get_by_role("link", name="未定 0")).to_be_visible(timeout=30_000)

    def tick_all(self, batch: str) -> None:
        """The secrecy review, page by page."""
        while True:
            self.open(f"{batch}/lines?secrecy=outstanding")
            if self.page.get_by_text("没有符合的条目。").count():
                return
            self.press(re.compile("均已逐件保密审查"))
            expect(self.page.locator("#said")).to_have_text("已记下保密审查")

    def freeze(self, batch: str) -> None:
        """States that the whole gives nothing away, and freezes the list."""
        page = self.open(f"{batch}/signatures")
        page.get_by_label("没有问题").check()
        page.get_by_label("说明").fill("放在一起没有新的敏感信息")
        self.press("记下结论")
        self.press("定稿")
        expect(page.locator("#live .sentence")).to_contain_text("已定稿")

    def publish(self, batch: str, officer: "Person", director: "Person") -> None:
        """Signs what is frozen for the archive; the unit's officer signs too, and a director confirms."""
        for person, button in ((self, "以档案馆签名"), (officer, "以形成单位签名"), (director, "确认公布")):
            person.open(f"{batch}/signatures")
            person.press(button)
