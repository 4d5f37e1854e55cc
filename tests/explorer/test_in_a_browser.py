"""The pages in a real Chromium: axe-core finds nothing, nothing scrolls sideways, the keyboard reaches everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from audiera.explorer import Settings, create_app
from audiera.protocol import Split
from audiera.text import hex_of
from tests.support.browser import SCREENSHOTS, faults, running_browser
from tests.support.catalogue import USDC, Sample, address, hexadecimal
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
BUYER, PAYEE = address("buyer"), address("payee 0")
ACTS = {
    "take": "/act/licence/1/1",
    "take-prepared": f"/act/licence/1/1?account={BUYER}",
    "claim": f"/act/claim/{{split}}/{USDC}/{PAYEE}",
    "share": f"/act/share/1?account={PAYEE}&to={BUYER}",
    "offer": "/act/offer/1",
    "offer-prepared": f"/act/offer/1?terms=1&price=12.5&licensee={BUYER}&count=3",
    "offer-refused": "/act/offer/1?terms=1&price=a%20lot",
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


@pytest.fixture
def at(request: pytest.FixtureRequest, name: str) -> str:
    """Where a page is."""
    if name in PAGES:
        explorer: Explorer = request.getfixturevalue("explorer")
        return f"{explorer.url}{PAGES[name]}"
    acts: Explorer = request.getfixturevalue("acts")
    split: Split = request.getfixturevalue("split")
    return f"{acts.url}{ACTS[name].format(split=hex_of(split.id()))}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_a_page_is_fit_for_everybody(browser: Browser, at: str, name: str, width: int, scheme: str) -> None:
    said: list[str] = []
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page.on("console", lambda it: said.append(it.text))
    page.on("pageerror", lambda it: said.append(str(it)))

    page.goto(at)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    found = faults(page)
    page.close()

    assert found == []
    assert [it for it in said if name != "refusal" or "404" not in it] == []


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_no_page_is_wider_than_a_small_phone(browser: Browser, at: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 640})

    page.goto(at)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.close()

    assert width == 360


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_the_keyboard_reaches_every_link_and_shows_where_it_is(browser: Browser, at: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(at)
    page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
    links = page.evaluate(
        "document.querySelectorAll('a[href], button, textarea, select, input:not([type=hidden])').length"
    )

    reached, outlined = 0, True
    for _ in range(links + 60):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.localName")
        if kind == "body":
            break
        reached += kind in {"a", "button", "input", "select", "textarea"}
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
