"""The ledger through `callFor` and `multicall`: the signer acts and pays, the relayer brings the gas."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, Sent, reverts
from tests.support.licensing import DAY, Market
from tests.support.relay import relayed
from tests.support.usage import Book, Metering, make_line


def relay(
    chain: Chain, ledger: Deployed, account: LocalAccount, call: ContractFunction, by: LocalAccount, nonce: int = 0
) -> Sent:
    return chain.send(relayed(chain, ledger, account, call, nonce=nonce), by)


def test_a_payer_without_eth_deposits_tokens(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, token: Deployed,
) -> None:  # fmt: skip
    """Money always comes from the one who signed, never from the relayer."""
    for each in (payer, stranger):
        chain.send(token.mint(each.address, 100))
        chain.send(token.approve(ledger.address, 100), each)

    sent = relay(chain, ledger, payer, ledger.deposit(payer.address, gateway.address, token.address, 80), stranger)

    assert sent.of(ledger)[1].fields["from"] == payer.address
    assert [token.balanceOf(each.address).call() for each in (payer, stranger)] == [20, 100]
    assert metering.channel(payer, gateway, token.address)[0] == 80


def test_a_relayed_deposit_of_eth_is_refused(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount, stranger: LocalAccount
) -> None:
    """A relayed call carries no value, and the contract's own ETH is nobody's to deposit."""
    chain.rpc("anvil_setBalance", ledger.address, hex(1_000))

    with reverts("Payments_WrongValue", due=5, sent=0):
        relay(chain, ledger, payer, ledger.deposit(payer.address, gateway.address, ETHER, 5), stranger)


def test_a_relayed_withdrawal_pays_the_payer(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    metering.deposit(payer, gateway, 100)
    relay(chain, ledger, payer, ledger.startWithdrawal(gateway.address, ETHER, 100), stranger)
    chain.mine_at(chain.now() + DAY)
    before = [chain.ether(each) for each in (payer, stranger)]

    relay(chain, ledger, payer, ledger.withdraw(gateway.address, ETHER), stranger, nonce=1)

    assert [chain.ether(each) for each in (payer, stranger)] == [before[0] + 100, before[1]]


def test_a_gateway_without_eth_settles(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    metering.deposit(payer, gateway, 100)
    voucher = Book.of(make_line(1, 1, amount=60)).voucher(payer, gateway)
    settlement = metering.settlement(voucher, payer)

    with reverts("Ledger_NotGateway", gateway=gateway.address, caller=payer.address):
        relay(chain, ledger, payer, settlement, stranger)
    sent = relay(chain, ledger, gateway, settlement, stranger)

    assert [event.name for event in sent.events] == ["CallRelayed", "BatchSettled"]
    assert metering.channel(payer, gateway)[0] == 40


def test_a_relayed_record_is_the_signers(
    chain: Chain, ledger: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount, stranger: LocalAccount,
    dataset: int, token: Deployed,
) -> None:  # fmt: skip
    licence = market.licence(owner, dataset, payer, token=token.address)
    market.fund(token, payer, ledger, 100)

    sent = relay(chain, ledger, payer, ledger.record(licence, dataset, 2, 7, bytes(32)), stranger)

    assert sent.of(ledger)[1].fields["account"] == payer.address
    assert token.balanceOf(payer.address).call() == 30


def test_a_relayed_announcement_is_the_signers(
    chain: Chain, ledger: Deployed, gateway: LocalAccount, stranger: LocalAccount
) -> None:
    sent = relay(chain, ledger, gateway, ledger.announce("https://audio.example/"), stranger)

    assert sent.events[1] == ledger.event("GatewayAnnounced", gateway=gateway.address, url="https://audio.example/")


@pytest.mark.parametrize("url", ["https://audio.example/", "", "https://bücher.example/" + "x" * 500])
def test_a_gateway_says_where_it_answers(chain: Chain, ledger: Deployed, gateway: LocalAccount, url: str) -> None:
    sent = chain.send(ledger.announce(url), gateway)

    assert sent.events == [ledger.event("GatewayAnnounced", gateway=gateway.address, url=url)]


def test_settling_collecting_and_the_fee_go_into_one_transaction(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    dataset: int, licence: int,
) -> None:  # fmt: skip
    book = Book.of(make_line(licence, dataset, amount=60))
    voucher = book.voucher(payer, gateway, fee=5)
    metering.deposit(payer, gateway, 65)
    time = chain.now() + 100
    calls = [
        metering.settlement(voucher, payer),
        metering.collection(voucher, time, book, 0),
        ledger.releaseFee(voucher.values(), time),
    ]
    before = chain.ether(gateway)

    chain.at_time(time)
    chain.send(ledger.multicall([call._encode_transaction_data() for call in calls]), gateway)

    assert market.received(dataset) == 60
    assert chain.ether(gateway) == before + 5
    assert chain.ether(ledger) == 0


def test_the_same_eth_is_not_deposited_twice(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount
) -> None:
    call = ledger.deposit(payer.address, gateway.address, ETHER, 5)._encode_transaction_data()

    with reverts(""):
        chain.send(ledger.multicall([call, call]), payer, value=5)


def test_nobody_who_is_called_on_the_way_inherits_the_signer(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """The token, called within the payer's relayed deposit, starts a withdrawal: its own, of nothing."""
    coin = chain.deploy("ReentrantToken")
    metering.deposit(payer, gateway, 100)
    chain.send(coin.mint(payer.address, 10))
    chain.send(coin.approve(ledger.address, 10), payer)
    inner = ledger.startWithdrawal(gateway.address, ETHER, 100)
    chain.send(coin.plan(ledger.address, inner._encode_transaction_data()))

    sent = relay(chain, ledger, payer, ledger.deposit(payer.address, gateway.address, coin.address, 10), stranger)

    started = next(event for event in sent.of(ledger) if event.name == "WithdrawalStarted")
    assert started.fields["payer"] == coin.address
    assert metering.channel(payer, gateway) == (100, 0, 0)


def test_the_ledger_names_what_stands_below_it(
    ledger: Deployed, licenses: Deployed, datasets: Deployed, splitter: Deployed
) -> None:
    assert ledger.LICENSES().call() == licenses.address
    assert ledger.DATASETS().call() == datasets.address
    assert ledger.SPLITTER().call() == splitter.address
