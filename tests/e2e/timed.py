"""Steps through pages that are timed (`pytest -s` tells) but never held to a time; each page must fit a screen."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Error, Locator, Page, expect

from tests.e2e.people import Person

_WIDTHS = (1280, 375)
_PAGE = 20
_STANDSTILL_S = 120


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Tells how long it took."""
    began = time.perf_counter()
    yield
    print(f"{name}: {1000 * (time.perf_counter() - began):,.0f} ms")  # noqa: T201 - a person asks for it


def visit(person: Person, path: str, name: str) -> Page:
    """A page that answers well and fits."""
    with timed(name):
        answer = person.page.goto(person.site + path)
    assert answer is not None and answer.ok, path
    fits(person.page)
    return person.page


def press(person: Person, label: str | re.Pattern[str], name: str, done: Callable[[], object]) -> None:
    """A button, until the page says what it is to say."""
    with timed(name):
        person.press(label)
        done()
    fits(person.page)


def turn(page: Page, rows: Locator, name: str) -> None:
    """To the next page of a list, which shows other rows, and a whole page of them."""
    before = set(rows.all_inner_texts())
    link = page.locator("#more").or_(page.get_by_role("link", name="下一页")).first
    with timed(f"{name}, next page"), page.expect_navigation() as turned:
        link.click()
    assert turned.value.ok
    fits(page)
    expect(rows).to_have_count(len(before))
    assert len(before) == _PAGE
    assert not before & set(rows.all_inner_texts())


def wait_while_it_moves(progress: Locator) -> None:
    """Until no bar is shown any more; however long it takes, as long as the bar goes on."""
    shown: list[float] = []
    give_up = time.monotonic() + _STANDSTILL_S
    while True:
        with suppress(Error):  # the page is being read anew
            now = progress.evaluate_all("bars => bars.map(bar => bar.value)")
            if not now:
                return
            if now != shown:
                shown, give_up = now, time.monotonic() + _STANDSTILL_S
        assert time.monotonic() < give_up, f"stands still at {shown}"
        progress.page.wait_for_timeout(500)


def fits(page: Page) -> None:
    """No wider than a desk's screen, nor than a phone's."""
    size = page.viewport_size
    assert size is not None
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": size["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}"
    page.set_viewport_size(size)


def number(shown: Locator) -> int:
    """As a page writes it."""
    return int(shown.first.inner_text().replace(",", ""))
