"""EIP-2612 permits: a signature instead of an approval, in the same transaction as the payment."""

from dataclasses import dataclass

import pytest
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.terms import Terms
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import REF, Market, make_terms
from tests.support.relay import relayed

PRICE = 700
NEVER = 2**256 - 1


@dataclass(frozen=True)
class Sale:
    """A dataset on offer for tokens, and a buyer who has them and has approved nothing."""

    chain: Chain
    licenses: Deployed
    token: Deployed
    dataset: int
    terms: Terms
    buyer: LocalAccount

    def permit(self, amount: int = PRICE, *, deadline: int = NEVER, nonce: int = 0) -> ContractFunction:
        """The buyer's permit for the licence registry."""
        v, r, s = self.signed(amount, deadline, nonce)
        return self.licenses.permit(self.token.address, amount, deadline, v, r, s)

    def signed(self, amount: int, deadline: int, nonce: int) -> tuple[int, bytes, bytes]:
        names = {
            "owner": "address",
            "spender": "address",
            "value": "uint256",
            "nonce": "uint256",
            "deadline": "uint256",
        }
        message = encode_typed_data(
            domain_data={
                "name": "Mock USDC",
                "version": "1",
                "chainId": self.chain.w3.eth.chain_id,
                "verifyingContract": self.token.address,
            },
            message_types={"Permit": [{"name": name, "type": kind} for name, kind in names.items()]},
            message_data={
                "owner": self.buyer.address,
                "spender": self.licenses.address,
                "value": amount,
                "nonce": nonce,
                "deadline": deadline,
            },
        )
        signature = self.buyer.sign_message(message)
        return signature.v, signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big")

    def acquire(self) -> ContractFunction:
        return self.licenses.acquire(self.dataset, self.terms.id(), PRICE, self.buyer.address, REF)

    def both(self, permit: ContractFunction) -> ContractFunction:
        """The permit and the purchase in one transaction."""
        return self.licenses.multicall([it._encode_transaction_data() for it in (permit, self.acquire())])

    def allowance(self) -> int:
        amount: int = self.token.allowance(self.buyer.address, self.licenses.address).call()
        return amount


@pytest.fixture
def sale(
    chain: Chain, licenses: Deployed, market: Market, token: Deployed, owner: LocalAccount, buyer: LocalAccount
) -> Sale:
    terms, dataset = make_terms(token=token.address), market.dataset(owner)
    market.offer(owner, dataset, terms, PRICE)
    chain.send(token.mint(buyer.address, 1_000))
    return Sale(chain, licenses, token, dataset, terms, buyer)


def test_a_permit_pays_for_a_purchase_in_the_same_transaction(sale: Sale, market: Market, chain: Chain) -> None:
    chain.send(sale.both(sale.permit()), sale.buyer)

    assert market.licenses.ownerOf(1).call() == sale.buyer.address
    assert sale.token.balanceOf(sale.buyer.address).call() == 300
    assert sale.allowance() == 0
    assert market.received(sale.dataset, sale.token.address) == PRICE


def test_a_permit_that_somebody_used_first_still_pays(
    sale: Sale, market: Market, chain: Chain, stranger: LocalAccount
) -> None:
    """AUD-A12: Vouchers: permit front-run. The allowance is there, whoever carried the permit to the token."""
    v, r, s = sale.signed(PRICE, NEVER, 0)
    permitted = sale.token.permit(sale.buyer.address, sale.licenses.address, PRICE, NEVER, v, r, s)
    chain.send(permitted, stranger)

    chain.send(sale.both(sale.permit()), sale.buyer)

    assert market.licenses.ownerOf(1).call() == sale.buyer.address


def test_a_permit_that_fails_falls_back_to_the_allowance(sale: Sale, market: Market, chain: Chain) -> None:
    """AUD-A12"""
    chain.send(sale.token.approve(sale.licenses.address, PRICE), sale.buyer)

    chain.send(sale.both(sale.permit(nonce=5)), sale.buyer)

    assert market.licenses.ownerOf(1).call() == sale.buyer.address


@pytest.mark.parametrize("fault", ["wrong nonce", "expired", "too little", "absent"])
def test_without_a_good_permit_or_an_allowance_nothing_is_bought(sale: Sale, chain: Chain, fault: str) -> None:
    permits = {
        "wrong nonce": sale.permit(nonce=5),
        "expired": sale.permit(deadline=chain.now() - 1),
        "too little": sale.permit(PRICE - 1),
        "absent": sale.licenses.permit(sale.token.address, PRICE, NEVER, 27, bytes(32), bytes(32)),
    }

    with reverts("TransferFromFailed"):
        chain.send(sale.both(permits[fault]), sale.buyer)
    assert sale.licenses.licenseCount().call() == 0


def test_a_permit_is_only_ever_the_callers(sale: Sale, chain: Chain, stranger: LocalAccount) -> None:
    """Another's permit names another owner than the caller, so it does nothing here."""
    chain.send(sale.permit(), stranger)

    assert sale.allowance() == 0


def test_a_permit_stands_alone_too(sale: Sale, chain: Chain) -> None:
    chain.send(sale.permit(), sale.buyer)

    assert sale.allowance() == PRICE
    chain.send(sale.acquire(), sale.buyer)
    assert sale.allowance() == 0


def test_a_buyer_without_eth_buys_by_permit_through_a_relay(
    sale: Sale, market: Market, chain: Chain, stranger: LocalAccount
) -> None:
    """The relayer pays the gas, the signer the price."""
    chain.rpc("anvil_setBalance", sale.buyer.address, "0x0")
    before = sale.token.balanceOf(stranger.address).call()

    sent = chain.send(relayed(chain, sale.licenses, sale.buyer, sale.both(sale.permit())), stranger)

    acquired = sent.of(sale.licenses)[2]
    assert (acquired.name, acquired.fields["payer"]) == ("LicenseAcquired", sale.buyer.address)
    assert market.licenses.ownerOf(1).call() == sale.buyer.address
    assert sale.token.balanceOf(sale.buyer.address).call() == 300
    assert sale.token.balanceOf(stranger.address).call() == before


@pytest.mark.parametrize("kind", ["nobody's address", "a token without permits", "the registry itself"])
def test_a_permit_of_what_takes_none_is_ignored(sale: Sale, chain: Chain, stranger: LocalAccount, kind: str) -> None:
    targets = {
        "nobody's address": stranger.address,
        "a token without permits": chain.deploy("NoReturnToken").address,
        "the registry itself": sale.licenses.address,
    }

    sent = chain.send(sale.licenses.permit(targets[kind], PRICE, NEVER, 27, bytes(32), bytes(32)), sale.buyer)

    assert sent.events == []
