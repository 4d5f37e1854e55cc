"""`/uses/…`, `/v1/logs` and `/v1/uses`: what anybody may read of batches that are closed."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Row

from audiera.gateway.batches import voucher_of
from audiera.gateway.problems import Code, Problem
from audiera.gateway.record import Proven
from audiera.gateway.routes.shared import OurDesk, OurScale
from audiera.interface import (
    Hash,
    Head,
    LoggedUse,
    LogPage,
    SumNode,
    SumProof,
    UseProof,
    UseStatement,
    UseStruct,
)
from audiera.metering import log_name
from audiera.protocol import Proof
from audiera.text import from_hex

__all__ = ["log_page", "record", "use_log", "use_log_size", "use_proof"]

record = APIRouter(tags=["record"])

_MOST: Final = 1_000  # uses of a page
_LINES: Final = "application/x-ndjson"
_NO_LOG: Final = "No batch that is closed has this root; a log is published once its head is final."

Root = Annotated[Hash, Path(description="Of the batch: its voucher's.")]
Cursor = Annotated[str | None, Query(pattern="^[0-9]{1,18}$", description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=_MOST, description="Uses of a page.")]
Folder = Annotated[str, Path(pattern="^[0-9a-f]{2}$", description="The first two digits of the root.")]
Name = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="The root, in hexadecimal digits.")]


@record.get("/uses/{folder}/{name}.jsonl", summary="The use log of a batch that is closed", response_class=Response)
def use_log(folder: Folder, name: Name, desk: OurDesk, scale: OurScale) -> Response:
    """Answer every use of a batch with its price, a line for each, in the form and under the name of a store."""
    batch, headers = _described(folder, name, desk)
    scale.take(batch.calls)
    return StreamingResponse(desk.record.log(batch), headers=headers, media_type=_LINES)


@record.head("/uses/{folder}/{name}.jsonl", include_in_schema=False)
def use_log_size(folder: Folder, name: Name, desk: OurDesk) -> Response:
    """Answer how large it is, as soon as that is known."""
    return StreamingResponse((), headers=_described(folder, name, desk)[1], media_type=_LINES)


@record.get("/v1/logs/{root}", summary="The uses of a batch that is closed, a page at a time")
def log_page(root: Root, desk: OurDesk, scale: OurScale, cursor: Cursor = None, limit: Limit = _MOST) -> LogPage:
    """Answer uses in the order of their log."""
    batch, position = _closed(root, desk), int(cursor or 0)
    scale.take(limit)
    found = desk.record.uses(batch, position, limit)
    after = position + len(found)
    return LogPage(
        voucher=Head.of(voucher_of(batch, desk.settings.gateway)),
        position=position,
        uses=[LoggedUse.model_validate({**it.use.abi(), "price": it.price}) for it in found],
        next=str(after) if found and after < batch.calls else None,
    )


@record.get("/v1/uses/{use}/proof", summary="The proof of one use of a settled batch")
def use_proof(
    use: Annotated[Hash, Path(description="The struct hash of the use.")], desk: OurDesk, scale: OurScale
) -> UseProof:
    """Answer the arguments with which `verifyUse` of the ledger says that a use was paid for, at its price."""
    found = desk.record.prove(use, desk.index, scale.take)
    if found is None:
        detail = "No settled batch here has a use of this name, which is the struct hash of the use."
        raise Problem(Code.NOT_FOUND, detail)
    return _proof(found)


def _proof(found: Proven) -> UseProof:
    return UseProof(
        voucher=Head.of(found.voucher),
        settledAt=found.settled_at,
        statement=UseStatement.model_validate(found.statement.statement.abi()),
        statementProof=_sum_proof(found.statement_proof, found.statement.amount),
        use=UseStruct.model_validate(found.use.use.abi()),
        useProof=_sum_proof(found.use_proof, found.use.price),
    )


def _sum_proof(proof: Proof, amount: int) -> SumProof:
    siblings = [SumNode(hash=it.hash, sum=it.sum) for it in proof.siblings]
    return SumProof(index=proof.index, amount=amount, siblings=siblings)


def _closed(root: bytes, desk: OurDesk) -> Row[Any]:
    """Return the row of a batch whose log anybody may read; that of an open one is its payer's alone.

    Raises:
        Problem: `NOT_FOUND`: there is none.
    """
    batch = desk.record.batch(root)
    if batch is None:
        raise Problem(Code.NOT_FOUND, _NO_LOG)
    return batch


def _described(folder: str, name: str, desk: OurDesk) -> tuple[Row[Any], dict[str, str]]:
    root = from_hex(name)
    if f"uses/{folder}/{name}.jsonl" != log_name(root):
        raise Problem(Code.NOT_FOUND, _NO_LOG)
    batch = _closed(root, desk)
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{name}"',
    }
    if batch.log_bytes:
        headers["Content-Length"] = str(batch.log_bytes)
    return batch, headers
