"""What was used day by day, as columns: the table beside them says the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from markupsafe import Markup

from audiera.protocol import Right

__all__ = ["Used", "days_chart", "shade_of"]

_DAYS: Final = 90
"""The most that are drawn: the last."""
_LEAST: Final = 28
"""The fewest, so that a few days do not look like many."""
_HIGH: Final = 100
_WIDE: Final = 10
_OTHERS: Final = 8
"""The colour of what names no right."""


class Used(Protocol):
    """Some uses of one day."""

    @property
    def day(self) -> str:
        """As YYYY-MM-DD."""

    @property
    def right(self) -> Right | None:
        """None: nobody says."""

    @property
    def calls(self) -> int:
        """How many."""


def shade_of(right: Right | None) -> str:
    """Return the class of a right's colour, the same wherever it is drawn."""
    return f"s{_OTHERS if right is None else min(right.bit_length() - 1, _OTHERS - 1)}"


def days_chart(uses: Sequence[Used]) -> Markup:
    """Return the uses of the last days as a figure, a column a day, stacked by right; days without any are empty."""
    numbers = {each.day: dt.date.fromisoformat(each.day).toordinal() for each in uses}
    last = max(numbers.values())
    first = max(min(*numbers.values(), last - _LEAST + 1), last - _DAYS + 1)
    shown = [each for each in uses if numbers[each.day] >= first]
    totals = dict.fromkeys((each.day for each in shown), 0)
    for each in shown:
        totals[each.day] += each.calls
    most = max(*totals.values(), 1)
    tops = dict.fromkeys(totals, 0.0)
    columns = []
    column = Markup('<rect x="{}" y="{:.2f}" width="{}" height="{:.2f}" class="{}"><title>{}: {:,}</title></rect>')
    for each in sorted(shown, key=lambda it: it.right or 0):
        high = each.calls / most * _HIGH
        tops[each.day] += high
        columns.append(
            column.format(
                (numbers[each.day] - first) * _WIDE + 1,
                _HIGH - tops[each.day],
                _WIDE - 2,
                max(high, 0.5),
                shade_of(each.right),
                each.day,
                each.calls,
            )
        )
    days = last - first + 1
    said = f"Uses a day from {min(totals)} to {max(totals)}: {most:,} at most, {sum(totals.values()):,} in all."
    return Markup(
        '<figure class="use"><svg class="columns" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg><figcaption><span>{}</span><span>{:,} at most a day</span><span>{}</span></figcaption>'
        "</figure>"
    ).format(days * _WIDE, _HIGH, said, Markup("").join(columns), dt.date.fromordinal(first), most, max(totals))
