"""Relayable: a signed call that anyone carries out."""

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from audiera.protocol.hashing import address_word
from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.typed import Domain
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import registration
from tests.support.money import Money
from tests.support.relay import data_of, relayed
from tests.support.splits import assigned, equal_split, shares_of


def test_anyone_carries_out_what_an_account_signed(
    chain: Chain, contract: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    assert not contract.isNonceUsed(creator.address, 5).call()

    sent = chain.send(relayed(chain, contract, creator, contract.cancel([9]), nonce=5), stranger)

    assert sent.events == [
        contract.event("CallRelayed", account=creator.address, nonce=5, relayer=stranger.address),
        contract.event("NonceCancelled", account=creator.address, nonce=9),
    ]
    assert contract.isNonceUsed(creator.address, 5).call()
    assert contract.isNonceUsed(creator.address, 9).call()
    assert not contract.isNonceUsed(stranger.address, 9).call()


def test_each_contract_says_what_its_signatures_are_good_for(chain: Chain, contract: Deployed) -> None:
    """P12. ERC-5267, and the domain that Python signs in."""
    fields, name, version, chain_id, verifying, salt, extensions = contract.eip712Domain().call()

    assert (fields, version, salt, extensions) == (b"\x0f", "1", bytes(32), [])
    assert Domain(name, chain_id, verifying) == Domain(contract.artifact, chain.w3.eth.chain_id, contract.address)


def test_the_call_acts_for_the_signer_and_for_nobody_else(
    chain: Chain, splitter: Deployed, creator: LocalAccount, label: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-C1"""
    chain.send(relayed(chain, splitter, creator, splitter.setRecipient(label.address)), stranger)

    assert splitter.recipientOf(creator.address).call() == label.address
    assert splitter.recipientOf(stranger.address).call() == stranger.address
    assert splitter.recipientOf(splitter.address).call() == splitter.address


def test_the_answer_comes_back(chain: Chain, splitter: Deployed, creator: LocalAccount) -> None:
    split = equal_split(2)

    result = relayed(chain, splitter, creator, splitter.createSplit(shares_of(split))).call()

    assert result == split.id()


def test_a_creator_without_any_eth_registers_a_dataset(
    chain: Chain, datasets: Deployed, stranger: LocalAccount
) -> None:
    artist = Account.from_key(keccak(text="an artist without ETH"))
    assert chain.ether(artist) == 0

    chain.send(relayed(chain, datasets, artist, datasets.register(registration(equal_split(2)))), stranger)

    assert datasets.ownerOf(1).call() == datasets.creatorOf(1).call() == artist.address


def test_a_relayed_payment_takes_the_signers_tokens(
    chain: Chain, splitter: Deployed, token: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    split = equal_split(2)
    account = assigned(chain, splitter, creator, bytes(32), split)
    Money(chain, token).ready(creator, splitter, 1_000)

    sent = chain.send(relayed(chain, splitter, creator, splitter.pay(account, token.address, 1_000)), stranger)

    assert sent.of(splitter)[1:] == [
        splitter.event(
            "Credited", account=account, splitId=split.id(), token=token.address, payer=creator.address, amount=1_000
        )
    ]
    assert token.balanceOf(creator.address).call() == 0
    assert splitter.receivedOf(split.id(), token.address).call() == 1_000


def test_a_relayed_credit_asks_nobody_for_a_token(
    chain: Chain, splitter: Deployed, token: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """Its caller is the splitter itself, which pays nothing: neither the signer nor the relayer is asked."""
    account = assigned(chain, splitter, creator, bytes(32), equal_split(2))
    treasurer = chain.deploy("Treasurer")
    chain.send(token.mint(treasurer.address, 1_000))
    for payer in (creator, stranger):
        Money(chain, token).ready(payer, splitter, 1_000)

    for call in (
        splitter.creditOne(account, token.address, 1_000, b""),
        splitter.credit([account], token.address, [1_000], address_word(creator.address)),
    ):
        for signed in (call, splitter.multicall([data_of(call)])):
            for relayer in (stranger, treasurer):
                with reverts(""):
                    chain.send(relayed(chain, splitter, creator, signed), relayer)

    assert token.balanceOf(splitter.address).call() == 0


@pytest.mark.parametrize("function", ["credit", "creditOne"])
def test_nor_does_it_find_eth(
    chain: Chain, splitter: Deployed, creator: LocalAccount, stranger: LocalAccount, function: str
) -> None:
    """Others' money is there, and a relayed call brings none."""
    account = assigned(chain, splitter, creator, bytes(32), equal_split(2))
    Money(chain).pay(splitter, account, 1_000, stranger)
    calls = {
        "credit": splitter.credit([account], ETHER, [5], b""),
        "creditOne": splitter.creditOne(account, ETHER, 5, b""),
    }

    with reverts("Splitter_WrongValue", expected=5, sent=0):
        chain.send(relayed(chain, splitter, creator, calls[function]), stranger)


def test_a_relayed_assignment_is_the_signers(
    chain: Chain, splitter: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    split = equal_split(3)
    chain.send(splitter.createSplit(shares_of(split)))

    chain.send(relayed(chain, splitter, creator, splitter.assign(bytes(32), split.id())), stranger)

    assert splitter.splitOf(account_id(creator.address, bytes(32))).call() == split.id()
    assert splitter.splitOf(account_id(splitter.address, bytes(32))).call() == bytes(32)


def test_a_relayed_call_carries_no_value(
    chain: Chain, splitter: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-C2, AUD-A18"""
    account = assigned(chain, splitter, creator, bytes(32), equal_split(2))
    call = relayed(chain, splitter, creator, splitter.pay(account, ETHER, 5))

    with reverts(""):
        chain.send(call, stranger, value=5)
    with reverts("Splitter_WrongValue", expected=5, sent=0):
        chain.send(call, stranger)


def test_neither_does_a_multicall(chain: Chain, contract: Deployed, creator: LocalAccount) -> None:
    """AUD-A18: Attack: one value spent by several calls."""
    with reverts(""):
        chain.send(contract.multicall([]), creator, value=1)


def test_a_failed_call_says_why_and_leaves_the_nonce_unused(
    chain: Chain, splitter: Deployed, creator: LocalAccount
) -> None:
    split = equal_split(2)
    call = relayed(chain, splitter, creator, splitter.assign(bytes(32), split.id()))

    with reverts("Splitter_UnknownSplit", splitId=split.id()):
        chain.send(call)

    assert not splitter.isNonceUsed(creator.address, 0).call()
    chain.send(splitter.createSplit(shares_of(split)))
    chain.send(call)
    assert splitter.isNonceUsed(creator.address, 0).call()


def test_a_relayer_that_sends_too_little_gas_burns_no_nonce(
    chain: Chain, splitter: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A13: Attack: insufficient gas griefing: the outer call succeeds only if the inner one does."""
    call = relayed(chain, splitter, creator, splitter.createSplit(shares_of(equal_split(300))))

    with reverts(""):
        chain.send(call, stranger, gas=450_000)

    assert not splitter.isNonceUsed(creator.address, 0).call()
    chain.send(call, stranger)


def test_a_call_of_nothing_known_fails_like_a_direct_one(
    chain: Chain, datasets: Deployed, creator: LocalAccount
) -> None:
    unknown = relayed(chain, datasets, creator, chain.at("MockToken", datasets.address).mint(creator.address, 1))

    with reverts(""):
        chain.send(unknown)


def test_several_calls_are_signed_as_one(
    chain: Chain, splitter: Deployed, creator: LocalAccount, label: LocalAccount, stranger: LocalAccount
) -> None:
    split = equal_split(2)
    calls = [
        data_of(splitter.createSplit(shares_of(split))),
        data_of(splitter.assign(bytes(32), split.id())),
        data_of(splitter.setRecipient(label.address)),
    ]

    chain.send(relayed(chain, splitter, creator, splitter.multicall(calls)), stranger)

    assert splitter.splitOf(account_id(creator.address, bytes(32))).call() == split.id()
    assert splitter.recipientOf(creator.address).call() == label.address


def test_one_failure_undoes_all_of_them(
    chain: Chain, splitter: Deployed, creator: LocalAccount, label: LocalAccount
) -> None:
    calls = [data_of(splitter.setRecipient(label.address)), data_of(splitter.setRecipient(splitter.address))]

    with reverts("Splitter_PaysItself"):
        chain.send(relayed(chain, splitter, creator, splitter.multicall(calls)))

    assert splitter.recipientOf(creator.address).call() == creator.address


def test_calls_of_several_signers_go_in_one_transaction(
    chain: Chain, contract: Deployed, creator: LocalAccount, label: LocalAccount, stranger: LocalAccount
) -> None:
    """Each acts for its own signer, and what comes after them for the sender again."""
    calls = [
        data_of(relayed(chain, contract, creator, contract.cancel([1]))),
        data_of(relayed(chain, contract, label, contract.cancel([2]))),
        data_of(contract.cancel([3])),
    ]

    sent = chain.send(contract.multicall(calls), stranger)

    cancelled = [(it.fields["account"], it.fields["nonce"]) for it in sent.events if it.name == "NonceCancelled"]
    assert cancelled == [(creator.address, 1), (label.address, 2), (stranger.address, 3)]
