"""The client: the contracts of a deployment, on one chain, for one account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Generic, TypeVar

from eth_typing import ChecksumAddress
from web3 import Web3

from audiera.client.accounts.signers import Signer, who_signs
from audiera.client.calls.receipts import TxReceipt
from audiera.client.calls.relay import SignedCall
from audiera.client.calls.runs import Run
from audiera.client.calls.senders import Asker, Encoder, Preview, Previewer, RelaySigner, Sender, Transactor, submit
from audiera.client.chain.node import MAX_FEE, Node, connect
from audiera.client.contracts.suite import Request, Suite
from audiera.client.deployment.deployments import FOLDER, Deployment
from audiera.client.deployment.finding import find_suite
from audiera.client.facades.datasets import Datasets
from audiera.client.facades.erc20 import Token
from audiera.client.facades.facade import Context
from audiera.client.facades.incentives import Incentives
from audiera.client.facades.licenses import Licenses
from audiera.client.facades.royalty import Royalty
from audiera.client.facades.usage import Usage
from audiera.protocol import ETHER, Domain, Struct, Voucher, to_address

__all__ = ["Audiera"]

R = TypeVar("R")
S = TypeVar("S")

_TIMEOUT: Final = 180.0  # seconds for a transaction to be mined
_LIFETIME: Final = 3_600  # seconds for which a signed call is good


@dataclass(frozen=True, slots=True)
class Audiera(Generic[R]):
    """One facade over the suite. `R` is what its sending methods answer.

    `Audiera.connect` gives one that sends and answers receipts. `signing`, `encoding` and `preview` give the same
    facade, whose methods answer signed calls, bytes for a multicall, and previews instead.
    """

    node: Node
    suite: Suite
    signer: Signer | None
    start: int
    timeout: float
    sender: Sender[R]
    run: Run | None = None
    block: int | None = None
    """As of which block views answer; the newest unless told."""

    @classmethod
    def connect(
        cls,
        provider: str | Web3,
        signer: Signer | None = None,
        deployment: Deployment | None = None,
        *,
        folder: Path = FOLDER,
        timeout: float = _TIMEOUT,
        state: Path | None = None,
        chain_id: int | None = None,
        max_fee: int = MAX_FEE,
    ) -> Audiera[TxReceipt]:
        """Connect to a chain.

        What is sent is written down before it is sent, and found when the same is called again by a process that never
        heard what became of it.

        Args:
            provider: a node's URL, or a Web3.
            signer: who acts; nobody unless told, and then only views work.
            deployment: where the contracts are, believed; unless told, where `folder` says if they are there and were
                accepted, else where this release is on every chain.
            folder: where deployments are kept.
            timeout: seconds to wait for a transaction to be mined.
            state: where what is sent is written down; `AUDIERA_STATE` or the user's own folder for that unless told.
            chain_id: the chain that the node has to be on; the deployment's if there is one, else any.
            max_fee: wei; what the gas of one transaction may cost at most.

        Raises:
            ChainError: if the node does not answer, is on another chain, or has no contracts there, or others.
            InputError: if `folder` says what was not accepted.
        """
        node = connect(provider, chain_id=chain_id, state=state, max_fee=max_fee)
        suite, start = find_suite(node, deployment, folder)
        transactor = Transactor(node, suite, signer, timeout)
        return Audiera(node, suite, signer, start, timeout, transactor)

    @property
    def chain_id(self) -> int:
        """The chain's number."""
        return self.node.chain_id

    @property
    def account(self) -> ChecksumAddress:
        """Who acts.

        Raises:
            NoSignerError: if nobody does.
        """
        return who_signs(self.signer).address

    @property
    def royalty(self) -> Royalty[R]:
        """Who is owed: `RoyaltySplitter`."""
        return Royalty(self._context())

    @property
    def datasets(self) -> Datasets[R]:
        """Who published what: `DatasetRegistry`."""
        return Datasets(self._context())

    @property
    def licenses(self) -> Licenses[R]:
        """Who may use it: `LicenseRegistry`."""
        return Licenses(self._context())

    @property
    def usage(self) -> Usage[R]:
        """What was used: `UsageLedger`."""
        return Usage(self._context())

    @property
    def incentives(self) -> Incentives[R]:
        """What is rewarded by use: `IncentivePool`."""
        return Incentives(self._context())

    def token(self, address: str = ETHER) -> Token:
        """Return a token of the chain; ETH unless told."""
        return Token(self.node, self.suite, to_address(address), self.timeout, self.run)

    def approve(self, contract: str, token: str, amount: int) -> tuple[TxReceipt, ...]:
        """Let a contract of the suite, by name, take `amount` of the account's token, where less is approved."""
        spender = self.suite[contract].address
        return self.token(token).ensure_allowance(who_signs(self.signer), spender, amount)

    def acting_as(self, signer: Signer, run: Run | None = None) -> Audiera[TxReceipt]:
        """Return the sending facade for another account on the same connection.

        Args:
            signer: the account.
            run: what its transactions are part of, if what comes of them is told later than each returns.
        """
        transactor = Transactor(self.node, self.suite, signer, self.timeout, run)
        return Audiera(self.node, self.suite, signer, self.start, self.timeout, transactor, run)

    def at(self, block: int) -> Audiera[R]:
        """Return the facade whose views answer as of a block whose state the node has; of events it has all."""
        return replace(self, block=block)

    def signing(
        self, *, nonce: int | None = None, deadline: int | None = None, lifetime: int = _LIFETIME
    ) -> Audiera[SignedCall]:
        """Return the facade whose methods sign calls for somebody else to carry out (`submit`).

        Args:
            nonce: the same for every call, so that only one of them can be carried out; random for each unless told.
            deadline: Unix second until which they are good; `lifetime` seconds from now unless told.
            lifetime: see `deadline`.
        """
        return self._with(RelaySigner(self.node, self.signer, nonce, deadline, lifetime))

    def encoding(self) -> Audiera[bytes]:
        """Return the facade whose methods answer calls as bytes, for `multicall` of the same contract."""
        return self._with(Encoder())

    def asking(self) -> Audiera[Request]:
        """Return the facade whose methods only answer what would be called."""
        return self._with(Asker())

    def preview(self) -> Audiera[Preview]:
        """Return the facade whose methods only try, as the account, and answer what would happen."""
        return self._with(Previewer(self.node, self.account))

    def submit(self, signed: SignedCall) -> R:
        """Carry out a call that somebody signed.

        Raises:
            InputError: if it is for another chain or deployment.
            RevertError: as the contract refuses, as if the account had called it.
        """
        return submit(self.sender, self.suite, signed)

    def domain(self, contract: str) -> Domain:
        """Return what signatures for a contract, by name, are good for."""
        return self.suite[contract].domain

    def sign(self, contract: str, struct: Struct) -> bytes:
        """Sign a struct of a contract, by name, as the account.

        Raises:
            NoSignerError: if nobody can sign.
        """
        return who_signs(self.signer).sign_struct(self.domain(contract), struct)

    def sign_voucher(self, voucher: Voucher) -> bytes:
        """Sign a voucher, as its payer or the payer's key."""
        return self.sign("UsageLedger", voucher)

    def _context(self) -> Context[R]:
        account = self.signer.address if self.signer else None
        return Context(self.node, self.suite, self.sender, account, self.start, self.block)

    def _with(self, sender: Sender[S]) -> Audiera[S]:
        return Audiera(self.node, self.suite, self.signer, self.start, self.timeout, sender, self.run)
