"""The facade of `LicenseRegistry`: who may use it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from audiera.client.contracts.events import TermsPublished
from audiera.client.contracts.model import Acquisition, License, Offer, StoredTerms, UsageTerms
from audiera.client.facades.catalogues import Catalogues
from audiera.client.facades.facade import ether
from audiera.client.facades.payments import Payments
from audiera.errors import InputError
from audiera.protocol import ENDLESS, ETHER, ZERO_WORD, SignerScope, Status, Terms, to_address

__all__ = ["Licenses"]

R = TypeVar("R")

ANYONE = ETHER
"""The licensee of an offer that anybody may take."""


class Licenses(Catalogues[R], Payments[R]):
    """Terms, offers and licences. Prices are in the smallest unit of the terms' token."""

    NAME = "LicenseRegistry"

    def publish_terms(self, terms: Terms) -> R:
        """Publish terms, or find them. Their id is `terms.id()`."""
        return self._send("publishTerms", terms)

    def offer(self, dataset: int, terms_id: bytes, price: int, licensee: str = ANYONE, *, left: int | None = None) -> R:
        """Offer licences of the sender's dataset, or change an offer.

        Args:
            dataset: what is licensed.
            terms_id: under which terms.
            price: in the smallest unit of the terms' token.
            licensee: to whom; anybody unless told.
            left: how many licences and renewals may be taken at it; any number unless told.
        """
        count = ENDLESS if left is None else left
        return self._send("offer", dataset, terms_id, to_address(licensee), price, count)

    def withdraw_offer(self, dataset: int, terms_id: bytes, licensee: str = ANYONE) -> R:
        """Withdraw an offer of the sender's dataset."""
        return self._send("withdrawOffer", dataset, terms_id, to_address(licensee))

    def acquire(
        self, dataset: int, terms_id: bytes, to: str, *, max_price: int | None = None, ref: bytes = ZERO_WORD
    ) -> R:
        """Buy a licence for `to` at the price that stands; in a token, which must be approved for this contract.

        A receipt's `event(LicenseAcquired).license_id` is its number.

        Args:
            dataset: what is licensed.
            terms_id: under which terms.
            to: who will hold the licence.
            max_price: the most that is paid; the price as it stands unless told.
            ref: the buyer's own reference, for the event.

        Raises:
            RevertError: `License_NotOffered`, `License_PriceAbove` and others.
        """
        value, most = self._due(dataset, terms_id, to, max_price)
        return self._send("acquire", dataset, terms_id, most, to_address(to), ref, value=value)

    def acquire_many(self, acquisitions: Sequence[Acquisition]) -> R:
        """Buy several licences, or none; all prices in ETH go along in one sum."""
        standing = self.quotes([(it.dataset, it.terms_id, it.to) for it in acquisitions])
        value = sum(ether(it.token, it.price) for it in standing if it)
        return self._send("acquireMany", list(acquisitions), value=value)

    def renew(self, license_id: int, *, max_price: int | None = None) -> R:
        """Extend a licence by the terms' duration, for whoever holds it, at the price that stands for the holder."""
        found = self.license_of(license_id)
        value, most = self._due(found.dataset, found.terms_id, found.holder, max_price)
        return self._send("renew", license_id, most, value=value)

    def revoke(self, license_id: int) -> R:
        """End a licence under revocable terms after their notice. The dataset's owner only."""
        return self._send("revoke", license_id)

    def set_signer(self, signer: str, scopes: int, until: int) -> R:
        """Let a key act for the sender in `SignerScope` bits until a Unix second; scopes shrink only after a day."""
        return self._send("setSigner", to_address(signer), int(scopes), until)

    def quote(self, dataset: int, terms_id: bytes, to: str) -> Offer | None:
        """Return the offer at which the account would buy a licence for `to`; None if there is none.

        That is `to`'s own, if the account is `to` or its signer with the scope pay, else anyone's. Where nobody acts,
        `to` itself is taken for the buyer.
        """
        (found,) = self.quotes([(dataset, terms_id, to)])
        return found

    def quotes(self, wanted: Sequence[tuple[int, bytes, str]]) -> tuple[Offer | None, ...]:
        """Return the offers at which the account would buy licences of (dataset, terms, holder) one after another.

        Each is as `quote` would answer then: what those before it use up is not there for it.
        """
        standing: dict[tuple[int, bytes, str], Offer | None] = {}
        pays = cache(lambda to: self.is_signer(to, self._context.account or to, SignerScope.Pay))

        def take(dataset: int, terms_id: bytes, to: str) -> Offer | None:
            for licensee in (to_address(to), ANYONE):
                key = dataset, terms_id, licensee
                if key not in standing:
                    standing[key] = self.offer_of(*key)
                found = standing[key]
                if found and (licensee == ANYONE or pays(to)):
                    standing[key] = found.after_one()
                    return found
            return None

        return tuple(take(*it) for it in wanted)

    def offer_of(self, dataset: int, terms_id: bytes, licensee: str = ANYONE) -> Offer | None:
        """Return the offer that stands for exactly this licensee; None if none does."""
        price, left = self._pair(int, int, "offerOf", dataset, terms_id, to_address(licensee))
        if not left:
            return None
        return Offer(price, None if left == ENDLESS else left, self.terms_of(terms_id).token)

    def terms_of(self, terms_id: bytes) -> StoredTerms:
        """Return terms as stored; index 0 where none were published."""
        return self._view(StoredTerms, "termsOf", terms_id)

    def terms_id_at(self, index: int) -> bytes:
        """Return the id of the terms with this number; zero where there are none."""
        return self._view(bytes, "termsIdAt", index)

    def terms(self, terms_id: bytes) -> Terms:
        """Return terms whole, with the digest of their text, from the event that published them.

        Raises:
            ChainError: if they were not published.
        """
        return self._one(TermsPublished, f"terms 0x{terms_id.hex()}", terms_id=terms_id).terms

    def license_of(self, license_id: int) -> License:
        """Return a licence.

        Raises:
            RevertError: `License_Unknown`.
        """
        return self._view(License, "licenseOf", license_id)

    def usage_terms_of(self, license_id: int, dataset: int, time: int) -> UsageTerms:
        """Return what the ledger asks; the holder is zero for an unknown licence."""
        return self._view(UsageTerms, "usageTermsOf", license_id, dataset, time)

    def covers(self, license_id: int, dataset: int, time: int) -> bool:
        """Say whether a licence covered a dataset at a Unix second."""
        return self._view(bool, "covers", license_id, dataset, time)

    def status_of(self, license_id: int, account: str, dataset: int, rights: int) -> Status:
        """Return whether an account may do all of `rights`, or the first reason why not. Quotas: ask `usage`."""
        return self._view(Status, "statusOf", license_id, to_address(account), dataset, int(rights))

    def is_authorized(self, license_id: int, account: str, dataset: int, rights: int) -> bool:
        """Say whether `status_of` is Valid."""
        return self._view(bool, "isAuthorized", license_id, to_address(account), dataset, int(rights))

    def license_count(self) -> int:
        """Return how many licences there are; the newest has this number."""
        return self._view(int, "licenseCount")

    def locked(self, license_id: int) -> bool:
        """Say whether a licence cannot be transferred (ERC-5192)."""
        return self._view(bool, "locked", license_id)

    def signer_until(self, account: str, signer: str, scopes: int) -> int:
        """Return until which Unix second a key has all of these scopes."""
        return self._view(int, "signerUntil", to_address(account), to_address(signer), int(scopes))

    def is_signer(self, account: str, signer: str, scopes: int) -> bool:
        """Say whether a key has all of these scopes now, or is the account itself."""
        return self._view(bool, "isSigner", to_address(account), to_address(signer), int(scopes))

    def known_terms(self, terms_id: bytes) -> StoredTerms:
        """Return published terms.

        Raises:
            InputError: if they were not published.
        """
        found = self.terms_of(terms_id)
        if not found.index:
            raise InputError(f"No terms 0x{terms_id.hex()} are published on this chain; publish them or check the id.")
        return found

    def _due(self, dataset: int, terms_id: bytes, to: str, max_price: int | None) -> tuple[int, int]:
        """Return the wei that go along with a purchase, and the most that is paid: the price that stands, unless told.

        Without an offer it is nothing, and the contract says that there is none.
        """
        standing = self.quote(dataset, terms_id, to)
        price, token = (standing.price, standing.token) if standing else (0, ETHER)
        return ether(token, price), price if max_price is None else max_price
