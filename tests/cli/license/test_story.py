"""`ape run license` and `usage` as processes: from terms to a paid gateway, on a long-running node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, TxParams

from audiera.client import Audiera, Content, KeySigner
from audiera.client.contracts.events import DatasetRegistered
from audiera.metering.batch import Batch, PricedUse
from audiera.metering.files import SignedVoucher, write_log
from audiera.protocol.ids import to_address
from audiera.protocol.kinds import Kind
from audiera.protocol.rights import Right, right_bit
from audiera.protocol.splits import Split, payee_of
from audiera.protocol.structs import Use
from tests.cli.conftest import CHAIN_ID, Ape
from tests.support.ape import Ran
from tests.support.artifacts import Artifact

LABEL, FAN = ("--account", "label", "--yes"), ("--account", "fan", "--yes")


@dataclass(frozen=True, slots=True)
class Scene:
    """A dataset of the label's, a token that the fan has 100 of, and a key of the fan's in memory."""

    w3: Web3
    dataset: str
    usdc: ChecksumAddress
    key: LocalAccount


@pytest.fixture
def scene(network: str, people: Mapping[str, ChecksumAddress], artifact: Callable[[str], Artifact]) -> Scene:
    w3 = Web3(HTTPProvider(network, request_kwargs={"timeout": 60}))
    made = artifact("MockToken")
    rich: TxParams = {"from": w3.eth.accounts[0]}
    sent = w3.eth.contract(abi=made.abi, bytecode=made.creation_code).constructor("USDC", 6).transact(rich)
    usdc = to_address(str(w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]))
    w3.eth.wait_for_transaction_receipt(
        w3.eth.contract(usdc, abi=made.abi).functions.mint(people["fan"], 100 * 10**6).transact(rich), poll_latency=0.01
    )
    key: LocalAccount = Account.create()
    w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [key.address, hex(10**20)])
    studio = Audiera.connect(w3, KeySigner(key))
    split = Split.of({payee_of(people["label"]): 1_000_000})
    receipt = studio.datasets.register(Content(Kind.Samples, 0, 3, b"\x01" * 32, b"\x02" * 32), split)
    number = receipt.event(DatasetRegistered).id
    studio.datasets.transfer_from(studio.account, people["label"], number)
    return Scene(w3, str(number), usdc, key)


def good(ran: Ran) -> Ran:
    """What ran well, leaving nothing but its result on standard output."""
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    return ran


def refused(ran: Ran) -> str:
    """Why it did not: one sentence, no result, no traceback."""
    assert (ran.code, ran.out) == (1, ""), ran.err
    assert "Traceback" not in ran.err
    return ran.err.splitlines()[-1]


def test_from_terms_to_a_paid_gateway(
    ape: Ape, people: Mapping[str, ChecksumAddress], scene: Scene, tmp_path: Path
) -> None:
    """P9, P10, P11: an owner, a buyer with a hot key, a gateway (the label's own), each with its commands."""
    token, number = ("--token", f"USDC={scene.usdc}"), scene.dataset
    text = ("--template", "training", "--storage", str(tmp_path / "storage"))

    contradiction = ape("license", "terms", *text, "--rights", "Training,WeightRelease", *LABEL)
    assert "The text 'training' withholds WeightRelease" in refused(contradiction)
    ether = good(ape("license", "terms", *text, *LABEL, "--json")).json
    metered = good(
        ape(
            "license",
            "terms",
            *text,
            "--unit-price",
            "0.001 USDC/second",
            "--duration",
            "1 year",
            *LABEL,
            *token,
            "--json",
        )
    ).json
    assert (metered["unitPrice"]["value"], metered["token"], metered["duration"]) == ("1000", scene.usdc, 31_536_000)

    asked = ape("license", "offer", number, str(ether["index"]), "--price", "0.1 ETH", "--account", "label")
    assert "read the plan and add --yes" in refused(asked)
    good(ape("license", "offer", number, str(ether["index"]), "--price", "0.1 ETH", *LABEL))
    offered = good(ape("license", "offer", number, str(metered["termsId"]), "--price", "5 USDC", *LABEL, *token))
    assert offered.out == f"Dataset {number} is offered to anyone under terms {metered['index']} for 5 USDC.\n"

    first = good(ape("license", "acquire", number, str(ether["index"]), *FAN, "--json")).json
    second = good(ape("license", "acquire", number, str(metered["termsId"]), *FAN, *token, "--json")).json
    bought = [_only(ran["licenses"]) for ran in (first, second)]
    assert [(it["price"]["amount"], it["holder"]) for it in bought] == [
        ("0.1 ETH", people["fan"]),
        ("5 USDC", people["fan"]),
    ]
    license_id = int(str(bought[1]["license"]))

    gateway = people["label"]
    good(ape("usage", "deposit", gateway, "10 USDC", *FAN, *token))
    good(ape("license", "signer", scene.key.address, "--scopes", "pay", "--until", "30 days", *FAN))
    voucher, log = _sign(scene, license_id, people["fan"], gateway, tmp_path)

    settled = good(ape("usage", "settle", str(voucher), *LABEL, *token, "--json")).json
    collected = good(ape("usage", "collect", str(voucher), str(log), *FAN, *token, "--json")).json
    assert (collected["amount"], collected["refusedCount"]) == ("0.2 USDC", 0)
    assert _only(collected["statements"])["counted"] is True
    paid = good(ape("usage", "fee", str(voucher), *LABEL, *token))
    assert paid.out == f"The fee of 0.01 USDC went to {gateway}.\n"

    batch = good(ape("usage", "show", "batch", str(settled["batchId"]), *token)).out
    assert "  collected" in batch
    assert "1 of 1 statement, 0.2 USDC" in batch
    shown = good(ape("license", "show", "license", str(license_id), *token)).out
    assert "  used         200 seconds in 100 calls\n" in shown


def _sign(scene: Scene, license_id: int, payer: str, gateway: str, folder: Path) -> tuple[Path, Path]:
    """The buyer's own program: a hundred uses, and a voucher by the key that it holds."""
    client = Audiera.connect(scene.w3, KeySigner(scene.key))
    right, number = right_bit(Right.Training), int(scene.dataset)
    uses = [
        PricedUse(
            Use(license=license_id, dataset=number, version=1, right=right, units=2, at=at, nonce=at.to_bytes(32)),
            2_000,
        )
        for at in range(100)
    ]
    voucher = Batch().extend(uses).voucher(payer=payer, gateway=gateway, token=scene.usdc, batch=1, fee=10_000)
    signed = SignedVoucher(CHAIN_ID, client.domain("UsageLedger").contract, voucher, client.sign_voucher(voucher))
    file, log = folder / "voucher.json", folder / "uses.jsonl"
    file.write_text(signed.to_json())
    write_log(log, uses)
    return file, log


def _only(listed: object) -> dict[str, Any]:
    assert isinstance(listed, list)
    assert len(listed) == 1
    (found,) = listed
    assert isinstance(found, dict)
    return found
