"""RoyaltySplitter: contracts that pay, and are asked for the money in the middle of it."""

from collections.abc import Sequence

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.hashing import address_word
from audiera.protocol.ids import ETHER
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.codec import decode_revert
from tests.support.money import Money
from tests.support.relay import data_of
from tests.support.splits import assigned, claim, equal_split, owed, split_of

KEY = b"single".ljust(32, b"\0")
NOBODY = b"\xff" * 32  # an account that was never assigned
FUNCTIONS = ["credit", "creditOne"]


def crediting(
    splitter: Deployed, function: str, account: bytes, token: str, amount: int, data: bytes = b""
) -> ContractFunction:
    """One account credited, by either function."""
    if function == "creditOne":
        return splitter.creditOne(account, token, amount, data)
    return splitter.credit([account], token, [amount], data)


def test_credit_asks_its_caller_for_the_sum_and_credits_each_account(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    money: Money,
    treasurer: Deployed,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """AUD-R5"""
    other = equal_split(2)
    single = assigned(chain, splitter, label, KEY, other)
    money.move(listener, treasurer.address, 1_500)
    assert splitter.receivedOf(other.id(), money.address).call() == 0

    call = splitter.credit([album.account, single], money.address, [600, 400], b"")
    sent = chain.send(call, treasurer, value=money.value(1_000))

    asked = treasurer.event("Asked", caller=splitter.address, token=money.address, amount=1_000, data=b"")
    assert sent.of(treasurer) == ([asked] if money.token else [])
    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=account,
            splitId=split_id,
            token=money.address,
            payer=treasurer.address,
            amount=amount,
        )
        for account, split_id, amount in [(album.account, album.split.id(), 600), (single, other.id(), 400)]
    ]
    assert splitter.receivedOf(album.split.id(), money.address).call() == 600
    assert splitter.receivedOf(other.id(), money.address).call() == 400
    assert (money.of(treasurer), money.of(splitter)) == (500, 1_000)


def test_credit_one_does_the_same_for_one_account(
    chain: Chain, splitter: Deployed, album: Album, money: Money, treasurer: Deployed, listener: LocalAccount
) -> None:
    money.move(listener, treasurer.address, 1_000)

    call = splitter.creditOne(album.account, money.address, 600, b"")
    sent = chain.send(call, treasurer, value=money.value(600))

    asked = treasurer.event("Asked", caller=splitter.address, token=money.address, amount=600, data=b"")
    assert sent.of(treasurer) == ([asked] if money.token else [])
    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=album.account,
            splitId=album.split.id(),
            token=money.address,
            payer=treasurer.address,
            amount=600,
        )
    ]
    assert splitter.receivedOf(album.split.id(), money.address).call() == 600
    assert (money.of(treasurer), money.of(splitter)) == (400, 600)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_the_caller_says_comes_back_to_it_as_it_was(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    function: str,
) -> None:
    """Here it names whose money it is, who has allowed the contract, not the splitter, to spend it."""
    Money(chain, token).ready(listener, treasurer, 1_000)
    data = address_word(listener.address) + b"and more"

    sent = chain.send(crediting(splitter, function, album.account, token.address, 1_000, data), treasurer)

    assert sent.of(treasurer) == [
        treasurer.event("Asked", caller=splitter.address, token=token.address, amount=1_000, data=data)
    ]
    assert token.balanceOf(listener.address).call() == 0
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_000


@pytest.mark.parametrize("function", FUNCTIONS)
def test_anyone_credits_eth_sent_along_without_being_asked(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, function: str
) -> None:
    sent = chain.send(crediting(splitter, function, album.account, ETHER, 1_000), listener, value=1_000)

    assert sent.events == [
        splitter.event(
            "Credited",
            account=album.account,
            splitId=album.split.id(),
            token=ETHER,
            payer=listener.address,
            amount=1_000,
        )
    ]
    assert splitter.receivedOf(album.split.id(), ETHER).call() == chain.ether(splitter) == 1_000


@pytest.mark.parametrize("value", [0, 999, 1_001])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_eth_is_exactly_the_sum(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, function: str, value: int
) -> None:
    """AUD-R6, AUD-A18: Attacks: crediting what belongs to others; an excess that is left for a stranger."""
    Money(chain).pay(splitter, album.account, 5_000, listener)

    with reverts("Splitter_WrongValue", expected=1_000, sent=value):
        chain.send(crediting(splitter, function, album.account, ETHER, 1_000), listener, value=value)

    assert chain.ether(splitter) == 5_000


@pytest.mark.parametrize("function", FUNCTIONS)
def test_eth_beside_a_token_is_refused(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    function: str,
) -> None:
    for kind in (Money(chain), Money(chain, token)):
        kind.move(listener, treasurer.address, 1_000)

    with reverts("Splitter_WrongValue", expected=0, sent=7):
        chain.send(crediting(splitter, function, album.account, token.address, 1_000), treasurer, value=7)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_is_not_credited(
    chain: Chain, splitter: Deployed, album: Album, money: Money, treasurer: Deployed, function: str
) -> None:
    """AUD-R6"""
    with reverts("Splitter_NothingPaid", token=money.address):
        chain.send(crediting(splitter, function, album.account, money.address, 0), treasurer)


@pytest.mark.parametrize("amounts", [[], [0, 0], [0, 1_000], [1_000, 0]], ids=str)
def test_nor_beside_something(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    money: Money,
    treasurer: Deployed,
    listener: LocalAccount,
    amounts: Sequence[int],
) -> None:
    money.move(listener, treasurer.address, 1_000)
    call = splitter.credit([album.account] * len(amounts), money.address, amounts, b"")

    with reverts("Splitter_NothingPaid", token=money.address):
        chain.send(call, treasurer, value=money.value(sum(amounts)))


@pytest.mark.parametrize("arrived", [999, 0])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_less_than_was_said_is_refused(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    function: str,
    arrived: int,
) -> None:
    """AUD-R5: P1. Others' money is there, and makes up for nothing."""
    money = Money(chain, token)
    money.pay(splitter, album.account, 5_000, listener)
    money.move(listener, treasurer.address, 1_000)
    chain.send(treasurer.miscount(arrived - 1_000))

    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=arrived):
        chain.send(crediting(splitter, function, album.account, token.address, 1_000), treasurer)

    assert (money.of(treasurer), money.of(splitter)) == (1_000, 5_000)
    assert splitter.receivedOf(album.split.id(), token.address).call() == 5_000


@pytest.mark.parametrize("function", FUNCTIONS)
def test_of_more_than_was_said_the_rest_is_nobodys(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    function: str,
) -> None:
    """Attack: donation. Neither is it credited, nor does anyone get it after."""
    money = Money(chain, token)
    money.move(listener, treasurer.address, 1_050)
    chain.send(treasurer.miscount(50))
    call = crediting(splitter, function, album.account, token.address, 1_000)

    sent = chain.send(call, treasurer)

    assert [event.fields["amount"] for event in sent.of(splitter)] == [1_000]
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_000
    assert money.of(splitter) == 1_050
    chain.send(treasurer.miscount(-50))
    for account in (album.account, album.split.id()):
        with reverts("Splitter_NotReceived", token=token.address, expected=50, arrived=0):
            chain.send(crediting(splitter, function, account, token.address, 50), treasurer)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_who_is_no_contract_cannot_be_asked(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, listener: LocalAccount, function: str
) -> None:
    """`pay` is for everybody else."""
    Money(chain, token).ready(listener, splitter, 1_000)
    data = address_word(listener.address)

    with reverts(""):
        chain.send(crediting(splitter, function, album.account, token.address, 1_000, data), listener)

    assert token.balanceOf(listener.address).call() == 1_000


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nor_can_a_contract_that_does_not_answer(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, function: str
) -> None:
    silent = chain.deploy("ReentrantReceiver")
    chain.send(token.mint(silent.address, 1_000))

    with reverts(""):
        chain.send(crediting(splitter, function, album.account, token.address, 1_000), silent)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_who_has_nothing_says_so_itself(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, treasurer: Deployed, function: str
) -> None:
    """What the caller reverts with goes on unchanged."""
    with reverts("TransferFailed"):
        chain.send(crediting(splitter, function, album.account, token.address, 1_000), treasurer)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_somebody_elses_money_is_out_of_reach(
    chain: Chain,
    splitter: Deployed,
    licenses: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    function: str,
) -> None:
    """AUD-A21: Attack: `data` that names whoever has allowed the splitter, or a contract that pays through it."""
    Money(chain, token).ready(listener, splitter, 1_000)
    chain.send(token.approve(licenses.address, 1_000), listener)
    data = address_word(listener.address)

    with reverts("TransferFromFailed"):
        chain.send(crediting(splitter, function, album.account, token.address, 1_000, data), treasurer)

    assert token.balanceOf(listener.address).call() == 1_000


@pytest.mark.parametrize("payer", ["licenses", "ledger", "incentives"])
def test_a_contract_of_the_suite_pays_for_none_but_its_own_calls(
    chain: Chain,
    splitter: Deployed,
    suite: object,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    payer: str,
) -> None:
    """Attack: passing the splitter's question on to a contract that somebody has allowed to spend."""
    contract: Deployed = getattr(suite, payer)
    money = Money(chain, token)
    money.ready(listener, contract, 1_000)
    money.move(listener, treasurer.address, 1_000)
    question = contract.sendRoyalties(token.address, 1_000, address_word(listener.address))
    chain.send(treasurer.plan(contract.address, data_of(question)))

    chain.send(splitter.creditOne(album.account, token.address, 1_000, b""), treasurer)

    error = decode_revert(treasurer.result().call())
    assert (error.name, error.fields) == ("Payments_NotSplitter", {"caller": treasurer.address})
    assert token.balanceOf(listener.address).call() == 1_000
    assert money.of(splitter) == 1_000


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whoever_calls_through_a_multicall_is_asked_itself(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    function: str,
) -> None:
    Money(chain, token).move(listener, treasurer.address, 1_000)
    calls = [data_of(crediting(splitter, function, album.account, token.address, it)) for it in (600, 400)]

    sent = chain.send(splitter.multicall(calls), treasurer)

    assert sent.of(treasurer) == [
        treasurer.event("Asked", caller=splitter.address, token=token.address, amount=amount, data=b"")
        for amount in (600, 400)
    ]
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_000
    assert token.balanceOf(splitter.address).call() == 1_000


@pytest.mark.parametrize("view", ["receivedOf", "owedOf"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_view_shows_money_before_it_is_here(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    listener: LocalAccount,
    function: str,
    view: str,
) -> None:
    """AUD-A16: Attack: reading views during a callback."""
    Money(chain, token).move(listener, treasurer.address, 1_000)
    payee = album.split.shares[0]
    questions = {
        "receivedOf": splitter.receivedOf(album.split.id(), token.address),
        "owedOf": splitter.owedOf(album.split.id(), token.address, payee.payee, payee.ppm),
    }
    chain.send(treasurer.plan(splitter.address, data_of(questions[view])))

    chain.send(crediting(splitter, function, album.account, token.address, 1_000), treasurer)

    assert (treasurer.attempts().call(), treasurer.succeeded().call()) == (1, True)
    assert treasurer.result().call() == bytes(32)
    assert questions[view].call() > 0


def test_credit_may_name_an_account_twice(
    chain: Chain, splitter: Deployed, album: Album, money: Money, treasurer: Deployed, listener: LocalAccount
) -> None:
    """AUD-A23: Attack: duplicate ids in an array (H-1, FL-SP-02): each line is paid for."""
    money.move(listener, treasurer.address, 1_001)

    call = splitter.credit([album.account, album.account], money.address, [501, 500], b"")
    chain.send(call, treasurer, value=money.value(1_001))

    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_001
    assert (money.of(treasurer), money.of(splitter)) == (0, 1_001)


def test_one_unassigned_account_refuses_all(
    chain: Chain, splitter: Deployed, album: Album, money: Money, treasurer: Deployed, listener: LocalAccount
) -> None:
    """AUD-R6"""
    money.move(listener, treasurer.address, 1_000)

    with reverts("Splitter_UnassignedAccount", account=NOBODY):
        call = splitter.credit([album.account, NOBODY], money.address, [500, 500], b"")
        chain.send(call, treasurer, value=money.value(1_000))
    with reverts("Splitter_UnassignedAccount", account=NOBODY):
        chain.send(
            splitter.creditOne(NOBODY, money.address, 1_000, b""),
            treasurer, value=money.value(1_000),
        )  # fmt: skip

    assert (money.of(treasurer), money.of(splitter)) == (1_000, 0)
    assert splitter.receivedOf(album.split.id(), money.address).call() == 0


@pytest.mark.parametrize(("accounts", "amounts"), [(1, 0), (1, 2), (0, 1)])
def test_credit_refuses_lists_of_different_lengths(
    chain: Chain, splitter: Deployed, album: Album, money: Money, accounts: int, amounts: int
) -> None:
    with reverts("Splitter_LengthMismatch", accounts=accounts, amounts=amounts):
        chain.send(splitter.credit([album.account] * accounts, money.address, [1] * amounts, b""))


def test_amounts_that_overflow_together_are_refused(
    chain: Chain, splitter: Deployed, album: Album, money: Money
) -> None:
    """Attack: a sum that wraps to what was sent."""
    with reverts("Panic", code=0x11):
        call = splitter.credit([album.account, album.account], money.address, [2**256 - 1, 2], b"")
        chain.send(call, value=money.value(1))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_token_that_is_no_contract_holds_nothing(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, stranger: LocalAccount, function: str
) -> None:
    with reverts("Splitter_BalanceUnknown", token=stranger.address):
        chain.send(crediting(splitter, function, album.account, stranger.address, 5), treasurer)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_token_that_is_silent_for_a_moment_credits_nothing_that_was_here(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, listener: LocalAccount, function: str
) -> None:
    """P1, AUD-R4, AUD-A17: the payer ends the silence between the two looks, and sends nothing."""
    coin = chain.deploy("SilentToken")
    Money(chain, coin).ready(listener, splitter, 1_000)
    chain.send(splitter.pay(album.account, coin.address, 1_000), listener)
    chain.send(treasurer.miscount(-1_000))
    chain.send(treasurer.plan(coin.address, data_of(coin.setSilent(False))))
    chain.send(coin.setSilent(True))

    with reverts("Splitter_BalanceUnknown", token=coin.address):
        chain.send(crediting(splitter, function, album.account, coin.address, 1_000), treasurer)

    chain.send(coin.setSilent(False))
    assert splitter.receivedOf(album.split.id(), coin.address).call() == 1_000
    assert coin.balanceOf(splitter.address).call() == 1_000


def test_what_a_contract_paid_is_claimed_like_any_other(
    chain: Chain,
    splitter: Deployed,
    money: Money,
    treasurer: Deployed,
    label: LocalAccount,
    composer: LocalAccount,
    listener: LocalAccount,
) -> None:
    split = split_of((composer, 1_000_000))
    account = assigned(chain, splitter, label, KEY, split)
    money.move(listener, treasurer.address, 1_000)
    before = money.of(composer)

    call = splitter.creditOne(account, money.address, 1_000, b"")
    chain.send(call, treasurer, value=money.value(1_000))
    chain.send(claim(splitter, split, money.address, composer))

    assert (money.of(composer), money.of(splitter)) == (before + 1_000, 0)
    assert owed(splitter, split, money.address, composer) == 0
