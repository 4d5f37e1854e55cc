"""Every command that sends, run again after its result was lost: it finds what it sent, and ends as it would have.

The chain's clock and the day have moved on meanwhile, so whatever follows from them is held, too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.cli.dataset.new_dataset import note_registered
from audiera.cli.terminal.session import Session
from tests.cli.commands import CommandLine
from tests.support.music import write_album, write_contributors, write_tone

DAY = 86_400  # seconds
ROLES = ("label", "developer", "gateway", "sponsor", "stranger")


class Again:
    """`again("label", "royalty", "pay", ...)`: runs it twice, the first result lost; returns what the second showed."""

    def __init__(self, line: CommandLine, w3: Web3, monkeypatch: pytest.MonkeyPatch) -> None:
        self.line, self.w3, self._monkeypatch = line, w3, monkeypatch

    def address(self, role: str) -> str:
        return str(self.w3.eth.accounts[ROLES.index(role)])

    def count(self, role: str) -> int:
        return self.w3.eth.get_transaction_count(self.w3.eth.accounts[ROLES.index(role)])

    def pass_a_day(self) -> None:
        self.w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [DAY])
        self.w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    def __call__(self, role: str, *words: str, finds: bool = True) -> str:
        before = self.count(role)
        with self._monkeypatch.context() as patch:
            patch.setattr(Session, "result", _die)
            lost = self.line(role, *words, fails=True)
        sent = self.count(role)
        assert sent > before, lost
        self.pass_a_day()
        with self._monkeypatch.context() as patch:
            tomorrow = time.time() + DAY
            patch.setattr("audiera.cli.terminal.options.time.time", lambda: tomorrow)
            shown = self.line(role, *words)
        assert self.count(role) == sent, shown
        assert ("by an earlier run; not sent again." in shown) == finds, shown
        return shown


def _die(*_: object, **__: object) -> None:
    raise SystemExit(9)


@pytest.fixture
def again(line: CommandLine, w3: Web3, monkeypatch: pytest.MonkeyPatch) -> Again:
    return Again(line, w3, monkeypatch)


@pytest.fixture
def tones(again: Again) -> Callable[[], tuple[str, ...]]:
    """`tones()`: a folder of three tones by the label and the stranger, as a command takes it."""

    def written() -> tuple[str, ...]:
        folder = write_album(Path("Tones"))
        rows = (f"Lena,{again.address('label')},60 %", f"Sam,{again.address('stranger')},40 %")
        return str(folder), "--contributors", str(write_contributors(Path("people.csv"), "name,address,share", *rows))

    return written


def test_a_registration_with_its_offers(again: Again, tones: Callable[[], tuple[str, ...]]) -> None:
    words = ("dataset", "register", *tones(), "--offer", "training", "--price", "0.05 ETH", "--duration", "1 year")

    shown = again("label", *words)

    assert "Dataset 1 is registered and offered under training" in shown
    assert "is dataset 1" not in shown
    assert "are dataset 1 on this chain already" in again.line("label", *words, fails=True)


def test_a_registration_whose_offers_were_not_made(
    again: Again, tones: Callable[[], tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("dataset", "register", *tones(), "--offer", "training", "--price", "0.05 ETH", "--duration", "1 year")
    with monkeypatch.context() as patch:
        patch.setattr("audiera.cli.dataset.register.make_offers", _die)
        again.line("label", *words, fails=True)
    sent = again.count("label")

    shown = again.line("label", *words)

    assert again.count("label") == sent + 1
    assert "Dataset 1 is registered and offered under training" in shown


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
            _die()
        note_registered(*told, **more)  # type: ignore[arg-type]  # as it was called

    with monkeypatch.context() as patch:
        patch.setattr("audiera.cli.dataset.parts.note_registered", note_one)
        again.line("label", *words, fails=True)
    sent = again.count("label")

    shown = again.line("label", *words)

    assert (again.count("label"), noted) == (sent, [1, 2])
    assert "2 datasets registered" in shown
    assert "All these groups are datasets" in again.line("label", *words, fails=True)


def test_versions_items_and_shares(again: Again, tones: Callable[[], tuple[str, ...]]) -> None:
    again.line("label", "dataset", "register", *tones())
    write_tone(Path("Tones", "d.flac"), hertz=333)

    assert "Version 2 of dataset 1 is published." in again("label", "dataset", "version", "1", "Tones")
    again("label", "dataset", "withdraw-items", "1", "d.flac", "--folder", "Tones")
    again("label", "dataset", "withdraw-all", "1")
    assert "60 % of dataset 1 belongs to" in again(
        "label", "dataset", "move-share", "1", "--to", again.address("sponsor")
    )
    assert "The catalogue is dataset 2" in again("label", "dataset", "catalogue", "Small Sounds")
    heir = again.address("developer")
    assert f"Dataset 1 belongs to {heir} now." in again("label", "dataset", "transfer", "1", heir)


def test_licences(again: Again, tones: Callable[[], tuple[str, ...]]) -> None:
    again.line("label", "dataset", "register", *tones())
    again.line("label", "dataset", "catalogue", "Small Sounds")
    terms = ("--template", "training", "--unit-price", "0.000001 ETH/second", "--duration", "1 year")

    again("label", "license", "terms", *terms, "--revocable", "--notice", "30 days")
    again("label", "license", "offer", "1", "1", "--price", "0.05 ETH", "--count", "2")
    assert "Licence 1 of dataset 1" in again("developer", "license", "acquire", "1", "1")
    assert "Licence 1 lasts until" in again("developer", "license", "renew", "1")
    again("label", "license", "offer", "1", "1", "--price", "0.06 ETH")
    again("label", "license", "withdraw", "1", "1")
    again("label", "license", "revoke", "1")
    again("label", "license", "join", "2", "1", "1")
    again("label", "license", "admit", "2", "1", "1")
    again("label", "license", "leave", "2", "1", "1")
    key = ("--scopes", "access,pay", "--until", "90 days")
    assert "may act for" in again("developer", "license", "signer", again.address("stranger"), *key)


def test_royalties(again: Again, tones: Callable[[], tuple[str, ...]]) -> None:
    again.line("label", "dataset", "register", *tones())
    me = again.address("label")

    again("label", "royalty", "split", f"{me}:60%", f"{again.address('sponsor')}:40%")
    again("label", "royalty", "assign", "name:Pavel Brandt", me)
    assert "Paid 0.05 ETH to dataset 1." in again("developer", "royalty", "pay", "1", "0.05 ETH")
    assert "Claimed 0.03 ETH" in again("label", "royalty", "claim")
    again("label", "royalty", "recipient", again.address("gateway"))
    again.line("developer", "royalty", "pay", "1", "0.05 ETH")
    assert "Claimed 0.03 ETH" in again("label", "royalty", "claim", "1")


def test_a_sweep(again: Again, tones: Callable[[], tuple[str, ...]]) -> None:
    again.line("label", "dataset", "register", *tones())
    found = re.search(r"Nothing lies at (0x\w{40})", again.line("stranger", "royalty", "sweep", "1", "ETH"))
    assert found is not None
    gift = {"from": again.address("developer"), "to": found[1], "value": "0xde0b6b3a7640000"}
    again.w3.provider.make_request(RPCEndpoint("eth_sendTransaction"), [gift])

    shown = again("stranger", "royalty", "sweep", "1", "ETH")

    assert "Credited 1 ETH to dataset 1." in shown


def test_a_payment_of_nearly_all_that_there_is(again: Again, tones: Callable[[], tuple[str, ...]]) -> None:
    again.line("label", "dataset", "register", *tones())

    shown = again("developer", "royalty", "pay", "1", "9000 ETH")

    assert "Paid 9000 ETH to dataset 1." in shown


def test_channels(again: Again) -> None:
    gateway, payer = again.address("gateway"), again.address("developer")

    assert f"the channel with {gateway} has 1 ETH now" in again("developer", "usage", "deposit", gateway, "1 ETH")
    assert "the channel has 0.1 ETH now" in again("gateway", "usage", "refund", payer, "0.9 ETH")
    again("developer", "usage", "withdraw", gateway, "ETH", "--start", "all")
    again.pass_a_day()
    assert "0.1 ETH are yours again." in again("developer", "usage", "withdraw", gateway, "ETH")


def test_campaigns(again: Again) -> None:
    opened = ("incentive", "open", again.address("gateway"), "--reward", "ETH", "--end", "90 days")

    assert "Campaign 1 is open" in again("sponsor", *opened)
    assert "campaign 1 has 1 ETH now." in again("sponsor", "incentive", "fund", "1", "1 ETH")
    for _ in range(125):
        again.pass_a_day()
    assert "1 ETH went to" in again("sponsor", "incentive", "refund", "1")


def test_a_signed_call_that_was_carried_out(again: Again) -> None:
    signed = again.line("developer", "royalty", "recipient", again.address("stranger"), "--relay")
    Path("call.json").write_text(next(it for it in signed.splitlines() if it.startswith("{")))

    assert "Carried out." in again("label", "relay", "call.json")


def test_the_same_said_twice_is_done_twice(again: Again, tones: Callable[[], tuple[str, ...]]) -> None:
    again.line("label", "dataset", "register", *tones())
    sent = again.count("developer")

    again.line("developer", "royalty", "pay", "1", "0.05 ETH")
    again.line("developer", "royalty", "pay", "1", "0.05 ETH")

    assert again.count("developer") == sent + 2
