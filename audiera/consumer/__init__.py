"""The consumer: licensed music, paid for within limits, brought here, and verified against the chain.

read_version        what a dataset holds, as the chain has it
find_datasets       what a catalogue finds, of which only the numbers are believed
pick                so many hours for as little as it takes
make_plan           which licences it takes, and what it comes to
carry               buys, pays in and offers without the chain's coin, through the gateway
Keeping.opened      what is written down beside the files
Accesses            signs for what is used, and believes no gateway
Pull                brings what is missing to a folder
make_run            the document of what was trained on it
"""

from audiera.consumer.accesses import Accesses, Deal, Limits, finish
from audiera.consumer.amounting import Candidate, pick
from audiera.consumer.carrying import CARRIED_FOR, carry, carry_on, carry_out, see_through
from audiera.consumer.choosing import Need, Way
from audiera.consumer.finding import Sought, candidates, find_datasets, search_catalogue
from audiera.consumer.keeping import Agreed, Buying, Keeping
from audiera.consumer.mending import mend
from audiera.consumer.papers import Papers, files_of, has_papers, read_papers
from audiera.consumer.planning import Plan, make_plan, place_of, read_about
from audiera.consumer.pulling import LeftOut, Pull, Pulled
from audiera.consumer.purse import Purse
from audiera.consumer.reserving import spoken_for
from audiera.consumer.training import Trained, make_run
from audiera.consumer.version import Version, read_version
from audiera.consumer.wanted import Wanted

__all__ = [
    "CARRIED_FOR",
    "Accesses",
    "Agreed",
    "Buying",
    "Candidate",
    "Deal",
    "Keeping",
    "LeftOut",
    "Limits",
    "Need",
    "Papers",
    "Plan",
    "Pull",
    "Pulled",
    "Purse",
    "Sought",
    "Trained",
    "Version",
    "Wanted",
    "Way",
    "candidates",
    "carry",
    "carry_on",
    "carry_out",
    "files_of",
    "find_datasets",
    "finish",
    "has_papers",
    "make_plan",
    "make_run",
    "mend",
    "pick",
    "place_of",
    "read_about",
    "read_papers",
    "read_version",
    "search_catalogue",
    "see_through",
    "spoken_for",
]
