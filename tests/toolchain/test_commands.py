"""The reference pages of the commands are whole: each command, each option, each with a word of help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import click
import pytest

from audiera.cli.main import main
from tests.support.places import ROOT
from tools.commands import FOLDER, page, pages, scripts

PAGES = {path.stem: text for path, text in pages().items()}


def commands() -> Iterator[tuple[str, str, click.Command]]:
    """Every command there is: its page, its name, and itself."""
    groups: dict[str, click.Command] = {name: import_module(f"scripts.{name}").cli for name in scripts()}
    for page_name, command in (("audiera", main), *groups.items()):
        yield from ((page_name, name, found) for name, found in parts(command))


def parts(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """A command, or those of a group, by what is typed after the program."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for each in command.list_commands(context):
        found = command.get_command(context, each)
        assert found is not None
        yield from parts(found, f"{name} {each}".strip())


ALL = list(commands())
IDS = [f"{file} {name}".strip() for file, name, _ in ALL]


def section(file: str, name: str) -> str:
    """What a page says of one command."""
    return PAGES[file].split(f"\n## `{name}`\n")[1].split("\n## ")[0] if name else PAGES[file]


@pytest.mark.parametrize(("file", "name", "command"), ALL, ids=IDS)
def test_a_command_is_on_its_page_with_its_help_and_an_example(file: str, name: str, command: click.Command) -> None:
    told = section(file, name)
    program = "audiera" if file == "audiera" else f"ape run {file}"

    assert f"\n    {f'{program} {name}'.strip()} [OPTIONS]" in told
    assert (command.help or "").split("\n")[0].strip() in told.replace("&lt;", "<")
    assert f"\n    {program} " in told.partition("\nExample:\n")[2]


@pytest.mark.parametrize(("file", "name", "command"), ALL, ids=IDS)
def test_every_option_is_there_with_a_word_of_help(file: str, name: str, command: click.Command) -> None:
    rows = dict(re.findall(r"^\| `(.+?)` \| (.*) \|$", section(file, name), re.MULTILINE))
    options = [it for it in command.params if isinstance(it, click.Option) and it.name != "provider_settings"]

    listed = {option for row in rows for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", row)}

    assert listed == {name for it in options for name in (*it.opts, *it.secondary_opts)}
    assert [row for row, told in rows.items() if not told.strip()] == []


def test_the_committed_pages_are_those() -> None:
    written = {path.stem: path.read_text("utf-8") for path in (ROOT / FOLDER).iterdir()}

    assert written == PAGES
    assert set(PAGES) == {"audiera", *scripts()}


def test_a_page_says_what_an_option_is_unless_told_and_keeps_what_is_no_html() -> None:
    @click.command()
    @click.argument("amount", type=click.IntRange(1, 9))
    @click.argument("more", nargs=-1)
    @click.option("--how", type=click.Choice(["a", "b"]), default="a", help="How | why.")
    @click.option("--with", "names", multiple=True, required=True, help="Whom.")
    def pay(amount: int, more: tuple[str, ...], how: str, names: tuple[str, ...]) -> None:
        """Pay into <chain id>, as `<x>` says.

        \b
        Example:
          pay 3 \\
            --with you
        """

    assert page("pay", pay).split("-->\n\n")[1] == (
        "    pay [OPTIONS] AMOUNT [MORE]...\n\n"
        "Pay into &lt;chain id>, as `<x>` says.\n\n"
        "Example:\n\n    pay 3 \\\n      --with you\n\n"
        "| | |\n|---|---|\n"
        "| `AMOUNT` | integer from 1 to 9 |\n"
        "| `MORE` | text, any number |\n"
        "| `--how [a\\|b]` | How \\| why. (default: a) |\n"
        "| `--with TEXT` | Whom. (required; may be repeated) |\n"
    )
