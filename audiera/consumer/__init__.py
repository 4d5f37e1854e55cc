"""The consumer: licensed music, found, paid for within limits, brought here, and verified against the chain.

make_plan           what a pull would take, and what it comes to
Keeping.opened      what is written down beside the files
Accesses            signs for what is used, and believes no gateway
pull                brings all of it to a folder
"""

from audiera.consumer.accesses import Accesses, Limits, Wanted
from audiera.consumer.choosing import Way
from audiera.consumer.keeping import Agreed, Keeping, Taken
from audiera.consumer.mending import mend
from audiera.consumer.planning import Plan, make_plan, place_of, read_about
from audiera.consumer.pulling import LeftOut, Part, Pull, Pulled
from audiera.consumer.version import Version, read_version

__all__ = [
    "Accesses",
    "Agreed",
    "Keeping",
    "LeftOut",
    "Limits",
    "Part",
    "Plan",
    "Pull",
    "Pulled",
    "Taken",
    "Version",
    "Wanted",
    "Way",
    "make_plan",
    "mend",
    "place_of",
    "read_about",
    "read_version",
]
