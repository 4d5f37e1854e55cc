"""Signers: one setting for everything, and nobody who relied on a key is stranded."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.licenses import SignerScope
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY

ACCESS, PAY, SETTLE = (int(scope) for scope in SignerScope)
NEVER = 2**64 - 1


@pytest.fixture
def start(chain: Chain) -> int:
    """A second to count from; `chain.at_time(start + n)` is n seconds later."""
    second = chain.now() + 1_000
    chain.mine_at(second)
    return second


def untils(licenses: Deployed, account: LocalAccount, signer: LocalAccount) -> list[int]:
    """Until when the signer has each scope."""
    return [licenses.signerUntil(account.address, signer.address, scope).call() for scope in (ACCESS, PAY, SETTLE)]


@pytest.mark.parametrize("scopes", range(8))
def test_a_signer_has_exactly_the_scopes_it_was_given(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, signer: LocalAccount, start: int, scopes: int
) -> None:
    until = start + 5 * DAY
    expected = [until if scopes & scope else 0 for scope in (ACCESS, PAY, SETTLE)]
    assert untils(licenses, buyer, signer) == [0, 0, 0]

    sent = chain.send(licenses.setSigner(signer.address, scopes, until), buyer)

    named = dict(zip(("accessUntil", "payUntil", "settleUntil"), expected, strict=True))
    assert sent.events == [licenses.event("SignerSet", account=buyer.address, signer=signer.address, **named)]
    assert untils(licenses, buyer, signer) == expected
    for asked in range(1, 8):
        has_all = asked & ~scopes == 0
        assert licenses.signerUntil(buyer.address, signer.address, asked).call() == (until if has_all else 0)
        assert licenses.isSigner(buyer.address, signer.address, asked).call() is has_all


def test_being_a_signer_is_neither_mutual_nor_inherited(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, signer: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(licenses.setSigner(signer.address, 7, NEVER), buyer)
    chain.send(licenses.setSigner(stranger.address, 7, NEVER), signer)

    assert licenses.isSigner(buyer.address, signer.address, 7).call()
    assert not licenses.isSigner(signer.address, buyer.address, ACCESS).call()
    assert not licenses.isSigner(buyer.address, stranger.address, ACCESS).call()


def test_an_account_has_every_scope_for_itself_for_ever(licenses: Deployed, buyer: LocalAccount) -> None:
    for scopes in range(1, 8):
        assert licenses.signerUntil(buyer.address, buyer.address, scopes).call() == NEVER
        assert licenses.isSigner(buyer.address, buyer.address, scopes).call()


def test_a_signer_ends_exactly_at_its_second(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, signer: LocalAccount, start: int
) -> None:
    chain.send(licenses.setSigner(signer.address, PAY, start + 100), buyer)

    chain.mine_at(start + 99)
    assert licenses.isSigner(buyer.address, signer.address, PAY).call()
    chain.mine_at(start + 100)
    assert not licenses.isSigner(buyer.address, signer.address, PAY).call()


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (10 * DAY, 20 * DAY, 20 * DAY),
        (10 * DAY, 0, DAY),
        (10 * DAY, DAY - 1, DAY),
        (10 * DAY, DAY, DAY),
        (10 * DAY, DAY + 1, DAY + 1),
        (DAY - 1, 0, DAY - 1),
        (DAY + 1, 0, DAY),
        (1, 0, 1),
        (0, 5, 5),
        (0, 0, 0),
    ],
    ids=["longer", "ended", "below grace", "grace", "above grace", "near", "just above", "a second", "over", "none"],
)
def test_a_signer_is_shortened_no_faster_than_by_a_day(
    chain: Chain,
    licenses: Deployed,
    buyer: LocalAccount,
    signer: LocalAccount,
    start: int,
    old: int,
    new: int,
    kept: int,
) -> None:
    """AUD-L11: until = max(new, min(old, now + 1 day)); all times here are from now, and an `old` of 0 is over."""
    chain.send(licenses.setSigner(signer.address, SETTLE, start + 500 + old), buyer)

    chain.at_time(start + 500)
    chain.send(licenses.setSigner(signer.address, SETTLE, start + 500 + new if new else 0), buyer)

    expected = start + 500 + kept if kept else 0
    assert licenses.signerUntil(buyer.address, signer.address, SETTLE).call() == expected


def test_an_expired_scope_counts_as_nothing(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, signer: LocalAccount, start: int
) -> None:
    chain.send(licenses.setSigner(signer.address, ACCESS | PAY, start + 50), buyer)

    chain.at_time(start + 51)
    chain.send(licenses.setSigner(signer.address, PAY, start + 60), buyer)

    assert untils(licenses, buyer, signer) == [0, start + 60, 0]


def test_scopes_left_out_end_a_day_later_while_new_ones_start(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, signer: LocalAccount, start: int
) -> None:
    chain.send(licenses.setSigner(signer.address, ACCESS | PAY, start + 10 * DAY), buyer)

    chain.at_time(start + 7)
    sent = chain.send(licenses.setSigner(signer.address, SETTLE, start + 3 * DAY), buyer)

    assert sent.events == [
        licenses.event(
            "SignerSet",
            account=buyer.address,
            signer=signer.address,
            accessUntil=start + 7 + DAY,
            payUntil=start + 7 + DAY,
            settleUntil=start + 3 * DAY,
        )
    ]
    assert untils(licenses, buyer, signer) == [start + 7 + DAY, start + 7 + DAY, start + 3 * DAY]
    chain.mine_at(start + 6 + DAY)
    assert licenses.isSigner(buyer.address, signer.address, ACCESS | PAY | SETTLE).call()
    chain.mine_at(start + 7 + DAY)
    assert not licenses.isSigner(buyer.address, signer.address, ACCESS).call()


def test_repeating_the_end_does_not_prolong_it(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, signer: LocalAccount, start: int
) -> None:
    chain.send(licenses.setSigner(signer.address, PAY, NEVER), buyer)
    chain.at_time(start + 10)
    chain.send(licenses.setSigner(signer.address, 0, 0), buyer)

    chain.at_time(start + 5_000)
    chain.send(licenses.setSigner(signer.address, 0, 0), buyer)

    assert untils(licenses, buyer, signer) == [0, start + 10 + DAY, 0]


@pytest.mark.parametrize("itself", [True, False], ids=["itself", "nobody"])
def test_a_signer_cannot_be_the_account_itself_or_nobody(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, itself: bool
) -> None:
    signer = buyer.address if itself else ETHER

    with reverts("Signer_Invalid", account=buyer.address, signer=signer):
        chain.send(licenses.setSigner(signer, ACCESS, NEVER), buyer)


@pytest.mark.parametrize("scopes", [8, 255])
def test_unknown_scopes_are_refused(
    chain: Chain, licenses: Deployed, buyer: LocalAccount, signer: LocalAccount, scopes: int
) -> None:
    with reverts("Signer_UnknownScopes", scopes=scopes):
        chain.send(licenses.setSigner(signer.address, scopes, NEVER), buyer)
    with reverts("Signer_UnknownScopes", scopes=scopes):
        licenses.signerUntil(buyer.address, signer.address, scopes).call()
    with reverts("Signer_UnknownScopes", scopes=scopes):
        licenses.isSigner(buyer.address, signer.address, scopes).call()


def test_asking_for_no_scope_is_refused(licenses: Deployed, buyer: LocalAccount, signer: LocalAccount) -> None:
    """Nothing asked must never read as everything granted."""
    with reverts("Signer_UnknownScopes", scopes=0):
        licenses.isSigner(buyer.address, signer.address, 0).call()
    with reverts("Signer_UnknownScopes", scopes=0):
        licenses.signerUntil(buyer.address, buyer.address, 0).call()
