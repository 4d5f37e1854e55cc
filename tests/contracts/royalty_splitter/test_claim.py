"""RoyaltySplitter: claims of payees that are addresses."""

from collections.abc import Sequence
from itertools import permutations

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.merkle import MerkleTree
from audiera.protocol.splits import payee_of
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import assigned, claim, equal_split, owed, shares_of, split_of


def test_anyone_claims_for_a_payee_and_the_payee_is_paid(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    money: Money,
    composer: LocalAccount,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-R7"""
    money.pay(splitter, album.account, 1_000, listener)
    before = money.of(composer)
    assert owed(splitter, album.split, money.address, composer) == 600
    assert claim(splitter, album.split, money.address, composer).call() == 600

    sent = chain.send(claim(splitter, album.split, money.address, composer), stranger)

    assert sent.of(splitter) == [
        splitter.event(
            "Claimed",
            payee=payee_of(composer.address),
            splitId=album.split.id(),
            token=money.address,
            recipient=composer.address,
            amount=600,
        )
    ]
    assert money.of(composer) == before + 600
    assert money.of(splitter) == 400
    assert owed(splitter, album.split, money.address, composer) == 0
    assert splitter.claimedOf(album.split.id(), money.address, payee_of(composer.address)).call() == 600
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000


def test_a_second_claim_pays_nothing_and_does_not_fail(
    chain: Chain, splitter: Deployed, album: Album, money: Money, composer: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-A12, AUD-A23: Attack: duplicate ids in a claim array (H-1), and spoiling a batch by claiming first."""
    money.pay(splitter, album.account, 1_000, listener)
    once = claim(splitter, album.split, money.address, composer)
    calls = [once._encode_transaction_data()] * 3

    sent = chain.send(splitter.multicall(calls))

    assert [event.fields["amount"] for event in sent.of(splitter)] == [600]
    assert once.call() == 0
    assert money.of(splitter) == 400


def test_a_later_claim_pays_the_difference(
    chain: Chain, splitter: Deployed, album: Album, money: Money, singer: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-R7"""
    money.pay(splitter, album.account, 1_000, listener)
    chain.send(claim(splitter, album.split, money.address, singer))
    money.pay(splitter, album.account, 500, listener)
    before = money.of(singer)

    chain.send(claim(splitter, album.split, money.address, singer))

    assert money.of(singer) == before + 150
    assert splitter.claimedOf(album.split.id(), money.address, payee_of(singer.address)).call() == 450


def test_a_claim_before_any_money_pays_nothing(
    chain: Chain, splitter: Deployed, album: Album, money: Money, composer: LocalAccount
) -> None:
    sent = chain.send(claim(splitter, album.split, money.address, composer))

    assert sent.events == []


def test_one_claim_serves_every_account_of_a_split(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    money: Money,
    composer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    second = assigned(chain, splitter, label, b"second album".ljust(32, b"\0"), album.split)
    money.pay(splitter, album.account, 100, listener)
    money.pay(splitter, second, 50, listener)

    assert claim(splitter, album.split, money.address, composer).call() == 90


@pytest.mark.parametrize("order", permutations(range(3)), ids=str)
def test_claims_commute(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    composer: LocalAccount,
    singer: LocalAccount,
    engineer: LocalAccount,
    listener: LocalAccount,
    order: Sequence[int],
) -> None:
    """AUD-A22: P3: whoever claims first, everybody gets the same; P2: less dust stays than there are payees."""
    payees = [composer, singer, engineer]
    before = [chain.ether(payee) for payee in payees]

    for amount, turn in zip((101, 57, 3), order, strict=True):
        Money(chain).pay(splitter, album.account, amount, listener)
        chain.send(claim(splitter, album.split, ETHER, payees[turn]))
    for payee in payees:
        chain.send(claim(splitter, album.split, ETHER, payee))

    assert [chain.ether(payee) - was for payee, was in zip(payees, before, strict=True)] == [96, 48, 16]
    assert chain.ether(splitter) == 1


def test_the_only_payee_of_a_split_needs_no_proof(
    chain: Chain, splitter: Deployed, money: Money, composer: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    split = split_of((composer, 1_000_000))
    account = assigned(chain, splitter, label, bytes(32), split)
    money.pay(splitter, account, 77, listener)

    sent = chain.send(splitter.claim(split.id(), money.address, payee_of(composer.address), 1_000_000, []))

    assert [event.fields["amount"] for event in sent.of(splitter)] == [77]


def test_every_payee_of_a_thousand_can_claim(
    chain: Chain, splitter: Deployed, label: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-A15: Attack: more than 1,100 recipients (M-01): a claim costs the logarithm of their number."""
    split = equal_split(1_000, first=0xA000)
    account = assigned(chain, splitter, label, bytes(32), split)
    Money(chain).pay(splitter, account, 5_000_000, listener)

    for share in (split.shares[0], split.shares[511], split.shares[999]):
        sent = chain.send(claim(splitter, split, ETHER, share.payee))
        assert chain.ether(f"0x{share.payee[12:].hex()}") == 5_000
        assert sent.gas < 120_000


def test_a_split_that_was_not_created_pays_nothing(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, listener: LocalAccount
) -> None:
    """Attack: a root of one's own making."""
    Money(chain).pay(splitter, album.account, 1_000, listener)
    forged = split_of((composer, 1_000_000))

    sent = chain.send(claim(splitter, forged, ETHER, composer))

    assert sent.events == []
    assert chain.ether(splitter) == 1_000


def test_claim_refuses_a_larger_share(chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount) -> None:
    payee = payee_of(composer.address)

    with reverts("Splitter_InvalidProof", splitId=album.split.id(), payee=payee, ppm=600_001):
        chain.send(splitter.claim(album.split.id(), ETHER, payee, 600_001, album.split.proof(payee)))


def test_claim_refuses_another_payee_under_the_same_proof(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, stranger: LocalAccount
) -> None:
    proof = album.split.proof(payee_of(composer.address))
    payee = payee_of(stranger.address)

    with reverts("Splitter_InvalidProof", splitId=album.split.id(), payee=payee, ppm=600_000):
        chain.send(splitter.claim(album.split.id(), ETHER, payee, 600_000, proof))


@pytest.mark.parametrize("case", ["cut short", "extended", "swapped", "another split's"])
def test_claim_refuses_an_altered_proof(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, singer: LocalAccount, case: str
) -> None:
    """AUD-A52: Attack: proof extension, reuse across roots."""
    payee = payee_of(composer.address)
    proof = album.split.proof(payee)
    altered = {
        "cut short": proof[:-1],
        "extended": (*proof, album.split.id()),
        "swapped": album.split.proof(payee_of(singer.address)) + proof[:1],
        "another split's": split_of((composer, 600_000), (singer, 400_000)).proof(payee),
    }

    with reverts("Splitter_InvalidProof", splitId=album.split.id(), payee=payee, ppm=600_000):
        chain.send(splitter.claim(album.split.id(), ETHER, payee, 600_000, altered[case]))


def test_an_inner_node_is_not_a_line_of_the_split(
    chain: Chain, splitter: Deployed, listener: LocalAccount, label: LocalAccount
) -> None:
    """AUD-A52: A 64-byte leaf (footium #300): a leaf hashes three words, a node two, and neither is the other."""
    split = equal_split(4)
    account = assigned(chain, splitter, label, bytes(32), split)
    Money(chain).pay(splitter, account, 1_000, listener)
    tree: MerkleTree = split.tree()
    left, right = tree.nodes[3], tree.nodes[4]

    with reverts("Splitter_InvalidProof", splitId=split.id(), payee=left, ppm=int.from_bytes(right[-4:], "big")):
        chain.send(splitter.claim(split.id(), ETHER, left, int.from_bytes(right[-4:], "big"), [tree.nodes[2]]))


def test_owed_of_an_unknown_split_is_nothing(splitter: Deployed, composer: LocalAccount) -> None:
    assert splitter.owedOf(b"\x01" * 32, ETHER, payee_of(composer.address), 1_000_000).call() == 0
    assert splitter.claimedOf(b"\x01" * 32, ETHER, payee_of(composer.address)).call() == 0
    assert splitter.payeeCountOf(b"\x01" * 32).call() == 0


def test_a_wei_at_a_time_pays_the_same(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, singer: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-A22: Attacks: rounding theft in tiny chunks (M-02), 1-wei claim griefing (L-5)."""
    before = chain.ether(composer), chain.ether(singer)

    for _ in range(11):
        chain.send(splitter.pay(album.account, ETHER, 1), listener, value=1)
        for payee in (composer, singer):
            chain.send(claim(splitter, album.split, ETHER, payee), listener)

    assert (chain.ether(composer) - before[0], chain.ether(singer) - before[1]) == (6, 3)


def test_claims_survive_a_split_created_twice(
    chain: Chain, splitter: Deployed, album: Album, money: Money, composer: LocalAccount, listener: LocalAccount
) -> None:
    """Attack: withdraw and redeposit loops (H-01): what was claimed stays claimed."""
    money.pay(splitter, album.account, 1_000, listener)
    chain.send(claim(splitter, album.split, money.address, composer))

    chain.send(splitter.createSplit(shares_of(album.split)))

    assert owed(splitter, album.split, money.address, composer) == 0
