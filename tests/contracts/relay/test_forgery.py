"""Relayable: what is not exactly what the account signed is refused."""

from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

from audiera.protocol.ids import ETHER, dataset_key
from audiera.protocol.signing import sign
from audiera.protocol.structs import Call
from audiera.protocol.typed import Domain
from tests.support.chain import Chain, Deployed, reverts
from tests.support.relay import NEVER, call_for, data_of, domain_of, relayed
from tests.support.splits import equal_split, shares_of
from tests.support.suite import Suite

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def signed(contract: Deployed, creator: LocalAccount) -> Call:
    """What the creator signs."""
    return Call(account=creator.address, data=data_of(contract.cancel([9])), nonce=1, deadline=2**40)


@pytest.fixture
def signature(chain: Chain, contract: Deployed, creator: LocalAccount, signed: Call) -> bytes:
    return sign(domain_of(chain, contract).digest(signed), bytes(creator.key))


@pytest.mark.parametrize("field", ["account", "data", "nonce", "deadline"])
def test_a_call_with_any_field_changed_is_refused(
    chain: Chain, contract: Deployed, stranger: LocalAccount, signed: Call, signature: bytes, field: str
) -> None:
    """AUD-C1, AUD-A1: Attack: struct field missing from hash (Trust M-15; OZ CR-01)."""
    altered = {
        "account": replace(signed, account=stranger.address),
        "data": replace(signed, data=data_of(contract.cancel([10]))),
        "nonce": replace(signed, nonce=2),
        "deadline": replace(signed, deadline=NEVER),
    }[field]

    with reverts("Relay_InvalidSignature", account=altered.account):
        chain.send(call_for(contract, altered, signature), stranger)

    chain.send(call_for(contract, signed, signature), stranger)


def test_somebody_elses_signature_is_refused(
    chain: Chain, contract: Deployed, creator: LocalAccount, stranger: LocalAccount, signed: Call
) -> None:
    forged = sign(domain_of(chain, contract).digest(signed), bytes(stranger.key))

    with reverts("Relay_InvalidSignature", account=creator.address):
        chain.send(call_for(contract, signed, forged), stranger)


@pytest.mark.parametrize("change", ["name", "chain_id", "contract"])
def test_a_signature_for_elsewhere_is_refused(
    chain: Chain, contract: Deployed, creator: LocalAccount, signed: Call, change: str
) -> None:
    """AUD-C1, AUD-A3: Attack: other contract, other chain."""
    domain = domain_of(chain, contract)
    elsewhere = {
        "name": replace(domain, name="Audiera"),
        "chain_id": replace(domain, chain_id=1),
        "contract": replace(domain, contract=creator.address),
    }[change]

    with reverts("Relay_InvalidSignature", account=creator.address):
        chain.send(call_for(contract, signed, sign(elsewhere.digest(signed), bytes(creator.key))))


def test_a_signature_for_another_contract_of_the_suite_is_refused(
    chain: Chain, suite: Suite, creator: LocalAccount
) -> None:
    for_splitter = relayed(chain, suite.splitter, creator, suite.splitter.cancel([]))

    for other in (suite.datasets, suite.licenses, suite.ledger, suite.incentives):
        with reverts("Relay_InvalidSignature", account=creator.address):
            chain.send_raw(other.address, data_of(for_splitter))


def test_a_chain_that_forks_off_starts_anew(
    chain: Chain, contract: Deployed, creator: LocalAccount, signed: Call, signature: bytes
) -> None:
    """AUD-A3: Attack: chain fork (OZ L-08): the domain follows the chain id, although the contract was made before."""
    digest = Domain(contract.artifact, 31338, contract.address).digest(signed)

    with chain.renumbered(31338):
        with reverts("Relay_InvalidSignature", account=creator.address):
            call_for(contract, signed, signature).call()
        call_for(contract, signed, sign(digest, bytes(creator.key))).call()

    call_for(contract, signed, signature).call()


@pytest.mark.parametrize("form", ["empty", "64 bytes", "66 bytes", "high s", "v of 0 or 1", "v of 29", "zeros"])
def test_a_signature_has_one_form(
    chain: Chain, contract: Deployed, creator: LocalAccount, signed: Call, signature: bytes, form: str
) -> None:
    """AUD-A8: Attack: high-s and other second spellings of one signature."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    compact = (s | (v - 27) << 255).to_bytes(32, "big")
    forms = {
        "empty": b"",
        "64 bytes": r + compact,
        "66 bytes": signature + b"\0",
        "high s": r + (ORDER - s).to_bytes(32, "big") + bytes([55 - v]),
        "v of 0 or 1": signature[:64] + bytes([v - 27]),
        "v of 29": signature[:64] + bytes([29]),
        "zeros": bytes(65),
    }

    with reverts("Relay_InvalidSignature", account=creator.address):
        chain.send(call_for(contract, signed, forms[form]))


@pytest.mark.parametrize(
    "forged",
    [bytes(65), bytes(64) + bytes([27]), b"\x01" * 64 + bytes([29]), b""],
    ids=["zeros", "r and s of 0", "v of 29", "empty"],
)
def test_nobody_signs_for_the_zero_address(chain: Chain, contract: Deployed, signed: Call, forged: bytes) -> None:
    """AUD-A8: Attack: `ecrecover` answers zero for nonsense."""
    nobody = replace(signed, account=ETHER)

    with reverts("Relay_InvalidSignature", account=ETHER):
        chain.send(call_for(contract, nobody, forged))


@pytest.mark.parametrize("number", range(1, 11))
def test_nobody_signs_for_a_precompiled_contract(
    chain: Chain, contract: Deployed, signed: Call, signature: bytes, number: int
) -> None:
    """They answer whatever they are asked, the fourth with the question itself."""
    precompiled = replace(signed, account=to_checksum_address(number.to_bytes(20, "big")))

    with reverts("Relay_InvalidSignature", account=precompiled.account):
        chain.send(call_for(contract, precompiled, signature))


def test_nobody_signs_for_the_registry_that_controls_every_datasets_account(
    chain: Chain, suite: Suite, stranger: LocalAccount
) -> None:
    """The trust line "creator, owner": it cannot redirect money."""
    split = equal_split(1)
    chain.send(suite.splitter.createSplit(shares_of(split)))
    theft = suite.splitter.assign(dataset_key(1), split.id())

    with reverts("Relay_InvalidSignature", account=suite.datasets.address):
        chain.send(relayed(chain, suite.splitter, stranger, theft, wallet=suite.datasets), stranger)


def test_the_contract_signs_nothing_itself(chain: Chain, contract: Deployed, signed: Call, signature: bytes) -> None:
    """A contract without ERC-1271 has no signature, itself least of all."""
    itself = replace(signed, account=contract.address)

    with reverts("Relay_InvalidSignature", account=contract.address):
        chain.send(call_for(contract, itself, signature))
