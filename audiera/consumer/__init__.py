"""The consumer: licensed music, paid for within limits, brought here, and verified against the chain.

read_version        what a dataset holds, as the chain has it
make_plan           which licences it takes, and what it comes to
Keeping.opened      what is written down beside the files
Accesses            signs for what is used, and believes no gateway
Pull                brings what is missing to a folder
make_run            the document of what was trained on it
"""

from audiera.consumer.accesses import Accesses, Deal, Limits, Wanted, finish
from audiera.consumer.choosing import Need, Way
from audiera.consumer.keeping import Agreed, Keeping
from audiera.consumer.mending import mend
from audiera.consumer.planning import Plan, make_plan, place_of, read_about
from audiera.consumer.pulling import LeftOut, Pull, Pulled
from audiera.consumer.training import Trained, make_run
from audiera.consumer.version import Version, read_version

__all__ = [
    "Accesses",
    "Agreed",
    "Deal",
    "Keeping",
    "LeftOut",
    "Limits",
    "Need",
    "Plan",
    "Pull",
    "Pulled",
    "Trained",
    "Version",
    "Wanted",
    "Way",
    "finish",
    "make_plan",
    "make_run",
    "mend",
    "place_of",
    "read_about",
    "read_version",
]
