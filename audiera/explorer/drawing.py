"""Templates: every value is escaped unless it is markup that this package made."""

from __future__ import annotations

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from audiera.explorer import commands, strangers, words
from audiera.explorer.money import brief
from audiera.explorer.pictures import days_chart, lineage_picture, record_mark, shade_of, shares_chart, waveform
from audiera.explorer.searched import FILTERS, ORDERS
from audiera.explorer.stating import data_block
from audiera.protocol import PERPETUAL
from audiera.quantities import format_ppm

__all__ = ["ENVIRONMENT"]


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("audiera.explorer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "bdi": strangers.isolated,
        "brief": brief,
        "counted": words.counted,
        "cut": strangers.cut,
        "data_block": data_block,
        "day": words.day,
        "iso": words.iso,
        "lasting": words.lasting,
        "playing": words.length,
        "link_of": strangers.link_of,
        "moment": words.moment,
        "paragraphs": strangers.paragraphs,
        "percent": format_ppm,
        "span": words.span,
        "until": words.until,
        "visible": strangers.visible,
    }
    made.globals |= {
        "FILTERS": FILTERS,
        "KINDS": words.KINDS,
        "METERS": words.METERS,
        "ORDERS": ORDERS,
        "PERPETUAL": PERPETUAL,
        "ape": commands.ape,
        "blanks": commands.blanks,
        "RIGHTS": words.RIGHTS,
        "contents": words.contents,
        "days_chart": days_chart,
        "lineage_picture": lineage_picture,
        "record_mark": record_mark,
        "shade_of": shade_of,
        "shares_chart": shares_chart,
        "waveform": waveform,
    }
    return made


ENVIRONMENT: Final = _environment()
"""The templates of the pages, with what they may call."""
