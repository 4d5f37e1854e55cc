"""The facade of `UsageLedger`: what was used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from audiera.client.chain.node import Message
from audiera.client.contracts.codec import decode_outputs, expect
from audiera.client.contracts.events import BatchSettled, GatewayAnnounced, StatementCollected
from audiera.client.contracts.model import Channel, DatasetUsage, LicenseUsage, SettledBatch, SumProof, UsageTerms
from audiera.client.facades.facade import ether
from audiera.client.facades.payments import Payments
from audiera.errors import InputError
from audiera.protocol import ZERO_WORD, Right, Statement, Status, Use, Voucher, right_bit, to_address

__all__ = ["Usage"]

R = TypeVar("R")


class Usage(Payments[R]):
    """Channels, batches, records. Amounts are in a token's smallest unit; token zero is ETH."""

    NAME = "UsageLedger"

    def deposit(self, payer: str, gateway: str, token: str, amount: int) -> R:
        """Add to a channel from the sender's money; a token must be approved for this contract."""
        arguments = (to_address(payer), to_address(gateway), to_address(token), amount)
        return self._send("deposit", *arguments, value=ether(token, amount))

    def start_withdrawal(self, gateway: str, token: str, amount: int) -> R:
        """Start the clock on taking `amount` back from the sender's channel; replaces an earlier one, 0 stops it."""
        return self._send("startWithdrawal", to_address(gateway), to_address(token), amount)

    def withdraw(self, gateway: str, token: str) -> R:
        """Take back what has thawed; it goes to the sender's recipient."""
        return self._send("withdraw", to_address(gateway), to_address(token))

    def refund(self, payer: str, token: str, amount: int) -> R:
        """Give part of a payer's deposit back at once, as its gateway; it goes to the payer's recipient."""
        return self._send("refund", to_address(payer), to_address(token), amount)

    def settle(self, voucher: Voucher, signature: bytes) -> R:
        """Settle a batch, as its gateway. A receipt's `event(BatchSettled).settled_at` is needed to collect."""
        return self._send("settle", voucher, signature)

    def collect(
        self, voucher: Voucher, settled_at: int, statements: Sequence[Statement], proofs: Sequence[SumProof]
    ) -> R:
        """Credit statements of a settled batch to their datasets; those collected already are skipped."""
        return self._send("collect", voucher, settled_at, list(statements), list(proofs))

    def release_fee(self, voucher: Voucher, settled_at: int) -> R:
        """Pay the gateway's recipient its fee, once every statement is collected."""
        return self._send("releaseFee", voucher, settled_at)

    def record(self, license_id: int, dataset: int, right: Right, units: int, ref: bytes = ZERO_WORD) -> R:
        """Record and pay a use on chain, as the licence's holder or its signer; ETH goes along as due.

        Raises:
            TermsError: if `right` is not exactly one right.
        """
        terms = self._terms(license_id, dataset)
        value = ether(terms.token, units * terms.unit_price)
        return self._send("record", license_id, dataset, right_bit(right), units, ref, value=value)

    def announce(self, url: str) -> R:
        """Say where the sender's gateway answers."""
        return self._send("announce", url)

    def verify_statement(self, voucher: Voucher, settled_at: int, statement: Statement, proof: SumProof) -> bool:
        """Say whether a statement, at its proof's amount, is part of a settled batch."""
        return self._view(bool, "verifyStatement", voucher, settled_at, statement, proof)

    def verify_use(
        self,
        voucher: Voucher,
        settled_at: int,
        statement: Statement,
        statement_proof: SumProof,
        *,
        use: Use,
        use_proof: SumProof,
    ) -> bool:
        """Say whether a use, at its proof's amount, is part of a settled batch."""
        return self._view(bool, "verifyUse", voucher, settled_at, statement, statement_proof, use, use_proof)

    def status_of(self, license_id: int, account: str, dataset: int, rights: int) -> Status:
        """Return whether an account may do all of `rights`, or the first reason why not; quotas included."""
        return self._view(Status, "statusOf", license_id, to_address(account), dataset, int(rights))

    def channel_of(self, payer: str, gateway: str, token: str) -> Channel:
        """Return a channel's state."""
        return self._view(Channel, "channelOf", to_address(payer), to_address(gateway), to_address(token))

    def batch_of(self, batch_id: bytes) -> SettledBatch:
        """Return what is kept of a batch; zeros where it is not settled."""
        return SettledBatch(*self._pair(bytes, int, "batchOf", batch_id))

    def is_collected(self, batch_id: bytes, index: int) -> bool:
        """Say whether a statement of a batch is collected."""
        return self._view(bool, "isCollected", batch_id, index)

    def usage_of(self, dataset: int) -> DatasetUsage:
        """Return what was used of a dataset by holders of its licences, as far as it counted."""
        return self._view(DatasetUsage, "usageOf", dataset)

    def usage_of_license(self, license_id: int) -> LicenseUsage:
        """Return what was used under a licence by its holder."""
        return self._view(LicenseUsage, "usageOfLicense", license_id)

    def settled(self, batch_id: bytes) -> tuple[Voucher, int]:
        """Return a settled batch's voucher, from its event, and its Unix second of settlement.

        Raises:
            ChainError: if it is not settled.
        """
        found = self._one(BatchSettled, f"settled batch 0x{batch_id.hex()}", batch_id=batch_id)
        return found.voucher(), found.settled_at

    def collected(self, batch_id: bytes, *, first: int | None = None) -> tuple[StatementCollected, ...]:
        """Return the statements of a batch that are collected, in the order in which they were.

        Args:
            batch_id: of the batch.
            first: a block before its settlement; the deployment's unless told.
        """
        return tuple(log.event for log in self.logs(StatementCollected, first=first, batch_id=batch_id))

    def gateway_url(self, gateway: str) -> str:
        """Return where a gateway answers, as it last said.

        Raises:
            InputError: if it never said.
        """
        url = ""
        for log in self.logs(GatewayAnnounced, gateway=to_address(gateway)):
            url = log.event.url
        if not url:
            raise InputError(f"Gateway {gateway} has announced no address; ask its operator.")
        return url

    def _terms(self, license_id: int, dataset: int) -> UsageTerms:
        contract, node = self._context.suite["LicenseRegistry"], self._context.node
        request = contract.request("usageTermsOf", license_id, dataset, node.timestamp())
        (found,) = decode_outputs(request.function, node.call(Message(contract.address, request.data)))
        return expect(UsageTerms, found)
