"""What the README shows works as shown."""

import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import click
import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.exceptions import ContractCustomError
from web3.types import TxParams, Wei

from audiera.cli.main import COMMANDS
from audiera.client import Audiera, Content, KeySigner
from audiera.client.chain.node import connect
from audiera.client.deployment.deploy import deploy
from audiera.licensing import TEMPLATES
from audiera.protocol.hashing import address_word, keccak, word
from audiera.protocol.ids import ETHER
from audiera.protocol.kinds import Kind
from audiera.protocol.licenses import Status
from audiera.protocol.meters import Meter
from audiera.protocol.rights import Right
from audiera.protocol.splits import Split, payee_of
from audiera.protocol.structs import Voucher
from tests.support.chain import Chain
from tests.support.examples import deploy_example
from tests.support.pages import command_of
from tests.support.suite import chain
from tests.support.terms import plain_terms
from tools.compiler import ROOT

__all__ = ["chain"]

README = (ROOT / "README.md").read_text()
SHOWN = (
    *("register, new split of 5", "registerMany x50, shared split, each", "offer", "acquire, ERC-20, steady"),
    *("pay a dataset, ETH", "pay a dataset, ERC-20", "claim, first", "claim, later"),
    *("settle a batch of 512 statements", "collect 1 of 512 statements", "collect 10 of 512 statements, each"),
    *("enter 1 of 512 statements", "credit a reward"),
)
"""What the table of gas has, in its order."""
BLOCKS = re.findall(r"```(?:python|solidity)\n(?:#|//) (docs/examples/\S+)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("file", "shown"), BLOCKS, ids=[file for file, _ in BLOCKS])
def test_what_the_readme_shows_stands_in_an_example(file: str, shown: str) -> None:
    example = textwrap.dedent((ROOT / file).read_text())

    missing = [line.strip() for line in shown.splitlines() if line.strip() not in example]

    assert missing == []


def test_every_file_and_folder_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_pages_count_the_licence_texts_as_the_package_has_them() -> None:
    number = ("no", "one", "two", "three", "four", "five", "six", "seven")[len(TEMPLATES)]

    assert f"one of {number} plain-language licences" in README
    assert f"The {number} texts of this package" in (ROOT / "docs" / "buying.md").read_text()


def test_the_table_of_commands_has_every_command() -> None:
    rows = re.findall(r"^\| `(audiera|ape run \w+)` \| (.*) \|$", README, re.MULTILINE)
    shown = {name: sorted(re.findall(r"`([a-z-]+)`", named)) for name, named in rows}
    groups = {name: command_of(name.split()) for name in shown if name != "audiera"}

    known = {name: sorted(group.commands) for name, group in groups.items() if isinstance(group, click.Group)}
    assert {name: shown[name] for name in known} == known
    assert shown["audiera"] == sorted(COMMANDS)
    assert len(known) == 6


class Market:
    """A dataset on offer, in ETH, with a unit price of 1,000 wei."""

    def __init__(self, w3: Web3, people: Callable[[str], LocalAccount]) -> None:
        self.people = people
        self.deployment = deploy(connect(w3), KeySigner(people("deployer")))
        self.creator = Audiera.connect(w3, KeySigner(people("creator")), self.deployment)
        split = Split.of({payee_of(people("creator").address): 1_000_000})
        content = Content(Kind.Recordings, 0, 1, keccak(b"root"), keccak(b"manifest"))
        self.creator.datasets.register(content, split)
        terms = plain_terms(meter=Meter.Second, unit_price=1_000)
        self.creator.licenses.publish_terms(terms)
        self.creator.licenses.offer(1, terms.id(), 5_000)
        self.terms = terms
        self.terms_id = terms.id()


@pytest.fixture
def market(w3: Web3, new_account: Callable[[str], LocalAccount], artifact: object) -> Market:
    assert artifact
    return Market(w3, new_account)


@pytest.fixture
def _working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, market: Market) -> None:
    """The deployment is found as for anyone: in `deployments/` below the working folder."""
    market.deployment.write(tmp_path / "deployments")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_working_folder")
def test_the_python_example_licenses_and_its_voucher_settles(anvil: str, w3: Web3, market: Market) -> None:
    spec = spec_from_file_location("license_and_use", ROOT / "docs/examples/license_and_use.py")
    assert spec is not None
    assert spec.loader is not None
    example = module_from_spec(spec)
    spec.loader.exec_module(example)
    developer, gateway = market.people("developer"), market.people("gateway")

    voucher, signature = example.license_and_use(
        anvil, f"0x{bytes(developer.key).hex()}", 1, market.terms_id, gateway.address
    )

    assert isinstance(voucher, Voucher)
    assert voucher.amount == 7 * 1_000
    served = Audiera.connect(w3, KeySigner(gateway), market.deployment)
    served.usage.settle(voucher, signature)
    assert served.usage.channel_of(developer.address, gateway.address, ETHER).balance == 3 * 1_000


def test_the_gate_of_the_examples_lets_only_licensees_start(chain: Chain, market: Market) -> None:
    desk = deploy_example(chain.w3, "TrainingDesk", market.deployment.addresses["LicenseRegistry"], 1)
    developer, stranger = market.people("developer"), market.people("stranger")
    buyer = Audiera.connect(chain.w3, KeySigner(developer), market.deployment)
    buyer.licenses.acquire(1, market.terms_id, to=developer.address, max_price=5_000)

    sent = chain.w3.eth.wait_for_transaction_receipt(desk.functions.start(1).transact({"from": developer.address}))

    assert [log["args"]["by"] for log in desk.events.JobStarted().process_receipt(sent)] == [developer.address]
    with pytest.raises(ContractCustomError) as refused:
        desk.functions.start(1).call({"from": stranger.address})
    assert refused.value.data == _not_licensed(1, stranger.address, 1, Right.Training, Status.NotHolder)


def test_the_payer_of_the_examples_sends_every_coin_to_the_contributors(chain: Chain, market: Market) -> None:
    jukebox = deploy_example(chain.w3, "Jukebox", market.deployment.addresses["LicenseRegistry"], ETHER, 70)
    terms = replace(market.terms, rights=Right.Playback)
    market.creator.licenses.publish_terms(terms)
    market.creator.licenses.offer(1, terms.id(), 5_000)
    listener = market.people("listener").address

    def play(value: int) -> TxParams:
        return {"from": listener, "value": Wei(value)}

    with pytest.raises(ContractCustomError) as refused:
        jukebox.functions.play(1, 1).call(play(70))
    stock = jukebox.functions.stock(1, terms.id(), 5_000), play(5_000)
    for call, paid in (stock, *[(jukebox.functions.play(1, 1), play(70))] * 3):  # each needs the one before it
        chain.w3.eth.wait_for_transaction_receipt(call.transact(paid), poll_latency=0.01)

    assert refused.value.data == _not_licensed(1, jukebox.address, 1, Right.Playback, Status.Unknown)
    assert chain.ether(jukebox) == 0
    split = Split.of({payee_of(market.people("creator").address): 1_000_000})
    assert market.creator.royalty.received_of(split.id(), ETHER) == 5_000 + 3 * 70


def _not_licensed(license_id: int, account: str, dataset: int, rights: Right, status: Status) -> str:
    selector = keccak(b"Gate_NotLicensed(uint256,address,uint32,uint16,uint8)")[:4]
    values = (word(license_id), address_word(account), word(dataset), word(int(rights)), word(int(status)))
    return "0x" + b"".join((selector, *values)).hex()


def test_the_figures_of_gas_are_those_that_were_measured() -> None:
    measured = json.loads((ROOT / "tests" / "snapshots" / "gas.json").read_text())
    table = README.split("| operation | gas |\n|---|---|\n")[1].split("\n\n")[0]
    shown = [int(number.replace(",", "")) for line in table.splitlines() for number in line.split("|")[2].split(";")]

    assert shown == [round(measured[name]) for name in SHOWN]
