"""The options of commands under Ape, and the session that they make. The only module here that imports Ape."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

import click
from ape import accounts
from ape.cli import AccountAliasPromptChoice, network_option
from ape.exceptions import AccountsError

from audiera.cli.terminal.beginning import note_beginning
from audiera.cli.terminal.chains import expect_chain
from audiera.cli.terminal.gas import max_fee_option
from audiera.cli.terminal.output import say
from audiera.cli.terminal.parse import parse_whole
from audiera.cli.terminal.session import Session
from audiera.client import Audiera, NoSignerError, ReadOnly, Run, Signer
from audiera.client.accounts.ape import ApeSigner
from audiera.client.chain import MAX_FEE
from audiera.errors import InputError
from audiera.operations import TokenBook
from audiera.protocol import to_address
from audiera.quantities import parse_duration
from audiera.text import read_file

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI
    from eth_typing import ChecksumAddress

__all__ = ["address_of", "find_account", "sending", "unlock", "viewing", "whose"]

P = ParamSpec("P")

_PLACES = ("network", "provider")

_TOKEN = click.option(
    "--token",
    "tokens",
    metavar="NAME=ADDRESS",
    multiple=True,
    help="Name an ERC-20 token, so that amounts can be written in it. May be repeated; the name is remembered, but not "
    "on a local chain, which may be another tomorrow, and deployments/tokens.json comes first.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")


_SENDING = (
    click.option("--account", metavar="ALIAS", help="Who acts: an account of Ape, or TEST::0 on a local network."),
    click.option("--yes", is_flag=True, help="Do not ask before sending."),
    max_fee_option,
    _TOKEN,
    _JSON,
)
_RELAY = (
    click.option(
        "--relay", is_flag=True, help="Print a signed call for `ape run relay` and send nothing: needs no ETH."
    ),
    click.option("--valid-for", default="1 day", show_default=True, help="How long a signed call can be carried out."),
)
_VIEWING = (
    click.option("--account", metavar="ALIAS|ADDRESS", help="Who looks, where the answer depends on it."),
    _TOKEN,
    _JSON,
)


def _log_to_stderr() -> None:
    """Ape logs to standard output, where only the result belongs."""
    log = logging.getLogger("ape")
    for handler in tuple(log.handlers):
        stream = logging.StreamHandler()
        stream.setFormatter(handler.formatter)
        log.removeHandler(handler)
        log.addHandler(stream)


_log_to_stderr()


def sending(
    *, relay: bool = True, sent_by: str | None = None
) -> Callable[[Callable[Concatenate[Session, P], None]], Callable[..., None]]:
    """Make the options of a command that sends, and hand it a `Session` first.

    Args:
        relay: whether it can print a signed call instead.
        sent_by: the option that names who sends and pays instead of an account here, which then need not be named.
    """

    def decorate(function: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
        def command(provider: ProviderAPI, **given: object) -> None:
            asked = _Asked.taken(given)
            is_other = sent_by is not None and given.get(sent_by) is not None and asked.account is None
            found = None if is_other else find_account(asked.account)
            me = None if found is None else ReadOnly(to_address(str(found.address)))
            client = Audiera.connect(provider.web3, me, max_fee=asked.max_fee)
            expect_chain(client.node)
            book = TokenBook.of(client, asked.tokens)
            run = Run(_purpose_of(click.get_current_context(), book), int(time.time()), report=say)
            session = Session(
                client,
                book,
                _nobody if found is None else partial(unlock, found),
                as_json=asked.as_json,
                yes=asked.yes,
                relay=asked.relay,
                can_relay=relay,
                lifetime=parse_duration(asked.valid_for) or parse_duration("136 years"),
                run=run,
            )
            session.go_on()
            note_beginning(run.began)
            cast("Callable[..., None]", function)(session, **given)

        return _decorated(command, function, (*_SENDING, *(_RELAY if relay else ())))

    return decorate


def viewing(function: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
    """Make the options of a command that only looks, and hand it a `Session` first."""

    def command(provider: ProviderAPI, **given: object) -> None:
        asked = _Asked.taken(given)
        signer = ReadOnly(to_address(address_of(asked.account))) if asked.account else None
        client = Audiera.connect(provider.web3, signer)
        session = Session(client, TokenBook.of(client, asked.tokens), _nobody, as_json=asked.as_json)
        cast("Callable[..., None]", function)(session, **given)

    return _decorated(command, function, _VIEWING)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The values of the shared options."""

    account: str | None
    tokens: tuple[str, ...]
    as_json: bool
    yes: bool = False
    max_fee: int = MAX_FEE
    relay: bool = False
    valid_for: str = "perpetual"

    @classmethod
    def taken(cls, given: dict[str, object]) -> _Asked:
        """Take the shared options out of what was given; the command's own remain."""
        shared = {name: given.pop(name) for name in cls.__slots__ if name in given}
        return cls(**cast("Mapping[str, object]", shared))  # type: ignore[arg-type]  # click has checked them


def find_account(alias: str | None) -> AccountAPI:
    """Return an account that Ape knows; a terminal's user may choose it from a list.

    Raises:
        NoSignerError: if there is none of that name, or none was named and nobody can be asked.
    """
    if alias is None and sys.stdin.isatty():
        return AccountAliasPromptChoice(prompt_message="Who acts?").select_account()
    if alias and alias.upper().startswith("TEST::") and (number := parse_whole(alias[6:])) is not None:
        tests = accounts.test_accounts
        if number < len(tests):
            return tests[number]
    elif alias in (known := list(accounts.aliases)) and alias is not None:
        return accounts.load(alias)
    else:
        listed = f"there are {', '.join(known)}" if known else "there are none; make one with `ape accounts generate`"
        if alias is None:
            raise NoSignerError(f"Say who acts with --account ALIAS ({listed}).")
        raise NoSignerError(f"Ape knows no account {alias!r}; {listed}.")
    raise NoSignerError(f"There is no test account {alias}; there are {len(accounts.test_accounts)}, from TEST::0.")


def unlock(account: AccountAPI) -> Signer:
    """Return the account's signer, having asked for its passphrase if the environment has none.

    Raises:
        NoSignerError: if a passphrase is needed and nobody can be asked, or it is wrong.
    """
    alias = account.alias
    has_keyfile = hasattr(account, "keyfile_path")
    variable = f"APE_ACCOUNTS_{alias}_PASSPHRASE"
    if has_keyfile and os.environ.get(variable) == "" and not sys.stdin.isatty():
        raise NoSignerError(
            f"An empty passphrase cannot be given by {variable}; give {alias} another with "
            f"`ape accounts change-password {alias}`."
        )
    if has_keyfile and variable not in os.environ and not sys.stdin.isatty():
        raise NoSignerError(f"There is no terminal to ask for the passphrase of {alias}; set {variable}.")
    try:
        return ApeSigner.unlocked(account)
    except AccountsError as error:
        raise NoSignerError(f"The passphrase does not open {alias} ({error}); check it, or {variable}.") from error


def _purpose_of(context: click.Context, book: TokenBook) -> bytes:
    """Return what a command is asked for, as a digest: the same whenever it is called again in the same place.

    Whatever determines what is sent is in it: the words, what the files that they name hold, and which tokens they
    mean. Who acts and where is left out, since each account has a journal for each chain. What a folder holds is left
    out, too: reading it is the command's work, which compares.
    A salt is in it, too, as it is in the account keys on the chain: of neither can it be read.
    """
    given = {
        name: _plain(value)
        for name, value in context.params.items()
        if name not in _Asked.__slots__ and name not in _PLACES
    }
    pairs = cast("Sequence[str]", context.params["tokens"])
    written = {it.lower() for it in re.split(r"[\s/=]+", " ".join([*_texts([*context.params.values()]), *pairs]))}
    tokens = {name: address for name, address in book.names.items() if name.lower() in written}
    words = [context.command_path.split(), given, tokens]
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).digest()


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return [str(value.resolve()), _digest(value)]
    if isinstance(value, (tuple, list)):
        return [_plain(it) for it in value]
    if isinstance(value, (str, int, float, type(None))):
        return value
    return _plain(Path(value.name)) if isinstance(value, TextIOWrapper) else str(value)


def _texts(value: object) -> Iterator[str]:
    """Yield every text in options and arguments."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for it in value:
            yield from _texts(it)


def _digest(path: Path) -> str | None:
    """Return the sha-256 of a file; None of a folder, and of a log of uses too large, which its voucher holds."""
    with suppress(OSError):
        return hashlib.sha256(read_file(path)).hexdigest()
    return None


def address_of(text: str) -> str:
    """Read an address, or an alias of Ape's.

    Raises:
        NoSignerError: if Ape knows no such account.
    """
    return text if text.startswith("0x") else str(find_account(text).address)


def whose(session: Session, address: str | None) -> ChecksumAddress:
    """Return whom a list is about: an address or an alias of Ape's, or else who looks.

    Raises:
        InputError: if it is neither said nor known.
        NoSignerError: if Ape knows no such account.
    """
    if address is not None:
        return to_address(address_of(address))
    if session.client.signer is None:
        raise InputError("Say whose: give an ADDRESS, or yourself as --account ALIAS.")
    return session.me


def _nobody() -> Signer:
    raise NoSignerError("This command only looks and signs nothing.")


def _decorated(
    command: Callable[..., None],
    function: Callable[..., None],
    options: tuple[Callable[[Callable[..., None]], Callable[..., None]], ...],
) -> Callable[..., None]:
    # Not functools.wraps: Ape reads the signature, and needs to find `provider` there.
    # Docstrings are raw, so that linters let them be; click looks for the character that `\b` stands for.
    command.__doc__, command.__name__ = (function.__doc__ or "").replace(r"\b", "\b"), function.__name__
    own = getattr(function, "__click_params__", [])
    command.__dict__["__click_params__"] = []
    for option in reversed((network_option(), *options)):
        command = option(command)
    shared = command.__dict__["__click_params__"]
    command.__dict__["__click_params__"] = [*shared, *own]  # click reverses them: own first in --help
    return command
