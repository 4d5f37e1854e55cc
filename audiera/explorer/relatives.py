"""A dataset's lineage, from the index: a few generations each way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from audiera.explorer.asked import Reading
from audiera.explorer.described import described
from audiera.explorer.pictures import Edge, Lineage, Relative
from audiera.explorer.words import KINDS
from audiera.indexer.tables import DATASETS, PARENTS
from audiera.protocol import Kind

__all__ = ["lineage_of"]

_DEEP: Final = 3
"""Generations that are shown each way."""
_WIDE: Final = 8
"""Datasets of one generation that are shown."""


def lineage_of(reading: Reading, dataset: int) -> Lineage:
    """Return a dataset with its nearest relatives."""
    generations = {dataset: 0}
    more = False
    for way, of, next_of in ((-1, PARENTS.c.dataset, PARENTS.c.parent), (1, PARENTS.c.parent, PARENTS.c.dataset)):
        level = [dataset]
        for step in range(1, _DEEP + 2):
            query = select(next_of).distinct().where(of.in_(level)).order_by(next_of)
            found = [each for each in reading.connection.execute(query).scalars() if each not in generations]
            more = more or len(found) > _WIDE or (step > _DEEP and bool(found))
            level = found[:_WIDE] if step <= _DEEP else []
            generations |= dict.fromkeys(level, way * step)
            if not level:
                break
    shown = list(generations)
    found_edges = reading.connection.execute(
        select(PARENTS)
        .where(PARENTS.c.dataset.in_(shown), PARENTS.c.parent.in_(shown))
        .order_by(PARENTS.c.dataset, PARENTS.c.parent)
    )
    edges = [Edge(row.dataset, row.parent, row.ppm) for row in found_edges]
    _deepen(generations, edges)
    known = described(reading.connection, shown)
    query_kinds = select(DATASETS.c.id, DATASETS.c.kind).where(DATASETS.c.id.in_(shown))
    kinds = {each.id: each.kind for each in reading.connection.execute(query_kinds)}
    return Lineage(
        tuple(
            Relative(each, known[each].name, KINDS[Kind(kinds[each])], generation)
            for each, generation in sorted(generations.items(), key=lambda item: (item[1], item[0]))
            if each in kinds
        ),
        tuple(edges),
        more,
    )


def _deepen(generations: dict[int, int], edges: Sequence[Edge]) -> None:
    """Put each relative beyond all that lie between it and the dataset, so that every edge goes from left to right."""
    for _ in range(len(generations)):
        for edge in edges:
            if generations[edge.child] <= 0:
                generations[edge.parent] = min(generations[edge.parent], generations[edge.child] - 1)
            elif generations[edge.parent] >= 0:
                generations[edge.child] = max(generations[edge.child], generations[edge.parent] + 1)
