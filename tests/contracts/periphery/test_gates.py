"""LicenseGate and QuotaGate let pass whom a licence lets pass, and say of anyone else why not."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.licenses import SignerScope, Status
from audiera.protocol.rights import Right, right_bit
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, RIGHTS, Market

TRAINING, PLAYBACK = int(Right.Training), int(Right.Playback)
GATES = ["Doorkeeper", "QuotaDoorkeeper"]


@pytest.fixture(params=GATES)
def gate(request: pytest.FixtureRequest, chain: Chain, licenses: Deployed, ledger: Deployed) -> Deployed:
    asked = {"Doorkeeper": licenses, "QuotaDoorkeeper": ledger}[request.param]
    return chain.deploy(request.param, asked.address)


@pytest.fixture
def licence(market: Market, owner: LocalAccount, dataset: int, listener: LocalAccount) -> int:
    """Of the dataset, for 30 days, without the right to play it."""
    return market.licence(owner, dataset, listener)


def test_a_gate_says_whom_it_asks(chain: Chain, licenses: Deployed, ledger: Deployed) -> None:
    plain = chain.deploy("Doorkeeper", licenses.address)
    metered = chain.deploy("QuotaDoorkeeper", ledger.address)

    assert plain.LICENSES().call() == licenses.address
    assert (metered.LICENSES().call(), metered.LEDGER().call()) == (licenses.address, ledger.address)


@pytest.mark.parametrize("rights", [0, TRAINING, RIGHTS], ids=["coverage alone", "one right", "all that are granted"])
def test_a_gate_opens_to_the_holder(
    chain: Chain, gate: Deployed, dataset: int, licence: int, listener: LocalAccount, rights: int
) -> None:
    chain.send(gate.enter(licence, dataset, rights), listener)

    assert gate.guests().call() == 1


def test_a_gate_opens_to_the_holders_signer_with_the_scope_access(
    chain: Chain, gate: Deployed, licenses: Deployed, dataset: int, licence: int, listener: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    chain.send(licenses.setSigner(stranger.address, int(SignerScope.Access), chain.now() + DAY), listener)

    chain.send(gate.enter(licence, dataset, TRAINING), stranger)

    assert gate.guests().call() == 1


def test_a_gate_refuses_with_the_registrys_reason(
    chain: Chain, gate: Deployed, market: Market, owner: LocalAccount, dataset: int, licence: int,
    listener: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    another = market.dataset(owner)
    refusals = [
        (licence + 1, listener, dataset, TRAINING, Status.Unknown),
        (licence, stranger, dataset, TRAINING, Status.NotHolder),
        (licence, listener, another, TRAINING, Status.NotCovered),
        (licence, listener, another, 0, Status.NotCovered),
        (licence, listener, dataset, TRAINING | PLAYBACK, Status.RightNotGranted),
        (licence, listener, dataset, 1 << 15, Status.RightNotGranted),
    ]

    for license_id, account, asked, rights, status in refusals:
        with reverts(
            "Gate_NotLicensed",
            licenseId=license_id, account=account.address, dataset=asked, rights=rights, status=status,
        ):  # fmt: skip
            chain.send(gate.enter(license_id, asked, rights), account)

    assert gate.guests().call() == 0


def test_a_gate_closes_in_the_second_in_which_the_licence_ends(
    chain: Chain, gate: Deployed, licenses: Deployed, dataset: int, licence: int, listener: LocalAccount
) -> None:
    end = licenses.licenseOf(licence).call()[2]
    chain.at_time(end - 1)
    chain.send(gate.enter(licence, dataset, TRAINING), listener)

    chain.at_time(end)
    with reverts(
        "Gate_NotLicensed",
        licenseId=licence, account=listener.address, dataset=dataset, rights=TRAINING, status=Status.Expired,
    ):  # fmt: skip
        chain.send(gate.enter(licence, dataset, TRAINING), listener)


def test_only_the_gate_that_asks_the_ledger_closes_when_the_quota_is_used_up(
    chain: Chain, market: Market, licenses: Deployed, ledger: Deployed, owner: LocalAccount, dataset: int,
    listener: LocalAccount,
) -> None:  # fmt: skip
    plain = chain.deploy("Doorkeeper", licenses.address)
    metered = chain.deploy("QuotaDoorkeeper", ledger.address)
    licence = market.licence(owner, dataset, listener, max_units=3, unit_price=0)
    chain.send(metered.enter(licence, dataset, TRAINING), listener)

    chain.send(ledger.record(licence, dataset, right_bit(Right.Training), 3, bytes(32)), listener)

    chain.send(plain.enter(licence, dataset, TRAINING), listener)
    with reverts(
        "Gate_NotLicensed",
        licenseId=licence, account=listener.address, dataset=dataset, rights=TRAINING, status=Status.Exhausted,
    ):  # fmt: skip
        chain.send(metered.enter(licence, dataset, TRAINING), listener)
    assert (plain.guests().call(), metered.guests().call()) == (1, 1)
