"""The commands of `scripts/usage.py`, below the command line: channels, records, settled and collected batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress

from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.cli.usage import batch as usage_batch
from audiera.cli.usage import channel as usage_channel
from audiera.cli.usage.show import show
from audiera.errors import ChainError, InputError, RevertError, UseError
from audiera.metering.batch import Batch, PricedUse
from audiera.metering.files import SignedVoucher, write_log
from audiera.operations import carrying
from audiera.operations import collecting as usage_collect
from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.meters import Meter
from audiera.protocol.rights import Right, right_bit
from audiera.protocol.structs import Use
from audiera.text.jsontypes import as_object
from tests.cli.conftest import Sessions
from tests.cli.deals import Out, make_terms, register, sell, told

Mint = Callable[[str, int], None]

DAY = 86_400  # seconds
FEE = 20_000
PRICE = 1_000


@dataclass(frozen=True, slots=True)
class Case:
    """A payer with a licence, a gateway, and the batch of what was used."""

    label: Session
    payer: Session
    gateway: Session
    dataset: int
    license_id: int
    signed: SignedVoucher
    uses: tuple[PricedUse, ...]
    log: Path

    @property
    def batch(self) -> Batch:
        return Batch().extend(self.uses)


MakeCase = Callable[..., Case]


def use_of(license_id: int, dataset: int, number: int) -> PricedUse:
    """A use of two seconds."""
    right, nonce = right_bit(Right.Training), number.to_bytes(32)
    use = Use(license=license_id, dataset=dataset, version=1, right=right, units=2, at=number, nonce=nonce)
    return PricedUse(use, 2 * PRICE)


@pytest.fixture
def make_case(session: Sessions, usdc: ChecksumAddress, mint: Mint, tmp_path: Path) -> MakeCase:
    """`make_case(deposited=True, strange=())`: five uses under a licence, and one of each strange dataset."""

    def create(*, deposited: bool = True, strange: tuple[int, ...] = (), fee: int = FEE) -> Case:
        label, payer, gateway = session("label"), session("developer"), session("gateway")
        dataset = register(label)
        license_id = sell(label, dataset, make_terms(token=usdc, meter=Meter.Second, unit_price=PRICE), payer)
        uses = [use_of(license_id, it, number) for number, it in enumerate([dataset] * 5 + list(strange))]
        voucher = Batch().extend(uses).voucher(payer=payer.me, gateway=gateway.me, token=usdc, batch=1, fee=fee)
        signature = payer.signing_client().sign_voucher(voucher)
        domain = payer.client.domain("UsageLedger")
        log = tmp_path / "uses.jsonl"
        write_log(log, uses)
        mint(payer.me, 10_000_000)
        if deposited:
            usage_channel.deposit(payer, payer.me, gateway.me, payer.book.amount("10 USDC"))
        signed = SignedVoucher(domain.chain_id, domain.contract, voucher, signature)
        return Case(label, payer, gateway, dataset, license_id, signed, tuple(uses), log)

    return create


def test_a_batch_is_settled_collected_and_its_fee_paid(make_case: MakeCase, usdc: ChecksumAddress, capsys: Out) -> None:
    """P9, P10: what leaves the channel is what is collected, and the fee."""
    case = make_case()
    voucher, ledger = case.signed.voucher, case.payer.client.usage
    told(capsys)

    usage_batch.settle(case.gateway, case.signed)
    usage_batch.settle(case.gateway, case.signed)
    settled = told(capsys).out
    with pytest.raises(RevertError, match="Ledger_NotAllCollected"):
        usage_batch.release_fee(case.gateway, voucher)
    usage_batch.collect_batch(case.label, voucher, case.log)
    usage_batch.collect_batch(case.label, voucher, case.log)
    collected = told(capsys).out
    usage_batch.release_fee(case.label, voucher)
    usage_batch.release_fee(case.label, voucher)
    paid = told(capsys).out

    assert f"Batch 0x{voucher.batch_id().hex()} is settled." in settled
    assert "It was settled" in settled
    assert collected == "Collected 1 statement, 0.01 USDC, in 1 transaction.\nEverything is collected already.\n"
    assert paid == f"The fee of 0.02 USDC went to {case.gateway.me}.\nThe fee of 0.02 USDC was paid before.\n"
    assert ledger.channel_of(case.payer.me, case.gateway.me, usdc).balance == 10_000_000 - 10_000 - FEE
    assert case.payer.client.token(usdc).balance_of(case.gateway.me) == FEE
    fields, lines = show(case.payer, "batch", [f"0x{voucher.batch_id().hex()}"])
    text = "\n".join(lines)
    assert (fields["feeReleased"], "1 of 1 statement, 0.01 USDC" in text) == (True, True)
    assert f"  dataset {case.dataset}, licence {case.license_id}  5 calls, 10 units, 0.01 USDC" in text
    used = show(case.payer, "dataset", [str(case.dataset)])[0]
    assert used["unitsByMeter"] == {"calls": 0, "seconds": 10, "megabytes": 0}
    assert "  units    10 seconds\n  left     no limit\n" in "\n".join(
        show(case.payer, "license", [str(case.license_id)])[1]
    )


def test_a_settlement_says_what_is_missing_and_asks_for_the_gateway(make_case: MakeCase) -> None:
    case = make_case(deposited=False)

    with pytest.raises(InputError, match=r"The channel has 0 USDC, which is 0\.03 USDC too little"):
        usage_batch.settle(case.gateway, case.signed)
    usage_channel.deposit(case.payer, case.payer.me, case.gateway.me, case.payer.book.amount("0.03 USDC"))
    with pytest.raises(RevertError, match="Ledger_NotGateway"):
        usage_batch.settle(case.payer, case.signed)
    with pytest.raises(InputError, match="is not settled yet; run `ape run usage settle` first"):
        usage_batch.collect_batch(case.gateway, case.signed.voucher, case.log)
    with pytest.raises(InputError, match="is not settled on this chain"):
        show(case.payer, "batch", [f"0x{case.signed.voucher.batch_id().hex()}"])


def test_a_log_that_is_not_the_batchs_is_refused(make_case: MakeCase) -> None:
    """P11: a use that is missing, altered or moved makes another root."""
    case = make_case()
    altered = replace(case.uses[0], price=1)
    swapped = (case.uses[1], case.uses[0], *case.uses[2:])
    usage_batch.settle(case.gateway, case.signed)

    for uses in (case.uses[:-1], (altered, *case.uses[1:]), swapped):
        write_log(case.log, uses)
        with pytest.raises(UseError, match="The use log is of another batch"):
            usage_batch.collect_batch(case.label, case.signed.voucher, case.log)

    assert case.payer.client.usage.collected(case.signed.voucher.batch_id()) == ()


def test_a_statement_that_nobody_can_be_paid_for_keeps_no_other_back(make_case: MakeCase, capsys: Out) -> None:
    """A dataset of that number does not exist, so its statement alone is refused."""
    case = make_case(strange=(4_000_000,))
    other = replace(case.signed.voucher, batch=2)
    usage_batch.settle(case.gateway, case.signed)
    told(capsys)

    with pytest.raises(ChainError, match=r"Refused: 1 statement, first that of licence .* and dataset 4000000"):
        usage_batch.collect_batch(case.label, case.signed.voucher, case.log)

    assert "Collected 1 statement, 0.01 USDC, in 1 transaction.\n" in told(capsys).out
    at = usage_collect.settlement_of(case.label.client, case.signed.voucher)
    assert usage_collect.waiting(case.label.client, case.signed.voucher, at) == [1]
    with pytest.raises(InputError, match="Batch 2 of this channel is not settled"):
        usage_collect.settlement_of(case.label.client, other)
    with pytest.raises(InputError, match="Another voucher was settled as batch 1"):
        usage_collect.settlement_of(case.label.client, replace(case.signed.voucher, fee=0))


@pytest.mark.parametrize(("bound", "most"), [("_gas_limit", 200_000), ("_MAX_DATA", 1_600)], ids=["gas", "data"])
def test_statements_are_collected_in_chunks_that_fit(
    make_case: MakeCase, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    case = make_case()
    datasets = [case.dataset, *(register(case.label) for _ in range(5))]
    uses = [use_of(case.license_id, it, it) for it in datasets]
    batch = Batch().extend(uses)
    token = case.signed.voucher.token
    voucher = batch.voucher(payer=case.payer.me, gateway=case.gateway.me, token=token, batch=2)
    signed = replace(case.signed, voucher=voucher, signature=case.payer.signing_client().sign_voucher(voucher))
    usage_batch.settle(case.gateway, signed)
    client, at = case.gateway.signing_client(), usage_collect.settlement_of(case.gateway.client, voucher)
    monkeypatch.setattr(carrying, bound, (lambda _: most) if bound == "_gas_limit" else most)
    done: list[int] = []

    usage_collect.collect(client, voucher, at, batch, [4])
    left = usage_collect.waiting(client, voucher, at)
    outcome = usage_collect.collect(client, voucher, at, batch, left, progress=done.append)

    assert left == [0, 1, 2, 3, 5]
    assert sum(done) == len(outcome.statements) == 5
    assert len(outcome.receipts) > 1
    assert all(receipt.gas_used <= 200_000 for receipt in outcome.receipts)
    assert usage_collect.waiting(client, voucher, at) == []


def test_a_deposit_is_taken_back_a_day_later(session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out) -> None:
    payer, gateway = session("developer"), session("gateway").me
    mint(payer.me, 5_000_000)
    usage_channel.deposit(payer, payer.me, gateway, payer.book.amount("5 USDC"))

    with pytest.raises(InputError, match="No withdrawal was started"):
        usage_channel.withdraw(payer, gateway, usdc)
    usage_channel.start_withdrawal(payer, gateway, usdc, "1 USDC")
    usage_channel.start_withdrawal(payer, gateway, usdc, "all")
    ready = payer.client.usage.channel_of(payer.me, gateway, usdc).thaws_at
    with pytest.raises(InputError, match=f"Nothing can be taken before {when(ready)}"):
        usage_channel.withdraw(payer, gateway, usdc)
    shown = show(payer, "channel", [payer.me, gateway, "USDC"])
    payer.client.node.request("evm_increaseTime", DAY)
    payer.client.node.request("evm_mine")
    usage_channel.withdraw(payer, gateway, usdc)

    assert f"  to withdraw  5 USDC, from {when(ready)}" in shown[1]
    assert (as_object(shown[0]["balance"])["amount"], shown[0]["thawsAt"]) == ("5 USDC", ready)
    printed = told(capsys)
    assert "replaces  1 USDC, which could be taken from" in printed.err
    assert (
        "A withdrawal of 1 USDC is started already. This one takes its place, and its day begins anew." in printed.err
    )
    assert printed.out.endswith("5 USDC are yours again.\n")
    assert payer.client.token(usdc).balance_of(payer.me) == 5_000_000
    with pytest.raises(InputError, match="The channel is in USDC"):
        usage_channel.start_withdrawal(payer, gateway, usdc, "1 ETH")
    with pytest.raises(InputError, match="A deposit of nothing changes nothing"):
        usage_channel.deposit(payer, payer.me, gateway, payer.book.amount("0 USDC"))


def test_a_withdrawal_of_nothing_is_refused_before_it_is_sent(
    session: Sessions, usdc: ChecksumAddress, mint: Mint
) -> None:
    payer, gateway = session("developer"), session("gateway").me
    sent = payer.client.node.nonce(payer.me)

    with pytest.raises(InputError, match=f"There is nothing to take back: the channel with {gateway} has nothing; "):
        usage_channel.start_withdrawal(payer, gateway, usdc, "all")
    with pytest.raises(InputError, match="There is nothing to stop: the channel with"):
        usage_channel.start_withdrawal(payer, gateway, usdc, "0 USDC")
    assert payer.client.node.nonce(payer.me) == sent

    mint(payer.me, 5_000_000)
    usage_channel.deposit(payer, payer.me, gateway, payer.book.amount("5 USDC"))
    with pytest.raises(InputError, match="There is nothing to stop: no withdrawal was started; nothing is sent"):
        usage_channel.start_withdrawal(payer, gateway, usdc, "0 USDC")
    usage_channel.start_withdrawal(payer, gateway, usdc, "all")
    usage_channel.start_withdrawal(payer, gateway, usdc, "0 USDC")
    assert payer.client.usage.channel_of(payer.me, gateway, usdc).thaws_at == 0


def test_a_withdrawal_that_can_be_taken_is_not_begun_anew_without_asking(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer, gateway = session("developer", yes=False), session("gateway").me
    mint(payer.me, 5_000_000)
    asked = list[str]()
    monkeypatch.setattr(Session, "confirm", lambda _, question: asked.append(question))
    usage_channel.deposit(payer, payer.me, gateway, payer.book.amount("5 USDC"))
    usage_channel.start_withdrawal(payer, gateway, usdc, "all")
    payer.client.node.request("evm_increaseTime", DAY)
    payer.client.node.request("evm_mine")
    told(capsys)

    usage_channel.start_withdrawal(payer, gateway, usdc, "all")

    assert asked[-1] == "Start it anew?"
    assert f"and can be taken now: `ape run usage withdraw {gateway} USDC`. This one" in told(capsys).err


def test_a_use_is_recorded_and_paid_in_ether(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer", as_json=True)
    dataset = register(label)
    license_id = sell(label, dataset, make_terms(unit_price=10, max_units=100), buyer)

    usage_channel.record(buyer, license_id, dataset, Right.Training, units=70, ref=b"\x07" * 32)
    printed = told(capsys)
    with pytest.raises(RevertError, match="Ledger_QuotaExceeded"):
        usage_channel.record(buyer, license_id, dataset, Right.Training, units=31, ref=ZERO_WORD)
    with pytest.raises(RevertError, match="Ledger_NotAuthorized"):
        usage_channel.record(buyer, license_id, dataset, Right.Playback, units=1, ref=ZERO_WORD)

    assert (printed.json["right"], printed.json["value"], printed.json["ref"]) == ("Training", "700", "0x" + "07" * 32)
    assert "left     30 calls" in "\n".join(show(buyer, "license", [str(license_id)])[1])


@pytest.mark.parametrize(
    ("what", "words", "message"),
    [
        ("channel", ["0x12"], "A channel is named by PAYER GATEWAY TOKEN"),
        ("dataset", ["x"], "'x' is not the number of a dataset"),
        ("batch", ["0x12"], "is not a batch"),
    ],
)
def test_show_says_how_things_are_named(session: Sessions, what: str, words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        show(session("label"), what, words)
