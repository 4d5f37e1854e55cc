"""Collecting: each statement's money goes to its dataset, once, whoever carries it. P10."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import move_share, payee_of
from tests.support.chain import Chain, Deployed, Sent, reverts
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.splits import shares_of
from tests.support.usage import Book, Metering, make_line


@pytest.fixture
def datasets_(market: Market, owner: LocalAccount) -> list[int]:
    return [market.dataset(owner) for _ in range(3)]


@pytest.fixture
def book(market: Market, owner: LocalAccount, payer: LocalAccount, datasets_: list[int]) -> Book:
    """Three statements of three datasets under three licences, at their price: 60, 40 and 10."""
    licences = [market.licence(owner, dataset, payer) for dataset in datasets_]
    sizes = (6, 4, 1)
    return Book.of(
        *(
            make_line(licence, dataset, units=units, amount=10 * units, calls=units)
            for licence, dataset, units in zip(licences, datasets_, sizes, strict=True)
        )
    )


def names(sent: Sent) -> list[str]:
    return [event.name for event in sent.events]


@pytest.mark.parametrize("paid_in", ["ETH", "MockToken", "NoReturnToken"])
def test_collecting_credits_every_statement_with_one_transfer(
    chain: Chain, ledger: Deployed, splitter: Deployed, market: Market, metering: Metering, owner: LocalAccount,
    payer: LocalAccount, gateway: LocalAccount, datasets_: list[int], paid_in: str,
) -> None:  # fmt: skip
    """P10, P9: what the channel paid reaches the datasets to the last unit; the fee stays behind."""
    coin = None if paid_in == "ETH" else chain.deploy(paid_in, *(["USDC", 6] if paid_in == "MockToken" else []))
    token = coin.address if coin else ETHER
    licences = [market.licence(owner, dataset, payer, token=token) for dataset in datasets_]
    book = Book.of(
        *(make_line(licences[n], datasets_[n], units=n + 1, amount=10 * n + 10, calls=n + 1) for n in range(3))
    )
    voucher, time = metering.settled(book, payer, gateway, coin, fee=5)
    held = [coin.balanceOf(it.address).call() if coin else chain.ether(it) for it in (ledger, splitter)]
    batch = voucher.batch_id()

    answer = metering.collection(voucher, time, book, 0, 1, 2).call()
    sent = metering.collect(voucher, time, book)

    assert answer == 60
    assert sent.of(ledger) == [
        ledger.event(
            "StatementCollected",
            batchId=batch,
            index=index,
            amount=line.amount,
            counted=True,
            **line.statement.abi(),
        )
        for index, line in enumerate(book.lines)
    ]
    accounts = [market.account(dataset) for dataset in datasets_]
    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=account,
            token=token,
            splitId=splitter.splitOf(account).call(),
            payer=ledger.address,
            amount=line.amount,
        )
        for account, line in zip(accounts, book.lines, strict=True)
    ]
    if coin and paid_in == "MockToken":  # the other emits nothing
        assert [event.fields["value"] for event in sent.of(coin)] == [60]
    assert [coin.balanceOf(it.address).call() if coin else chain.ether(it) for it in (ledger, splitter)] == [
        held[0] - 60,
        held[1] + 60,
    ]
    assert [market.received(dataset, token) for dataset in datasets_] == [10, 20, 30]
    assert [ledger.isCollected(batch, index).call() for index in range(4)] == [True, True, True, False]


def test_one_statement_is_credited_by_itself(
    ledger: Deployed, splitter: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, money: Money,
) -> None:  # fmt: skip
    """Beside money of others, in exactly its amount; and nobody is left with an allowance."""
    licence = market.licence(owner, dataset, payer, token=money.address)
    book = Book.of(make_line(licence, dataset, amount=30), make_line(licence + 1, dataset, amount=12))
    metering.deposit(payer, gateway, 1_000, money.token)
    voucher, time = metering.settled(book, payer, gateway, money.token, fee=5)
    before = [money.of(each) for each in (ledger, splitter)]

    sent = metering.collect(voucher, time, book, 0)

    account = market.account(dataset)
    credited = splitter.event(
        "Credited",
        account=account,
        token=money.address,
        splitId=splitter.splitOf(account).call(),
        payer=ledger.address,
        amount=30,
    )
    assert sent.of(splitter) == [credited]
    assert [money.of(each) for each in (ledger, splitter)] == [before[0] - 30, before[1] + 30]
    assert market.received(dataset, money.address) == 30
    assert money.token is None or money.token.allowance(ledger.address, splitter.address).call() == 0


def test_a_token_that_arrives_in_part_leaves_everything_uncollected(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    dataset: int, licence: int,
) -> None:  # fmt: skip
    """A token that starts to keep a fee, or to say so falsely, is credited to nobody: the batch waits."""
    coin = chain.deploy("FalseReturnToken")
    book = Book.of(make_line(licence, dataset, amount=30), make_line(licence + 1, dataset, amount=12))
    voucher, time = metering.settled(book, payer, gateway, coin)
    chain.send(coin.setRefusing(True))

    for indices in ((0,), (0, 1)):
        with reverts("TransferFailed"):
            metering.collect(voucher, time, book, *indices)
    assert [ledger.isCollected(voucher.batch_id(), index).call() for index in (0, 1)] == [False, False]
    chain.send(coin.setRefusing(False))
    metering.collect(voucher, time, book)

    assert market.received(dataset, coin.address) == 42


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_statements_are_collected_one_by_one_in_any_order_by_anyone(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, book: Book, datasets_: list[int],
    payer: LocalAccount, gateway: LocalAccount, stranger: LocalAccount, order: tuple[int, ...],
) -> None:  # fmt: skip
    """AUD-U4, AUD-A6: P10. Vouchers: giant voucher uncollectable; partial collection."""
    voucher, time = metering.settled(book, payer, gateway)
    done: set[int] = set()

    for index in order:
        before = [market.received(dataset) for dataset in datasets_]
        sent = chain.send(metering.collection(voucher, time, book, index), stranger)
        done.add(index)
        amount = book.lines[index].amount
        assert names(sent) == ["StatementCollected", "Credited"]
        assert market.received(datasets_[index]) == before[index] + amount
        assert [ledger.isCollected(voucher.batch_id(), n).call() for n in range(3)] == [n in done for n in range(3)]
    assert sum(market.received(dataset) for dataset in datasets_) == voucher.amount
    assert chain.ether(ledger) == 0


def test_what_is_collected_is_skipped_and_the_rest_goes_on(
    chain: Chain, market: Market, metering: Metering, book: Book, datasets_: list[int], payer: LocalAccount,
    gateway: LocalAccount,
) -> None:  # fmt: skip
    """AUD-U4, AUD-A12, AUD-A23: Duplicate ids in a claim array pay once. Racing collectors spoil nothing."""
    voucher, time = metering.settled(book, payer, gateway)
    metering.collect(voucher, time, book, 1)

    answer = metering.collection(voucher, time, book, 1, 0, 1, 0).call()
    first = metering.collect(voucher, time, book, 1, 0, 1, 0)
    second = metering.collect(voucher, time, book, 0, 1, 2)
    third = metering.collect(voucher, time, book, 0, 1, 2)

    assert answer == 60
    assert [event.fields.get("index", event.name) for event in first.events] == [0, "Credited"]
    assert [event.fields.get("index", event.name) for event in second.events] == [2, "Credited"]
    assert third.events == []
    assert [market.received(dataset) for dataset in datasets_] == [60, 40, 10]
    assert chain.ether(metering.ledger) == 0


def test_nothing_is_collected_from_nothing(
    metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount, chain: Chain
) -> None:
    voucher, time = metering.settled(book, payer, gateway)

    assert chain.send(metering.collection(voucher, time, book)).events == []


def test_free_statements_are_collected_and_counted_without_money(
    ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, datasets_: list[int],
) -> None:  # fmt: skip
    licences = [market.licence(owner, dataset, payer, unit_price=0) for dataset in datasets_[:2]]
    book = Book.of(
        make_line(licences[0], datasets_[0], amount=0, units=5), make_line(licences[1], datasets_[1], amount=7)
    )
    voucher, time = metering.settled(book, payer, gateway)

    sent = metering.collect(voucher, time, book)

    assert names(sent) == ["StatementCollected", "StatementCollected", "Credited"]
    assert ledger.usageOf(datasets_[0]).call()[:2] == (1, 5)
    assert [market.received(dataset) for dataset in datasets_] == [0, 7, 0]


def test_a_batch_of_free_statements_moves_nothing(
    metering: Metering, market: Market, owner: LocalAccount, payer: LocalAccount, gateway: LocalAccount,
    datasets_: list[int],
) -> None:  # fmt: skip
    licence = market.licence(owner, datasets_[0], payer, unit_price=0)
    book = Book.of(make_line(licence, datasets_[0], amount=0))
    voucher, time = metering.settled(book, payer, gateway)

    assert names(metering.collect(voucher, time, book)) == ["StatementCollected"]


def test_several_statements_may_be_of_one_dataset(
    market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount, gateway: LocalAccount,
    ledger: Deployed, datasets_: list[int],
) -> None:  # fmt: skip
    licences = [market.licence(owner, datasets_[0], payer) for _ in range(2)]
    book = Book.of(*(make_line(licence, datasets_[0], amount=10) for licence in licences))
    voucher, time = metering.settled(book, payer, gateway)

    metering.collect(voucher, time, book)

    assert market.received(datasets_[0]) == 20
    assert ledger.usageOf(datasets_[0]).call()[:2] == (2, 2)


def test_money_goes_to_the_split_of_the_time_it_is_collected(
    chain: Chain, splitter: Deployed, datasets: Deployed, market: Market, metering: Metering, book: Book,
    datasets_: list[int], payer: LocalAccount, gateway: LocalAccount, owner: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """What is uncollected belongs to the split current when it is collected, not to that of the use."""
    voucher, time = metering.settled(book, payer, gateway)
    split = market.split(datasets_[0], owner)
    moved = move_share(split, payee_of(owner.address), payee_of(stranger.address))
    call = datasets.moveShare(datasets_[0], shares_of(split), payee_of(stranger.address))
    chain.send(call, owner)

    sent = metering.collect(voucher, time, book, 0)

    assert sent.of(splitter)[0].fields["splitId"] == moved.id() != split.id()


def test_a_statement_of_a_dataset_that_does_not_exist_waits_and_blocks_no_other(
    market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount, licence: int, dataset: int
) -> None:
    """AUD-A44: Its money has no account to go to yet."""
    unborn = dataset + 1
    book = Book.of(make_line(licence, dataset), make_line(licence, unborn))
    voucher, time = metering.settled(book, payer, gateway)

    with reverts("Splitter_UnassignedAccount", account=market.account(unborn)):
        metering.collect(voucher, time, book)
    metering.collect(voucher, time, book, 0)
    assert market.dataset(gateway) == unborn
    metering.collect(voucher, time, book, 1)

    assert market.received(unborn) == 10


def test_batches_are_collected_apart(
    ledger: Deployed, market: Market, metering: Metering, book: Book, datasets_: list[int], payer: LocalAccount,
    gateway: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A52: The same statements in another batch are other statements."""
    first, first_time = metering.settled(book, payer, gateway, batch=1)
    second, second_time = metering.settled(book, payer, gateway, batch=2)

    metering.collect(first, first_time, book)
    assert not ledger.isCollected(second.batch_id(), 0).call()
    metering.collect(second, second_time, book)

    assert [market.received(dataset) for dataset in datasets_] == [120, 80, 20]
