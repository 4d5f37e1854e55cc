"""Relayable: a signed call that anyone carries out."""

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.typed import Domain
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import registration
from tests.support.money import Money
from tests.support.relay import data_of, relayed
from tests.support.splits import assigned, equal_split, shares_of


def test_anyone_carries_out_what_an_account_signed(
    chain: Chain, contract: Deployed, alice: LocalAccount, stranger: LocalAccount
) -> None:
    assert not contract.isNonceUsed(alice.address, 5).call()

    sent = chain.send(relayed(chain, contract, alice, contract.cancel([9]), nonce=5), stranger)

    assert sent.events == [
        contract.event("CallRelayed", account=alice.address, nonce=5, relayer=stranger.address),
        contract.event("NonceCancelled", account=alice.address, nonce=9),
    ]
    assert contract.isNonceUsed(alice.address, 5).call()
    assert contract.isNonceUsed(alice.address, 9).call()
    assert not contract.isNonceUsed(stranger.address, 9).call()


def test_each_contract_says_what_its_signatures_are_good_for(chain: Chain, contract: Deployed) -> None:
    """P12. ERC-5267, and the domain that Python signs in."""
    fields, name, version, chain_id, verifying, salt, extensions = contract.eip712Domain().call()

    assert (fields, version, salt, extensions) == (b"\x0f", "1", bytes(32), [])
    assert Domain(name, chain_id, verifying) == Domain(contract.artifact, chain.w3.eth.chain_id, contract.address)


def test_the_call_acts_for_the_signer_and_for_nobody_else(
    chain: Chain, splitter: Deployed, alice: LocalAccount, bob: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(relayed(chain, splitter, alice, splitter.setRecipient(bob.address)), stranger)

    assert splitter.recipientOf(alice.address).call() == bob.address
    assert splitter.recipientOf(stranger.address).call() == stranger.address
    assert splitter.recipientOf(splitter.address).call() == splitter.address


def test_the_answer_comes_back(chain: Chain, splitter: Deployed, alice: LocalAccount) -> None:
    split = equal_split(2)

    result = relayed(chain, splitter, alice, splitter.createSplit(shares_of(split))).call()

    assert result == split.id()


def test_a_creator_without_any_eth_registers_a_dataset(
    chain: Chain, datasets: Deployed, stranger: LocalAccount
) -> None:
    artist = Account.from_key(keccak(text="an artist without ETH"))
    assert chain.ether(artist) == 0

    chain.send(relayed(chain, datasets, artist, datasets.register(registration(equal_split(2)))), stranger)

    assert datasets.ownerOf(1).call() == datasets.creatorOf(1).call() == artist.address


def test_a_relayed_payment_takes_the_signers_tokens(
    chain: Chain, splitter: Deployed, token: Deployed, alice: LocalAccount, stranger: LocalAccount
) -> None:
    split = equal_split(2)
    account = assigned(chain, splitter, alice, bytes(32), split)
    Money(chain, token).ready(alice, splitter, 1_000)

    chain.send(relayed(chain, splitter, alice, splitter.pay(account, token.address, 1_000)), stranger)

    assert token.balanceOf(alice.address).call() == 0
    assert splitter.receivedOf(split.id(), token.address).call() == 1_000


def test_a_relayed_assignment_is_the_signers(
    chain: Chain, splitter: Deployed, alice: LocalAccount, stranger: LocalAccount
) -> None:
    split = equal_split(3)
    chain.send(splitter.createSplit(shares_of(split)))

    chain.send(relayed(chain, splitter, alice, splitter.assign(bytes(32), split.id())), stranger)

    assert splitter.splitOf(account_id(alice.address, bytes(32))).call() == split.id()
    assert splitter.splitOf(account_id(splitter.address, bytes(32))).call() == bytes(32)


def test_a_relayed_call_carries_no_value(
    chain: Chain, splitter: Deployed, alice: LocalAccount, stranger: LocalAccount
) -> None:
    account = assigned(chain, splitter, alice, bytes(32), equal_split(2))
    call = relayed(chain, splitter, alice, splitter.pay(account, ETHER, 5))

    with reverts(""):
        chain.send(call, stranger, value=5)
    with reverts("Splitter_WrongValue", expected=5, sent=0):
        chain.send(call, stranger)


def test_neither_does_a_multicall(chain: Chain, contract: Deployed, alice: LocalAccount) -> None:
    """Attack: one value spent by several calls."""
    with reverts(""):
        chain.send(contract.multicall([]), alice, value=1)


def test_a_failed_call_says_why_and_leaves_the_nonce_unused(
    chain: Chain, splitter: Deployed, alice: LocalAccount
) -> None:
    split = equal_split(2)
    call = relayed(chain, splitter, alice, splitter.assign(bytes(32), split.id()))

    with reverts("Splitter_UnknownSplit", splitId=split.id()):
        chain.send(call)

    assert not splitter.isNonceUsed(alice.address, 0).call()
    chain.send(splitter.createSplit(shares_of(split)))
    chain.send(call)
    assert splitter.isNonceUsed(alice.address, 0).call()


def test_a_relayer_that_sends_too_little_gas_burns_no_nonce(
    chain: Chain, splitter: Deployed, alice: LocalAccount, stranger: LocalAccount
) -> None:
    """Attack: insufficient gas griefing: the outer call succeeds only if the inner one does."""
    call = relayed(chain, splitter, alice, splitter.createSplit(shares_of(equal_split(300))))

    with reverts(""):
        chain.send(call, stranger, gas=450_000)

    assert not splitter.isNonceUsed(alice.address, 0).call()
    chain.send(call, stranger)


def test_a_call_of_nothing_known_fails_like_a_direct_one(chain: Chain, datasets: Deployed, alice: LocalAccount) -> None:
    unknown = relayed(chain, datasets, alice, chain.at("MockToken", datasets.address).mint(alice.address, 1))

    with reverts(""):
        chain.send(unknown)


def test_several_calls_are_signed_as_one(
    chain: Chain, splitter: Deployed, alice: LocalAccount, bob: LocalAccount, stranger: LocalAccount
) -> None:
    split = equal_split(2)
    calls = [
        data_of(splitter.createSplit(shares_of(split))),
        data_of(splitter.assign(bytes(32), split.id())),
        data_of(splitter.setRecipient(bob.address)),
    ]

    chain.send(relayed(chain, splitter, alice, splitter.multicall(calls)), stranger)

    assert splitter.splitOf(account_id(alice.address, bytes(32))).call() == split.id()
    assert splitter.recipientOf(alice.address).call() == bob.address


def test_one_failure_undoes_all_of_them(
    chain: Chain, splitter: Deployed, alice: LocalAccount, bob: LocalAccount
) -> None:
    calls = [data_of(splitter.setRecipient(bob.address)), data_of(splitter.setRecipient(splitter.address))]

    with reverts("Splitter_PaysItself"):
        chain.send(relayed(chain, splitter, alice, splitter.multicall(calls)))

    assert splitter.recipientOf(alice.address).call() == alice.address


def test_calls_of_several_signers_go_in_one_transaction(
    chain: Chain, contract: Deployed, alice: LocalAccount, bob: LocalAccount, stranger: LocalAccount
) -> None:
    """Each acts for its own signer, and what comes after them for the sender again."""
    calls = [
        data_of(relayed(chain, contract, alice, contract.cancel([1]))),
        data_of(relayed(chain, contract, bob, contract.cancel([2]))),
        data_of(contract.cancel([3])),
    ]

    sent = chain.send(contract.multicall(calls), stranger)

    cancelled = [(it.fields["account"], it.fields["nonce"]) for it in sent.events if it.name == "NonceCancelled"]
    assert cancelled == [(alice.address, 1), (bob.address, 2), (stranger.address, 3)]
