"""The house: which packages there are, and which may take from which (docs/architecture.md).

The table is in the order of the floors, the ground first. Who adds a room, or an arrow between two, does it here and on
that page; what points upward cannot be written down, because a room may only name rooms above its own line.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.support.house import Taken, modules, nodes_of, packages, taken_by

ROOMS: dict[str, tuple[str, ...]] = {
    "errors": (),
    "text": (),
    "work": (),
    "protocol": ("text",),
    "papers": ("text",),
    "quantities": ("protocol",),
    "storage": ("work",),
    "metering": ("text", "protocol"),
    "runs": ("text", "protocol", "metering"),
    "music.sound": (),
    "music.formats": ("music.sound",),
    "music": ("text", "protocol", "music.sound", "music.formats"),
    "licensing": ("text", "protocol", "quantities"),
    "credits": ("text", "protocol", "quantities"),
    "folder": ("text", "work", "protocol", "music"),
    "client.contracts": ("protocol",),
    "client.chain": ("text", "protocol", "client.contracts"),
    "client.accounts": ("text", "protocol"),
    "client.journal": ("client.chain",),
    "client.calls": ("text", "protocol", "client.contracts", "client.chain", "client.accounts", "client.journal"),
    "client.deployment": (
        *("text", "protocol", "client.contracts", "client.chain", "client.accounts", "client.journal"),
        "client.calls",
    ),
    "client.facades": ("protocol", "quantities", "client.contracts", "client.chain", "client.accounts", "client.calls"),
    "client": (
        *("protocol", "client.contracts", "client.chain", "client.accounts", "client.calls"),
        *("client.deployment", "client.facades"),
    ),
    "manifest": ("text", "protocol", "music", "runs", "licensing", "credits", "folder"),
    "spread": ("text", "work", "protocol", "music", "storage", "folder"),
    "operations": ("text", "protocol", "quantities", "metering", "runs", "licensing", "client"),
    "dataset": (
        *("text", "work", "protocol", "music", "quantities", "storage", "runs", "credits", "folder", "manifest"),
        "spread",
    ),
    "indexer": (
        *("text", "work", "protocol", "quantities", "storage", "metering", "licensing", "credits"),
        *("client.contracts", "client", "manifest"),
    ),
    "explorer": (
        *("text", "protocol", "quantities", "storage", "metering", "licensing", "client.contracts", "client"),
        *("manifest", "indexer"),
    ),
    "interface": ("protocol",),
    "gateway": (
        *("text", "protocol", "storage", "metering", "licensing", "client.contracts", "client.chain"),
        *("client.journal", "client.calls", "client", "operations", "indexer", "explorer", "interface"),
    ),
    "remote": ("text", "storage", "client", "interface"),
    "pushing": (
        *("text", "work", "protocol", "storage", "client.contracts", "client.deployment", "client", "interface"),
        "remote",
    ),
    "consumer": (
        *("text", "work", "protocol", "storage", "metering", "runs", "licensing", "client.contracts", "client"),
        *("manifest", "operations", "interface", "remote"),
    ),
    "loading": ("text", "work", "protocol", "storage", "runs", "consumer"),
    "audit": (
        *("text", "protocol", "quantities", "storage", "metering", "licensing", "client.contracts", "client"),
        "indexer",
    ),
    "dossier": (
        *("text", "protocol", "papers", "quantities", "runs", "licensing", "client.contracts", "client", "manifest"),
        "operations",
    ),
    "demo.band": ("credits",),
    "demo": (
        *("text", "work", "protocol", "quantities", "storage", "metering", "licensing", "credits", "folder", "client"),
        *("manifest", "operations", "dataset", "indexer", "gateway", "remote", "consumer", "audit"),
        "demo.band",
    ),
    "cli.terminal": ("text", "work", "protocol", "quantities", "runs", "licensing", "client", "operations"),
    "cli.folder": (
        *("text", "work", "protocol", "quantities", "storage", "credits", "folder", "spread", "client.deployment"),
        *("client", "dataset", "interface", "remote", "pushing", "cli.terminal"),
    ),
    "cli.license": (
        *("text", "protocol", "quantities", "storage", "licensing", "client.contracts", "client.chain"),
        *("client.journal", "client.calls", "client", "operations", "interface", "remote", "consumer", "cli.terminal"),
    ),
    "cli.dataset": (
        *("text", "protocol", "quantities", "storage", "runs", "licensing", "credits", "folder", "client"),
        *("manifest", "operations", "dataset", "pushing", "cli.terminal", "cli.folder"),
    ),
    "cli.usage": (*("text", "protocol", "quantities", "metering", "client", "operations", "dataset", "cli.terminal"),),
    "cli.incentive": ("text", "protocol", "metering", "client", "operations", "cli.terminal"),
    "cli.royalty": ("text", "protocol", "quantities", "client", "operations", "cli.terminal"),
    "cli.index": ("storage", "client", "indexer", "cli.terminal"),
    "cli.serve": (
        "text",
        "work",
        "protocol",
        "quantities",
        "storage",
        "client",
        "indexer",
        "explorer",
        "demo",
        "cli.terminal",
        "cli.index",
    ),
    "cli.gateway": (
        *("text", "protocol", "quantities", "storage", "client", "operations", "interface", "gateway"),
        *("cli.terminal", "cli.folder", "cli.index", "cli.serve"),
    ),
    "cli.consumer": (
        *(
            "text",
            "work",
            "protocol",
            "quantities",
            "licensing",
            "client.chain",
            "client.calls",
            "client",
            "operations",
            "indexer",
        ),
        *("interface", "remote", "consumer", "loading", "cli.terminal", "cli.license"),
    ),
    "cli.dossier": ("text", "client", "operations", "runs", "dossier", "cli.terminal"),
    "cli.run": ("text", "protocol", "client", "operations", "runs", "consumer", "cli.terminal"),
    "cli.audit": ("text", "protocol", "papers", "storage", "client", "audit", "cli.terminal"),
    "cli.network": ("text", "protocol", "client", "remote", "consumer", "cli.terminal"),
    "cli.tx": ("text", "protocol", "client", "operations", "cli.terminal"),
    "cli": ("cli.terminal",),
}
"""Each room, and those it may take from; all may take from `errors`. Inside a room everything may."""

PURE = ("protocol", "quantities")
"""Rooms without I/O: `docs/formats.md` and the spelling of amounts."""

IO = {"asyncio", "glob", "http", "os", "pathlib", "shutil", "socket", "subprocess", "tempfile", "urllib", "web3"}

DOORS = {"client.accounts.ape"}
"""Modules that are taken by name, because their package's face must not import them: they need an extra."""

MODULES = modules()
PACKAGES = packages()


def room_of(module: str) -> str:
    """The innermost room that a module is in; '' for none."""
    parts = module.split(".")
    while parts and ".".join(parts) not in ROOMS:
        parts.pop()
    return ".".join(parts)


@cache
def crossings() -> list[Taken]:
    """Every import from one room by another, but of errors and of the version."""
    found = [taken for name, path in MODULES.items() if name for taken in taken_by(name, path, MODULES)]
    return [it for it in found if it.source not in ("", "errors") and room_of(it.by) != room_of(it.source)]


def allows(room: str, other: str) -> bool:
    """Whether a room may take from another: it is in its line, or lies within one that is."""
    return any(other == it or other.startswith(f"{it}.") for it in ROOMS[room])


def test_every_module_is_in_a_room() -> None:
    assert [name for name in MODULES if name and not room_of(name)] == []


def test_rooms_take_only_from_rooms_that_the_table_names() -> None:
    assert [str(it) for it in crossings() if not allows(room_of(it.by), room_of(it.source))] == []


def test_the_table_names_nothing_that_nobody_takes() -> None:
    taken = {(room_of(it.by), room_of(it.source)) for it in crossings()}
    unused = [
        f"{room} takes nothing from {other}"
        for room, others in ROOMS.items()
        for other in others
        if not any(by == room and (source == other or source.startswith(f"{other}.")) for by, source in taken)
    ]

    assert unused == []


def test_no_room_takes_from_one_below_its_own_line() -> None:
    order = list(ROOMS)

    assert [
        (room, other) for room, others in ROOMS.items() for other in others if order.index(other) >= order.index(room)
    ] == []


def test_rooms_are_taken_from_through_their_face() -> None:
    """A name comes from a package, which says in `__all__` what it gives; commands are called by their module, so that
    each loads only what it needs.
    """
    past = [
        str(it)
        for it in crossings()
        if it.source not in PACKAGES | DOORS
        and it.source.split(".")[0] != "cli"
        and it.by.split(".")[0] != it.source.split(".")[0]
    ]

    assert past == []


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_import_nothing_that_reads_or_writes(room: str) -> None:
    for name, path in MODULES.items():
        if room_of(name) == room:
            assert _imported(path) & IO == set(), name


def test_errors_stand_alone() -> None:
    assert list(taken_by("errors", MODULES["errors"], MODULES)) == []


def test_the_top_of_the_package_holds_rooms_and_errors_only() -> None:
    assert [name for name in MODULES if name and "." not in name and name not in PACKAGES] == ["errors"]


def _imported(path: Path) -> set[str]:
    names = [alias.name for node in nodes_of(path) if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in nodes_of(path) if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}
