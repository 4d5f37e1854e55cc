"""DatasetPayer under tokens that misbehave: nothing counts as paid but what arrived, and no allowance stays."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import Market
from tests.support.money import Money


def allowance(token: Deployed, holder: Deployed, spender: Deployed) -> int:
    left: int = token.allowance(holder.address, spender.address).call()
    return left


def test_an_ordinary_token_is_approved_once_for_exactly_what_is_paid(
    chain: Chain, patron: Deployed, splitter: Deployed, token: Deployed, dataset: int, listener: LocalAccount
) -> None:
    """Some tokens refuse an allowance of zero, so none is asked for where none is left."""
    Money(chain, token).move(listener, patron.address, 1_000)

    sent = chain.send(patron.pay(dataset, token.address, 1_000), listener)

    approved = token.event("Approval", owner=patron.address, spender=splitter.address, value=1_000)
    assert [event for event in sent.of(token) if event.name == "Approval"] == [approved]
    assert allowance(token, patron, splitter) == 0


@pytest.mark.parametrize("kind", ["MockToken", "NoReturnToken"])
def test_an_allowance_that_somebody_forgot_hinders_nothing_and_ends(
    chain: Chain, patron: Deployed, splitter: Deployed, market: Market, dataset: int, listener: LocalAccount, kind: str
) -> None:
    """AUD-A19: The token in the style of USDT refuses to change an allowance that is not zero."""
    token = chain.deploy(kind, *(["USDC", 6] if kind == "MockToken" else []))
    Money(chain, token).move(listener, patron.address, 1_000)
    chain.send(patron.forget(token.address, splitter.address, 5_000))

    chain.send(patron.pay(dataset, token.address, 1_000), listener)

    assert market.received(dataset, token.address) == 1_000
    assert allowance(token, patron, splitter) == 0


def test_an_allowance_that_the_token_does_not_count_down_ends(
    chain: Chain, patron: Deployed, splitter: Deployed, market: Market, dataset: int, listener: LocalAccount
) -> None:
    token = chain.deploy("EndlessAllowanceToken")
    Money(chain, token).move(listener, patron.address, 1_000)

    chain.send(patron.pay(dataset, token.address, 1_000), listener)

    assert market.received(dataset, token.address) == 1_000
    assert allowance(token, patron, splitter) == 0


def test_a_fee_taken_on_the_way_in_is_not_made_up_from_what_the_contract_holds(
    chain: Chain, patron: Deployed, dataset: int, listener: LocalAccount, stranger: LocalAccount
) -> None:
    """Attack: a token that takes a fee, passed on in full at others' expense."""
    token = chain.deploy("FeeToken")
    Money(chain, token).move(stranger, patron.address, 1_000)
    Money(chain, token).ready(listener, patron, 1_000)

    with reverts(
        "Spending_NotReceived", token=token.address, receiver=patron.address, expected=1_000, received=990
    ):  # fmt: skip
        chain.send(patron.passOn(dataset, token.address, 1_000), listener)


def test_a_fee_taken_on_the_way_out_is_refused_by_the_splitter(
    chain: Chain, patron: Deployed, dataset: int, listener: LocalAccount
) -> None:
    token = chain.deploy("FeeToken")
    chain.send(token.mint(patron.address, 1_000))

    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=990):
        chain.send(patron.pay(dataset, token.address, 1_000), listener)


def test_a_fee_taken_on_the_way_out_is_not_made_up_from_stray_money(
    chain: Chain, patron: Deployed, splitter: Deployed, dataset: int, listener: LocalAccount
) -> None:
    """The splitter holds enough, and what it holds is not what was paid."""
    token = chain.deploy("FeeToken")
    chain.send(token.mint(patron.address, 1_000))
    chain.send(token.mint(splitter.address, 500))

    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=990):
        chain.send(patron.pay(dataset, token.address, 1_000), listener)


@pytest.mark.parametrize(("function", "receiver"), [("pay", "splitter"), ("passOn", "patron")])
def test_what_a_token_adds_on_the_way_is_refused(
    chain: Chain, patron: Deployed, splitter: Deployed, dataset: int, listener: LocalAccount, function: str,
    receiver: str,
) -> None:  # fmt: skip
    """The splitter would credit what was said; the rest would be nobody's."""
    token = chain.deploy("BonusToken")
    chain.send(token.mint(patron.address, 1_000))
    Money(chain, token).ready(listener, patron, 1_000)
    to = {"patron": patron, "splitter": splitter}[receiver]

    with reverts("Spending_NotReceived", token=token.address, receiver=to.address, expected=1_000, received=1_010):
        chain.send(getattr(patron, function)(dataset, token.address, 1_000), listener)


def test_a_token_whose_balances_grew_is_paid_in_what_its_balances_say(
    chain: Chain, patron: Deployed, dataset: int, listener: LocalAccount
) -> None:
    token = chain.deploy("RebasingToken")
    Money(chain, token).ready(listener, patron, 1_000)
    chain.send(token.rebase(300))

    with reverts("Spending_NotReceived", token=token.address, receiver=patron.address, expected=1_000, received=3_000):
        chain.send(patron.passOn(dataset, token.address, 1_000), listener)


def test_a_token_whose_transfers_answer_false_is_not_taken_for_paid(
    chain: Chain, patron: Deployed, dataset: int, listener: LocalAccount
) -> None:
    token = chain.deploy("FalseReturnToken")
    money = Money(chain, token)
    money.move(listener, patron.address, 1_000)
    money.ready(listener, patron, 1_000)
    chain.send(token.setRefusing(True))

    with reverts("TransferFromFailed"):
        chain.send(patron.passOn(dataset, token.address, 1_000), listener)
    with reverts("TransferFromFailed"):
        chain.send(patron.pay(dataset, token.address, 1_000), listener)


def test_a_transfer_that_moves_nothing_is_not_taken(
    chain: Chain, patron: Deployed, dataset: int, listener: LocalAccount
) -> None:
    token = chain.deploy("WildToken")

    with reverts("Spending_NotReceived", token=token.address, receiver=patron.address, expected=1_000, received=0):
        chain.send(patron.passOn(dataset, token.address, 1_000), listener)


def test_what_is_no_token_is_not_paid(
    chain: Chain, patron: Deployed, dataset: int, listener: LocalAccount, stranger: LocalAccount
) -> None:
    with reverts("ApproveFailed"):
        chain.send(patron.pay(dataset, stranger.address, 1_000), listener)
    with reverts("TransferFromFailed"):
        chain.send(patron.passOn(dataset, stranger.address, 1_000), listener)


def test_a_token_that_blocks_the_splitter_stops_its_own_payments_only(
    chain: Chain, patron: Deployed, splitter: Deployed, market: Market, token: Deployed, dataset: int,
    listener: LocalAccount,
) -> None:  # fmt: skip
    blocking = chain.deploy("BlocklistToken")
    for kind in (blocking, token):
        Money(chain, kind).move(listener, patron.address, 1_000)
    chain.send(blocking.setBlocked(splitter.address, True))

    with reverts("TransferFromFailed"):
        chain.send(patron.pay(dataset, blocking.address, 1_000), listener)
    chain.send(patron.pay(dataset, token.address, 1_000), listener)

    assert allowance(blocking, patron, splitter) == 0
    assert market.received(dataset, token.address) == 1_000


def test_a_token_that_calls_back_while_it_is_paid_cannot_pay_again(
    chain: Chain, patron: Deployed, splitter: Deployed, market: Market, dataset: int, listener: LocalAccount
) -> None:
    """Attack: re-entering through a token."""
    token = chain.deploy("ReentrantToken")
    chain.send(token.mint(patron.address, 2_000))
    again = patron.pay(dataset, token.address, 400)
    chain.send(token.plan(patron.address, again._encode_transaction_data()))

    chain.send(patron.pay(dataset, token.address, 1_000), listener)

    assert (token.attempts().call(), token.succeeded().call()) == (1, False)
    assert market.received(dataset, token.address) == token.balanceOf(splitter.address).call() == 1_000
    assert allowance(token, patron, splitter) == 0
