"""How fast accesses are taken: beside a server that recovers the same signature, writes as durably, and no more.

Both serve the same number of channels at once over real HTTP, from a process of their own. What is sent is signed
beforehand, so that the client costs little.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import Connection, bindparam, insert, update

from audiera.gateway.journal import Journal
from audiera.gateway.tables import ACCESSES, BATCHES
from audiera.gateway.whose import ledger_of
from audiera.interface import AccessRequest
from audiera.metering import AccessUses
from audiera.protocol import Frontier, recover
from tests.scale.gateway import (
    CHAIN_ID,
    GATEWAY,
    JSON,
    PAYERS,
    PRICE,
    TOKEN,
    bodies_of,
    payer_of,
    serve_gateway,
    timed,
    write_index,
)
from tests.scale.measure import Measured

__all__ = ["CASES"]

_PROMISE: Final = 2.0
_ACCESSES: Final = {1: 60, 256: 12}
"""Accesses of each channel, by the items of one."""


def accesses_of_one() -> Measured:
    """Accesses of one item each."""
    return _accesses(1)


def accesses_of_many() -> Measured:
    """Accesses of 256 items each."""
    return _accesses(256)


def _accesses(items: int) -> Measured:
    best = {"gateway": float("inf"), "floor": float("inf")}
    number = PAYERS * _ACCESSES[items]
    for _ in range(3):
        for name, app in (("floor", _floor), ("gateway", serve_gateway)):
            with tempfile.TemporaryDirectory() as folder:
                index = f"sqlite:///{folder}/index.db"
                write_index(index)
                domain = ledger_of(index)
                requests = [
                    [(body, JSON) for body in bodies_of(channel, items, domain, 1 + _ACCESSES[items])]
                    for channel in range(PAYERS)
                ]
                took = timed(lambda port, app=app, folder=folder: app(Path(folder), port), requests)  # type: ignore[misc]
            best[name] = min(best[name], took.seconds)
    each = "one item" if items == 1 else f"{items} items"
    return Measured(
        f"{number} accesses of {each}, {PAYERS} channels",
        f"{number / best['gateway']:,.0f} accesses/s",
        f"{number / best['floor']:,.0f}/s: recovering, hashing the uses, and writing alone",
        best["gateway"] / best["floor"],
        _PROMISE,
    )


def _floor(folder: Path, port: int) -> None:
    """A server that parses the same body, recovers the same signature, hashes as many uses, which whoever does not
    take the payer's word for the head must, and writes as much as durably: the access with its uses, its grants and an
    answer, and the head of its batch.
    """
    domain = ledger_of(f"sqlite:///{folder}/index.db")
    journal = Journal(
        f"sqlite:///{folder}/journal.db", chain_id=CHAIN_ID, ledger=domain.contract, gateway=GATEWAY.address
    )
    words = {"digest": f"0x{'11' * 32}"}
    numbers = {"license": 1, "dataset": 1, "version": 1, "right": 2, "at": 1, "until": 1}
    head = {"opened_at": 1, "head_at": 1, "moved_at": 1, "settled_at": 0, "log_bytes": 0, "signer": GATEWAY.address}
    for channel in range(PAYERS):
        named = {"payer": payer_of(channel).address, "token": TOKEN, "state": "open", "number": 1, **head}
        zero = {"amount": 0, "fee": 0, "calls": 0, "statements": 1, "root": f"0x{'11' * 32}", "receipt": bytes(65)}
        row = {"id": f"0x{channel:064x}", **named, **zero, "signature": bytes(65)}
        journal.write((), lambda connection, row=row: connection.execute(insert(BATCHES), row))  # type: ignore[misc]
    access_row, extended = insert(ACCESSES), update(BATCHES).where(BATCHES.c.payer == bindparam("whose"))
    app = FastAPI()

    @app.post("/v1/access")
    def access(body: AccessRequest) -> Response:
        assert body.voucher is not None
        assert body.signature is not None
        voucher = body.voucher.voucher()
        signer = recover(domain.digest(voucher), body.signature)
        uses = AccessUses(
            items=[(it, 1) for it in body.items],  # type: ignore[misc]  # bytes, as sent
            license=body.license,
            dataset=body.dataset,
            version=body.version,
            right=body.right,
            at=body.at or 0,
            nonce=body.nonce or b"",
            unit_price=PRICE,
        )
        Frontier().grow(uses.leaves()).root()
        items = b"".join(body.items)  # type: ignore[arg-type]
        sums = {"amount": voucher.amount, "calls": voucher.calls, "root": f"0x{voucher.root.hex()}"}
        row = {
            "id": f"0x{voucher.struct_hash().hex()}",
            "payer": voucher.payer,
            "key": voucher.root.hex(),
            **words,
            "batch": f"0x{int(voucher.payer, 16):064x}",
            "position": voucher.calls,
            "count": 1,
            **numbers,
            "uses": items + bytes(72 * len(body.items)),
            "delivers": True,
            "grants": bytes(96 * len(body.items)),
            "answer": bytes(600),
        }

        def write(connection: Connection) -> None:
            connection.execute(extended, {"whose": voucher.payer, **sums, "signature": body.signature})
            connection.execute(access_row, row)

        journal.write((signer,), write)
        return Response(b"{}", media_type="application/json")

    uvicorn.run(app, port=port, log_level="critical")


CASES: Final[dict[str, Callable[[], Measured]]] = {it.__name__: it for it in (accesses_of_one, accesses_of_many)}
