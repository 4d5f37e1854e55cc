"""The pages in `docs/` and the README against the package: links lead somewhere, commands and options exist."""

import re
import shlex
from importlib import import_module, util
from pathlib import Path

import pytest

from audiera.cli.main import COMMANDS
from tests.support.pages import command_of
from tests.support.places import ROOT

PAGES = [
    *(ROOT / "README.md", ROOT / "SECURITY.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "adr").glob("*.md")),
]
REFERENCE = sorted((ROOT / "docs" / "reference").rglob("*.md"))
OTHERS = {
    "usage",
    "index",
    "search",
    "audit",
    "explorer",
    "gateway",
    "up",
    "networks",
    "quote",
    "pull",
    "run",
    "dossier",
    "mcp",
}
"""Commands of `audiera` that are not about folders to publish."""
COMMAND = re.compile(r"^ *((?:audiera|ape run) \w[^#\n]*)|`((?:audiera|ape run) \w[^`]*)`", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Returns what GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> list[str]:
    text = page.read_text("utf-8").replace("\\\n", " ")
    return [shown or named for shown, named in COMMAND.findall(text)]


@pytest.mark.parametrize("page", [*PAGES, *REFERENCE], ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_to_a_heading_of_it(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", page.read_text("utf-8"))

    places = [(page.parent / file if file else page, heading) for file, heading in links]

    assert [place for place, _ in places if not place.exists()] == []
    assert [(place, heading) for place, heading in places if heading and heading not in anchors(place)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line.replace("...", ""))
        command = command_of(words)
        assert command is not None, line
        known = {name for parameter in command.params for name in parameter.opts}

        assert {word for word in words if re.match("--[a-z]", word)} <= known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_module_and_what_is_named_of_one_exists(page: Path) -> None:
    named = re.findall(r"`(audiera(?:\.\w+)+)[`(]", page.read_text("utf-8"))

    assert [it for it in named if not is_there(it)] == []


def is_there(name: str) -> bool:
    """Says whether this is a module, which is not imported: it may be of an extra; or else something in one."""
    module, _, within = name.rpartition(".")
    return util.find_spec(name) is not None or hasattr(import_module(module), within)


def test_the_guide_shows_every_command_about_folders() -> None:
    folders = [f"audiera {name}" for name in COMMANDS if name not in OTHERS]
    folders += [f"ape run dataset {name}" for name in ("register", "version", "verify", "croissant")]

    shown = commands(ROOT / "docs" / "datasets.md")

    assert [name for name in folders if not any(line.startswith(f"{name} ") for line in shown)] == []
