"""The guides by job do what they show, on a private chain, from their first command to their last."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import cast

import pytest
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractCustomError
from web3.types import RPCEndpoint, Wei

from audiera.client import Audiera, KeySigner
from audiera.client.deployment.deployments import Deployment
from audiera.explorer import Settings, create_app
from audiera.metering.batch import Batch
from audiera.metering.files import SignedVoucher, write_log
from audiera.metering.proof import UseProof
from audiera.protocol import ETHER, Voucher, keccak, word
from tests.support.examples import deploy_example
from tests.support.explorer import serving
from tests.support.memory import forget
from tests.support.music import write_album, write_comments, write_contributors, write_tone
from tests.support.pages import Terminal, blocks_of, shows
from tests.support.places import DOCS
from tests.support.usage import make_uses, proof_of

GATEWAY = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
COLLECTIVE = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"
ADA = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
OFFER = (
    *("--offer", "training", "--price", "0.05 ETH"),
    *("--unit-price", "0.000001 ETH/second", "--duration", "1 year"),
)
KEYS = {
    "DEVELOPER_KEY": "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "GATEWAY_KEY": "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
}
"""Of Anvil's own accounts, which everybody knows."""


def register(terminal: Terminal, *people: str, options: tuple[str, ...] = ()) -> None:
    """Registers dataset 1 as the label: three tones of these people."""
    folder = write_album(Path("Night Ferry"))
    file = write_contributors(Path("people.csv"), "name,address,share", *people)
    words = ["ape", "run", "dataset", "register", str(folder), "--contributors", str(file), *options]
    terminal.enter([*words, *terminal.net("label")])
    forget()  # the reader is somebody else


def test_a_creator_looks_registers_and_proves(terminal: Callable[[str], Terminal]) -> None:
    label, folder = terminal("label"), Path("Night Ferry")
    names = ("01 Cast Off.flac", "02 Breakwater.flac", "03 Lull.ogg", "05 Lighthouse.flac")
    for number, name in enumerate(names, start=1):
        write_tone(folder / name, hertz=110 * number, frames=2_000 * number)
    shutil.copy(folder / "01 Cast Off.flac", folder / "04 Cast Off again.flac")
    write_comments(folder / "04 Cast Off again.flac", {"title": ["Cast Off, again"]})
    damaged = write_tone(folder / "defeat.ogg", frames=4_000)
    damaged.write_bytes(damaged.read_bytes()[:-20] + bytes(20))
    (folder / "empty.mp3").touch()
    (folder / "COPYRIGHT").write_text("Ours.")
    every = (*names, "04 Cast Off again.flac")
    write_contributors(Path("people.csv"), "file,name,address", *(f"{name},Ada,{ADA}" for name in every))

    def mend() -> None:
        damaged.unlink()
        (folder / "empty.mp3").unlink()

    def add() -> None:
        write_tone(folder / "06 Home.flac", hertz=99)

    def alter() -> None:
        write_tone(folder / "02 Breakwater.flac", hertz=50, frames=3_000)
        (folder / "05 Lighthouse.flac").unlink()

    def register_again() -> None:
        other = Path("Found Sounds")
        other.mkdir()
        shutil.copy(folder / "01 Cast Off.flac", other / "mine.flac")
        people = write_contributors(Path("fans.csv"), "name,address,share", f"Ada,{ADA},1")
        words = ["ape", "run", "dataset", "register", str(other), "--contributors", str(people)]
        label.enter([*words, *label.net("fan")])

    label.between |= {
        "a fan registers one of its files": register_again,
        "both are mended": mend,
        "a file is added": add,
        "one is altered, one removed": alter,
    }
    label.run(DOCS / "datasets.md")


def test_a_buyer_finds_takes_and_uses_what_is_offered(terminal: Callable[[str], Terminal]) -> None:
    buyer = terminal("developer")
    register(buyer, f"Ada,{ADA},60 %", f"Label,{LABEL},40 %", options=(*OFFER, "--store", "music"))

    def open_pages() -> None:
        with serving(create_app(Settings(database="sqlite:///catalogue.db"))) as explorer:
            assert "Night Ferry" in explorer.page("/?q=night&right=Training%2CCommercial&price=0.1+ETH")
            assert 'ape run license acquire 1 1 --max-price "0.05 ETH"' in unescape(explorer.page("/datasets/1"))

    buyer.between["the pages are opened"] = open_pages
    buyer.run(DOCS / "buying.md")


def test_a_contributor_finds_claims_and_redirects_what_is_owed(
    terminal: Callable[[str], Terminal], w3: Web3, deployment: Deployment
) -> None:
    ada = terminal("ada")
    register(ada, f"Ada,{ADA},60 %", "Pavel Brandt,,40 %", options=("--custodian", COLLECTIVE))
    ada.enter(["ape", "run", "royalty", "pay", "1", "0.5 ETH", *ada.net("fan")])

    def send() -> None:
        shop = Audiera.connect(w3, deployment=deployment)
        address = shop.royalty.address_of(shop.datasets.account_of(1))
        (*_, somebody) = w3.eth.accounts
        sent = w3.eth.send_transaction({"from": somebody, "to": address, "value": Wei(10**17)})
        w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)

    ada.between["0.1 ETH arrives at the payment address"] = send
    ada.run(DOCS / "claiming.md")


def test_an_integrator_asks_pays_signs_and_proves(
    terminal: Callable[[str], Terminal], w3: Web3, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, key in {**KEYS, "AUDIERA_PRIVATE_KEY": KEYS["DEVELOPER_KEY"]}.items():
        monkeypatch.setenv(name, key)
    developer = terminal("developer")
    register(developer, f"Ada,{ADA},60 %", f"Label,{LABEL},40 %", options=OFFER)

    developer.run(DOCS / "integrating.md")

    prove = _prover(w3, deployment, developer.python)
    receipt = w3.eth.wait_for_transaction_receipt(prove(4).transact({"from": LABEL}), poll_latency=0.01)
    assert len(receipt["logs"]) == 1
    with pytest.raises(ContractCustomError) as refused:
        prove(5).call()
    selector = keccak(b"Witness_NotPaid(uint32,uint64)")[:4]
    assert refused.value.data == f"0x{(selector + word(1) + word(1)).hex()}"


def _prover(w3: Web3, deployment: Deployment, told: Mapping[str, object]) -> Callable[[int], ContractFunction]:
    """Proves to the witness of the examples the use that the page has proved, having been of so many units."""
    witness = deploy_example(w3, "UseWitness", deployment.addresses["UsageLedger"])
    voucher, proof = cast("Voucher", told["voucher"]), cast("UseProof", told["proof"])
    statement = (proof.statement.statement.values(), proof_of(proof.statement_proof, proof.statement.amount))
    where = proof_of(proof.use_proof, proof.use.price)
    return lambda units: witness.functions.witness(
        voucher.values(), told["settled_at"], *statement, replace(proof.use.use, units=units).values(), where
    )


@pytest.mark.parametrize("language", ["solidity", "js"])
def test_what_is_shown_of_an_example_stands_in_one(language: str) -> None:
    shown = [it.text for it in blocks_of(DOCS / "integrating.md") if it.language == language]
    examples = [textwrap.dedent(it.read_text("utf-8")) for it in (DOCS / "examples").iterdir() if it.is_file()]
    stands = [all(line.strip() in example for line in text.splitlines()) for text in shown for example in examples]

    assert len(shown) >= 2
    assert stands.count(True) == len(shown)


def test_an_operator_settles_and_collects_by_hand(
    terminal: Callable[[str], Terminal], w3: Web3, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", KEYS["GATEWAY_KEY"])
    gateway = terminal("gateway")
    register(gateway, f"Ada,{ADA},60 %", f"Label,{LABEL},40 %", options=OFFER)
    payer = Audiera.connect(w3, KeySigner.from_key(KEYS["DEVELOPER_KEY"]), deployment)
    payer.licenses.acquire(1, payer.licenses.terms_id_at(1), to=payer.account, max_price=5 * 10**16)
    payer.usage.deposit(payer.account, GATEWAY, ETHER, 10**16)

    def sign() -> None:
        monkeypatch.setenv("AUDIERA_PRIVATE_KEY", KEYS["DEVELOPER_KEY"])
        gateway.enter(["audiera", "usage", "sign", "head.json", "uses.jsonl", "--out", "voucher.json"])
        monkeypatch.delenv("AUDIERA_PRIVATE_KEY")

    gateway.between["the payer signs"] = sign
    gateway.run(DOCS / "operating.md")


def test_a_sponsor_fills_a_pot_that_is_shared_out_by_use(
    terminal: Callable[[str], Terminal], w3: Web3, deployment: Deployment
) -> None:
    sponsor = terminal("sponsor")
    register(sponsor, f"Ada,{ADA},60 %", f"Label,{LABEL},40 %", options=OFFER)

    def settle() -> None:
        payer = Audiera.connect(w3, KeySigner.from_key(KEYS["DEVELOPER_KEY"]), deployment)
        payer.licenses.acquire(1, payer.licenses.terms_id_at(1), to=payer.account, max_price=5 * 10**16)
        payer.usage.deposit(payer.account, GATEWAY, ETHER, 10**16)
        price = 2 * payer.licenses.terms_of(payer.licenses.terms_id_at(1)).unit_price
        uses = make_uses(1, 1, 100, price=price, units=2)
        voucher = Batch().extend(uses).voucher(payer=payer.account, gateway=GATEWAY, token=ETHER, batch=1)
        signature, domain = payer.sign_voucher(voucher), payer.domain("UsageLedger")
        Path("voucher.json").write_text(SignedVoucher(domain.chain_id, domain.contract, voucher, signature).to_json())
        write_log(Path("uses.jsonl"), uses)
        payer.acting_as(KeySigner.from_key(KEYS["GATEWAY_KEY"])).usage.settle(voucher, signature)

    def close() -> None:
        w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [60 * 86_400])
        w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    sponsor.between |= {"the gateway settles a batch": settle, "the campaign closes": close}
    sponsor.run(DOCS / "rewarding.md")


@pytest.mark.parametrize(
    ("page", "printed", "same"),
    [
        ("owed  0.3 ETH\n", "owed      0.3 ETH\n", True),
        ("owed  0.3 ETH\n", "owed  0.4 ETH\n", False),
        ("owed 0.3 ETH\n", "owed  0.3 ETH\n", False),
        ("of 0x12…9\n", "of 0x123456789\n", True),
        ("of 0x12…9\n", "of 0x123456780\n", False),
        ("until 2027-01-02 03:04 UTC\n", "until 2031-10-20 11:12 UTC\n", True),
        ("until 2027-01-02 03:04 UTC\n", "until tomorrow\n", False),
        ("in block 3 (21,000 gas)\n", "in block 12 (7 gas)\n", True),
        ("a\n…\nz\n", "a\nb\nc\nz\n", True),
        ("a\n", "a\nb\n", False),
    ],
)
def test_a_page_shows_what_is_printed_or_the_guide_fails(page: str, printed: str, *, same: bool) -> None:
    assert shows(page, printed) is same
