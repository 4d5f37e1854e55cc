"""Many pieces of work at once, and how far they are."""

from audiera.work.parallel import in_parallel
from audiera.work.progress import Progress, Tally, Watcher

__all__ = ["Progress", "Tally", "Watcher", "in_parallel"]
