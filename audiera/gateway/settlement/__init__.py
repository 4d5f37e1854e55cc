"""Settling: open batches are closed, their heads settled, their statements collected, their fees released.

    settler     a pass over all of it, again and again
    closing     which batches are closed, and when
    dropping    what comes to too little is not settled, and forgotten in time
    asking      what the chain says of each batch, asked for once
    together    what was closed together is settled in one transaction
    sending     each batch as far as the chain lets it come
    booking     what the index shows of closed batches, in the journal
    office      what all of these take

What is sent follows from what the chain says at that moment, and is found again if nobody heard of it; what the journal
says of a batch that is closed follows from the index. So nothing here has to be remembered from one step to the next,
and it can end at any of them.
"""

from audiera.gateway.settlement.office import Told
from audiera.gateway.settlement.settler import Settler, settling, unanswered

__all__ = ["Settler", "Told", "settling", "unanswered"]
