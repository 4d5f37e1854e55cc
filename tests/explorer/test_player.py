"""The player in a real Chromium: it plays, the keyboard works it, and one sound is heard at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import faults, running_browser
from tests.support.explorer import Explorer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.heavy

TIMES = "[...document.querySelectorAll('audio')].map(it => [it.paused, it.currentTime])"


def until(page: Page, condition: str) -> None:
    """Wait until something is so; what Playwright itself offers evaluates text, which the policy of pages forbids."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def page(browser: Browser, explorer: Explorer) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    said: list[str] = []
    opened.on("console", lambda it: said.append(it.text))
    opened.on("pageerror", lambda it: said.append(str(it)))
    opened.goto(f"{explorer.url}/datasets/1")
    yield opened
    opened.close()
    assert said == []


def test_nothing_is_fetched_or_plays_before_it_is_asked_for(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda it: asked.append(it.url))

    page.reload()
    page.wait_for_timeout(300)

    assert [it for it in asked if "/sounds/" in it] == []
    assert page.evaluate(TIMES) == [[True, 0]] * 3
    assert page.locator(".player").count() == 3


def test_an_excerpt_plays_and_ends_where_another_begins(page: Page) -> None:
    page.get_by_role("button", name="Play the excerpt of Cast off").click()
    until(page, "document.querySelectorAll('audio')[0].currentTime > 0.3")
    moved = page.locator(".wave .cursor").first.get_attribute("d")
    page.get_by_role("button", name="Play the excerpt of Slack water").click()
    until(page, "document.querySelectorAll('audio')[2].currentTime > 0.2")

    assert moved is not None
    assert moved.startswith("M")
    assert [paused for paused, _ in page.evaluate(TIMES)] == [True, True, False]
    assert page.get_by_role("button", name="Pause the excerpt of Slack water").count() == 1
    assert faults(page) == []


def test_the_keyboard_plays_seeks_and_pauses(page: Page) -> None:
    slider = page.get_by_role("slider", name="Position in the excerpt of Cast off")
    page.get_by_role("button", name="Play the excerpt of Cast off").focus()

    page.keyboard.press("Enter")
    until(page, "document.querySelector('audio').currentTime > 0")
    page.keyboard.press("Space")
    until(page, "document.querySelector('audio').paused")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    for _ in range(20):
        page.keyboard.press("ArrowRight")

    assert slider.evaluate("it => it === document.activeElement")
    assert slider.get_attribute("aria-valuetext") == "0:02 of 0:03"
    assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(2, abs=0.1)


def test_without_scripts_the_browser_plays_it(browser: Browser, explorer: Explorer) -> None:
    page = browser.new_page(java_script_enabled=False)

    page.goto(f"{explorer.url}/datasets/1/items")
    shown = page.locator("audio[controls]")

    assert shown.count() == 3
    assert shown.first.is_visible()
    assert page.locator(".player").count() == 0
    page.close()


def test_what_cannot_be_played_says_so(browser: Browser, explorer: Explorer) -> None:
    page = browser.new_page()
    page.route("**/sounds/**", lambda it: it.fulfill(status=404))
    page.goto(f"{explorer.url}/datasets/1")

    page.get_by_role("button", name="Play the excerpt of Cast off").click()

    until(page, "document.querySelector('.player .time').textContent == 'cannot be played'")
    assert page.get_by_role("slider", name="Cast off").is_disabled()
    page.close()
