"""Run by a test in a process of its own: signs through Ape what a key signs too.

Usage: python -m tests.client.ape_account URL ALIAS...
"""

from __future__ import annotations

import json
import sys

import ape

from audiera.client.accounts.ape import ApeSigner
from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Call, Receipt
from audiera.protocol.typed import Domain


def main(url: str, *aliases: str) -> None:
    """Prints, by alias, what each account signs."""
    with ape.networks.parse_network_choice(url) as provider:
        print(json.dumps({alias: signed_by(alias, provider.chain_id) for alias in aliases}))


def signed_by(alias: str, chain_id: int) -> dict[str, str]:
    """Two structs, a permit-like message, a text and a transaction, signed."""
    account = ape.accounts.test_accounts[0] if alias == "TEST::0" else ape.accounts.load(alias)
    signer = ApeSigner.unlocked(account)
    domain = Domain("UsageLedger", chain_id, ETHER)
    call = Call(account=signer.address, data=b"\x01\x02\x03\x04\x05", nonce=2**255, deadline=9)
    transaction = {
        "chainId": chain_id,
        "nonce": 7,
        "to": signer.address,
        "value": 5,
        "data": "0x1234",
        "gas": 50_000,
        "type": 2,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
    }
    return {
        "address": signer.address,
        "receipt": signer.sign_struct(domain, Receipt(b"\x01" * 32)).hex(),
        "call": signer.sign_struct(domain, call).hex(),
        "message": signer.sign_message(domain.typed_message(call)).hex(),
        "text": signer.sign_text("Sign in.\n").hex(),
        "transaction": signer.sign_transaction(transaction).hex(),  # type: ignore[arg-type]  # plain ints will do
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
