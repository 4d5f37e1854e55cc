"""Signs calls for others to carry out."""

from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.signing import sign
from audiera.protocol.structs import Call
from audiera.protocol.typed import Domain
from tests.support.chain import Chain, Deployed, HasAddress

__all__ = ["NEVER", "call_for", "data_of", "domain_of", "relayed"]

NEVER = 2**256 - 1  # a deadline that does not matter


def data_of(call: ContractFunction) -> bytes:
    """The calldata of a call, selector first."""
    return bytes.fromhex(call._encode_transaction_data()[2:])


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
    wallet: HasAddress | None = None,
) -> ContractFunction:
    """`callFor` with the account's signature over a call of the contract; for its wallet, if it owns one."""
    acting = wallet.address if wallet else account.address
    signed = Call(account=acting, data=data_of(call), nonce=nonce, deadline=deadline)
    return call_for(contract, signed, sign(domain_of(chain, contract).digest(signed), bytes(account.key)))


def call_for(contract: Deployed, call: Call, signature: bytes) -> ContractFunction:
    """`callFor` with any signature."""
    return contract.callFor(*call.values(), signature)
