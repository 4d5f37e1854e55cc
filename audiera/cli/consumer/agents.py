"""`audiera mcp`: an agent finds, prices, licenses and audits music, and spends within what its owner allows."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import anyio
import click

from audiera.cli.consumer.options import connected
from audiera.cli.consumer.pull import FETCHING
from audiera.cli.terminal.gas import max_fee_option
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import PROGRESS
from audiera.cli.terminal.session import Session
from audiera.consumer import Purse, Sought, search_catalogue
from audiera.errors import InputError
from audiera.licensing import template_of
from audiera.protocol import ETHER, Right, describe_rights, parse_kind, parse_right
from audiera.quantities import Amount, format_size
from audiera.remote import Remote
from audiera.text import Json, hex_of, plain
from audiera.work import audiera_command

__all__ = ["Agent", "Hidden", "Teller", "adds_up", "mcp"]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_TEXT: Final = 1 << 20  # bytes of a licence text
_ROWS: Final = 50  # of each section of an audit
_AUDIT_FAILED: Final = 3
_ERROR: Final = re.compile(r"^Error: ", re.MULTILINE)
"""Begins what a command refuses, below what it says on its way."""


@click.command(short_help="Tools for an agent, within limits.")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where files go.")
@click.option(
    "--max-spend", required=True, metavar="AMOUNT", help="The most that all pulls to that folder may ever come to."
)
@click.option(
    "--max-exposure",
    metavar="AMOUNT",
    help="The most that may be signed for and not be there yet, for all of them together. Unless told, a tenth of "
    "--max-spend.",
)
@click.option(
    "--right", "rights", required=True, multiple=True, metavar="NAME", help="A use that is allowed. Repeatable."
)
@click.option(
    "--dataset", "datasets", multiple=True, type=click.IntRange(1), help="Only this dataset. May be repeated."
)
@click.option("--from", "url", required=True, metavar="URL", help="The gateway that serves the music.")
@click.option("--node", required=True, envvar="AUDIERA_NODE", metavar="URL", help="A node of the chain.")
@click.option("--token", "tokens", multiple=True, metavar="NAME=ADDRESS", help="Name a token. May be repeated.")
@max_fee_option
@key_option
def mcp(
    *,
    folder: Path,
    max_spend: str,
    max_exposure: str | None,
    rights: tuple[str, ...],
    datasets: tuple[int, ...],
    url: str,
    node: str,
    tokens: tuple[str, ...],
    max_fee: int,
    keystore: Path | None,
) -> None:
    """Serve tools to an agent, which spends within what its owner allows.

    They are search, quote, license_text, pull and audit, over standard input and output (Model Context Protocol).

    The agent spends from your key, and never more than you say here, for as long as the folder is there: what was
    spent is counted by what lies in it. It sees neither the key nor any path.

    \b
    Example:
      audiera mcp --to music --max-spend '20 USDC' --right training --from https://music.example
    """
    try:
        from audiera.cli.consumer.tools import serve_tools  # noqa: PLC0415  # of an extra
    except ImportError as error:
        raise InputError("Agents need more than the package: pip install 'audiera[mcp]'.") from error
    allowed = frozenset(parse_right(it) for it in rights)
    session = connected(node, open_key(keystore), tokens, as_json=True, max_fee=max_fee)
    spend = session.book.amount(max_spend)
    exposure = session.book.amount(max_exposure) if max_exposure else _tenth(spend)
    if exposure.token != spend.token:
        raise InputError("--max-exposure is in another token than --max-spend; write both in one.")
    named = [it for token in tokens for it in ("--token", token)]
    given = ["--from", url, *named]
    key = ["--keystore", str(keystore.resolve())] if keystore else []
    paying = ["--max-fee", str(session.book.of_value(max_fee, ETHER)), *key]
    with Purse.opened(folder.resolve()) as purse:
        places = {Path.home(): "~", Path.cwd(): ".", purse.folder: "."}
        if keystore is not None:
            places[keystore.resolve()] = "the keystore"
        hidden = Hidden.of(node, purse.folder, places)
        agent = Agent(
            session, Remote(url), purse, spend, exposure, allowed, frozenset(datasets), node, given, paying, hidden
        )
        serve_tools(agent)


Teller: TypeAlias = Callable[[int, int, str], Awaitable[None]]
"""Is told how many bytes of how many are here, and the same in words."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What an agent does not see, and what it sees in its place."""

    signs: tuple[tuple[re.Pattern[str], str], ...]
    """The longest first."""

    @classmethod
    def of(cls, node: str, root: Path, places: Mapping[Path, str]) -> Hidden:
        """Return it for the URL of a node, the folder that all is told below of, and places of this machine.

        The root of a machine, which is in everything, hides nothing.
        """
        signs = [(re.compile(re.escape(node)), "the node")]
        for it in sorted(places, key=lambda it: -len(str(it))):
            if it == it.parent:
                continue
            begun = rf"(?<![\w.-]){re.escape(str(it))}"
            if it == root:
                signs.append((re.compile(rf"{begun}/(?=[\w.-])"), ""))
            signs.append((re.compile(rf"{begun}(?![\w-]|\.\w)"), places[it]))
        return cls(tuple(signs))

    def seen(self, text: str) -> str:
        """Return a text as the agent may see it."""
        for secret, sign in self.signs:
            text = secret.sub(sign, text)
        return text

    def within(self, value: Json) -> Json:
        """Return a JSON value as the agent may see it: its texts, however a document wrote them."""
        if isinstance(value, str):
            return self.seen(value)
        if isinstance(value, list):
            return [self.within(it) for it in value]
        if isinstance(value, dict):
            return {self.seen(name): self.within(it) for name, it in value.items()}
        return value


@dataclass(frozen=True, slots=True)
class Agent:
    """What an agent may ask for."""

    session: Session
    remote: Remote
    purse: Purse
    spend: Amount
    exposure: Amount
    rights: frozenset[Right]
    datasets: frozenset[int]
    """Empty: all."""
    node: str
    """The URL of the owner's node."""
    given: Sequence[str]
    """What `quote` and `pull` are told beside that."""
    paying: Sequence[str]
    """What a pull is told beside that: what gas may cost, and whose key pays."""
    hidden: Hidden

    def search(self, words: str, right: str, kind: str, genre: str, limit: int) -> dict[str, Json]:
        """Return what the gateway's catalogue finds."""
        sought = Sought(words=words, right=self._right(right), kind=parse_kind(kind) if kind else None, genre=genre)
        found = search_catalogue(self.remote, sought, limit)
        return {"datasets": [{**it.told(), "allowed": self._may(it.id)} for it in found], "proven": False}

    async def quote(self, right: str, datasets: list[int], search: str, hours: float) -> dict[str, Json]:
        """Return what a pull would take."""
        asked = self._asked(right, datasets, search, hours)
        told = ["--in", self.spend.token, "--for", self.session.me, "--json"]
        return {**await self._run("quote", *asked, "--node", self.node, *self.given, *told), **self._left()}

    def license_text(self, digest: str) -> dict[str, Json]:
        """Return the licence text of a digest."""
        if not re.fullmatch("0x[0-9a-fA-F]{64}", digest):
            raise InputError("A text is named by 0x and 64 hexadecimal digits.")
        name = bytes.fromhex(digest[2:])
        template = template_of(name)
        text = template.text if template else self.remote.document(name, _TEXT)
        try:
            return {"text": hex_of(name), "content": "\n".join(map(plain, text.decode("utf-8-sig").splitlines()))}
        except UnicodeDecodeError as error:
            raise InputError("The licence text is a document of another kind; ask your owner to read it.") from error

    async def pull(  # noqa: PLR0917  # all that an agent says
        self, name: str, right: str, datasets: list[int], search: str, hours: float, tell: Teller
    ) -> dict[str, Json]:
        """Buy, pay for and bring it, within what is left; `tell` hears how far it is."""
        if not _NAME.fullmatch(name):
            raise InputError("A folder's name has small letters, digits, - and _ only.")
        asked = self._asked(right, datasets, search, hours)
        spent, owed = self.purse.spent(self.spend.token, but=name)
        left, exposed = self.spend.value - spent, self.exposure.value - owed
        if left <= 0 or exposed <= 0:
            raise InputError(f"Of {self.spend}, nothing is left to spend; ask your owner.")
        limits = ["--max-spend", self._worth(left), "--max-exposure", self._worth(min(exposed, left))]
        to = ["--to", str(self.purse.folder / name), "--yes", "--json"]
        words = ["pull", *asked, "--node", self.node, *self.given, *self.paying]
        return {**await self._run(*words, *limits, *to, tell=tell), **self._left()}

    async def audit(self, dataset: int) -> dict[str, Json]:
        """Return what an audit of a dataset finds, with the logs of all pulls here."""
        places = sorted(self.purse.folder.glob("*/.audiera/batches"))
        logs = [it for place in places for it in ("--logs", str(place), "--heads", str(place))]
        work = str(self.purse.folder / ".audit")
        code, out, told = await self._carried(
            "audit", str(dataset), "--node", self.node, "--work", work, *logs, "--json"
        )
        if code >= _AUDIT_FAILED:
            raise InputError(told)
        report = self._document(out)
        sections = report["sections"]
        assert isinstance(sections, dict)
        return {
            **report,
            "addsUp": adds_up(report),
            "sections": {name: rows[:_ROWS] for name, rows in sections.items() if isinstance(rows, list)},
            "rows": {name: len(rows) for name, rows in sections.items() if isinstance(rows, list)},
        }

    def _asked(self, right: str, datasets: list[int], search: str, hours: float) -> list[str]:
        """Return the words of a command for what is asked, if it is allowed."""
        used = self._right(right)
        if used not in self.rights:
            raise InputError(f"The use {right} is not allowed here; your owner allows {self._allowed}.")
        if refused := [it for it in datasets if not self._may(it)]:
            raise InputError(f"Dataset {refused[0]} is not allowed here.")
        if self.datasets and search:
            raise InputError("Only some datasets are allowed here; name them, and hours if you need less.")
        asked = [*map(str, datasets), "--right", describe_rights(used)]
        return [*asked, *([f"--search={search}"] if search else []), *(["--hours", f"{hours:g}"] if hours else [])]

    def _right(self, named: str) -> Right:
        """Return the use of a name; of none, the only one that is allowed."""
        if named:
            return parse_right(named)
        if len(self.rights) > 1:
            raise InputError(f"Say as `right` how it is used: {self._allowed}.")
        (only,) = self.rights
        return only

    @property
    def _allowed(self) -> str:
        return " or ".join(sorted(describe_rights(it).lower() for it in self.rights))

    def _may(self, dataset: int) -> bool:
        return not self.datasets or dataset in self.datasets

    def _left(self) -> dict[str, Json]:
        spent, owed = self.purse.spent(self.spend.token)
        return {
            "spentInAll": self._worth(spent),
            "mayStillSpend": self._worth(max(self.spend.value - spent, 0)),
            "owedNow": self._worth(owed),
        }

    def _worth(self, value: int) -> str:
        return str(self.session.book.of_value(value, self.spend.token))

    async def _run(self, *words: str, tell: Teller | None = None) -> dict[str, Json]:
        code, out, told = await self._carried(*words, tell=tell)
        if code:
            raise InputError(told)
        return self._document(out)

    def _document(self, out: str) -> dict[str, Json]:
        found: dict[str, Json] = json.loads(out)
        return {name: self.hidden.within(it) for name, it in found.items()}

    async def _carried(self, *words: str, tell: Teller | None = None) -> tuple[int, str, str]:
        """Run a command in a process of its own, which ends with the request; what it prints is as it was printed."""
        command = audiera_command(*words)
        reading, writing = os.pipe()
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_hear, reading, tell)
                try:
                    done = await anyio.run_process(
                        command,
                        stdin=subprocess.DEVNULL,
                        check=False,
                        pass_fds=(writing,),
                        env={**os.environ, PROGRESS: str(writing)},
                    )
                finally:
                    os.close(writing)
        finally:
            os.close(reading)
        return done.returncode, done.stdout.decode(), _ERROR.split(done.stderr.decode())[-1].strip()


async def _hear(reading: int, tell: Teller | None) -> None:
    """Tell how far a command is with fetching, whenever it is further, until it ends."""
    os.set_blocking(reading, False)
    heard, last = b"", -1
    while True:
        await anyio.wait_readable(reading)
        some = os.read(reading, 1 << 16)
        if not some:
            return
        *lines, heard = (heard + some).split(b"\n")
        for it in map(json.loads, lines):
            if tell is not None and it["what"] == FETCHING and it["bytes"] > last:
                last = it["bytes"]
                total = it["totalBytes"]
                await tell(last, total, f"{format_size(last)} of {format_size(total)}")


def adds_up(report: Mapping[str, Json]) -> bool | None:
    """Say whether an audit's report adds up; None: that cannot be known, since something is missing."""
    summary = report["summary"]
    assert isinstance(summary, dict)
    if summary["error"]:
        return False
    return None if summary["warning"] else True


def _tenth(spend: Amount) -> Amount:
    return Amount(-(-spend.value // 10), spend.token, spend.symbol, spend.decimals)
