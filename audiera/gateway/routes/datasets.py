"""`/v1/datasets/{number}`: a dataset as it stands, for who publishes its next version and asks no node."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy import select

from audiera.gateway.problems import Code, Problem
from audiera.gateway.routes.shared import OurDesk
from audiera.indexer.tables import DATASETS
from audiera.interface import DatasetState
from audiera.text import as_hash

__all__ = ["datasets", "state"]

datasets = APIRouter(prefix="/v1/datasets", tags=["uploads"])


@datasets.get("/{number}", summary="A dataset as it stands on the chain")
def state(number: Annotated[int, Path(ge=1, lt=1 << 63)], desk: OurDesk) -> DatasetState:
    """Answer whose it is, and what its newest version is; whether it is true, the chain tells."""
    with desk.index() as index:
        row = index.execute(select(DATASETS).where(DATASETS.c.id == number)).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, f"The chain has no dataset {number}, as far as it is read here.")
    return DatasetState(
        dataset=row.id,
        owner=row.owner,
        kind=row.kind,
        flags=row.flags,
        version=row.version,
        content_root=as_hash(row.content_root),
        manifest=as_hash(row.manifest),
    )
