"""The pages in a real Chromium: axe-core finds nothing, nothing scrolls sideways, the keyboard reaches everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from audiera.explorer import Settings, create_app
from tests.support.browser import SCREENSHOTS, faults, running_browser
from tests.support.catalogue import Sample, address, hexadecimal
from tests.support.explorer import Explorer, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.heavy

PAGES = {
    "catalogue": "/",
    "narrowed": "/?kind=model",
    "dataset": "/datasets/1",
    "derived": "/datasets/7",
    "many-payees": "/datasets/2",
    "items": "/datasets/1/items",
    "version": "/datasets/1/versions/3",
    "licence": "/licences/1",
    "licence-of-a-catalogue": "/licences/4",
    "terms": "/terms/1",
    "batch": f"/batches/{hexadecimal('published batch')}",
    "statement": f"/batches/{hexadecimal('published batch')}/statements/0?use=%7B%7D",
    "payee": f"/accounts/{address('payee 0')}",
    "buyer": f"/accounts/{address('buyer')}",
    "campaigns": "/campaigns",
    "campaign": "/campaigns/1",
    "network": "/network",
    "refusal": "/datasets/99",
}
HOSTILE = "</title><script>document.title='caught'</script>\u202e" + "w\u0301" * 5_000


@pytest.fixture(scope="session")
def dialect() -> str:
    """The same pages whatever the database, so once is enough."""
    return "sqlite"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_fit_for_everybody(browser: Browser, explorer: Explorer, name: str, width: int, scheme: str) -> None:
    said: list[str] = []
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page.on("console", lambda it: said.append(it.text))
    page.on("pageerror", lambda it: said.append(str(it)))

    page.goto(f"{explorer.url}{PAGES[name]}")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    found = faults(page)
    page.close()

    assert found == []
    assert [it for it in said if name != "refusal" or "404" not in it] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_small_phone(browser: Browser, explorer: Explorer, name: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 640})

    page.goto(f"{explorer.url}{PAGES[name]}")
    width = page.evaluate("document.documentElement.scrollWidth")
    page.close()

    assert width == 360


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_every_link_and_shows_where_it_is(browser: Browser, explorer: Explorer, name: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{explorer.url}{PAGES[name]}")
    page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
    links = page.evaluate("document.querySelectorAll('a[href], button, textarea, input:not([type=hidden])').length")

    reached, outlined = 0, True
    for _ in range(links + 60):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.localName")
        if kind == "body":
            break
        reached += kind in {"a", "button", "input", "textarea"}
        outlined &= page.evaluate("getComputedStyle(document.activeElement).outlineStyle != 'none'")
    page.close()

    assert reached == links
    assert outlined


def test_the_first_stop_skips_to_the_content(browser: Browser, explorer: Explorer) -> None:
    page = browser.new_page()
    page.goto(explorer.url)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.id")
    page.close()

    assert focused == "main"


def test_hostile_text_changes_nothing_but_itself(browser: Browser, catalogue: Callable[..., str]) -> None:
    sample = Sample(name=HOSTILE, creators=(HOSTILE,), tags=(HOSTILE,), text=HOSTILE * 10, titles=(HOSTILE,))
    page = browser.new_page(viewport={"width": 360, "height": 640})

    with serving(create_app(Settings(database=catalogue([sample])))) as explorer:
        for path in ("/", "/datasets/1", "/datasets/1/items"):
            page.goto(f"{explorer.url}{path}")

            assert page.title() != "caught"
            assert page.evaluate("document.querySelectorAll('script:not([type=\"application/ld+json\"])').length") == 0
            assert page.evaluate("document.documentElement.scrollWidth") == 360
            assert faults(page) == []
    page.close()
