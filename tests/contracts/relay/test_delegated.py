"""Relayable: an account that delegated its code (EIP-7702), by type-4 transactions on a chain that has them.

Attack: an account whose delegate knows no ERC-1271 loses the relay, `cancel` too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_canonical_address
from web3 import HTTPProvider, Web3

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import payee_of
from tests.contracts.relay.conftest import CONTRACTS
from tests.support.anvil import running_anvil
from tests.support.artifacts import Artifact
from tests.support.chain import Chain, Deployed, HasAddress, reverts
from tests.support.relay import data_of, relayed
from tests.support.splits import assigned, claim, shares_of, split_of
from tests.support.suite import Suite, deploy_suite

RETURN_BOMB = 5
UNWILLING = {"refuses": 2, "reverts": 3, "answers too short": 4, "burns all gas": 6}


@dataclass(frozen=True, slots=True)
class Prague:
    """A chain of its own with the suite on it."""

    chain: Chain
    suite: Suite

    def rich(self, name: str) -> LocalAccount:
        """The account of that name, which has a hundred ETH and has never sent anything."""
        account: LocalAccount = Account.from_key(keccak(text=f"on Prague: {name}"))
        self.chain.rpc("anvil_setBalance", account.address, hex(100 * 10**18))
        return account

    def delegate(self, account: LocalAccount, to: str) -> None:
        """Sends the account's signed authorization; the account itself sends nothing."""
        w3, sponsor = self.chain.w3, self.rich("sponsor")
        signed = account.sign_authorization(
            {"chainId": w3.eth.chain_id, "address": to, "nonce": w3.eth.get_transaction_count(account.address)}
        )
        transaction = sponsor.sign_transaction(
            {
                "type": 4,
                "chainId": w3.eth.chain_id,
                "nonce": w3.eth.get_transaction_count(sponsor.address),
                "to": sponsor.address,
                "value": 0,
                "data": b"",
                "gas": 200_000,
                "maxFeePerGas": 10**9,
                "maxPriorityFeePerGas": 0,
                "accessList": [],
                "authorizationList": [signed],  # type: ignore[list-item]  # eth-account misstates what it makes
            }
        )
        receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(transaction.raw_transaction))
        assert (receipt["type"], receipt["status"]) == (4, 1)
        code = b"" if to == ETHER else b"\xef\x01\x00" + to_canonical_address(to)
        assert bytes(w3.eth.get_code(account.address)) == code


@pytest.fixture(scope="module")
def prague(artifact: Callable[[str], Artifact]) -> Iterator[Prague]:
    with running_anvil(hardfork="prague") as url:
        chain = Chain(Web3(HTTPProvider(url)), artifact)
        yield Prague(chain, deploy_suite(chain))


@pytest.fixture(params=CONTRACTS)
def contract(request: pytest.FixtureRequest, prague: Prague) -> Deployed:
    """Each contract of that suite."""
    it: Deployed = getattr(prague.suite, request.param)
    return it


@pytest.fixture
def creator(request: pytest.FixtureRequest, prague: Prague) -> LocalAccount:
    """Another in every test, whose code is delegated to what knows no ERC-1271."""
    creator = prague.rich(request.node.nodeid)
    prague.delegate(creator, prague.chain.deploy("BatchDelegate").address)
    return creator


@pytest.fixture
def stranger(prague: Prague) -> LocalAccount:
    return prague.rich("stranger")


def delegated_to_a_wallet(prague: Prague, creator: LocalAccount, owner: HasAddress, mode: int = 0) -> None:
    """Delegates to a wallet of `owner`'s; the mode is in the account's own storage."""
    prague.delegate(creator, prague.chain.deploy("Wallet1271", owner.address).address)
    prague.chain.send(prague.chain.at("Wallet1271", creator.address).setMode(mode))


def test_its_key_signs_calls_that_anyone_carries_out(
    prague: Prague, contract: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    sent = prague.chain.send(relayed(prague.chain, contract, creator, contract.cancel([9]), nonce=5), stranger)

    assert sent.events == [
        contract.event("CallRelayed", account=creator.address, nonce=5, relayer=stranger.address),
        contract.event("NonceCancelled", account=creator.address, nonce=9),
    ]
    assert contract.isNonceUsed(creator.address, 5).call()
    assert contract.isNonceUsed(creator.address, 9).call()


def test_it_cancels_what_it_signed(
    prague: Prague, contract: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A9: By a signed call and by one of its own."""
    signed = [relayed(prague.chain, contract, creator, contract.cancel([]), nonce=nonce) for nonce in (1, 2)]

    prague.chain.send(relayed(prague.chain, contract, creator, contract.cancel([1])), stranger)
    prague.chain.send(contract.cancel([2]), creator)

    for nonce, call in enumerate(signed, 1):
        with reverts("Relay_NonceUsed", account=creator.address, nonce=nonce):
            prague.chain.send(call, stranger)


def test_it_acts_through_its_code_as_itself(
    prague: Prague, contract: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    batch = prague.chain.at("BatchDelegate", creator.address)
    calls = [data_of(contract.cancel([7])), data_of(contract.cancel([8]))]

    prague.chain.send(batch.execute([contract.address] * 2, calls), creator)

    assert contract.isNonceUsed(creator.address, 7).call()
    assert contract.isNonceUsed(creator.address, 8).call()
    with reverts("BatchDelegate_NotItself", caller=stranger.address):
        prague.chain.send(batch.execute([contract.address], [data_of(contract.cancel([9]))]), stranger)


def test_nobody_else_signs_for_it(
    prague: Prague, contract: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """Neither by another key nor by its own over another call."""
    forged = relayed(prague.chain, contract, stranger, contract.cancel([9]), wallet=creator)
    signed = relayed(prague.chain, contract, creator, contract.cancel([9]))
    account, _, nonce, deadline, signature = signed.args

    for call in (
        forged,
        contract.callFor(account, data_of(contract.cancel([10])), nonce, deadline, signature),
        contract.callFor(account, data_of(contract.cancel([9])), nonce, deadline, b""),
        contract.callFor(account, data_of(contract.cancel([9])), nonce, deadline, bytes(65)),
    ):
        with reverts("Relay_InvalidSignature", account=creator.address):
            prague.chain.send(call, stranger)

    assert not contract.isNonceUsed(creator.address, 9).call()


def test_a_signature_made_before_the_delegation_stays_good_and_so_does_one_after_its_end(
    prague: Prague, contract: Deployed, request: pytest.FixtureRequest, stranger: LocalAccount
) -> None:
    creator = prague.rich(request.node.nodeid)
    before = relayed(prague.chain, contract, creator, contract.cancel([]), nonce=1)

    prague.delegate(creator, prague.chain.deploy("BatchDelegate").address)
    prague.chain.send(before, stranger)
    prague.delegate(creator, ETHER)
    prague.chain.send(relayed(prague.chain, contract, creator, contract.cancel([]), nonce=2), stranger)

    assert contract.isNonceUsed(creator.address, 1).call()
    assert contract.isNonceUsed(creator.address, 2).call()


@pytest.mark.parametrize("mode", UNWILLING.values(), ids=list(UNWILLING))
def test_its_key_acts_whatever_its_code_says(
    prague: Prague, creator: LocalAccount, stranger: LocalAccount, mode: int
) -> None:
    """AUD-C3, AUD-A9: A delegate that would lock its account out."""
    splitter = prague.suite.splitter
    delegated_to_a_wallet(prague, creator, stranger, mode)

    prague.chain.send(relayed(prague.chain, splitter, creator, splitter.setRecipient(stranger.address)), stranger)

    assert splitter.recipientOf(creator.address).call() == stranger.address


def test_its_code_is_not_asked_where_its_key_signed(
    prague: Prague, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """Asking it would cost two million gas."""
    splitter = prague.suite.splitter
    delegated_to_a_wallet(prague, creator, stranger, RETURN_BOMB)

    sent = prague.chain.send(relayed(prague.chain, splitter, creator, splitter.cancel([9])), stranger)

    assert sent.gas < 120_000


def test_whom_its_code_believes_signs_for_it_too(
    prague: Prague, contract: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """That is what the account delegated to; a third key still signs nothing."""
    partner, third = prague.rich("partner"), prague.rich("third")
    delegated_to_a_wallet(prague, creator, partner)

    prague.chain.send(relayed(prague.chain, contract, partner, contract.cancel([9]), wallet=creator), stranger)

    assert contract.isNonceUsed(creator.address, 9).call()
    assert not contract.isNonceUsed(partner.address, 9).call()
    with reverts("Relay_InvalidSignature", account=creator.address):
        prague.chain.send(
            relayed(prague.chain, contract, third, contract.cancel([10]), nonce=1, wallet=creator), stranger
        )


def test_it_is_paid_and_pays_as_any_account(prague: Prague, creator: LocalAccount, stranger: LocalAccount) -> None:
    chain, splitter = prague.chain, prague.suite.splitter
    split = split_of((creator, 1_000_000))
    account = assigned(chain, splitter, creator, bytes(32), split)
    chain.send(splitter.pay(account, ETHER, 1_000), creator, value=1_000)
    before = chain.ether(creator)

    sent = chain.send(relayed(chain, splitter, creator, claim(splitter, split, ETHER, creator)), stranger)

    assert sent.events[1:] == [
        splitter.event(
            "Claimed",
            payee=payee_of(creator.address),
            splitId=split.id(),
            token=ETHER,
            recipient=creator.address,
            amount=1_000,
        )
    ]
    assert chain.ether(creator) == before + 1_000


@pytest.mark.parametrize("wrapped", [False, True], ids=["directly", "in a multicall"])
@pytest.mark.parametrize("function", ["credit", "creditOne"])
def test_it_pays_by_its_own_calls_and_is_not_asked_in_one_that_it_signed(
    prague: Prague, creator: LocalAccount, stranger: LocalAccount, function: str, wrapped: bool
) -> None:
    """Its code pays whoever asks, so that only the splitter's asking nobody but its direct caller refuses."""
    chain, splitter = prague.chain, prague.suite.splitter
    prague.delegate(creator, chain.deploy("Treasurer").address)
    token = chain.deploy("MockToken", "USDC", 6)
    chain.send(token.mint(creator.address, 1_000))
    split = split_of((stranger, 1_000_000))
    chain.send(splitter.createSplit(shares_of(split)))
    call = {
        "credit": splitter.credit([split.id()], token.address, [400], b""),
        "creditOne": splitter.creditOne(split.id(), token.address, 400, b""),
    }[function]
    call = splitter.multicall([data_of(call)]) if wrapped else call

    with reverts(""):
        chain.send(relayed(chain, splitter, creator, call), stranger)
    assert token.balanceOf(creator.address).call() == 1_000
    chain.send(call, creator)

    assert token.balanceOf(creator.address).call() == 600
    assert splitter.receivedOf(split.id(), token.address).call() == 400
