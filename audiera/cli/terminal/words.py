"""What commands about licences and use read and write: terms by id or number, references, scopes, times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from eth_typing import ChecksumAddress

from audiera.cli.terminal.parse import parse_hash32, parse_whole
from audiera.cli.terminal.session import Session
from audiera.errors import AmountError, InputError
from audiera.licensing import StandingOffer, template_of
from audiera.protocol import ETHER, PERPETUAL, ZERO_WORD, SignerScope, describe_rights, to_address
from audiera.quantities import counted_whole, parse_duration
from audiera.text import short

__all__ = [
    "counting_lines",
    "ends",
    "how_often",
    "licensee_of",
    "offer_words",
    "paid_to",
    "parse_ref",
    "parse_scopes",
    "parse_until",
    "sentence",
    "terms_id_of",
    "until",
    "when",
    "who",
]

_WORD: Final = 32
_NOBODY: Final = "none"


def terms_id_of(session: Session, text: str) -> bytes:
    """Return the id of terms that are published, given as their id or as their number.

    Raises:
        InputError: if it is neither, or there are no such terms.
    """
    if (number := parse_whole(text)) is not None:
        found = session.client.licenses.terms_id_at(number)
        if found == ZERO_WORD:
            raise InputError(f"There are no terms number {text} on this chain; publish them or check the number.")
        return found
    terms_id = parse_hash32(text, "terms")
    session.client.licenses.known_terms(terms_id)
    return terms_id


def parse_ref(text: str) -> bytes:
    """Read a reference: 0x and 64 digits, or up to 32 bytes of text, which are filled up with zeros.

    Raises:
        InputError: if it is longer.
    """
    if text.startswith("0x") and len(text) == 2 + 2 * _WORD:
        return parse_hash32(text, "a reference")
    data = text.encode()
    if len(data) > _WORD:
        raise InputError(f"The reference has {len(data):,} bytes, and {_WORD} fit; shorten it, or give its hash.")
    return data.ljust(_WORD, b"\0")


def parse_scopes(text: str) -> SignerScope:
    """Read scopes such as ``access,pay``; ``none`` is none of them.

    Raises:
        InputError: if a name is unknown.
    """
    scopes = SignerScope(0)
    if text.strip().lower() == _NOBODY:
        return scopes
    known = {str(scope.name).lower(): scope for scope in SignerScope}
    for name in text.split(","):
        scope = known.get(name.strip().lower())
        if scope is None:
            raise InputError(f"{name.strip()!r} is not a scope; choose from {', '.join(known)}, or none.")
        scopes |= scope
    return scopes


def parse_until(text: str, now: int) -> int:
    """Read a time as a duration from now, or as the UTC day that begins then; return the Unix second.

    Raises:
        AmountError: if it is neither, or has passed.
    """
    try:
        second = int(datetime.combine(date.fromisoformat(text.strip()), datetime.min.time(), UTC).timestamp())
    except ValueError:
        seconds = parse_duration(text)
        if not seconds:
            raise AmountError("It needs an end; give a day, as 2027-01-31, or a time, as 90 days.") from None
        second = now + seconds
    if second <= now:
        raise AmountError(f"{text} has passed already; give a later day.")
    return second


def licensee_of(text: str | None) -> ChecksumAddress:
    """Return the licensee of an offer: an address, or zero for anyone."""
    return to_address(text) if text else ETHER


def who(licensee: str) -> str:
    """Write the licensee of an offer."""
    return "anyone" if licensee == ETHER else f"{licensee} alone"


def how_often(left: int | None) -> str:
    """Write how often an offer may be taken; None is any number of times."""
    if left is None:
        return "any number of times"
    return "once" if left == 1 else f"{left:,} times"


def paid_to(session: Session, account: ChecksumAddress) -> str:
    """Write where an account is paid now: itself, or the recipient that it has chosen."""
    recipient = session.client.royalty.recipient_of(account)
    return account if recipient == account else f"{recipient} (chosen by {account})"


def counting_lines(meters: Iterable[int]) -> list[str]:
    """Return a line on how items count under some meters, if each use is not simply one."""
    counted = counted_whole(*meters)
    return [f"{sentence(counted)}, what is begun as one."] if counted else []


def sentence(words: str) -> str:
    """Return words with the capital letter that begins a line."""
    return f"{words[:1].upper()}{words[1:]}"


def when(second: int) -> str:
    """Write a Unix second, to the minute; what never comes is ``for ever``."""
    if second >= PERPETUAL:
        return "for ever"
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M UTC}"


def ends(second: int) -> str:
    """Write when something ends."""
    return "never" if second >= PERPETUAL else when(second)


def until(second: int) -> str:
    """Write how long something lasts."""
    return when(second) if second >= PERPETUAL else f"until {when(second)}"


def offer_words(offer: StandingOffer) -> tuple[str, str, str, str, str]:
    """Return an offer's text, price, licensee, how many are left and rights, as people read them."""
    text = template_of(offer.terms.text)
    return (
        text.name if text else f"text {short(offer.terms.text)}",
        str(offer.price),
        "anyone" if offer.is_for_anyone else offer.licensee,
        "any number" if offer.left is None else f"{offer.left:,}",
        describe_rights(offer.terms.rights),
    )
