"""`license requests`: asking for a licence at a gateway, seeing who asks, and answering, each signed."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from audiera.cli.license.deals import carry_out_offer, price_of
from audiera.cli.license.earlier import PrivateOffer, carried_before, check_sent
from audiera.cli.terminal.output import block, print_json, print_lines, say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import how_often, terms_id_of, when
from audiera.client import SignedCall, TxReceipt
from audiera.client.calls import most_of
from audiera.client.chain import ether_text
from audiera.client.journal import state_folder
from audiera.consumer import CARRIED_FOR, Keeping, carry
from audiera.errors import InputError, StorageError
from audiera.interface import (
    About,
    AnswerStruct,
    KeptRequest,
    RequestPage,
    RequestStruct,
    RequestTaken,
    SignedAnswer,
    SignedRequest,
)
from audiera.protocol import ZERO_WORD, Domain, Right, describe_rights, to_address
from audiera.remote import Remote, relay_offer
from audiera.text import Json, hex_of, read_file, shown

__all__ = ["Offered", "Wanted", "answer", "ask", "check", "list_requests"]

T = TypeVar("T", bound=BaseModel)

_MOST: Final = 1 << 26  # bytes of a file
_GAS: Final = 300_000  # of an offer, or less
_OFFER: Final = "LicenseRegistry.offer"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, as it is typed."""

    dataset: int
    rights: Right
    purpose: str
    extent: str
    who: str
    contact: str


def list_requests(session: Session, url: str, dataset: int | None) -> None:
    """Print what an account asked for at a gateway and what it is asked there, each seen to be signed by whom it names.

    Raises:
        SignatureError: one is not.
        StorageError: the gateway refuses, or cannot be reached.
    """
    remote = _remote(session, url)
    found: list[KeptRequest] = []
    cursor: str | None = ""
    while cursor is not None:
        told = {"dataset": dataset, "cursor": cursor or None}
        query = urlencode({name: value for name, value in told.items() if value is not None})
        page = remote.read(RequestPage, remote.get(f"/v1/requests?{query}"))
        found += page.requests
        if page.next is not None and (not page.requests or int(page.next) >= (int(cursor) if cursor else 1 << 63)):
            raise StorageError(f"{shown(url)} lists the same again; it is no gateway of this release.")
        cursor = page.next
    for it in found:
        _check(session, it)
    if session.as_json:
        print_json(_json(RequestPage(requests=found)))
    elif not found:
        print_lines(f"{session.me} asked for nothing at {shown(url)}, and is asked for nothing there.")
    for each in () if session.as_json else found:
        print_lines(*_block(session, each), "")


def ask(session: Session, url: str, wanted: Wanted) -> None:
    """Ask for a licence at a gateway, signed.

    Raises:
        InputError: a text cannot be sent.
        StorageError: the gateway refuses, or cannot be reached.
    """
    remote = Remote(url)
    place = remote.read(About, remote.get("/v1/gateway"))
    if (place.chain_id, place.ledger) != (session.client.chain_id, session.client.usage.address):
        raise InputError(f"{shown(url)} is of another chain or deployment; choose the other network.")
    request = _made(
        RequestStruct,
        {
            **asdict(wanted),
            "gateway": place.account,
            "asker": session.me,
            "rights": [bit for bit in range(16) if wanted.rights >> bit & 1],
            "at": int(time.time()),
            "nonce": secrets.token_bytes(32),
        },
    )
    owner = session.client.datasets.owner_of(wanted.dataset)
    session.plan(f"Request to {owner}, who owns dataset {wanted.dataset}:", list(_lines(request)))
    session.confirm("Sign it, and send it to the gateway?")
    struct = request.struct()
    signed = SignedRequest(request=request, signature=session.signing_client().sign("LicenseRegistry", struct))
    taken = remote.read(RequestTaken, remote.post("/v1/requests", _body(signed)))
    if taken.id != struct.struct_hash():
        raise StorageError(f"{shown(url)} took another request than was sent; it is no gateway of this release.")
    fields: dict[str, Json] = {"number": taken.number, "dataset": wanted.dataset, "owner": owner}
    session.result(fields, f"Request {taken.number} is taken; `ape run license requests --at {url}` shows the answer.")


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer, as it is typed."""

    terms: str
    price: str
    count: int


def answer(session: Session, url: str, number: int, offered: Offered | None, words: str) -> None:
    """Answer a request to the owner of a dataset, signed: by an offer that is made to who asks alone, or by no.

    The gateway carries the offer out, and pays the gas, if the session is to relay or its account has too little ETH.

    Args:
        session: the owner's.
        url: of the gateway.
        number: of the request.
        offered: what is offered to who asks; None: no.
        words: the reason of a no, or whatever is said.

    Raises:
        InputError: it is somebody else's to answer, or has been answered; or an earlier run began another offer.
        RevertError: the contract refuses the offer; then nothing is sent.
        GatewayError: the gateway does not carry the offer out.
        StorageError: the gateway refuses, or cannot be reached.
    """
    to_relay, session.relay = session.relay, False
    if to_relay:
        session.go_on()  # an earlier run may have sent it itself
    remote = _remote(session, url)
    kept = remote.read(KeptRequest, remote.get(f"/v1/requests/{number}"))
    _check(session, kept)
    if kept.answer is not None:
        raise InputError(f"Request {number} has been answered; `ape run license requests --at {url}` shows it.")
    request = kept.request
    session.own_dataset(request.dataset)
    session.plan(f"Request {number}, dataset {request.dataset}:", list(_lines(request)))
    said: dict[str, object] = {"request": kept.id, "owner": session.me, "reason": words, "at": int(time.time())}
    receipt, asker = None, to_address(request.asker)
    keeping = Keeping((session.client.node.state or state_folder()) / "answers" / kept.id.hex())
    if offered is None:
        made = _made(AnswerStruct, {**said, "terms": ZERO_WORD, "price": 0, "count": 0})
        check_sent(session, request.dataset, asker, None)
        carried_before(session, remote, keeping, None)
        session.confirm(f"Say no to {asker}?")
    else:
        terms = terms_id_of(session, offered.terms)
        price = price_of(session, offered.price, session.client.licenses.terms_of(terms).token)
        made = _made(AnswerStruct, {**said, "terms": terms, "price": price.value, "count": offered.count})
        offer = PrivateOffer(request.dataset, terms, asker, price.value, offered.count)
        check_sent(session, request.dataset, asker, offer)
        receipt = carried_before(session, remote, keeping, offer)
        if receipt is None:
            _find_carrier(session, remote, keeping, offer, to_relay=to_relay)
            receipt = carry_out_offer(session, request.dataset, terms, asker, price, count=offered.count)
    signature = session.signing_client().sign("LicenseRegistry", made.struct())
    signed = SignedAnswer(answer=made, signature=signature)
    done = remote.read(KeptRequest, remote.post(f"/v1/requests/{number}/answer", _body(signed)))
    _check(session, done)
    keeping.carried()
    fields: dict[str, Json] = {"number": number, "dataset": request.dataset, "licensee": asker}
    session.result(fields, f"Request {number} is answered: {_said(session, done)}.", receipt)


def _find_carrier(session: Session, remote: Remote, keeping: Keeping, offer: PrivateOffer, *, to_relay: bool) -> None:
    """Have the gateway carry the offer out, where it is told to or the account has no coin for it.

    Raises:
        InputError: it is told to, and does not carry offers out.
        StorageError: the gateway cannot be reached.
    """
    node = session.client.node
    if session.is_sent(offer.make):
        return
    has = node.balance(session.me)
    if not to_relay and has >= _GAS * most_of(node.fees()):
        return
    found = relay_offer(remote)
    if found is None or _OFFER not in found.functions:
        if to_relay:
            raise InputError(f"{shown(remote.url)} carries out no offers; leave out --relay.")
        return

    def carry_it(signed: SignedCall) -> TxReceipt:
        return carry(session.client, remote, keeping, signed)

    if not to_relay:
        say(f"You have {ether_text(has)}, too little for gas: the gateway carries out what you sign, and pays the gas.")
    session.carrier, session.lifetime = carry_it, CARRIED_FOR


def check(path: Path, *, as_json: bool) -> None:
    """Look whether everything in a file of requests was signed by whom it names. No network is asked.

    Raises:
        InputError: it is no such file.
        SignatureError: something was not.
    """
    try:
        page = RequestPage.model_validate_json(read_file(path, _MOST))
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be read ({error.strerror}); check the name.") from error
    except ValidationError as error:
        raise InputError(
            f"{shown(str(path))} holds no requests; `ape run license requests --json` prints such a file."
        ) from error
    for it in page.requests:
        it.check()
    if as_json:
        print_json({"requests": [_summary(it) for it in page.requests]})
        return
    for it in page.requests:
        said = f"answered by {it.answer.answer.owner}" if it.answer else "not answered"
        place = f"registry {it.registry} on chain {it.chainId}"
        print_lines(f"Request {hex_of(it.id)} for dataset {it.request.dataset} by {it.request.asker}, {said}; {place}.")
    print_lines("Each was signed by whom it names. Who owned a dataset, and which offers stood, the chain tells.")


def _remote(session: Session, url: str) -> Remote:
    """Return a gateway at which the account is signed in."""
    remote = Remote(url, session.signing_client().signer)
    remote.sign_in()
    return remote


def _domain(session: Session) -> Domain:
    return session.client.domain("LicenseRegistry")


def _check(session: Session, kept: KeptRequest) -> None:
    if kept.domain != _domain(session):
        raise InputError(f"Request {kept.number} is of another chain or deployment; choose the other network.")
    kept.check()


def _made(kind: type[T], values: Mapping[str, object]) -> T:
    """Return what is to be signed.

    Raises:
        InputError: a text is too long, or holds what is no text.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the answer"
        raise InputError(f"{where.capitalize()} cannot be sent: {first['msg']}; write it otherwise.") from error


def _body(signed: BaseModel) -> bytes:
    return signed.model_dump_json().encode()


def _json(page: RequestPage) -> Json:
    found: Json = json.loads(page.model_dump_json(exclude={"next"}))
    return found


def _summary(kept: KeptRequest) -> dict[str, Json]:
    return {
        "number": kept.number,
        "account": kept.request.asker,
        "dataset": kept.request.dataset,
        "signer": kept.answer.answer.owner if kept.answer else None,
    }


def _lines(request: RequestStruct) -> Sequence[tuple[str, object]]:
    return (
        ("asked by", request.asker),
        ("rights", describe_rights(request.struct().rights)),
        ("what for", request.purpose),
        ("how much", request.extent),
        ("who", request.who),
        ("contact", request.contact),
    )


def _block(session: Session, kept: KeptRequest) -> list[str]:
    rows = dict(_lines(kept.request)) | {"asked": when(kept.request.at), "answer": _said(session, kept)}
    return block(f"Request {kept.number}, dataset {kept.request.dataset}", rows)


def _said(session: Session, kept: KeptRequest) -> str:
    """Return an answer in words, and whether the offer that it names stands."""
    if kept.answer is None:
        return "none yet"
    answer = kept.answer.answer
    if not answer.is_offer:
        return f"no: {answer.reason}"
    licenses = session.client.licenses
    stored = licenses.terms_of(answer.terms)
    name = f"terms {stored.index}" if stored.index else f"terms {hex_of(answer.terms)}, which nobody published"
    price = session.book.of_value(answer.price, stored.token)
    stands = licenses.offer_of(kept.request.dataset, answer.terms, kept.request.asker) is not None
    standing = "which stands" if stands else "which does not stand"
    said = f"; {answer.reason}" if answer.reason else ""
    return f"an offer under {name} for {price}, {how_often(answer.count)}, {standing}{said}"
