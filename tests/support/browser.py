"""A real Chromium, which comes from npm, driven by Playwright; and axe-core, which finds what people cannot use."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.places import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["SCREENSHOTS", "faults", "running_browser"]

SCREENSHOTS: Final = ROOT / ".build" / "screenshots"
"""Where a run keeps pictures of the pages, for looking at."""

_FOLDER: Final = ROOT / "tools" / "browser"
_WHERE: Final = "import('@sparticuz/chromium').then(it => it.default.executablePath()).then(it => console.log(it))"
_SWITCHES: Final = ("--no-sandbox", "--disable-gpu", "--font-render-hinting=none", "--hide-scrollbars")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a Chromium."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only `make heavy` installs it

    found = subprocess.run(["node", "-e", _WHERE], cwd=_FOLDER, check=True, capture_output=True, text=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=[*_SWITCHES])
        try:
            yield browser
        finally:
            browser.close()


def faults(page: Page) -> list[str]:
    """Return what axe-core finds on a page: the rule and the element of each."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:200]} ({node.get('failureSummary', '')})"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@cache
def _axe() -> str:
    return Path(_FOLDER, "node_modules", "axe-core", "axe.min.js").read_text("utf-8")
