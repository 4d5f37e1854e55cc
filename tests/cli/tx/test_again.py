"""Every command that sends, run again after its result was lost: it finds what it sent, and ends as it would have.

The chain's clock and the day have moved on meanwhile, so whatever follows from them is held, too.
"""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import cycle
from pathlib import Path
from typing import Final, TypeAlias

import click
import pytest
from click.testing import Result
from eth_typing import ChecksumAddress
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from audiera.cli.dataset import register
from audiera.cli.dataset.new_dataset import note_registered
from audiera.cli.terminal.session import Session
from audiera.client import Audiera, KeySigner, TxReceipt
from audiera.client.deployment.deployments import Deployment
from audiera.client.facades.erc20 import Token
from audiera.metering.batch import Batch
from audiera.metering.files import SignedVoucher, write_log
from audiera.operations.names import Names
from audiera.protocol.ids import ETHER
from tests.cli.commands import CommandLine
from tests.cli.hostile import FAULTS, HOSTILE, MEGABYTE, bad_lines
from tests.client.proxy import behind
from tests.support.anvil import running_anvil
from tests.support.music import write_album, write_contributors, write_tone
from tests.support.pages import Terminal
from tests.support.places import ROOT
from tests.support.usage import make_uses

DAY: Final = 86_400  # seconds
ROLES: Final = ("label", "developer", "gateway", "sponsor", "stranger")
KEY: Final = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""Of the developer, Anvil's second account, which everybody knows."""
FOUND: Final = "by an earlier run; not sent again."


class Again:
    """`again("label", "royalty", "pay", ...)`: runs it twice, the first result lost; returns what the second showed."""

    def __init__(self, line: CommandLine, w3: Web3, monkeypatch: pytest.MonkeyPatch) -> None:
        self.line, self.w3, self._monkeypatch = line, w3, monkeypatch

    @property
    def people(self) -> dict[str, str]:
        """Addresses by roles."""
        return {role: self.address(role) for role in ROLES}

    def address(self, role: str) -> str:
        return str(self.w3.eth.accounts[ROLES.index(role)])

    def net(self, role: str, url: str) -> tuple[str, ...]:
        """What names a node and an account behind a command."""
        return ("--network", url, "--account", f"TEST::{ROLES.index(role)}")

    def count(self, role: str) -> int:
        return self.w3.eth.get_transaction_count(self.w3.eth.accounts[ROLES.index(role)])

    def pass_days(self, days: int = 1) -> None:
        self.w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [days * DAY])
        self.w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    @contextmanager
    def dying(self, what: object = Session, name: str = "result") -> Iterator[None]:
        """Commands end where they would do that; nothing that they sent is told."""
        with self._monkeypatch.context() as patch:
            patch.setattr(what, name, die)
            yield

    def tried(self, role: str, words: list[str], url: str) -> Result:
        """Return what a command shows on a node that may refuse it; nothing but a refusal ends it."""
        done = self.line.terminal.invoke(["ape", "run", *words, *self.net(role, url)])
        assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
        return done

    def __call__(self, role: str, *words: str) -> str:
        before = self.count(role)
        with self.dying():
            lost = self.line(role, *words, fails=True)
        assert self.count(role) > before, lost
        self.pass_days()
        sent = self.w3.eth.block_number  # whatever anybody sends makes a block
        with self._monkeypatch.context() as patch:
            tomorrow = time.time() + DAY
            patch.setattr("audiera.cli.terminal.options.time.time", lambda: tomorrow)
            shown = self.line(role, *words)
        assert self.w3.eth.block_number == sent, shown
        assert FOUND in shown, shown
        return shown


def die(*_: object, **__: object) -> None:
    raise SystemExit(9)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a story; `{label}` and so on in it are addresses."""

    role: str
    words: str
    shows: str = ""
    """What the second run ends with, among else."""
    twice: bool = True

    @property
    def command(self) -> str:
        """The words that name it."""
        words = shlex.split(self.words)
        return words[0] if words[0] == "relay" else " ".join(words[:2])


def once(role: str, words: str) -> Step:
    return Step(role, words, twice=False)


Story: TypeAlias = "tuple[Step | Callable[[Again], None], ...]"


def tones(again: Again) -> None:
    """A folder of three tones by the label and the stranger."""
    write_album(Path("Tones"))
    rows = (f"Lena,{again.address('label')},60 %", f"Sam,{again.address('stranger')},40 %")
    write_contributors(Path("people.csv"), "name,address,share", *rows)


def another_tone(_: Again) -> None:
    write_tone(Path("Tones", "d.flac"), hertz=333)


def another_folder(_: Again) -> None:
    """Music to derive from the tones, and terms that allow it."""
    write_tone(Path("Echoes", "e.flac"), hertz=444)
    Path("terms.txt").write_text("Make of it what you like today.")


def gift(again: Again) -> None:
    """An ether lies where dataset 1 is paid."""
    found = re.search(r"Nothing lies at (0x\w{40})", again.line("stranger", "royalty", "sweep", "1", "ETH"))
    assert found is not None
    sent = {"from": again.address("developer"), "to": found[1], "value": "0xde0b6b3a7640000"}
    again.w3.provider.make_request(RPCEndpoint("eth_sendTransaction"), [sent])


def signed_call(again: Again) -> None:
    """A call that the developer signed, in a file."""
    signed = again.line("developer", "royalty", "recipient", again.address("stranger"), "--relay")
    Path("call.json").write_text(next(it for it in signed.splitlines() if it.startswith("{")))


def voucher(again: Again, batch: int = 1) -> None:
    """Two uses, and what the developer signed for them, with a fee."""
    deployment = Deployment.find(again.w3.eth.chain_id, Path("deployments"))
    signer = KeySigner.from_key(KEY)
    client: Audiera[TxReceipt] = Audiera.connect(again.w3, signer, deployment)
    uses = make_uses(1, 1, 2, price=10**12)
    gateway = again.address("gateway")
    told = Batch().extend(uses).voucher(payer=client.account, gateway=gateway, token=ETHER, batch=batch, fee=10**12)
    domain = client.domain("UsageLedger")
    write_log(Path("uses.jsonl"), uses)
    signed = SignedVoucher(domain.chain_id, domain.contract, told, client.sign_voucher(told))
    Path("voucher.json").write_text(json.dumps(signed.document()))


def later(days: int) -> Callable[[Again], None]:
    return lambda again: again.pass_days(days)


REGISTER: Final = "dataset register Tones --contributors people.csv"
TERMS: Final = '--template training --unit-price "0.000001 ETH/second" --duration "1 year"'
STORIES: Final[Mapping[str, Story]] = {
    "datasets": (
        tones,
        Step("label", f'{REGISTER} --offer training --price "0.05 ETH"', "Dataset 1 is registered and offered under"),
        another_tone,
        Step("label", "dataset version 1 Tones", "Version 2 of dataset 1 is published."),
        Step("label", "dataset withdraw-items 1 d.flac --folder Tones"),
        Step("label", "dataset withdraw-all 1"),
        Step("label", "dataset move-share 1 --to {sponsor}", "60 % of dataset 1 belongs to"),
        Step("label", 'dataset catalogue "Small Sounds"', "The catalogue is dataset 2"),
        Step("label", "dataset transfer 1 {developer}", "Dataset 1 belongs to {developer} now."),
    ),
    "licences": (
        tones,
        once("label", REGISTER),
        once("label", 'dataset catalogue "Small Sounds"'),
        Step("label", f'license terms {TERMS} --revocable --notice "30 days"'),
        Step("label", 'license offer 1 1 --price "0.05 ETH" --count 2'),
        Step("developer", "license acquire 1 1", "Licence 1 of dataset 1"),
        Step("developer", "license renew 1", "Licence 1 lasts until"),
        Step("label", 'license offer 1 1 --price "0.06 ETH"'),
        Step("label", "license withdraw 1 1"),
        Step("label", "license revoke 1"),
        Step("label", "license join 2 1 1"),
        Step("label", "license admit 2 1 1"),
        Step("label", "license leave 2 1 1"),
        Step("developer", 'license signer {stranger} --scopes access,pay --until "90 days"', "may act for"),
    ),
    "a derived dataset": (
        tones,
        once("label", REGISTER),
        another_folder,
        once("label", 'license terms --text terms.txt --rights Training,Derivation --duration "12 hours"'),
        once("label", "license offer 1 1 --price free"),
        once("developer", "license acquire 1 1"),
        once("developer", 'dataset register Echoes --contributors people.csv --parent "1:10%"'),
        Step("developer", "license clear 2", "Dataset 2 is cleared for"),  # by a licence that has ended meanwhile
    ),
    "royalties": (
        tones,
        once("label", REGISTER),
        Step("label", "royalty split {label}:60% {sponsor}:40%", "is created."),
        Step("label", 'royalty assign "name:Pavel Brandt" {label}', "is assigned to split"),
        Step("developer", 'royalty pay 1 "0.05 ETH"', "Paid 0.05 ETH to dataset 1."),
        Step("label", "royalty claim", "Claimed 0.03 ETH"),
        Step("label", "royalty recipient {gateway}", "is paid to {gateway}"),
        once("developer", 'royalty pay 1 "0.05 ETH"'),
        Step("label", "royalty claim 1", "Claimed 0.03 ETH"),
        once("developer", 'royalty pay 1 "0.05 ETH"'),
        Step("label", "royalty claim --all", "Claimed 0.03 ETH"),
        Step("developer", 'royalty pay 1 "9000 ETH"', "Paid 9000 ETH to dataset 1."),  # nearly all that there is
        gift,
        Step("stranger", "royalty sweep 1 ETH", "Credited 1 ETH to dataset 1."),
        signed_call,
        Step("label", "relay call.json", "Carried out."),
    ),
    "use and rewards": (
        tones,
        once("label", f'{REGISTER} --offer training --price "0 ETH" --unit-price "0.000001 ETH/second"'),
        once("developer", "license acquire 1 1"),
        Step("sponsor", 'incentive open {gateway} --reward ETH --end "90 days"', "Campaign 1 is open"),
        Step("sponsor", 'incentive fund 1 "1 ETH"', "campaign 1 has 1 ETH now."),
        Step("developer", 'usage deposit {gateway} "1 ETH"', "the channel with {gateway} has 1 ETH now"),
        Step("developer", "usage record 1 1 Training 3600", "and paid 0.0036 ETH"),
        voucher,
        Step("gateway", "usage settle voucher.json", "is settled. Collect it with"),
        Step("gateway", "usage collect voucher.json uses.jsonl", "Collected 1 statement, 0.000002 ETH"),
        Step("gateway", "usage fee voucher.json", "The fee of 0.000001 ETH went to {gateway}."),
        Step("gateway", 'usage refund {developer} "0.5 ETH"', "the channel has 0.499997 ETH now"),
        Step("developer", "usage withdraw {gateway} ETH --start all"),
        later(1),
        Step("developer", "usage withdraw {gateway} ETH", "0.499997 ETH are yours again."),
        Step("stranger", "incentive enter 1 voucher.json uses.jsonl", "Entered 1 statement, worth 0.000002 ETH"),
        once("sponsor", 'incentive open {stranger} --reward ETH --end "60 days"'),
        once("sponsor", 'incentive fund 2 "1 ETH"'),
        later(125),
        Step("stranger", "incentive credit 1", "Credited 1 ETH to 1 dataset"),
        Step("sponsor", "incentive refund 2", "1 ETH went to {sponsor}."),
    ),
    "permits": (
        tones,
        once(
            "label",
            f'{REGISTER} --offer training --price "2 USDC" --unit-price "0.001 USDC/second" --duration "1 year"',
        ),
        once("sponsor", 'incentive open {gateway} --reward USDC --end "90 days"'),
        Step("developer", "license acquire 1 1", "Licence 1 of dataset 1"),
        Step("developer", "license renew 1", "Licence 1 lasts until"),
        Step("developer", 'usage deposit {gateway} "2 USDC"', "has 2 USDC now"),
        Step("developer", "usage record 1 1 Training 3", "and paid 0.003 USDC"),
        Step("developer", 'incentive fund 1 "2 USDC"', "campaign 1 has 2 USDC now."),
        Step("developer", 'royalty pay 1 "2 USDC"', "Paid 2 USDC to dataset 1."),  # approved before
    ),
}


STOPPING: Final = tuple(it for it in FAULTS if "logs" not in it)
"""What a node may answer so that nothing is sent."""
ALONE: Final = {"deploy", "tx speed-up", "tx cancel", "tx give-up"}
"""Run again by tests of their own, here and in `test_sent.py`."""
AT_GATEWAYS: Final = {"license requests ask", "license requests list", "license requests answer"}
"""They sign, and a gateway keeps what it was told once; what `answer` offers is one slot on the chain."""


@pytest.fixture
def again(
    line: CommandLine,
    w3: Web3,
    monkeypatch: pytest.MonkeyPatch,
    usdc: ChecksumAddress,
    mint: Callable[[str, int], None],
) -> Again:
    found = Again(line, w3, monkeypatch)
    mint(found.address("developer"), 20_000_000)
    Path("deployments", "tokens.json").write_text(json.dumps({str(w3.eth.chain_id): {"USDC": usdc}}))
    return found


@pytest.fixture
def named(again: Again, monkeypatch: pytest.MonkeyPatch) -> Again:
    """All datasets and tokens have names that strangers gave."""
    monkeypatch.setattr(Names, "name", lambda *_: HOSTILE)
    monkeypatch.setattr(Names, "by_manifest", lambda *_: HOSTILE)
    monkeypatch.setattr(Token, "symbol", lambda _: MEGABYTE)
    return again


@pytest.mark.heavy
@pytest.mark.parametrize("story", STORIES)
def test_a_command_that_is_run_again_finds_what_it_sent(named: Again, anvil: str, story: str) -> None:
    """Nor does any let what a stranger or a node wrote act on a terminal: AUD-T1, AUD-T2 and AUD-N8."""
    bad, faults, as_json = list[tuple[str, str, str]](), cycle(STOPPING), cycle(([], ["--json"]))
    for step in STORIES[story]:
        if not isinstance(step, Step):
            step(named)
            continue
        words = shlex.split(step.words.format(**named.people))
        if not step.twice:
            named.line(step.role, *words)
            continue
        fault, before = next(faults), named.w3.eth.block_number
        with behind(anvil, FAULTS[fault]) as url:
            refused = named.tried(step.role, [*words, *next(as_json)], url)
        assert named.w3.eth.block_number == before, refused.output
        shown = named(step.role, *words)
        assert step.shows.format(**named.people) in shown
        bad += [(fault, step.words, it) for it in bad_lines(refused.output + shown)]

    assert bad == []


def test_every_command_that_sends_is_run_again() -> None:
    asking = {
        name: command
        for script in (ROOT / "scripts").glob("[!_]*.py")
        for name, command in leaves(script.stem, import_module(f"scripts.{script.stem}").cli)
        if any("--yes" in it.opts for it in command.params)
    }

    told = {it.command for story in STORIES.values() for it in story if isinstance(it, Step) and it.twice}

    assert told | ALONE | AT_GATEWAYS == set(asking)


def leaves(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Yield the commands of a group by their words; the command itself if it is none."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for sub, it in command.commands.items():
        yield from leaves(f"{name} {sub}", it)


def test_a_registration_is_told_apart_from_one_that_was_made_before(again: Again) -> None:
    tones(again)
    words = shlex.split(f'{REGISTER} --offer training --price "0.05 ETH"')

    shown = again("label", *words)

    assert "is dataset 1" not in shown
    assert "are dataset 1 on this chain already" in again.line("label", *words, fails=True)


def test_a_registration_whose_offers_were_not_made(again: Again) -> None:
    tones(again)
    words = shlex.split(f'{REGISTER} --offer training --price "0.05 ETH"')
    with again.dying(register, "make_offers"):
        again.line("label", *words, fails=True)
    sent = again.count("label")

    shown = again.line("label", *words)

    assert again.count("label") == sent + 1
    assert "Dataset 1 is registered and offered under training" in shown


def test_a_payment_that_was_approved_and_not_made(again: Again) -> None:
    tones(again)
    again.line("label", *shlex.split(REGISTER))
    words = ("royalty", "pay", "1", "2 USDC")
    with again.dying(name="carry_out"):
        again.line("developer", *words, fails=True)
    sent = again.count("developer")

    shown = again.line("developer", *words)

    assert again.count("developer") == sent + 1
    assert FOUND in shown
    assert "Paid 2 USDC to dataset 1." in shown


def test_another_voucher_in_the_same_file(again: Again) -> None:
    again.line("developer", "usage", "deposit", again.address("gateway"), "1 ETH")
    voucher(again)
    with again.dying():
        again.line("gateway", "usage", "settle", "voucher.json", fails=True)
    sent = again.count("gateway")
    voucher(again, batch=2)

    shown = again.line("gateway", "usage", "settle", "voucher.json")

    assert again.count("gateway") == sent + 1
    second = SignedVoucher.read(Path("voucher.json")).voucher.batch_id()
    assert f"Batch 0x{second.hex()} is settled." in shown


def test_a_name_that_means_another_token_now(
    again: Again, usdc: ChecksumAddress, mint: Callable[[str, int], None], deploy_mock: Callable[..., ChecksumAddress]
) -> None:
    tones(again)
    again.line("label", *shlex.split(REGISTER))
    found = re.search(r"Nothing lies at (0x\w{40})", again.line("stranger", "royalty", "sweep", "1", "ETH"))
    assert found is not None
    mint(found[1], 2_000_000)
    other = deploy_mock("MockToken", "Other", 6)
    words = ("royalty", "sweep", "1", "COIN", "--token")
    with again.dying():
        again.line("stranger", *words, f"COIN={usdc}", fails=True)

    shown = again.line("stranger", *words, f"COIN={other}")

    assert FOUND not in shown
    assert "Nothing lies at" in shown
    assert "Credited 2 USDC to dataset 1." in again.line("stranger", *words, f"COIN={usdc}")


def test_another_call_in_the_same_file(again: Again) -> None:
    tones(again)
    again.line("label", *shlex.split(REGISTER))
    signed_call(again)
    with again.dying():
        again.line("label", "relay", "call.json", fails=True)
    signed = again.line("developer", "royalty", "recipient", again.address("gateway"), "--relay")
    Path("call.json").write_text(next(it for it in signed.splitlines() if it.startswith("{")))

    shown = again.line("label", "relay", "call.json")

    assert FOUND not in shown
    assert "Carried out." in shown


def groups(again: Again) -> tuple[str, ...]:
    """How two datasets of one folder are registered."""
    folder = write_album(Path("Tones"))
    me, other = again.address("label"), again.address("stranger")
    makers = (f"Lena,{me}", f"Sam,{other}", f"Sam,{other}")
    rows = [f"{name},{maker}" for name, maker in zip(("a.flac", "b.ogg", "side 2/c.wav"), makers, strict=True)]
    people = write_contributors(Path("people.csv"), "file,composer,address", *rows)
    return ("dataset", "register", str(folder), "--contributors", str(people), "--group-by", "contributors")


def test_groups_of_a_folder(again: Again) -> None:
    words = groups(again)

    shown = again("label", *words, "--offer", "training", "--price", "0.05 ETH")

    assert "2 datasets registered" in shown


def test_groups_of_which_some_were_noted(again: Again, monkeypatch: pytest.MonkeyPatch) -> None:
    words = groups(again)
    noted = list[object]()

    def note_one(*told: object, **more: object) -> None:
        noted.append(more["number"])
        if len(noted) == 2:
            die()
        note_registered(*told, **more)  # type: ignore[arg-type]  # as it was called

    with monkeypatch.context() as patch:
        patch.setattr("audiera.cli.dataset.parts.note_registered", note_one)
        again.line("label", *words, fails=True)
    sent = again.count("label")

    shown = again.line("label", *words)

    assert (again.count("label"), noted) == (sent, [1, 2])
    assert "2 datasets registered" in shown
    assert "All these groups are datasets" in again.line("label", *words, fails=True)


def test_a_deployment_that_ended_at_any_step(again: Again, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_anvil() as url:
        other = Again(CommandLine(Terminal(url, {}, {}), ROLES), Web3(HTTPProvider(url)), monkeypatch)
        with other.dying(import_module("audiera.client.deployment.deploy"), "check_code"):
            other.line("label", "deploy", fails=True)
        with other.dying(Deployment, "write"):
            other.line("label", "deploy", fails=True)
        sent = other.w3.eth.block_number

        shown = other.line("label", "deploy")

        assert other.w3.eth.block_number == sent
    assert "to deploy" not in shown
    assert shown.count("is there") == sent == 5
    assert again.address("label") in shown


def test_the_same_said_twice_is_done_twice(again: Again) -> None:
    tones(again)
    again.line("label", *shlex.split(REGISTER))
    sent = again.count("developer")

    again.line("developer", "royalty", "pay", "1", "0.05 ETH")
    again.line("developer", "royalty", "pay", "1", "0.05 ETH")

    assert again.count("developer") == sent + 2
