from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_typing import ChecksumAddress

from audiera.client import Channel, DatasetUsage, LicenseUsage, SettledBatch, SumProof
from audiera.client.contracts import events
from audiera.errors import ChainError, InputError, RevertError, TermsError
from audiera.metering.batch import Batch, PricedUse
from audiera.metering.proof import prove_use
from audiera.protocol.ids import ETHER
from audiera.protocol.licenses import Status
from audiera.protocol.rights import Right, right_bit
from audiera.protocol.structs import Use, Voucher
from tests.client.conftest import As, Client, Studio, some_terms

DAY = 86_400


@pytest.fixture
def uses(as_: As, studio: Studio) -> list[PricedUse]:
    """Of two datasets under two licences, five calls each at 5 wei."""
    buyer, found = as_("buyer"), []
    for _ in range(2):
        dataset = studio.dataset()
        license_id = studio.license(dataset, studio.offer(dataset, some_terms()), buyer)
        for number in range(5):
            use = Use(
                license=license_id,
                dataset=dataset,
                version=1,
                right=right_bit(Right.Training),
                units=1,
                at=1_800_000_000,
                nonce=bytes([number]) * 32,
            )
            found.append(PricedUse(use, 5))
    return found


def settle(payer: Client, gateway: Client, batch: Batch, fee: int = 0, token: str = ETHER) -> tuple[Voucher, int]:
    """Deposit what the batch costs, sign, settle."""
    voucher = batch.voucher(payer=payer.account, gateway=gateway.account, token=token, batch=1, fee=fee)
    payer.usage.deposit(payer.account, gateway.account, token, voucher.amount + fee)
    receipt = gateway.usage.settle(voucher, payer.sign_voucher(voucher))
    return voucher, receipt.event(events.BatchSettled).settled_at


def test_a_deposit_can_be_thawed_and_withdrawn(as_: As) -> None:
    payer, gateway = as_("payer"), as_("gateway")

    deposited = payer.usage.deposit(payer.account, gateway.account, ETHER, 100).event(events.Deposited)
    started = payer.usage.start_withdrawal(gateway.account, ETHER, 40).event(events.WithdrawalStarted)

    assert (deposited.payer, deposited.from_, deposited.amount) == (payer.account, payer.account, 100)
    assert payer.usage.channel_of(payer.account, gateway.account, ETHER) == Channel(100, 40, started.thaws_at)
    with pytest.raises(RevertError, match="wait a day") as refused:
        payer.usage.withdraw(gateway.account, ETHER)
    assert refused.value.name == "Ledger_NotThawed"

    payer.node.request("evm_increaseTime", DAY)
    payer.node.request("evm_mine")
    withdrawn = payer.usage.withdraw(gateway.account, ETHER).event(events.Withdrawn)

    assert withdrawn == events.Withdrawn(payer.account, gateway.account, ETHER, payer.account, 40)
    assert payer.usage.channel_of(payer.account, gateway.account, ETHER) == Channel(60, 0, 0)


def test_a_gateway_refunds_at_once_to_the_payers_recipient(as_: As) -> None:
    payer, gateway, treasury = as_("payer"), as_("gateway"), as_("treasury")
    payer.usage.deposit(payer.account, gateway.account, ETHER, 100)
    payer.royalty.set_recipient(treasury.account)

    refunded = gateway.usage.refund(payer.account, ETHER, 40).event(events.Refunded)

    assert refunded == events.Refunded(payer.account, gateway.account, ETHER, treasury.account, 40)
    assert payer.usage.channel_of(payer.account, gateway.account, ETHER) == Channel(60, 0, 0)


def test_a_deposit_of_nothing_is_refused(as_: As) -> None:
    payer = as_("payer")

    with pytest.raises(RevertError, match="Give an amount above zero") as refused:
        payer.usage.deposit(payer.account, payer.account, ETHER, 0)

    assert refused.value.name == "Ledger_NoAmount"


def test_a_batch_is_settled_collected_proven_and_its_fee_released(as_: As, uses: list[PricedUse]) -> None:
    payer, gateway, anyone = as_("buyer"), as_("gateway"), as_("anyone")
    batch = Batch().extend(uses)

    voucher, settled_at = settle(payer, gateway, batch, fee=3)

    ledger = anyone.usage
    assert ledger.settled(voucher.batch_id()) == (voucher, settled_at)
    assert ledger.batch_of(voucher.batch_id()) == SettledBatch(voucher.commitment(settled_at)[:28], settled_at)
    lines = batch.statements()
    proofs = [SumProof.of(batch.proof(it.line), it.amount) for it in lines]
    with pytest.raises(RevertError) as refused:
        ledger.release_fee(voucher, settled_at)
    assert refused.value.name == "Ledger_NotAllCollected"
    assert refused.value.fields == {"batchId": voucher.batch_id(), "index": 0}

    receipt = ledger.collect(voucher, settled_at, [it.statement for it in lines], proofs)

    collected = receipt.events(events.StatementCollected)
    assert [(it.license, it.dataset, it.amount, it.calls) for it in collected] == [(1, 1, 25, 5), (2, 2, 25, 5)]
    assert {it.counted for it in collected} == {True}
    assert ledger.collected(voucher.batch_id()) == collected
    assert ledger.is_collected(voucher.batch_id(), 1) is True
    assert ledger.is_collected(voucher.batch_id(), 2) is False
    assert ledger.usage_of(1) == DatasetUsage(5, 5, 0, 0, settled_at)
    assert ledger.usage_of_license(2) == LicenseUsage(5, 5, settled_at)

    released = ledger.release_fee(voucher, settled_at).event(events.FeeReleased)

    assert released == events.FeeReleased(voucher.batch_id(), gateway.account, ETHER, gateway.account, 3)


def test_a_statement_that_another_than_the_holder_pays_is_paid_and_does_not_count(
    as_: As, uses: list[PricedUse]
) -> None:
    """Nobody writes use under another's licence."""
    sponsor, gateway = as_("sponsor"), as_("gateway")
    batch = Batch().extend(uses[:5])
    (line,) = batch.statements()
    voucher, settled_at = settle(sponsor, gateway, batch)

    receipt = gateway.usage.collect(voucher, settled_at, [line.statement], [SumProof.of(batch.proof(line.line), 25)])

    collected = receipt.event(events.StatementCollected)
    assert (collected.amount, collected.counted) == (25, False)
    assert gateway.usage.usage_of(uses[0].use.dataset) == DatasetUsage(0, 0, 0, 0, 0)
    assert gateway.usage.usage_of_license(uses[0].use.license) == LicenseUsage(0, 0, 0)


def test_a_statement_is_proven_and_an_altered_one_is_not(as_: As, uses: list[PricedUse]) -> None:
    batch = Batch().extend(uses)
    voucher, settled_at = settle(as_("buyer"), as_("gateway"), batch)
    line = batch.statements()[1]
    proof = SumProof.of(batch.proof(line.line), line.amount)
    ledger = as_("anyone").usage

    assert ledger.verify_statement(voucher, settled_at, line.statement, proof) is True
    assert ledger.verify_statement(voucher, settled_at, line.statement, replace(proof, amount=26)) is False
    assert ledger.verify_statement(voucher, settled_at + 1, line.statement, proof) is False


def test_a_use_is_proven_and_an_altered_one_is_not(as_: As, uses: list[PricedUse]) -> None:
    """P11."""
    batch = Batch().extend(uses)
    voucher, settled_at = settle(as_("buyer"), as_("gateway"), batch)
    proof = prove_use(uses, 7)
    line = next(it for it in batch.statements() if it.line == uses[7].line)
    of_statement = SumProof.of(batch.proof(line.line), line.amount)
    of_use = SumProof.of(proof.use_proof, uses[7].price)
    ledger = as_("anyone").usage

    def verified(use: Use) -> bool:
        return ledger.verify_use(voucher, settled_at, line.statement, of_statement, use=use, use_proof=of_use)

    assert verified(uses[7].use) is True
    assert verified(replace(uses[7].use, units=2)) is False


def test_a_batch_in_a_token_pays_the_datasets_in_it(
    as_: As, studio: Studio, usdc: ChecksumAddress, mint: Callable[[str, int], None]
) -> None:
    payer, gateway, dataset = as_("buyer"), as_("gateway"), studio.dataset()
    license_id = studio.license(dataset, studio.offer(dataset, some_terms(token=usdc)), payer)
    use = Use(license=license_id, dataset=dataset, version=1, right=2, units=1, at=1, nonce=bytes(32))
    batch = Batch().extend([PricedUse(use, 5)])
    mint(payer.account, 5)
    payer.approve("UsageLedger", usdc, 5)
    (line,) = batch.statements()

    voucher, settled_at = settle(payer, gateway, batch, token=usdc)
    gateway.usage.collect(voucher, settled_at, [line.statement], [SumProof.of(batch.proof(line.line), 5)])

    assert payer.token(usdc).balance_of(payer.royalty.address) == 5


def test_a_short_channel_says_by_how_much(as_: As, uses: list[PricedUse]) -> None:
    payer, gateway = as_("buyer"), as_("gateway")
    batch = Batch().extend(uses)
    voucher = batch.voucher(payer=payer.account, gateway=gateway.account, token=ETHER, batch=1)

    with pytest.raises(RevertError, match="Deposit 50 more") as refused:
        gateway.usage.settle(voucher, payer.sign_voucher(voucher))

    assert refused.value.name == "Ledger_Shortfall"
    assert refused.value.fields == {"channel": voucher.channel_id(), "missing": 50}


def test_a_voucher_signed_by_another_says_by_whom(as_: As, uses: list[PricedUse]) -> None:
    payer, gateway, forger = as_("buyer"), as_("gateway"), as_("forger")
    voucher = Batch().extend(uses).voucher(payer=payer.account, gateway=gateway.account, token=ETHER, batch=1)

    with pytest.raises(RevertError) as refused:
        gateway.usage.settle(voucher, forger.sign_voucher(voucher))

    assert refused.value.name == "Ledger_InvalidSignature"
    assert refused.value.fields == {"payer": payer.account, "recovered": forger.account}


def test_record_sends_what_the_units_cost(as_: As, studio: Studio) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    license_id = studio.license(dataset, studio.offer(dataset, some_terms(max_units=10)), buyer)

    receipt = buyer.usage.record(license_id, dataset, Right.Training, 10, ref=b"\x33" * 32)

    recorded = receipt.event(events.UseRecorded)
    assert (recorded.license, recorded.dataset, recorded.account) == (license_id, dataset, buyer.account)
    assert (recorded.right, recorded.units, recorded.amount, recorded.ref) == (2, 10, 50, b"\x33" * 32)
    assert buyer.usage.status_of(license_id, buyer.account, dataset, Right.Training) is Status.Exhausted


def test_a_record_that_the_licence_does_not_allow_says_why(as_: As, studio: Studio) -> None:
    buyer, dataset = as_("buyer"), studio.dataset()
    license_id = studio.license(dataset, studio.offer(dataset, some_terms()), buyer)

    with pytest.raises(RevertError, match="The licence says RightNotGranted") as refused:
        buyer.usage.record(license_id, dataset, Right.Playback, 1)

    assert refused.value.name == "Ledger_NotAuthorized"
    assert refused.value.fields == {
        "licenseId": license_id,
        "account": buyer.account,
        "dataset": dataset,
        "status": Status.RightNotGranted,
    }


def test_record_takes_exactly_one_right(as_: As) -> None:
    with pytest.raises(TermsError, match="name the single right"):
        as_("buyer").usage.record(1, 1, Right.Training | Right.Playback, 1)


def test_a_gateway_is_found_where_it_last_said(as_: As) -> None:
    gateway, reader = as_("gateway"), as_("reader")
    with pytest.raises(InputError, match="has announced no address"):
        reader.usage.gateway_url(gateway.account)

    gateway.usage.announce("https://old.example")
    gateway.usage.announce("https://new.example")

    assert reader.usage.gateway_url(gateway.account) == "https://new.example"


def test_a_batch_that_is_not_settled_is_not_found(as_: As) -> None:
    reader = as_("reader")

    assert reader.usage.batch_of(b"\x01" * 32) == SettledBatch(bytes(28), 0)
    with pytest.raises(ChainError, match="There is no settled batch 0x0101"):
        reader.usage.settled(b"\x01" * 32)
