"""Licence terms as people type them, and as they read them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from audiera.cli.terminal.documents import amount_json, rights_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.texts import store_text
from audiera.client.contracts.events import TermsPublished
from audiera.errors import InputError, StorageError
from audiera.licensing import Template, check_rights, quota_of, template, template_of
from audiera.operations import TokenBook
from audiera.protocol import ETHER, Meter, Right, Terms, TermsFlag, describe_rights, parse_rights
from audiera.quantities import Amount, UnitPrice, counted_whole, format_duration, format_ppm, parse_duration, parse_ppm
from audiera.text import Json, hex_of, read_file

__all__ = ["Draft", "describe_terms", "publish", "terms_json", "text_title"]

_NO_NOTICE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed. None is whatever the text suggests."""

    template: str | None = None
    """Name of one of the plain-language texts."""
    file: Path | None = None
    """A text of one's own instead."""
    rights: str | None = None
    unit_price: str = "0 ETH/call"
    duration: str = "perpetual"
    notice: str = _NO_NOTICE
    max_units: int | None = None
    derivative_share: str = "0 %"
    transferable: bool | None = None
    revocable: bool | None = None
    derivatives_survive: bool | None = None

    def text(self) -> bytes:
        """Return the legal text.

        Raises:
            InputError: if none is named, or two are.
            StorageError: if the file cannot be read.
        """
        if (self.template is None) == (self.file is None):
            raise InputError("Terms need one legal text; give --template NAME, or --text FILE with your own.")
        return _read(self.file) if self.file is not None else template(self.template or "").text

    def terms(self, book: TokenBook) -> Terms:
        """Return the terms.

        Raises:
            TermsError: if rights contradict the text, or no contract would take the terms.
            AmountError: if an amount, duration or share cannot be read.
            InputError: if something is missing.
            StorageError: if the text cannot be read.
        """
        digest = sha256(self.text()).digest()
        known = template_of(digest)
        rights = self._rights(known)
        price = book.unit_price(self.unit_price)
        quota = quota_of(known, price.meter, self.max_units)
        return Terms(
            rights=int(rights),
            meter=int(price.meter),
            unit_price=price.amount.value,
            token=price.amount.token,
            duration=parse_duration(self.duration),
            notice=0 if self.notice.strip().lower() == _NO_NOTICE else _notice(self.notice),
            max_units=quota,
            derivative_ppm=parse_ppm(self.derivative_share),
            flags=int(self._flags(known, quota)),
            text=digest,
        )

    def _rights(self, known: Template | None) -> Right:
        if self.rights is None:
            if known is None:
                raise InputError(
                    'A text of your own says nothing of rights; name them, as --rights "Training,Inference".'
                )
            return known.granted
        rights = parse_rights(self.rights)
        if known is not None:
            check_rights(known, rights)
        return rights

    def _flags(self, known: Template | None, quota: int) -> TermsFlag:
        flags = known.flags if known else TermsFlag(0)
        chosen = {
            TermsFlag.Transferable: self.transferable,
            TermsFlag.Revocable: self.revocable,
            TermsFlag.DerivativesSurvive: self.derivatives_survive,
        }
        for flag, wanted in chosen.items():
            if wanted is not None:
                flags = flags | flag if wanted else flags & ~flag
        if quota and self.transferable is None:
            flags &= ~TermsFlag.Transferable  # a quota excludes it, and nobody asked for it
        return flags


def publish(session: Session, draft: Draft, storage: Path) -> None:
    """Keep the text, show it and the terms, and publish them unless they are there.

    Raises:
        InputError, StorageError: as the draft refuses.
    """
    made, text = draft.terms(session.book), draft.text()
    path, terms_id = store_text(storage, text), made.id()
    # Marked, so that no line of it passes for one of the plan.
    say(*(f"  | {line}".rstrip() for line in text.decode("utf-8-sig", "replace").splitlines()))
    described = describe_terms(made, session.book.of_value(made.unit_price, made.token))
    session.plan("Terms:", [("id", hex_of(terms_id)), *described.items(), ("text kept in", path)])
    receipt, index = None, session.client.licenses.terms_of(terms_id).index
    found = "there already"
    if not index:
        receipt = session.act(lambda client: client.licenses.publish_terms(made), "Publish these terms?")
        if receipt is None:
            return
        index, found = receipt.event(TermsPublished).index, "published"
    fields: dict[str, Json] = {**terms_json(session, terms_id, index, made), "textFile": str(path)}
    session.result(fields, f"Terms {index} are {found}: {hex_of(terms_id)}", receipt)


def terms_json(session: Session, terms_id: bytes, index: int, terms: Terms) -> dict[str, Json]:
    """Return terms for programs: names for what has names, seconds for time."""
    text = template_of(terms.text)
    return {
        "termsId": hex_of(terms_id),
        "index": index,
        "rights": rights_json(terms.rights),
        "meter": Meter(terms.meter).name,
        "unitPrice": amount_json(session.book.of_value(terms.unit_price, terms.token)),
        "token": terms.token,
        "duration": terms.duration,
        "notice": terms.notice,
        "maxUnits": terms.max_units,
        "derivativePpm": terms.derivative_ppm,
        "flags": [str(flag.name) for flag in TermsFlag if terms.flags & flag],
        "text": hex_of(terms.text),
        "textName": text.name if text else None,
    }


def describe_terms(terms: Terms, price: Amount) -> dict[str, str]:
    """Return what the terms say, line by line.

    Args:
        terms: the terms.
        price: their unit price, as an amount of their token.
    """
    meter = Meter(terms.meter)
    unit = meter.name.lower()
    use = f"{UnitPrice(price, meter)}" if price.value else f"free, counted by the {unit}"
    flags = TermsFlag(terms.flags)
    ends = f"on revocation, {_notice_text(terms.notice)}" if TermsFlag.Revocable in flags else "never before its time"
    return {
        "text": text_title(terms.text),
        "rights": describe_rights(terms.rights),
        "use": "; ".join(filter(None, (use, counted_whole(meter)))),
        "paid in": price.symbol
        if price.token == ETHER or price.token in price.symbol
        else f"{price.symbol} ({price.token})",
        "lasts": "for ever" if not terms.duration else format_duration(terms.duration),
        "ends early": ends,
        "quota": f"{terms.max_units:,} {unit}s" if terms.max_units else "none",
        "derivatives": (f"owe {format_ppm(terms.derivative_ppm)}" if terms.derivative_ppm else "owe nothing")
        + ", and "
        + ("may be used after the licence ends" if TermsFlag.DerivativesSurvive in flags else "end with the licence"),
        "transfer": "allowed" if TermsFlag.Transferable in flags else "not allowed",
    }


def text_title(digest: bytes) -> str:
    """Return what to call a text: a template's title, or only its digest."""
    known = template_of(digest)
    return f"{known.title if known else 'of its own'} (sha-256 {digest.hex()})"


def _notice(text: str) -> int:
    seconds = parse_duration(text)
    if not seconds:
        raise InputError("A notice ends at some time; write it like 30 days, or none.")
    return seconds


def _notice_text(seconds: int) -> str:
    return f"{format_duration(seconds)} later" if seconds else "at once"


def _read(path: Path) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); check the name.") from error
