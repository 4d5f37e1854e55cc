"""Signs calls for others to carry out."""

from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.signing import sign
from audiera.structs import Call
from audiera.typed import Domain
from tests.support.chain import Chain, Deployed

__all__ = ["domain_of", "relayed"]

NEVER = 2**256 - 1  # a deadline that does not matter


def domain_of(chain: Chain, contract: Deployed) -> Domain:
    """Where signatures for this contract are good."""
    return Domain(contract.artifact, chain.w3.eth.chain_id, contract.address)


def relayed(
    chain: Chain,
    contract: Deployed,
    account: LocalAccount,
    call: ContractFunction,
    *,
    nonce: int = 0,
    deadline: int = NEVER,
) -> ContractFunction:
    """`callFor` with the account's signature over a call of the contract."""
    data = bytes.fromhex(call._encode_transaction_data()[2:])
    signed = Call(account=account.address, data=data, nonce=nonce, deadline=deadline)
    signature = sign(domain_of(chain, contract).digest(signed), bytes(account.key))
    return contract.callFor(account.address, data, nonce, deadline, signature)
