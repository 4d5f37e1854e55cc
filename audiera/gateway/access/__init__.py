"""The access: checked against the chain as the index has it, signed for, written down, and only then granted.

The payer signs the head that its uses make; the gateway makes the same head from the same uses, and compares. A batch
is extended from exactly the head that the payer extended: whoever comes second, here or at another process over the
same journal, is told the newer head and signs anew. So nothing is locked between requests, and nothing is taken twice.

A repeat is known by its key and by all that it asks for, its random nonce among them. Vouchers and uses become public
when they are settled; the nonce does not, so nobody else has the answer by repeating what he read on the chain.
"""

from audiera.gateway.access.calling import Call
from audiera.gateway.access.desk import Desk
from audiera.gateway.access.restoring import restore

__all__ = ["Call", "Desk", "restore"]
