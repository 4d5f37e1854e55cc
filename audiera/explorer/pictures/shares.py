"""Who is paid, as one bar: the table beside it says the same."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from audiera.quantities import format_ppm

__all__ = ["SHADES", "shares_chart"]

SHADES: Final = 8
"""How many shares have a colour of their own; those after them are drawn as one."""
_WIDTH: Final = 1_000


def shares_chart(shares: Sequence[int]) -> Markup:
    """Return shares in ppm, which make a whole, as a bar; the largest few apart, in the order given."""
    apart = list(shares[:SHADES])
    rest = sum(shares[SHADES:])
    drawn = [*apart, rest] if rest else apart
    parts, x = [], 0.0
    for at, ppm in enumerate(drawn):
        width = ppm / 1_000_000 * _WIDTH
        parts.append(f'<rect x="{x:.1f}" width="{max(width - 3, 1):.1f}" height="40" class="s{at}"/>')
        x += width
    said = ", ".join(format_ppm(ppm) for ppm in apart) + (f", and {format_ppm(rest)} for all others" if rest else "")
    return Markup(
        '<svg class="shares" viewBox="0 0 {} 40" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, f"Shares of the income: {said}.", Markup("".join(parts)))
