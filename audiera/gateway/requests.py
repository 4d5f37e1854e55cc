"""Licences that are asked for: requests signed by who asks, answers by the owner, both kept as they were signed.

Only the parties see a request: who asked, who owns the dataset now, and who answered. Whose it is now, the index says.
"""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from audiera.errors import SignatureError
from audiera.gateway.access import Desk
from audiera.gateway.limiting import Limiter
from audiera.gateway.notices import Notices, What
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import REQUESTS
from audiera.indexer import suite_of
from audiera.indexer.tables import DATASETS
from audiera.interface import KeptRequest, RequestPage, RequestTaken, SignedAnswer, SignedRequest
from audiera.protocol import Domain, Struct, check_signer
from audiera.text import as_hash, hex_of

__all__ = ["Requests"]

_PAGE: Final = 100
_SOME: Final = 500  # values in one statement: databases limit them


class Requests:
    """What is asked for, and what is answered. Threads share it."""

    def __init__(self, desk: Desk, notices: Notices) -> None:
        self._desk, self._settings, self._journal, self._notices = desk, desk.settings, desk.journal, notices
        with desk.index() as index:
            self._domain: Domain = suite_of(index)["LicenseRegistry"].domain
        self._limiter = Limiter(self._settings.limits.requests)

    def take(self, signed: SignedRequest, address: str) -> RequestTaken:
        """Take a request down, and have the owner told. The same request again gets the same answer.

        Args:
            signed: the request.
            address: whom it came from.

        Raises:
            Problem: why it is refused.
        """
        self._limiter.take(address)
        request = signed.request.struct()
        if request.gateway != self._settings.gateway:
            raise Problem(
                Code.MALFORMED, f"The request is to gateway {request.gateway}; this is {self._settings.gateway}."
            )
        self._check_key(request, signed.signature, request.asker)
        name = hex_of(request.struct_hash())
        if (before := self._row(REQUESTS.c.id == name)) is not None:
            return RequestTaken(number=before.number, id=as_hash(before.id))
        self._check_time(request.at)
        owner = self._owner_of(request.dataset)
        values = {"id": name, "asker": request.asker, "dataset": request.dataset, "signed": signed.model_dump_json()}

        def write(journal: Connection) -> int:
            same = journal.execute(select(REQUESTS.c.number).where(REQUESTS.c.id == name)).scalar()
            if same is not None:
                return int(same)
            waiting = select(func.count()).where(REQUESTS.c.asker == request.asker, REQUESTS.c.answer.is_(None))
            if journal.execute(waiting).scalar_one() >= self._settings.limits.asked:
                raise Problem(
                    Code.CONFLICT,
                    f"{request.asker} awaits answers to {self._settings.limits.asked} requests, and asks no more here.",
                )
            made = journal.execute(insert(REQUESTS).values(values)).inserted_primary_key
            assert made is not None
            self._notices.add(journal, int(made[0]), owner, What.ASKED)
            return int(made[0])

        number = self._journal.write(("requests", request.asker), write)
        self._notices.wake()
        return RequestTaken(number=number, id=as_hash(name))

    def answer(self, number: int, signed: SignedAnswer) -> KeptRequest:
        """Take down what the owner says, and have the asker told. The same answer again is taken for the first.

        Raises:
            Problem: why it is refused.
        """
        answer, row = signed.answer.struct(), self._row(REQUESTS.c.number == number)
        if row is None or as_hash(row.id) != answer.request:  # who knows the hash, knows the request
            raise _unknown(number)
        self._check_key(answer, signed.signature, answer.owner)
        if row.answer is None:
            owner = self._owner_of(row.dataset)
            if answer.owner != owner:
                raise Problem(Code.FORBIDDEN, f"Dataset {row.dataset} is owned by {owner}, who alone answers.")
            self._check_time(answer.at)
            self._write(row, signed)
        found = self.told(number)
        if found.answer is None or found.answer.answer != signed.answer:
            raise Problem(Code.CONFLICT, f"Request {number} has been answered, and keeps that answer.")
        return found

    def find(self, number: int, account: str) -> KeptRequest:
        """Return a request to one of its parties.

        Raises:
            Problem: there is none that an account may see.
        """
        row = self._row(REQUESTS.c.number == number)
        if row is None:
            raise _unknown(number)
        if account not in (row.asker, row.answerer) and account != self._owner_of(row.dataset):
            raise _unknown(number)
        return self._asked(row)

    def page(self, account: str, dataset: int | None, before: int | None) -> RequestPage:
        """Return requests that an account is party to, the newest first.

        Args:
            account: who looks.
            dataset: for this one only.
            before: with lower numbers than this.
        """
        owned = select(DATASETS.c.id).where(DATASETS.c.owner == account)
        with self._desk.index() as index:
            ids = [it.id for it in index.execute(owned if dataset is None else owned.where(DATASETS.c.id == dataset))]
        parties = [or_(REQUESTS.c.asker == account, REQUESTS.c.answerer == account)]
        parties += [REQUESTS.c.dataset.in_(ids[at : at + _SOME]) for at in range(0, len(ids), _SOME)]
        query = select(REQUESTS).order_by(REQUESTS.c.number.desc()).limit(_PAGE + 1)
        if dataset is not None:
            query = query.where(REQUESTS.c.dataset == dataset)
        if before is not None:
            query = query.where(REQUESTS.c.number < before)
        found: dict[int, Row[Any]] = {}
        with self._journal.reading() as journal:
            for party in parties:
                found |= {it.number: it for it in journal.execute(query.where(party))}
        numbers = sorted(found, reverse=True)
        shown, more = numbers[:_PAGE], len(numbers) > _PAGE
        return RequestPage(requests=[self._asked(found[it]) for it in shown], next=str(shown[-1]) if more else None)

    def told(self, number: int) -> KeptRequest:
        """Return a request as those who are told of it have it."""
        row = self._row(REQUESTS.c.number == number)
        assert row is not None
        return self._asked(row)

    def _write(self, row: Row[Any], signed: SignedAnswer) -> None:
        values = {"answer": signed.model_dump_json(), "answerer": signed.answer.owner}
        query = update(REQUESTS).where(REQUESTS.c.number == row.number, REQUESTS.c.answer.is_(None)).values(values)

        def write(journal: Connection) -> None:
            if journal.execute(query).rowcount:
                self._notices.add(journal, row.number, row.asker, What.ANSWERED)

        self._journal.write(("requests", row.asker), write)
        self._notices.wake()

    def _row(self, which: ColumnElement[bool]) -> Row[Any] | None:
        with self._journal.reading() as journal:
            return journal.execute(select(REQUESTS).where(which)).first()

    def _asked(self, row: Row[Any]) -> KeptRequest:
        signed = SignedRequest.model_validate_json(row.signed)
        return KeptRequest(
            number=row.number,
            id=as_hash(row.id),
            chainId=self._domain.chain_id,
            registry=self._domain.contract,
            request=signed.request,
            signature=signed.signature,
            answer=None if row.answer is None else SignedAnswer.model_validate_json(row.answer),
        )

    def _owner_of(self, dataset: int) -> str:
        with self._desk.index() as index:
            owner = index.execute(select(DATASETS.c.owner).where(DATASETS.c.id == dataset)).scalar()
        if owner is None:
            raise Problem(Code.ITEM_UNKNOWN, f"Dataset {dataset} is not in the gateway's index.")
        return str(owner)

    def _check_key(self, struct: Struct, signature: bytes, signer: str) -> None:
        try:
            check_signer(self._domain.digest(struct), signature, signer)
        except SignatureError as error:
            raise Problem(
                Code.SIGNATURE_WRONG, f"{error} Contract accounts cannot ask and answer here, since no node is asked."
            ) from error

    def _check_time(self, at: int) -> None:
        clock, now = self._settings.limits.clock, int(time.time())
        if abs(at - now) > clock:
            raise Problem(
                Code.TIME_OFF,
                f"It was signed at {at}, and here it is {now}; sign it again, within {clock} seconds.",
                more={"now": str(now)},
            )


def _unknown(number: int) -> Problem:
    return Problem(Code.NOT_FOUND, f"There is no request {number} that is yours to see; sign in as a party to it.")
