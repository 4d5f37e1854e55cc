"""The registry through `callFor` and `multicall`: the signer acts, the relayer brings the gas."""

from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain, Deployed, Sent, reverts
from tests.support.licensing import ENDLESS, REF, Market, make_terms
from tests.support.relay import relayed

REVOCABLE = int(TermsFlag.Revocable)


def relay(
    chain: Chain, licenses: Deployed, account: LocalAccount, call: ContractFunction, by: LocalAccount, nonce: int
) -> Sent:
    return chain.send(relayed(chain, licenses, account, call, nonce=nonce), by)


def test_an_owner_without_eth_licenses_through_a_relay(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, curator: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """No creator needs ETH for anything."""
    terms = make_terms(flags=REVOCABLE)
    dataset, catalogue = market.dataset(owner), market.catalogue(curator)
    chain.rpc("anvil_setBalance", owner.address, "0x0")
    steps = [
        licenses.publishTerms(terms.values()),
        licenses.offer(dataset, terms.id(), ETHER, 0, ENDLESS),
        licenses.join(catalogue, terms.id(), dataset),
        licenses.leave(catalogue, terms.id(), dataset),
        licenses.setSigner(buyer.address, 7, PERPETUAL),
    ]

    for nonce, step in enumerate(steps):
        relay(chain, licenses, owner, step, stranger, nonce)
    licence = market.acquire(buyer, dataset, terms)
    relay(chain, licenses, owner, licenses.revoke(licence), stranger, 9)
    relay(chain, licenses, owner, licenses.withdrawOffer(dataset, terms.id(), ETHER), stranger, 10)

    assert licenses.licenseOf(licence).call()[4] is True
    assert licenses.offerOf(dataset, terms.id(), ETHER).call() == [0, 0]
    assert licenses.isSigner(owner.address, buyer.address, 7).call()
    assert not licenses.isSigner(stranger.address, buyer.address, 1).call()


def test_a_maker_clears_through_a_relay(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, maker: LocalAccount, stranger: LocalAccount
) -> None:
    parents = [Parent(market.dataset(owner), 1)]
    child = market.dataset(maker, parents=parents)
    licence = market.licence(owner, parents[0].dataset, maker, duration=0)
    call = licenses.clear(child, [(parents[0].dataset, 1)], [licence])

    with reverts("License_NotOwner", dataset=child, caller=owner.address, owner=maker.address):
        relay(chain, licenses, owner, call, stranger, 0)
    relay(chain, licenses, maker, call, stranger, 0)

    assert licenses.clearanceOf(child).call()[1] == PERPETUAL


def test_a_relayer_of_an_owners_calls_is_not_the_owner(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, stranger: LocalAccount
) -> None:
    terms, dataset = make_terms(), market.dataset(owner)
    market.publish(terms)

    with reverts("License_NotOwner", dataset=dataset, caller=stranger.address, owner=owner.address):
        relay(chain, licenses, stranger, licenses.offer(dataset, terms.id(), ETHER, 0, ENDLESS), owner, 0)


def test_a_relayed_purchase_is_paid_by_the_one_who_signed(
    chain: Chain, licenses: Deployed, market: Market, token: Deployed, owner: LocalAccount, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """And renewed so; the relayer's own tokens and allowance are never touched."""
    terms, dataset = make_terms(token=token.address), market.dataset(owner)
    market.offer(owner, dataset, terms, 700)
    for each in (buyer, stranger):
        market.fund(token, each, licenses, 2_000)

    sent = relay(chain, licenses, buyer, licenses.acquire(dataset, terms.id(), 700, buyer.address, REF), stranger, 0)
    relay(chain, licenses, buyer, licenses.renew(1, 700), stranger, 1)

    assert sent.of(licenses)[2].fields["payer"] == buyer.address
    assert [token.balanceOf(each.address).call() for each in (buyer, stranger)] == [600, 2_000]


def test_a_relayed_purchase_in_eth_is_refused(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    """A relayed call carries no value, and ETH forced upon the contract pays for nobody."""
    terms, dataset = make_terms(), market.dataset(owner)
    market.offer(owner, dataset, terms, 5)
    chain.rpc("anvil_setBalance", licenses.address, hex(1_000))
    call = licenses.acquire(dataset, terms.id(), 5, buyer.address, REF)

    with reverts("Payments_WrongValue", due=5, sent=0):
        relay(chain, licenses, buyer, call, stranger, 0)
    with reverts("Payments_WrongValue", due=5, sent=0):
        chain.send(call, buyer)
    assert chain.ether(licenses) == 1_000


def test_terms_offers_and_purchases_go_into_one_transaction(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """A licence given away: one is offered to anyone, and taken before anyone can."""
    terms, dataset = make_terms(), market.dataset(owner)
    calls = [
        licenses.publishTerms(terms.values()),
        licenses.offer(dataset, terms.id(), ETHER, 0, 1),
        licenses.acquire(dataset, terms.id(), 0, buyer.address, REF),
    ]

    chain.send(licenses.multicall([call._encode_transaction_data() for call in calls]), owner)

    assert licenses.ownerOf(1).call() == buyer.address
    assert market.offered(dataset, terms) == (0, 0)


def test_nobody_who_is_called_on_the_way_inherits_the_signer(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, stranger: LocalAccount,
    signer: LocalAccount,
) -> None:  # fmt: skip
    """The token, called within the buyer's relayed purchase, names a signer: its own."""
    coin = chain.deploy("ReentrantToken")
    terms, dataset = make_terms(token=coin.address), market.dataset(owner)
    market.offer(owner, dataset, terms, 5)
    market.fund(coin, buyer, licenses, 5)
    inner = licenses.setSigner(signer.address, 7, PERPETUAL)
    chain.send(coin.plan(licenses.address, inner._encode_transaction_data()))

    sent = relay(chain, licenses, buyer, licenses.acquire(dataset, terms.id(), 5, buyer.address, REF), stranger, 0)

    named = next(event for event in sent.of(licenses) if event.name == "SignerSet")
    assert named.fields["account"] == coin.address
    assert not licenses.isSigner(buyer.address, signer.address, 1).call()
