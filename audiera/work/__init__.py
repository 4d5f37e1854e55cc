"""Many pieces of work at once, how far they are, and work that is done within limits."""

from audiera.work.commands import audiera_command, python_command
from audiera.work.confined import Confined, serve
from audiera.work.ending import ending_with_us
from audiera.work.limits import MEMORY_BYTES
from audiera.work.parallel import in_parallel
from audiera.work.progress import Progress, Tally, Watcher
from audiera.work.repeats import Repeats
from audiera.work.sorting import Sorter

__all__ = [
    "MEMORY_BYTES",
    "Confined",
    "Progress",
    "Repeats",
    "Sorter",
    "Tally",
    "Watcher",
    "audiera_command",
    "ending_with_us",
    "in_parallel",
    "python_command",
    "serve",
]
