"""A mark for each dataset, so that the eye finds it again: grooves of a record, by the digits of its content root."""

from math import cos, pi, sin
from typing import Final

from markupsafe import Markup

from audiera.text import from_hex

__all__ = ["record_mark"]

_RADII: Final = (44, 36, 28, 20)


def record_mark(content_root: str) -> Markup:
    """Return the mark as SVG, for the eye alone: what it stands for is written beside it."""
    digits = from_hex(content_root)
    grooves = [_arc(radius, *digits[3 * at : 3 * at + 3]) for at, radius in enumerate(_RADII)]
    label = f'<circle cx="50" cy="50" r="{6 + digits[31] % 6}" class="h{digits[30] % 6}"/>'
    path = "".join(grooves)
    return Markup(
        f'<svg class="mark" viewBox="0 0 100 100" aria-hidden="true" focusable="false"><circle cx="50" cy="50" r="49"/>'
        f'<path d="{path}" class="h{digits[30] % 6}"/>{label}</svg>'
    )


def _arc(radius: int, start: int, sweep: int, gap: int) -> str:
    """Return two arcs of one groove, with a gap that is nowhere the same."""
    begin, angle = start / 256 * 2 * pi, (0.5 + sweep / 256) * pi
    rest = begin + angle + (0.1 + gap / 512) * pi
    return _stroke(radius, begin, begin + angle) + _stroke(radius, rest, rest + 0.3 * pi)


def _stroke(radius: int, begin: float, end: float) -> str:
    x0, y0, x1, y1 = (50 + radius * way for way in (cos(begin), sin(begin), cos(end), sin(end)))
    return f"M{x0:.0f} {y0:.0f}A{radius} {radius} 0 {int(end - begin > pi)} 1 {x1:.0f} {y1:.0f}"
