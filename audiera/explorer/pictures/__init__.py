"""What is drawn: SVG made here, in the colours of the style sheet, each with what it says in words."""

from audiera.explorer.pictures.days import days_chart, shade_of
from audiera.explorer.pictures.lineage import Edge, Lineage, Relative, lineage_picture
from audiera.explorer.pictures.mark import record_mark
from audiera.explorer.pictures.shares import shares_chart
from audiera.explorer.pictures.waveform import waveform

__all__ = [
    "Edge",
    "Lineage",
    "Relative",
    "days_chart",
    "lineage_picture",
    "record_mark",
    "shade_of",
    "shares_chart",
    "waveform",
]
