"""`audiera usage` with a node, from the first use to a contract that says it was paid; and what a gateway is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.cli.main import main
from audiera.client import Audiera, KeySigner, SumProof, TxReceipt
from audiera.client.deployment.deployments import Deployment
from audiera.metering.files import SignedVoucher, read_log
from audiera.metering.proof import prove_use
from audiera.protocol.licenses import SignerScope
from tests.cli.commands import CommandLine
from tests.support.music import write_album, write_contributors, write_tone

PAYER: Final = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
KEY: Final = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
GATEWAY: Final = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
LABEL: Final = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
UNIT: Final = 10**12
"""wei for a second."""
DAY: Final = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Desk:
    """A licensed dataset and a channel, and both sides' command line."""

    line: CommandLine
    url: str
    client: Audiera[TxReceipt]

    def usage(self, *words: str, fails: bool = False) -> str:
        """`desk.usage("head", ...)` runs `audiera usage head ... --node URL`."""
        return self.line.terminal.enter(["audiera", "usage", *words, "--node", self.url], fails=fails)

    def log(self, *items: str, licence: str = "1", right: str = "training", fails: bool = False) -> str:
        told = ("--license", licence, "--dataset", "1", "--right", right)
        return self.usage("log", "uses.jsonl", *items, *told, fails=fails)

    def sign(self, *, batch: str = "1", token: str = "ETH", fee: str = "0", asks: bool = True) -> str:
        """Sign for the log; one that `asks` no node signs whatever the licences say."""
        told = ("--payer", PAYER, "--gateway", GATEWAY, "--token", token, "--batch", batch, "--fee", fee)
        self.usage("head", "uses.jsonl", *told, "--out", "head.json")
        words = ("sign", "head.json", "uses.jsonl", "--out", "voucher.json")
        return self.usage(*words) if asks else self.line.terminal.enter(["audiera", "usage", *words])

    def problems(self) -> list[str]:
        """What the gateway is told of the voucher: nothing if it is good."""
        words = ("check", "voucher.json", "uses.jsonl", "--payer", PAYER, "--node", self.url)
        done = CliRunner().invoke(main, ["usage", *words, "--json"])
        told = json.loads(done.output)
        assert (done.exit_code == 0) == told["good"]
        return list(told["objections"])


@pytest.fixture
def desk(line: CommandLine, anvil: str, w3: Web3, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", KEY)
    folder = write_album(Path("Tones"))
    people = write_contributors(Path("people.csv"), "name,address,share", f"Lena Label,{LABEL},1")
    offer = ("--offer", "training", "--price", "0 ETH", "--unit-price", "0.000001 ETH/second")
    line("label", "dataset", "register", str(folder), "--contributors", str(people), *offer)
    line("developer", "license", "acquire", "1", "1")
    line("developer", "usage", "deposit", GATEWAY, "0.0001 ETH")
    return Desk(line, anvil, Audiera.connect(w3, KeySigner.from_key(KEY), deployment))


def test_uses_are_logged_signed_checked_settled_collected_and_proven(desk: Desk) -> None:
    """P11: each use that was logged by command is one that a contract says was paid."""
    logged = desk.log("Tones/a.flac", "side 2/c.wav")
    whole = desk.log("--record", "Tones.audiera")
    signed = desk.sign(fee="0.00001 ETH")
    checked = desk.usage("check", "voucher.json", "uses.jsonl", "--payer", PAYER, "--gateway", GATEWAY)
    settled = desk.line("gateway", "usage", "settle", "voucher.json")
    collected = desk.line("gateway", "usage", "collect", "voucher.json", "uses.jsonl")

    assert logged == "Logged 2 uses of 2 seconds for 0.000002 ETH; uses.jsonl has 2 uses now.\n"
    assert whole == "Logged 1 use of 3 seconds for 0.000003 ETH; uses.jsonl has 3 uses now.\n"
    assert signed.endswith(
        f"  amount        0.000005 ETH\n  fee           0.00001 ETH\n{signed[signed.index('  root') :]}"
    )
    assert signed.endswith(f"Signed by {PAYER}; the voucher is in voucher.json.\n")
    assert checked == (
        f"voucher.json is good: {PAYER} signed for 3 calls in 1 statement, 0.000005 ETH and a fee of 0.00001 ETH.\n"
    )
    assert " is settled. Collect it with" in settled
    assert collected.endswith("Collected 1 statement, 0.000005 ETH, in 1 transaction.\n")
    voucher, uses = SignedVoucher.read(Path("voucher.json")).voucher, list(read_log(Path("uses.jsonl")))
    settled_at = desk.client.usage.batch_of(voucher.batch_id()).settled_at
    for number, priced in enumerate(uses):
        proof = prove_use(uses, number)
        place = SumProof.of(proof.statement_proof, proof.statement.amount)
        for price, paid in ((priced.price, True), (priced.price + 1, False)):
            within = SumProof.of(proof.use_proof, price)
            statement = proof.statement.statement
            assert (
                desk.client.usage.verify_use(voucher, settled_at, statement, place, use=proof.use.use, use_proof=within)
                is paid
            )
    assert (desk.client.usage.usage_of(1).calls, desk.client.usage.usage_of(1).second_units) == (3, 5)
    assert desk.problems() == ["Batch 1 of this channel is settled already; begin another number."]


def test_a_record_tells_the_version_in_which_an_item_was(desk: Desk) -> None:
    (Path("Tones") / "b.ogg").rename("b.ogg")
    desk.line("label", "dataset", "version", "1", "Tones")

    desk.log("Tones/a.flac")
    desk.log("b.ogg", "--record", "Tones.audiera")
    desk.log("Tones/a.flac", "--version", "1")

    write_tone(Path("new.flac"), hertz=99)
    unknown = desk.log("new.flac", "--record", "Tones.audiera", fails=True)

    assert [it.use.version for it in read_log(Path("uses.jsonl"))] == [2, 1, 1]
    assert unknown.startswith("Error: new.flac is not in dataset 1, version 2: none of its 2 items has these")


def test_what_the_chain_does_not_know_is_not_logged(desk: Desk) -> None:
    desk.log("Tones/a.flac")
    (logged,) = read_log(Path("uses.jsonl"))
    named = f"0x{logged.use.item.hex()}"
    Path("uses.jsonl").unlink()
    (table,) = Path("Tones.audiera").glob("*/items.json")
    one, other, *rest = table.read_text().splitlines(keepends=True)
    Path("less.json").write_text(one + "".join(rest))
    assert other.startswith("{")

    unknown = desk.log(named, "--version", "2", fails=True)
    altered = desk.log("b.ogg", "--items", "less.json", "--version", "1", fails=True)
    unlicensed = desk.log("Tones/a.flac", licence="9", fails=True)
    twice = desk.log("Tones/a.flac", "--unit-price", "1/second", fails=True)

    chain = desk.client.chain_id
    assert unknown == f"Error: Chain {chain} has no version 2 of dataset 1; check both.\n"
    assert altered == (
        f"Error: These items are not version 1 of dataset 1 on chain {chain}; name the record or the item table of "
        "that version.\n"
    )
    assert unlicensed.startswith("Error: The contract refused: License_")
    assert twice == "Error: The node knows what a unit costs; leave --unit-price out, or --node.\n"
    assert not Path("uses.jsonl").exists()


def test_more_than_the_channel_has_is_not_to_be_served(desk: Desk) -> None:
    """Attack: a payer who takes the deposit back while the gateway serves."""
    desk.log("Tones/a.flac", "--units", "90")
    desk.sign(fee="0.00002 ETH")
    short = desk.problems()
    desk.line("developer", "usage", "deposit", GATEWAY, "0.00001 ETH")
    enough = desk.problems()
    desk.line("developer", "usage", "withdraw", GATEWAY, "ETH", "--start", "0.00009 ETH")

    assert short == [
        "The channel has 0.0001 ETH, which is 0.00001 ETH too little; the payer has to deposit that first."
    ]
    assert enough == []
    assert desk.problems() == [
        (
            "The channel has 0.00002 ETH that is not being withdrawn, which is 0.00009 ETH too little; the payer has "
            "to deposit that first."
        )
    ]


def test_a_key_that_may_pay_signs_and_is_served_on_while_it_lasts(
    desk: Desk, w3: Web3, new_account: Callable[[str], LocalAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: a key that is cut off after it was served on."""
    machine = new_account("machine")
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", "0x" + bytes(machine.key).hex())
    desk.log("Tones/a.flac")
    head = ("--payer", PAYER, "--gateway", GATEWAY, "--token", "ETH", "--batch", "1", "--out", "head.json")
    desk.usage("head", "uses.jsonl", *head)

    refused = desk.usage("sign", "head.json", "uses.jsonl", "--out", "voucher.json", fails=True)
    now = desk.client.node.timestamp()
    desk.client.licenses.set_signer(machine.address, SignerScope.Pay, now + 3 * DAY)
    desk.usage("sign", "head.json", "uses.jsonl", "--out", "voucher.json")
    good = desk.problems()
    unasked = desk.line.terminal.enter(
        ["audiera", "usage", "check", "voucher.json", "uses.jsonl", "--payer", PAYER, "--chain-id", "31337"], fails=True
    )
    _later(w3, 2 * DAY + 60)
    ending = desk.problems()
    _later(w3, DAY)

    assert refused.endswith(
        f"Error: The key is that of {machine.address}, which may not pay for {PAYER}; sign with the payer's key, or "
        "let it with `ape run license signer`.\n"
    )
    assert good == []
    assert f"  {machine.address} signed, and not the payer {PAYER}; ask for" in unasked
    assert ending == [
        (
            f"{machine.address} signed, which may pay for {PAYER} for less than a day yet; settle at once, or ask for "
            "another signature."
        )
    ]
    assert desk.problems() == [
        (
            f"{machine.address} signed, which may not pay for {PAYER}; ask for the payer's own signature, or for "
            "`ape run license signer` with the scope pay."
        )
    ]


def _later(w3: Web3, seconds: int) -> None:
    w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [seconds])
    w3.provider.make_request(RPCEndpoint("evm_mine"), [])


def test_what_the_licences_do_not_allow_is_not_to_be_served(desk: Desk) -> None:
    """Attack: use under a licence that somebody else holds, that is not there, that does not grant it."""
    desk.line("stranger", "license", "acquire", "1", "1")
    told = ("--dataset", "1", "--version", "1", "--units", "2")
    offline = ("audiera", "usage", "log", "uses.jsonl", *told)
    for licence, right, price in (("1", "Playback", "1"), ("2", "Training", "1"), ("9", "Training", "1")):
        words = [*offline, "--license", licence, "--right", right, "--unit-price", f"{price}/second"]
        desk.line.terminal.enter(words)
    desk.sign(asks=False)

    holder = desk.client.licenses.license_of(2).holder
    assert desk.problems() == [
        "Licence 1 does not allow Playback of dataset 1: it does not grant this right; use another licence.",
        f"Licence 2 is held by {holder} and not by the payer, so its use would count for nobody; have its holder sign.",
        "Licence 9 does not allow Training of dataset 1: there is no such licence; use another licence.",
    ]


def test_what_a_licence_does_not_allow_is_neither_logged_nor_signed_for_where_a_node_is_asked(desk: Desk) -> None:
    """A payer, or its gateway, that means another right than it has a licence for."""
    playback = "Licence 1 does not allow Playback of dataset 1: it does not grant this right; use another licence.\n"
    unlogged = desk.log("Tones/a.flac", right="playback", fails=True)
    was_logged = Path("uses.jsonl").exists()
    words = ["audiera", "usage", "log", "uses.jsonl", "--license", "1", "--dataset", "1", "--version", "1"]
    desk.line.terminal.enter([*words, "--right", "Playback", "--units", "2", "--unit-price", f"{UNIT}/second"])
    desk.sign(asks=False)
    Path("voucher.json").unlink()

    unsigned = desk.usage("sign", "head.json", "uses.jsonl", "--out", "voucher.json", fails=True)

    assert (unlogged, was_logged) == (f"Error: {playback}", False)
    assert unsigned == f"Error: uses.jsonl is not to be signed for; correct it, and sum it up anew:\n  {playback}"
    assert not Path("voucher.json").exists()


def test_a_right_that_is_none_and_a_quota_that_ends_are_told(desk: Desk) -> None:
    """Attack: more use than the licence has left, which `collect` would count all the same."""
    desk.line("label", "license", "terms", "--template", "training", "--unit-price", "0 ETH/call", "--max-units", "2")
    desk.line("label", "license", "offer", "1", "2", "--price", "0 ETH")
    desk.line("developer", "license", "acquire", "1", "2")
    for _ in range(3):
        desk.log("--record", "Tones.audiera", licence="2")
    desk.sign(asks=False)
    quota = desk.problems()
    log = Path("uses.jsonl")
    log.write_text(log.read_text().replace('"right":"2"', '"right":"200"', 1))
    desk.sign(asks=False)

    left = "Licence 2 has 2 units left of its quota, and not 3; use no more than those."
    assert quota == [left]
    assert desk.problems() == ["Right 200 of a use of dataset 1 is none that there is; correct the log.", left]


def test_nothing_is_asked_of_a_voucher_that_is_wrong_by_itself(desk: Desk) -> None:
    desk.log("Tones/a.flac", "--units", "900")
    desk.sign()

    words = ("check", "voucher.json", "uses.jsonl", "--payer", GATEWAY)

    assert desk.usage(*words, fails=True) == (
        "voucher.json is not good to serve on:\n"
        f"  The payer is {PAYER}, and not {GATEWAY}; ask for a voucher of that channel.\n"
    )


def test_a_fee_is_in_the_token_of_its_channel(desk: Desk) -> None:
    desk.log("Tones/a.flac")
    head = ("--payer", PAYER, "--gateway", GATEWAY, "--token", LABEL, "--batch", "1", "--fee", "1 ETH")

    assert desk.usage("head", "uses.jsonl", *head, fails=True) == (
        "Error: '1 ETH' is in another token than the channel; write it in that of --token.\n"
    )


def test_a_price_below_the_terms_and_another_token_are_told(desk: Desk) -> None:
    """Attack: cheap uses, which would be paid and count for nobody."""
    words = ["audiera", "usage", "log", "uses.jsonl", "--license", "1", "--dataset", "1", "--version", "1"]
    desk.line.terminal.enter([*words, "--right", "Training", "--units", "2", "--unit-price", f"{UNIT - 1}/second"])
    desk.sign(asks=False)
    cheap = desk.problems()
    token = desk.client.datasets.address  # no token, but nobody is paid here
    desk.sign(token=token, asks=False)

    assert cheap == ["2 units under licence 1 cost 0.000002 ETH and not 0.000001999999999998 ETH; correct the log."]
    assert desk.problems()[-1].startswith("Licence 1 is paid in ETH and not in ")


def test_a_node_of_another_chain_is_not_asked(desk: Desk) -> None:
    desk.log("Tones/a.flac")
    head = ("--payer", PAYER, "--gateway", GATEWAY, "--token", "ETH", "--batch", "1", "--chain-id", "5")

    assert desk.usage("head", "uses.jsonl", *head, fails=True) == (
        f"Error: The node is on chain {desk.client.chain_id}, not on 5; leave --chain-id out.\n"
    )
