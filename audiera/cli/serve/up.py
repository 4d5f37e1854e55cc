"""`audiera up`: a whole network on this machine."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from io import TextIOWrapper
from pathlib import Path
from typing import Final

import click
from eth_account import Account

from audiera.cli.serve.listening import find_free
from audiera.cli.terminal.output import say, story_console
from audiera.client import Audiera, KeySigner
from audiera.errors import ChainError, InputError
from audiera.text import as_object, as_text, is_at, read_file, read_json, replace_file
from audiera.work import audiera_command, ending_with_us

__all__ = ["up"]

_MARK: Final = ".audiera-up"
_STORY: Final = "story.json"
_CHAIN: Final = "chain.json"
_INDEX: Final = "index.sqlite"
_JOURNAL: Final = "gateway.sqlite"
_RELAY: Final = "relay.keystore"
_PASSWORD: Final = "AUDIERA_KEYSTORE_PASSWORD"
_AGE: Final = "30 seconds"  # until the gateway settles
_GAS: Final = 10**19  # wei that the gateway begins with, for its gas, and likewise what carries out calls
_PATIENCE: Final = 60.0  # seconds until the pages answer
_POLL: Final = 0.2  # seconds
_SAID: Final = 300  # letters of what a command said last
_STORY_BYTES: Final = 1 << 24

_KEY: Final = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""Of the account that every Anvil gives ETH to: known to everybody, so good for nothing else."""
_GATEWAY_KEY: Final = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""Likewise, of the second one: the gateway's."""
_RELAY_KEY: Final = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
"""Likewise, of the third one, which carries out what others signed."""


@click.command(short_help="Run a whole network on this machine, with music in it.")
@click.option(
    "--folder",
    default="audiera-network",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where all of it is kept, from one start to the next.",
)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65_535), help="Of the pages.")
@click.option("--node-port", default=8545, show_default=True, type=click.IntRange(1, 65_535), help="Of the chain.")
def up(*, folder: Path, port: int, node_port: int) -> None:
    """Run a private chain with the suite, some music that is licensed, used and paid on it, its index, its pages,
    and a gateway that serves the music.

    The first start takes a minute; the next ones go on where the last one ended. Ctrl-C ends everything. Delete the
    folder to begin anew.

    \b
    Example:
      audiera up --folder demo-network
    """
    try:
        from audiera.demo import private_chain  # noqa: PLC0415  # of an extra
    except ImportError as error:
        raise InputError("A network needs more than the package: pip install 'audiera[serve]'.") from error
    with ExitStack() as held:
        held.enter_context(_kept(folder))
        find_free("127.0.0.1", port, "--port")
        find_free("127.0.0.1", node_port, "--node-port")
        node = held.enter_context(private_chain(folder, folder / _CHAIN, node_port))
        tokens = _tell_once(node, folder)
        database, store = f"sqlite:///{(folder / _INDEX).absolute()}", str((folder / "store").absolute())
        pages = f"http://127.0.0.1:{port}"  # asked for the logs of what it settled, as any store that is named
        index = ["index", "--node", node, "--database", database, "--store", store, "--store", pages]
        journal = f"sqlite:///{(folder / _JOURNAL).absolute()}"
        ours = ["--database", database, "--journal", journal, "--store", store, "--confirmations", "0", *tokens]
        takes = ["--node", node, "--relay", str(_keystore(folder)), "--uploads", str(folder / "uploads")]
        serve = ["gateway", "serve", "--any-creator", "--port", str(port), *ours, *takes]
        token = tokens[1].rpartition(":")[0]
        settle = ["gateway", "settle", "--node", node, "--age", _AGE, "--poll", "5", "--token", token, *ours[:4]]
        gateway = KeySigner.from_key(_GATEWAY_KEY).address
        chain = Audiera.connect(node).node
        for account in (gateway, KeySigner.from_key(_RELAY_KEY).address):
            chain.request("anvil_setBalance", account, hex(_GAS))
        if (now := int(time.time())) > chain.timestamp():  # the story ended seconds ago, an earlier start may be days
            chain.request("evm_setTime", now)
        _announce(node, pages)
        say("Reading the chain into the index.")
        _run_once([*index, "--once"], folder / "index.log")
        children = {
            "index": held.enter_context(_running(index, folder / "index.log")),
            "gateway": held.enter_context(
                _running(serve, folder / "gateway.log", AUDIERA_PRIVATE_KEY=_GATEWAY_KEY, **{_PASSWORD: _MARK})
            ),
            "gateway settle": held.enter_context(
                _running(settle, folder / "gateway-settle.log", AUDIERA_PRIVATE_KEY=_GATEWAY_KEY)
            ),
        }
        _await_pages(port, children, folder)
        at = f"--from {pages} --node {node} --token {token}"
        say(
            "",
            f"Open     {pages}",
            f"Node     {node}",
            f"Gateway  {pages}, of {gateway}; it settles {_AGE} after a first use (docs/gateway.md)",
            f"Key      export AUDIERA_PRIVATE_KEY={_KEY}",
            "         of an account with ETH and USDC, which everybody knows: it is good for nothing but this chain",
            f"Pull     audiera pull 1 2 3 --right training --to music --max-spend '100 USDC' {at}",
            f"Audit    audiera audit --all --node {node} --store {store} --store {pages}",
            f"Push     audiera push FOLDER --contributors people.csv --to {pages}",
            "         with any key: the gateway takes the files, and pays the gas (docs/gateway.md)",
            f"Ape      ape run license list --network {node} --account TEST::0 --token {token}",
            "         in the checkout; TEST::0 has the key above, and TEST::3 to TEST::9 have no money here",
            f"Search   audiera search --database {database} {' '.join(tokens)}",
            f"Folder   {folder}",
            "",
            "Ctrl-C ends everything; the next start goes on from there.",
        )
        with suppress(KeyboardInterrupt):
            _watch(children, folder)
        say("", "Stopping.")


@contextmanager
def _kept(folder: Path) -> Iterator[None]:
    """Hold the folder, emptied if the first start in it was cut short; one that was made, and in which nothing came to
    be, is removed.

    Raises:
        InputError: if it holds something else, or another process.
    """
    mark, is_new = folder / _MARK, not folder.exists()
    if not is_new and not mark.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} holds something else; name a --folder that is not there yet.")
    with _held(mark):
        if not (folder / _STORY).exists():
            for each in folder.iterdir():
                if each != mark:
                    shutil.rmtree(each) if each.is_dir() else each.unlink()
        try:
            yield
        finally:
            if [*folder.iterdir()] == [mark]:
                mark.unlink()
                if is_new:
                    folder.rmdir()


def _held(mark: Path) -> TextIOWrapper:
    """Return a folder's mark, held until it is closed."""
    while True:
        mark.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = mark.open("a")
        except FileNotFoundError:
            continue  # who had it before has just removed it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise InputError(
                f"Another `audiera up` runs in {mark.parent}; stop it, or name another --folder."
            ) from error
        if is_at(mark, file.fileno()):
            return file
        file.close()


def _tell_once(node: str, folder: Path) -> list[str]:
    """Put music on the chain, if that was not done yet; return the options that name its token."""
    path = folder / _STORY
    if not path.exists():
        say("A new network: deploying, registering music, licensing, using and paying it (about a minute).")
        from audiera.demo import tell_there  # noqa: PLC0415

        facts = tell_there(story_console(quiet=True), node, folder, guest=KeySigner.from_key(_KEY).address)
        replace_file(path, [json.dumps(facts).encode()])
    usdc = as_text(as_object(read_json(read_file(path), most=_STORY_BYTES))["usdc"])
    return ["--token", f"USDC={usdc}:6"]


def _announce(node: str, url: str) -> None:
    """Have the gateway say on the chain where it answers, unless it has."""
    usage = Audiera.connect(node, KeySigner.from_key(_GATEWAY_KEY)).usage
    with suppress(InputError):  # it never said
        if usage.gateway_url(KeySigner.from_key(_GATEWAY_KEY).address) == url:
            return
    usage.announce(url)


def _keystore(folder: Path) -> Path:
    """Return the file of the key that carries out calls; it is no secret, and neither is its password."""
    path = folder / _RELAY
    if not path.exists():
        replace_file(
            path, [json.dumps(Account.encrypt(bytes.fromhex(_RELAY_KEY[2:]), _MARK, iterations=1 << 12)).encode()]
        )
    return path


def _run_once(words: Sequence[str], log: Path) -> None:
    with log.open("ab") as output:
        done = subprocess.run(
            audiera_command(*words), stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise _ended(words[0], log)


@contextmanager
def _running(words: Sequence[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends; Ctrl-C reaches this process alone."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            audiera_command(*words),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **environment},
        )
    with ending_with_us(process):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_pages(port: int, children: dict[str, subprocess.Popen[bytes]], folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        _check(children, folder)
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError, HTTPException), closing(connection):
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        time.sleep(_POLL)
    raise ChainError(f"The pages do not answer at port {port}; {folder / 'gateway.log'} may say why.")


def _watch(children: dict[str, subprocess.Popen[bytes]], folder: Path) -> None:
    while True:
        _check(children, folder)
        time.sleep(_POLL)


def _check(children: dict[str, subprocess.Popen[bytes]], folder: Path) -> None:
    for name, process in children.items():
        if process.poll() is not None:
            raise _ended(name, folder / f"{name.replace(' ', '-')}.log")


def _ended(name: str, log: Path) -> ChainError:
    lines = read_file(log).decode("utf-8", "replace").split("\n")
    said = next((it for it in reversed(lines) if it.strip()), "it said nothing")
    return ChainError(f"`audiera {name}` ended by itself ({said.strip()[:_SAID]}); {log} has all that it said.")
