"""What a dataset was made from and what was made from it, as a picture: the oldest at the left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from audiera.explorer.strangers import cut
from audiera.quantities import format_ppm

__all__ = ["Edge", "Lineage", "Relative", "lineage_picture"]

_WIDE, _HIGH, _ACROSS, _DOWN = 190, 52, 290, 72
_LETTERS: Final = 21


@dataclass(frozen=True, slots=True)
class Relative:
    """A dataset in a lineage."""

    dataset: int
    name: str | None
    kind: str
    generation: int
    """0: the dataset itself; below: what it was made from; above: what was made from it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One was made from the other, and owes it a share."""

    child: int
    parent: int
    ppm: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """A dataset with its relatives, as far as they are shown."""

    relatives: tuple[Relative, ...]
    edges: tuple[Edge, ...]
    more: bool
    """Whether there are others farther off."""


def lineage_picture(lineage: Lineage, link: Callable[[str], str]) -> Markup:
    """Return the picture as SVG; each dataset in it links to its page."""
    columns: dict[int, list[Relative]] = {}
    for relative in lineage.relatives:
        columns.setdefault(relative.generation, []).append(relative)
    tallest = max(map(len, columns.values()))
    places = {
        relative.dataset: (at * _ACROSS + 2.0, (tallest - len(column)) * _DOWN / 2 + row * _DOWN + 2)
        for at, (_, column) in enumerate(sorted(columns.items()))
        for row, relative in enumerate(column)
    }
    width, height = (len(columns) - 1) * _ACROSS + _WIDE + 4, (tallest - 1) * _DOWN + _HIGH + 4
    parents, children = (
        Counter(ends) for ends in ((it.child for it in lineage.edges), (it.parent for it in lineage.edges))
    )
    drawn = [_edge(edge, places, late=parents[edge.child] <= children[edge.parent]) for edge in lineage.edges]
    drawn += [_box(relative, *places[relative.dataset], link) for relative in lineage.relatives]
    return Markup(
        '<svg class="lineage" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="group" aria-label="{2}">{3}</svg>'
    ).format(width, f"{height:g}", _said(lineage), Markup("").join(drawn))


def _said(lineage: Lineage) -> str:
    above = sum(it.generation < 0 for it in lineage.relatives)
    below = sum(it.generation > 0 for it in lineage.relatives)
    return f"Lineage: {above} it was made from, {below} made from it."


def _edge(edge: Edge, places: dict[int, tuple[float, float]], *, late: bool) -> Markup:
    """Draw an edge, with its share written at the end at which fewer meet: the later one, or the earlier."""
    (x0, y0), (x1, y1) = places[edge.parent], places[edge.child]
    x0, y0, y1 = x0 + _WIDE, y0 + _HIGH / 2, y1 + _HIGH / 2
    middle = (x0 + x1) / 2
    thick = 1 + edge.ppm / 1_000_000 * 8
    return Markup(
        '<path class="edge" stroke-width="{}" d="M{:g} {:g}C{:g} {:g} {:g} {:g} {:g} {:g}"/>'
        '<text class="share" x="{:g}" y="{:g}" text-anchor="middle">{}</text>'
    ).format(
        f"{thick:.1f}",
        *(x0, y0, middle, y0, middle, y1, x1, y1),
        *((x1 - 30, y1 - 7) if late else (x0 + 30, y0 - 7)),
        format_ppm(edge.ppm) if edge.ppm else "no share",
    )


def _box(relative: Relative, x: float, y: float, link: Callable[[str], str]) -> Markup:
    name = cut(relative.name, _LETTERS) if relative.name else f"Dataset {relative.dataset}"
    box = Markup(
        '<rect x="{0:g}" y="{1:g}" width="{2}" height="{3}" rx="6"/>'
        '<text class="name" x="{4:g}" y="{5:g}" unicode-bidi="isolate">{6}</text>'
        '<text class="kind" x="{4:g}" y="{7:g}">{8}</text>'
    ).format(x, y, _WIDE, _HIGH, x + 12, y + 22, name, y + 40, f"{relative.kind} · {relative.dataset}")
    if relative.generation == 0:
        return Markup('<g class="self">{}</g>').format(box)
    return Markup('<a href="{}">{}</a>').format(link(f"/datasets/{relative.dataset}"), box)
