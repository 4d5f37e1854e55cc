"""An hour of everything at once: a real chain and index, gateways and a settler that are killed, clients that go on.

town        the chain with the suite, an album on sale, the databases, and who has money
processes   what serves, as operators start it; killed at random, and started again at once
line        how a client asks: again and elsewhere until it is answered
payer       licences, channels, accesses, grants fetched, requests for licences, withdrawals
publisher   uploads, registrations that the gateway carries out, answers to requests
told        what happened, minute by minute
books       at the end: all of it, looked at from outside
"""

from tests.scale.soak.hour import run

__all__ = ["run"]
