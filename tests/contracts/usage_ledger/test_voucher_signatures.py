"""Signatures of vouchers: the payer's or its signer's, over every field, for one contract on one chain, in one form."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import Value, keccak
from audiera.protocol.ids import ETHER
from audiera.protocol.signing import recover, sign
from audiera.protocol.structs import Receipt, Voucher
from audiera.protocol.typed import Domain
from tests.support.chain import Chain, Deployed, reverts
from tests.support.relay import domain_of
from tests.support.suite import deploy_suite
from tests.support.usage import Book, Metering, make_line

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BOOK = Book.of(make_line(1, 1, amount=60, calls=6, units=6), make_line(2, 1, amount=40, calls=4, units=4))


@pytest.fixture
def voucher(metering: Metering, payer: LocalAccount, gateway: LocalAccount) -> Voucher:
    metering.deposit(payer, gateway, 150)
    return BOOK.voucher(payer, gateway, fee=7, batch=3)


CHANGES: dict[str, Value] = {
    "token": "0x" + 20 * "01",
    "batch": 4,
    "amount": 99,
    "fee": 6,
    "calls": 9,
    "statements": 1,
    "root": keccak(b"another root"),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_signature_covers_every_field(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    field: str,
) -> None:  # fmt: skip
    """AUD-U1, AUD-A1: Vouchers: a struct field missing from the hash. Payer and gateway have tests of their own."""
    altered = metering.changed(voucher, **{field: CHANGES[field]})
    signature = metering.signature(voucher, payer)
    recovered = recover(domain_of(chain, ledger).digest(altered), signature)

    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=recovered):
        chain.send(ledger.settle(altered.values(), signature), gateway)
    assert recovered != payer.address
    assert metering.channel(payer, gateway)[0] == 150


def test_a_signature_covers_the_gateway(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A1, AUD-A2: Vouchers: receipt for another provider."""
    altered = replace(voucher, gateway=stranger.address)
    metering.deposit(payer, stranger, 150)
    signature = metering.signature(voucher, payer)
    recovered = recover(domain_of(chain, ledger).digest(altered), signature)

    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=recovered):
        chain.send(ledger.settle(altered.values(), signature), stranger)


@pytest.mark.parametrize("place", ["name", "chain", "contract"])
def test_a_signature_is_good_in_one_domain_only(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    place: str,
) -> None:  # fmt: skip
    """AUD-A3: Vouchers: other contract, other chain."""
    domain = domain_of(chain, ledger)
    domains = {
        "name": replace(domain, name="LicenseRegistry"),
        "chain": replace(domain, chain_id=domain.chain_id + 1),
        "contract": replace(domain, contract=metering.suite.licenses.address),
    }
    signature = sign(domains[place].digest(voucher), bytes(payer.key))
    recovered = recover(domain.digest(voucher), signature)

    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=recovered):
        chain.send(ledger.settle(voucher.values(), signature), gateway)


def test_a_signature_for_one_deployment_is_not_for_another(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-A3"""
    other = Metering(chain, deploy_suite(chain))
    other.deposit(payer, gateway, 150)
    signature = metering.signature(voucher, payer)
    recovered = recover(domain_of(chain, other.ledger).digest(voucher), signature)

    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=recovered):
        chain.send(other.ledger.settle(voucher.values(), signature), gateway)


@pytest.fixture
def forked(chain: Chain) -> Iterator[int]:
    """The chain under another id, as after a fork."""
    before = chain.w3.eth.chain_id
    chain.rpc("anvil_setChainId", before + 1)
    yield before + 1
    chain.rpc("anvil_setChainId", before)


def test_a_fork_refuses_what_was_signed_for_the_chain_before(
    request: pytest.FixtureRequest, chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher,
    payer: LocalAccount, gateway: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A3: Vouchers: chain fork. The domain is computed anew."""
    old = metering.signature(voucher, payer)
    digest = Domain("UsageLedger", request.getfixturevalue("forked"), ledger.address).digest(voucher)

    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=recover(digest, old)):
        chain.send(ledger.settle(voucher.values(), old), gateway)
    new = sign(digest, bytes(payer.key))
    chain.send(ledger.settle(voucher.values(), new), gateway)


def misshapen(signature: bytes) -> dict[str, bytes]:
    """Every other spelling of a good signature that some verifiers take."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    high = (ORDER - s).to_bytes(32, "big")
    compact = (s | (v - 27) << 255).to_bytes(32, "big")
    return {
        "high s": r + high + bytes([55 - v]),
        "64 bytes": r + compact,
        "v of 0 or 1": signature[:64] + bytes([v - 27]),
        "66 bytes": signature + b"\0",
        "empty": b"",
        "zeros": bytes(65),
        "r of zero": bytes(32) + signature[32:],
        "s of zero": r + bytes(32) + signature[64:],
        "v of 29": signature[:64] + bytes([29]),
    }


@pytest.mark.parametrize("shape", misshapen(bytes(64) + b"\x1b"))
def test_a_signature_has_one_form(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    shape: str,
) -> None:  # fmt: skip
    """AUD-A8: Vouchers: high s; `ecrecover` answering zero."""
    signature = misshapen(metering.signature(voucher, payer))[shape]

    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=ETHER):
        chain.send(ledger.settle(voucher.values(), signature), gateway)


def test_nobody_signs_for_the_zero_address(
    chain: Chain, ledger: Deployed, voucher: Voucher, gateway: LocalAccount
) -> None:
    """AUD-A8: Vouchers: `ecrecover` answering zero never equals a payer of zero."""
    nobodys = replace(voucher, payer=ETHER)

    with reverts("Ledger_InvalidSignature", payer=ETHER, recovered=ETHER):
        chain.send(ledger.settle(nobodys.values(), bytes(65)), gateway)


def test_a_countersignature_never_settles(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-A2: A Receipt is the gateway's evidence, not money: not the gateway's, nor if the payer signed one."""
    domain = domain_of(chain, ledger)
    digest = domain.digest(Receipt(voucher.struct_hash()))

    for signer in (gateway, payer):
        signature = sign(digest, bytes(signer.key))
        recovered = recover(domain.digest(voucher), signature)
        with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=recovered):
            chain.send(ledger.settle(voucher.values(), signature), gateway)
    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=gateway.address):
        chain.send(metering.settlement(voucher, gateway), gateway)


@pytest.mark.parametrize("mode", range(7))
def test_a_contract_wallet_cannot_sign_vouchers(
    chain: Chain, metering: Metering, payer: LocalAccount, gateway: LocalAccount, mode: int
) -> None:
    """AUD-U1, AUD-A8: ERC-1271, which can change its mind after service; and its tricks are never even tried."""
    wallet = chain.deploy("Wallet1271", payer.address)
    chain.send(wallet.setMode(mode))
    chain.send(metering.ledger.deposit(wallet.address, gateway.address, ETHER, 150), payer, value=150)
    voucher = BOOK.voucher(wallet, gateway)

    with reverts("Ledger_InvalidSignature", payer=wallet.address, recovered=payer.address):
        chain.send(metering.settlement(voucher, payer), gateway)


def test_a_contract_wallet_pays_through_a_signer(
    chain: Chain, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    wallet = chain.deploy("Wallet1271", payer.address)
    chain.send(metering.ledger.deposit(wallet.address, gateway.address, ETHER, 150), payer, value=150)
    chain.send(metering.suite.licenses.setSigner(payer.address, 2, 2**64 - 1), wallet)

    metering.settle(BOOK.voucher(wallet, gateway), payer, gateway)

    assert metering.channel(wallet, gateway)[0] == 50


@pytest.mark.parametrize("scopes", range(8))
def test_a_payers_signer_needs_the_scope_pay_until_its_second(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, scopes: int,
) -> None:  # fmt: skip
    """AUD-A2: And taking it back takes a day: a signature relied upon stays good."""
    chain.send(metering.suite.licenses.setSigner(stranger.address, scopes, until := chain.now() + 1_000), payer)
    settlements = [metering.settlement(replace(voucher, amount=1, fee=0, batch=n), stranger) for n in (0, 1)]
    refused = {"payer": payer.address, "recovered": stranger.address}

    chain.at_time(until - 1)
    if scopes & 2:
        chain.send(settlements[0], gateway)
    else:
        with reverts("Ledger_InvalidSignature", **refused):
            chain.send(settlements[0], gateway)
    chain.at_time(until)
    with reverts("Ledger_InvalidSignature", **refused):
        chain.send(settlements[1], gateway)


def test_a_payer_cannot_take_its_signers_signature_back_at_once(
    chain: Chain, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A2: Vouchers: pause collection, then revoke the signer. Trust: a licensee cannot take back a signature."""
    licenses = metering.suite.licenses
    chain.send(licenses.setSigner(stranger.address, 2, 2**64 - 1), payer)
    settlement = metering.settlement(voucher, stranger)

    chain.send(licenses.setSigner(stranger.address, 0, 0), payer)
    chain.at_time(chain.now() + 86_399)
    chain.send(settlement, gateway)

    assert metering.channel(payer, gateway)[0] == 43
