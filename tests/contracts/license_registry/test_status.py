"""P7 as a decision table: Valid exactly when every condition holds, else the first reason why not."""

from dataclasses import dataclass
from itertools import product

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.licenses import SignerScope, Status
from audiera.protocol.rights import ALL_RIGHTS, Right
from audiera.protocol.terms import TermsFlag
from tests.support.chain import Chain, Deployed
from tests.support.licensing import DAY, RIGHTS, Market, make_terms


@dataclass(frozen=True)
class Case:
    """Which conditions of P7 hold."""

    exists: bool
    alive: bool
    entitled: bool
    covered: bool
    granted: bool

    def expected(self) -> Status:
        """The first that does not, in the order of the interface."""
        reasons = [
            (self.exists, Status.Unknown),
            (self.entitled, Status.NotHolder),
            (self.alive, Status.Expired),
            (self.covered, Status.NotCovered),
            (self.granted, Status.RightNotGranted),
        ]
        return next((status for holds, status in reasons if not holds), Status.Valid)


@pytest.mark.parametrize("who", ["holder", "signer"])
@pytest.mark.parametrize(
    "conditions", list(product((True, False), repeat=5)), ids=lambda it: "".join("-+"[x] for x in it)
)
def test_a_licence_is_valid_exactly_when_everything_holds(
    chain: Chain, licenses: Deployed, ledger: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount,
    signer: LocalAccount, stranger: LocalAccount, conditions: tuple[bool, ...], who: str,
) -> None:  # fmt: skip
    """The signs: exists, alive, entitled, covered, granted. The ledger agrees where no quota is used."""
    case = Case(*conditions)
    dataset, other = market.dataset(owner), market.dataset(owner)
    licence = market.licence(owner, dataset, buyer, duration=DAY)
    chain.send(licenses.setSigner(signer.address, int(SignerScope.Access), 2**64 - 1), buyer)
    asked = (
        licence if case.exists else licence + 1,
        (buyer if who == "holder" else signer).address if case.entitled else stranger.address,
        dataset if case.covered else other,
        RIGHTS if case.granted else RIGHTS | int(Right.Playback),
    )

    chain.mine_at(licenses.licenseOf(licence).call()[2] - (1 if case.alive else 0))

    expected = case.expected()
    assert licenses.statusOf(*asked).call() == expected
    assert licenses.isAuthorized(*asked).call() is (expected is Status.Valid)
    assert ledger.statusOf(*asked).call() == expected


@pytest.mark.parametrize(
    ("granted", "asked", "status"),
    [
        (RIGHTS, 0, Status.Valid),
        (RIGHTS, RIGHTS, Status.Valid),
        (1, 1, Status.Valid),
        (1, 3, Status.RightNotGranted),
        (1 << 9, 1 << 8, Status.RightNotGranted),
        (ALL_RIGHTS, ALL_RIGHTS, Status.Valid),
        (ALL_RIGHTS, 1 << 10, Status.RightNotGranted),
        (ALL_RIGHTS, 0xFFFF, Status.RightNotGranted),
    ],
)
def test_every_right_asked_for_must_be_granted(
    licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, granted: int, asked: int, status: int
) -> None:
    dataset = market.dataset(owner)
    licence = market.licence(owner, dataset, buyer, rights=granted)

    assert licenses.statusOf(licence, buyer.address, dataset, asked).call() == status


@pytest.mark.parametrize("scopes", range(8))
def test_a_signer_needs_the_scope_access(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, signer: LocalAccount,
    scopes: int,
) -> None:  # fmt: skip
    dataset = market.dataset(owner)
    licence = market.licence(owner, dataset, buyer)

    chain.send(licenses.setSigner(signer.address, scopes, 2**64 - 1), buyer)

    expected = Status.Valid if scopes & SignerScope.Access else Status.NotHolder
    assert licenses.statusOf(licence, signer.address, dataset, RIGHTS).call() == expected


def test_a_signer_is_one_only_until_its_second(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, signer: LocalAccount
) -> None:
    dataset = market.dataset(owner)
    licence = market.licence(owner, dataset, buyer)
    chain.send(licenses.setSigner(signer.address, int(SignerScope.Access), until := chain.now() + 1_000), buyer)

    chain.mine_at(until - 1)
    assert licenses.statusOf(licence, signer.address, dataset, RIGHTS).call() == Status.Valid
    chain.mine_at(until)
    assert licenses.statusOf(licence, signer.address, dataset, RIGHTS).call() == Status.NotHolder


def test_the_former_holders_signers_lose_access_with_it(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, signer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A42: Licences: transfer, use and revoke race; the present holder is asked."""
    dataset = market.dataset(owner)
    licence = market.licence(owner, dataset, buyer, flags=int(TermsFlag.Transferable))
    chain.send(licenses.setSigner(signer.address, 7, 2**64 - 1), buyer)

    chain.send(licenses.transferFrom(buyer.address, stranger.address, licence), buyer)

    for account, status in ((buyer, Status.NotHolder), (signer, Status.NotHolder), (stranger, Status.Valid)):
        assert licenses.statusOf(licence, account.address, dataset, RIGHTS).call() == status


def test_the_datasets_owner_has_no_access_by_owning_it(
    licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    dataset = market.dataset(owner)
    licence = market.licence(owner, dataset, buyer)

    assert licenses.statusOf(licence, owner.address, dataset, RIGHTS).call() == Status.NotHolder


def test_an_unknown_dataset_is_not_covered(
    licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    dataset = market.dataset(owner)
    licence = market.licence(owner, dataset, buyer)

    for unknown in (0, dataset + 1, 2**32 - 1):
        assert licenses.statusOf(licence, buyer.address, unknown, 0).call() == Status.NotCovered


def test_the_ledger_is_told_what_the_licence_grants_and_when(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, token: Deployed
) -> None:
    """`usageTermsOf` and `covers`, to the second."""
    dataset = market.dataset(owner)
    terms = make_terms(token=token.address, meter=2, unit_price=17, max_units=2**48 - 1)
    market.offer(owner, dataset, terms)
    licence = market.acquire(buyer, dataset, terms)
    expires = licenses.licenseOf(licence).call()[2]

    for time, covered in ((0, True), (expires - 1, True), (expires, False), (2**256 - 1, False)):
        assert licenses.covers(licence, dataset, time).call() is covered
        assert licenses.usageTermsOf(licence, dataset, time).call() == (
            buyer.address,
            covered,
            token.address,
            2,
            17,
            2**48 - 1,
        )
    assert not licenses.covers(licence, dataset + 1, chain.now()).call()
