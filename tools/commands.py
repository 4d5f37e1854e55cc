"""Writes the reference pages of the commands from the commands: one for `audiera`, one for each script of Ape's."""

import hashlib
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from tools.compiler import ROOT

__all__ = ["FOLDER", "page", "pages", "scripts", "state"]

FOLDER: Final = Path("docs/reference/commands")
_HIDDEN: Final = ('default: ""', "default: (dynamic)")
"""Defaults that say nothing."""


def pages() -> dict[Path, str]:
    """Return every page by its place in the checkout. Loads Ape, which takes seconds."""
    main: click.Command = import_module("audiera.cli.main").main
    found = {FOLDER / "audiera.md": page("audiera", main)}
    for name in scripts():
        found[FOLDER / f"{name}.md"] = page(f"ape run {name}", import_module(f"scripts.{name}").cli)
    return found


def scripts() -> list[str]:
    """Return what `ape run` can run."""
    return sorted(path.stem for path in (ROOT / "scripts").glob("[a-z]*.py"))


def state(root: Path = ROOT) -> str:
    """Return what changes whenever a page may: a digest of the pages and of all that they can be made of."""
    digest = hashlib.sha256()
    sources = [path for folder in ("audiera", "scripts", "tools") for path in (root / folder).rglob("*.py")]
    for path in sorted([*sources, *(root / FOLDER).glob("*.md")]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def page(name: str, command: click.Command) -> str:
    """Return the page of a command or of a group, in Markdown."""
    lines = [f"# `{name}`", "", "<!-- Written by `make build` from the commands. -->", ""]
    if not isinstance(command, click.Group):
        return "\n".join([*lines, *_body(name, command)]) + "\n"
    parts = list(_parts(command))
    lines += [*_help(command), "| command | does |", "|---|---|"]
    lines += [
        f"| [`{it}`](#{it.replace(' ', '-')}) | {_cell(part.get_short_help_str(limit=200))} |" for it, part in parts
    ]
    for it, part in parts:
        lines += ["", f"## `{it}`", "", *_body(f"{name} {it}", part)]
    return "\n".join(lines) + "\n"


def _parts(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield the commands of a group by what is typed after its name, those of groups within it, too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        part = group.get_command(context, name)
        if isinstance(part, click.Group):
            yield from _parts(part, f"{above}{name} ")
        elif part is not None:
            yield f"{above}{name}", part


def _body(name: str, command: click.Command) -> Iterator[str]:
    """Yield synopsis, help, parameters."""
    context = click.Context(command, info_name=name, show_default=True)
    yield from (f"    {' '.join([name, *command.collect_usage_pieces(context)])}", "")
    yield from _help(command)
    yield from ("| | |", "|---|---|")
    for parameter in command.params:
        if parameter.name == "provider_settings":
            continue  # Ape adds it to a command that has run in this process
        if isinstance(parameter, click.Argument):
            yield f"| `{_cell(parameter.make_metavar().strip('[].'))}` | {_cell(_argument(parameter))} |"
        elif isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)):
            yield f"| `{_cell(record[0])}` | {_cell(_option(parameter, record[1]))} |"


def _help(command: click.Command) -> Iterator[str]:
    """Yield what `--help` says, its examples as code."""
    for part in inspect.cleandoc(command.help or "").split("\n\n"):
        if part.startswith("\b\n"):
            title, _, code = part.removeprefix("\b\n").partition("\n")
            yield from (title, "", *(f"    {line.removeprefix('  ')}" for line in code.splitlines()), "")
        else:
            yield from (_prose(part), "")


def _argument(argument: click.Argument) -> str:
    """Return what kind of value an argument takes; what it means is in the help above."""
    kind = argument.type
    words = " or ".join(f"`{it}`" for it in kind.choices) if isinstance(kind, click.Choice) else kind.name
    if isinstance(kind, click.IntRange):
        words = f"integer from {kind.min}" + (f" to {kind.max}" if kind.max is not None else "")
    return words + (", one or more" if argument.nargs < 0 and argument.required else "") + (
        "" if argument.required else ", any number" if argument.nargs < 0 else ", may be left out"
    )  # fmt: skip


def _option(option: click.Option, told: str) -> str:
    """Return the help of an option with what click adds in brackets: its default, its range, whether it is required."""
    text, _, extra = told.partition("  [")
    notes = [it for it in extra.removesuffix("]").split("; ") if it and it not in _HIDDEN]
    notes += ["may be repeated"] * (option.multiple and "repeat" not in text.lower())
    return _prose(text) + (f" ({'; '.join(notes)})" if notes else "")


def _prose(text: str) -> str:
    """Keep angle brackets from being taken for HTML, but in code."""
    return "".join(it if it.startswith("`") else it.replace("<", "&lt;") for it in re.split(r"(`[^`]*`)", text))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
