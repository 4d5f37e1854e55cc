"""One scan on many machines: parts that need nothing of one another, and what becomes of all of them together."""

from audiera.spread.cluster import on_ray
from audiera.spread.merging import Parts, open_parts
from audiera.spread.places import fetched
from audiera.spread.scanning import Run, ScannedPart, scan_part
from audiera.spread.slices import Part, Slice, Task

__all__ = ["Part", "Parts", "Run", "ScannedPart", "Slice", "Task", "fetched", "on_ray", "open_parts", "scan_part"]
