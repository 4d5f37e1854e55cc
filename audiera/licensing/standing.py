"""A dataset as it stands on chain: where it is registered, whose it is, and what it is offered for."""

from dataclasses import dataclass, replace

from eth_typing import ChecksumAddress

from audiera.licensing.texts import template_of
from audiera.protocol import ETHER, Meter, Terms, TermsFlag, describe_rights
from audiera.quantities import Amount, format_duration, format_ppm

__all__ = ["Standing", "StandingOffer"]


_ERC20, _ETHER = "erc20:{}", "slip44:60"


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """An offer of a licence that can be taken now."""

    dataset: int
    terms: Terms
    price: Amount
    """For the licence, in the terms' token."""
    licensee: ChecksumAddress = ETHER
    """Who may take it; zero is anyone."""
    left: int | None = None
    """How many licences and renewals may still be taken at it; None is any number."""

    @property
    def unit_price(self) -> Amount:
        """For each unit of use."""
        return replace(self.price, value=self.terms.unit_price)

    @property
    def meter(self) -> Meter:
        """What a unit counts."""
        return Meter(self.terms.meter)

    @property
    def is_for_anyone(self) -> bool:
        """Whether everybody may take it."""
        return self.licensee == ETHER

    @property
    def is_unconditional(self) -> bool:
        """Whether everybody gets it for nothing and for ever, and nothing is asked of what is made with it."""
        terms = self.terms
        asked = (self.price.value, terms.unit_price, terms.duration, terms.max_units, terms.derivative_ppm)
        open_to_all = self.is_for_anyone and self.left is None
        return open_to_all and not any(asked) and not terms.flags & TermsFlag.Revocable

    @property
    def title(self) -> str:
        """What the licence's text is called, if it is one of this package's."""
        text = template_of(self.terms.text)
        return text.title if text else "Licence"

    def sentence(self) -> str:
        """Say for people what is asked and granted."""
        terms, meter = self.terms, self.meter.name.lower()
        said = [f"{self.title} for {self.price}" if self.price.value else f"{self.title} without a price"]
        if self.left is not None:
            said.append(f"{self.left:,} left")
        if terms.unit_price:
            said.append(f"{self.unit_price} for each {meter} used")
        said.append(f"lasts {format_duration(terms.duration)}" if terms.duration else "never ends")
        if terms.max_units:
            said.append(f"for {terms.max_units:,} units by the {meter} at most")
        if terms.derivative_ppm:
            said.append(f"derived datasets owe {format_ppm(terms.derivative_ppm)} of their income")
        if terms.flags & TermsFlag.Revocable:
            said.append(f"may be revoked with notice of {format_duration(terms.notice) if terms.notice else 'no time'}")
        said.append(f"grants {describe_rights(terms.rights)}")
        return f"{'; '.join(said)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a dataset is, and the offers in force. Its names on chain are those of CAIP-2, CAIP-10 and CAIP-19."""

    chain_id: int
    registry: ChecksumAddress
    """`DatasetRegistry`."""
    licenses: ChecksumAddress
    """`LicenseRegistry`."""
    dataset: int
    owner: ChecksumAddress
    account: bytes
    """The royalty account that is paid for its use."""
    offers: tuple[StandingOffer, ...] = ()

    @property
    def chain(self) -> str:
        """The chain's CAIP-2 name."""
        return f"eip155:{self.chain_id}"

    @property
    def token(self) -> str:
        """The dataset's CAIP-19 name: its token."""
        return f"{self.chain}/erc721:{self.registry}/{self.dataset}"

    def offer_name(self, offer: StandingOffer) -> str:
        """Name an offer, under the CAIP-10 name of the contract that keeps it."""
        name = f"{self.chain}:{self.licenses}/offers/{offer.dataset}/0x{offer.terms.id().hex()}"
        return name if offer.is_for_anyone else f"{name}/{offer.licensee}"

    def party(self, address: ChecksumAddress) -> str:
        """Name an account of the chain (CAIP-10)."""
        return f"{self.chain}:{address}"

    def money(self, token: ChecksumAddress) -> str:
        """Name what is paid in (CAIP-19)."""
        return f"{self.chain}/{_ETHER if token == ETHER else _ERC20.format(token)}"
