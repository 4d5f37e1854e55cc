"""What a node had signed under a nonce that is not the account's next one, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from audiera.client import Audiera, KeySigner, Run, TxReceipt
from audiera.client.calls import Following, follow, gap_before, give_up, refresh
from audiera.client.calls.following import LostError
from audiera.client.deployment.deployments import Deployment
from audiera.client.journal import Entry, SentJournal, State
from audiera.errors import ChainError, InputError
from tests.client.proxy import behind
from tests.support.lossy import Mode, lossy_node

FAR = 1 << 40
WALLETS = tuple(f"0x{digit * 40}" for digit in "1234")

Client = Audiera[TxReceipt]
Connect = Callable[..., Client]


@pytest.fixture
def payer(new_account: Callable[[str], LocalAccount]) -> LocalAccount:
    return new_account("payer who is lied to")


@pytest.fixture
def client(w3: Web3, anvil: str, deployment: Deployment, payer: LocalAccount, tmp_path: Path) -> Connect:
    """`client()`: the payer's, with a journal of this test's own; through another node if one is given."""
    assert w3.is_connected()  # asked for, so that what is done is undone

    def connected(url: str = anvil, timeout: float = 30.0) -> Client:
        return Audiera.connect(url, KeySigner(payer), deployment, timeout=timeout, state=tmp_path)

    return connected


@contextmanager
def saying(anvil: str, nonce: int) -> Iterator[str]:
    """The URL of a node that says one nonce, whatever is mined or pending."""

    def lie(method: str, _: list[Any]) -> object:
        return [hex(nonce)] if method == "eth_getTransactionCount" else None

    with behind(anvil, lie) as url:
        yield url


def following_of(client: Client) -> Following:
    return Following(client.node, SentJournal.of(client.node, client.account), client.account, 30.0)


def entries(client: Client) -> list[Entry]:
    return following_of(client).journal.entries()


def set_under(anvil: str, client: Connect, nonce: int) -> Entry:
    """Have the first wallet set as recipient, under that nonce."""
    with saying(anvil, nonce) as url, pytest.raises(ChainError, match="is not mined after"):
        client(url, timeout=0.2).royalty.set_recipient(WALLETS[0])
    return entries(client())[-1]


def agreeing(client: Client, told: list[str]) -> Client:
    """The client in a run that sends once more what was given up."""
    assert client.signer is not None
    return client.acting_as(client.signer, Run(again=told.append))


def test_what_cannot_be_mined_is_given_up_and_sent_once_more_where_that_is_wanted(anvil: str, client: Connect) -> None:
    """AUD-N10"""
    far, me, told = set_under(anvil, client, FAR), client(), list[str]()

    free = gap_before(following_of(me), far)
    give_up(following_of(me), far)

    assert (far.nonce, free) == (FAR, me.node.nonce(me.account))
    assert [it.state for it in refresh(following_of(me))] == [State.GIVEN_UP]
    with pytest.raises(ChainError) as refused:
        me.royalty.set_recipient(WALLETS[0])
    agreeing(me, told).royalty.set_recipient(WALLETS[0])
    assert told == [f"0x{far.hash.hex()} (RoyaltySplitter: setRecipient) was given up, and may still be mined."]
    assert str(refused.value) == (
        f"{told[0]} Look with `ape run tx list`; to send it once more, make the call in a Run that agrees."
    )
    assert [(it.nonce, it.state) for it in entries(me)] == [(FAR, State.GIVEN_UP), (free, State.MINED)]


def test_what_was_given_up_is_asked_about_until_the_result_is_told(anvil: str, client: Connect) -> None:
    far, me, told = set_under(anvil, client, FAR), client(), list[str]()
    give_up(following_of(me), far)
    assert me.signer is not None
    run = Run(again=told.append)

    me.acting_as(me.signer, run).royalty.set_recipient(WALLETS[0])
    untold = entries(me)[0].told
    run.tell()
    me.royalty.set_recipient(WALLETS[0])

    assert (untold, entries(me)[0].told, len(told)) == (False, True, 1)


def test_what_is_mined_after_all_is_known_and_not_sent_once_more(anvil: str, client: Connect) -> None:
    me, told = client(), list[str]()
    near = set_under(anvil, client, me.node.nonce(me.account) + 2)
    give_up(following_of(me), near)
    for wallet in WALLETS[1:3]:
        me.royalty.set_recipient(wallet)

    receipt = agreeing(me, told).royalty.set_recipient(WALLETS[0])

    assert (receipt.transaction, told) == (near.hash, [])
    assert entries(me)[0].state is State.MINED


def test_what_can_be_mined_is_not_given_up(anvil: str, client: Connect) -> None:
    me = client()
    second = set_under(anvil, client, me.node.nonce(me.account) + 1)
    with lossy_node(anvil, Mode.LOSES) as node, pytest.raises(ChainError, match="is not mined after"):
        client(node.url, timeout=0.2).royalty.set_recipient(WALLETS[1])

    with pytest.raises(InputError) as refused:
        give_up(following_of(me), second)

    assert str(refused.value) == (
        f"Transaction 0x{second.hash.hex()} can be mined any time, as all nonces before its own are used or about to "
        f"be; wait for it, or replace it with `ape run tx cancel 0x{second.hash.hex()}`."
    )


def test_what_is_mined_is_not_given_up(client: Connect) -> None:
    me = client()
    me.royalty.set_recipient(WALLETS[0])
    (mined,) = entries(me)

    with pytest.raises(InputError, match=rf"^Transaction 0x{mined.hash.hex()} is mined, so it cannot be given up\.$"):
        gap_before(following_of(me), mined)


def test_who_waits_for_what_is_given_up_waits_no_more(anvil: str, client: Connect) -> None:
    far, me = set_under(anvil, client, FAR), client()
    give_up(following_of(me), far)

    with pytest.raises(LostError, match=rf"^Transaction 0x{far.hash.hex()} was given up; nobody waits for it\.$"):
        follow(following_of(me), far)


def test_no_nonce_is_signed_that_is_far_beyond_what_was_mined_from_here(anvil: str, client: Connect) -> None:
    """AUD-N10"""
    me = client()
    me.royalty.set_recipient(WALLETS[0])
    (mined,) = entries(me)

    with saying(anvil, mined.nonce + 10_001) as url, pytest.raises(ChainError) as refused:
        client(url).royalty.set_recipient(WALLETS[1])

    assert str(refused.value) == (
        f"The node at {url} says that the next transaction of {me.account} has the nonce {mined.nonce + 10_001:,}, and "
        f"the last one from here that was mined had {mined.nonce:,}; ask another node. If the account did send so many "
        "from elsewhere, look that nothing is left to be mined in `ape run tx list`, and put "
        f"{following_of(me).journal.path} away, where that is written down."
    )
    assert len(entries(me)) == 1
