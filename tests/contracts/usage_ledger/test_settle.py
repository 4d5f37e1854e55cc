"""Settling: one voucher moves a batch's money, once. P9."""

from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import Value
from audiera.protocol.ids import ETHER, batch_id, channel_id
from audiera.protocol.structs import Voucher
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY
from tests.support.usage import Book, Metering, make_line

BOOK = Book.of(make_line(1, 1, amount=60, calls=6, units=6), make_line(2, 1, amount=40, calls=4, units=4))


@pytest.fixture
def voucher(metering: Metering, payer: LocalAccount, gateway: LocalAccount) -> Voucher:
    """Of 100 and a fee of 7, on a channel with 150."""
    metering.deposit(payer, gateway, 150)
    return BOOK.voucher(payer, gateway, fee=7, batch=3)


def settled_event(ledger: Deployed, voucher: Voucher, settled_at: int) -> object:
    fields: dict[str, Value] = {**voucher.abi(), "batchId": voucher.batch_id(), "settledAt": settled_at}
    return ledger.event("BatchSettled", **fields)


def test_a_voucher_moves_amount_and_fee_out_of_the_channel(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """P12: the id and the commitment are those of the domain, the last four bytes giving way to the time."""
    batch = voucher.batch_id()
    assert batch == batch_id(channel_id(payer.address, gateway.address, ETHER), 3)
    assert ledger.batchOf(batch).call() == [bytes(28), 0]
    held = chain.ether(ledger)
    chain.at_time(time := chain.now() + 77)

    sent = chain.send(metering.settlement(voucher, payer), gateway)

    assert sent.events == [settled_event(ledger, voucher, time)]
    assert ledger.batchOf(batch).call() == [voucher.commitment(time)[:28], time]
    assert metering.channel(payer, gateway) == (43, 0, 0)
    assert chain.ether(ledger) == held
    assert not ledger.isCollected(batch, 0).call()


def test_settling_again_changes_nothing_and_answers_the_same(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-U2, AUD-A12: Vouchers: settle front-run. The second to come finds it done, whatever signature it brings."""
    settled_at = metering.settle(voucher, payer, gateway)
    again = metering.settlement(voucher, payer)
    chain.mine_at(settled_at + 500)

    assert again.call({"from": gateway.address}) == voucher.batch_id()
    for call in (again, ledger.settle(voucher.values(), b"")):
        assert chain.send(call, gateway).events == []

    assert metering.channel(payer, gateway) == (43, 0, 0)
    assert ledger.batchOf(voucher.batch_id()).call()[1] == settled_at


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", 101), ("amount", 0), ("fee", 8), ("calls", 11), ("statements", 3), ("root", bytes(32))],
)
def test_another_voucher_under_a_settled_number_is_refused(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount, field: str,
    value: Value,
) -> None:  # fmt: skip
    """AUD-U2: P9: a batch number settles at most once, whatever else the payer signed for it."""
    metering.settle(voucher, payer, gateway)
    other = metering.changed(voucher, **{field: value})

    with reverts("Ledger_BatchTaken", batchId=voucher.batch_id()):
        chain.send(metering.settlement(other, payer), gateway)
    assert metering.channel(payer, gateway) == (43, 0, 0)


def test_batch_numbers_come_in_any_order_and_each_once(
    metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Parallel workers keep open batches of their own on one deposit."""
    metering.deposit(payer, gateway, 1_000)

    for left, number in ((900, 2**64 - 1), (800, 0), (700, 17)):
        metering.settle(BOOK.voucher(payer, gateway, batch=number), payer, gateway)
        assert metering.channel(payer, gateway)[0] == left


def test_the_same_number_in_another_channel_is_another_batch(
    metering: Metering, payer: LocalAccount, gateway: LocalAccount, stranger: LocalAccount, token: Deployed
) -> None:
    metering.settled(BOOK, payer, gateway, batch=1)
    metering.settled(BOOK, payer, gateway, token, batch=1)
    metering.settled(BOOK, payer, stranger, batch=1)
    metering.settled(BOOK, stranger, gateway, batch=1)

    for pair in ((payer, gateway), (payer, stranger), (stranger, gateway)):
        assert metering.channel(*pair) == (0, 0, 0)


@pytest.mark.parametrize(("balance", "missing"), [(0, 107), (99, 8), (100, 7), (106, 1)])
def test_a_balance_short_of_amount_and_fee_settles_nothing_and_says_by_how_much(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, balance: int,
    missing: int,
) -> None:  # fmt: skip
    """AUD-U3, AUD-A5: Giant voucher uncollectable. What is short stays owed, and is settled once it is there."""
    if balance:
        metering.deposit(payer, gateway, balance)
    voucher = BOOK.voucher(payer, gateway, fee=7)
    settlement = metering.settlement(voucher, payer)

    with reverts("Ledger_Shortfall", channel=voucher.channel_id(), missing=missing):
        chain.send(settlement, gateway)
    assert metering.channel(payer, gateway)[0] == balance
    assert ledger.batchOf(voucher.batch_id()).call() == [bytes(28), 0]
    metering.deposit(payer, gateway, missing)
    chain.send(settlement, gateway)

    assert metering.channel(payer, gateway)[0] == 0


def test_amount_and_fee_are_added_without_wrapping(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    most = 2**128 - 1
    giant = replace(voucher, amount=most, fee=most)

    with reverts("Ledger_Shortfall", channel=voucher.channel_id(), missing=2 * most - 150):
        chain.send(metering.settlement(giant, payer), gateway)


def test_settling_draws_on_thawing_money(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Trust: a payer cannot run from what it signed by withdrawing. The withdrawal pays what is left."""
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 150), payer)
    thaws = metering.channel(payer, gateway)[2]

    metering.settle(voucher, payer, gateway)
    assert metering.channel(payer, gateway) == (43, 150, thaws)
    chain.mine_at(chain.now() + DAY)
    before = chain.ether(payer)
    chain.send(ledger.withdraw(gateway.address, ETHER), payer)

    assert chain.ether(payer) == before + 43
    assert metering.channel(payer, gateway) == (0, 0, 0)


def test_a_batch_may_cost_nothing(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Free data is recorded too, without a deposit."""
    free = Book.of(make_line(1, 1, amount=0, calls=9))

    settled_at = metering.settle(free.voucher(payer, gateway), payer, gateway)

    assert ledger.batchOf(free.voucher(payer, gateway).batch_id()).call()[1] == settled_at == chain.now()


@pytest.mark.parametrize(
    ("calls", "statements"), [(0, 1), (0, 0), (1, 0), (1, 2**20 + 1), (1, 2**32 - 1)],
    ids=["no calls", "nothing", "no statements", "too many statements", "giant"],
)  # fmt: skip
def test_a_batch_has_calls_and_a_possible_number_of_statements(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount, calls: int,
    statements: int,
) -> None:  # fmt: skip
    """AUD-A6, AUD-A7: Vouchers: zero-amount nonce burn, huge payload."""
    odd = replace(voucher, calls=calls, statements=statements)

    with reverts("Ledger_InvalidBatch", calls=calls, statements=statements):
        chain.send(metering.settlement(odd, payer), gateway)


def test_a_batch_may_have_the_greatest_number_of_statements(
    metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    metering.settle(replace(voucher, statements=2**20, calls=2**64 - 1), payer, gateway)

    assert metering.channel(payer, gateway)[0] == 43


@pytest.mark.parametrize("who", ["payer", "stranger", "owner"])
def test_only_the_gateway_settles(
    request: pytest.FixtureRequest, chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount,
    gateway: LocalAccount, who: str,
) -> None:  # fmt: skip
    """AUD-U1, AUD-A7: Trust: a licensee cannot settle a stale head. Vouchers: bind the submitter."""
    caller: LocalAccount = request.getfixturevalue(who)
    settlement = metering.settlement(voucher, payer)

    with reverts("Ledger_NotGateway", gateway=gateway.address, caller=caller.address):
        chain.send(settlement, caller)
    chain.send(settlement, gateway)
    with reverts("Ledger_NotGateway", gateway=gateway.address, caller=caller.address):
        chain.send(settlement, caller)


@pytest.mark.parametrize("scopes", range(8))
def test_a_gateways_signer_settles_with_the_scope_for_it(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, scopes: int,
) -> None:  # fmt: skip
    """AUD-U1, AUD-A7"""
    chain.send(metering.suite.licenses.setSigner(stranger.address, scopes, until := chain.now() + 1_000), gateway)
    settlement = metering.settlement(voucher, payer)

    if not scopes & 4:
        with reverts("Ledger_NotGateway", gateway=gateway.address, caller=stranger.address):
            chain.send(settlement, stranger)
        return
    chain.at_time(until - 1)
    chain.send(settlement, stranger)
    chain.at_time(until)
    with reverts("Ledger_NotGateway", gateway=gateway.address, caller=stranger.address):
        chain.send(settlement, stranger)


def test_a_payer_that_is_its_own_gateway_spends_only_its_own(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-A4: Vouchers: payer names itself data service. A voucher naming itself draws on its own channel alone."""
    own = BOOK.voucher(payer, payer, fee=7, batch=3)

    with reverts("Ledger_Shortfall", channel=own.channel_id(), missing=107):
        chain.send(metering.settlement(own, payer), payer)
    assert metering.channel(payer, gateway)[0] == 150
    assert voucher.channel_id() != own.channel_id()


@pytest.mark.usefixtures("voucher")
@pytest.mark.parametrize("own", [0, 40, 106])
def test_payer_and_gateway_together_reach_no_other_payers_deposit(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, own: int,
) -> None:  # fmt: skip
    """AUD-A4: The stranger signs what the gateway likes; the payer's 150 lie with the same gateway."""
    if own:
        metering.deposit(stranger, gateway, own)
    greedy = BOOK.voucher(stranger, gateway, fee=7, batch=3)

    with reverts("Ledger_Shortfall", channel=greedy.channel_id(), missing=107 - own):
        chain.send(metering.settlement(greedy, stranger), gateway)

    assert metering.channel(payer, gateway) == (150, 0, 0)
    assert metering.channel(stranger, gateway) == (own, 0, 0)
    assert chain.ether(ledger) == 150 + own


def test_a_voucher_is_no_good_for_another_payers_channel(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A2: Vouchers: same voucher after a payer switch."""
    other = replace(voucher, payer=stranger.address)

    with reverts("Ledger_InvalidSignature", payer=stranger.address, recovered=payer.address):
        chain.send(metering.settlement(other, payer), gateway)
