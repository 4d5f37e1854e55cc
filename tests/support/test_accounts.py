"""Accounts of the session, and tests that undo what they did."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from eth_account.signers.local import LocalAccount
from web3 import Web3


def test_an_account_first_asked_for_within_a_test_keeps_its_funds_when_the_test_is_undone(
    w3: Web3,
    new_account: Callable[[str], LocalAccount],
    isolate: Callable[[], AbstractContextManager[None]],
) -> None:
    with isolate():
        latecomer = new_account("latecomer")
        funds = w3.eth.get_balance(latecomer.address)

    assert funds == 10**24
    assert w3.eth.get_balance(latecomer.address) == funds
