"""What is answered at which path."""

from typing import Final

from audiera.gateway.routes.about import about
from audiera.gateway.routes.accesses import accesses
from audiera.gateway.routes.blocked import blocked
from audiera.gateway.routes.calling import calling
from audiera.gateway.routes.channels import channels
from audiera.gateway.routes.datasets import datasets
from audiera.gateway.routes.documents import documents
from audiera.gateway.routes.grants import grants
from audiera.gateway.routes.record import record
from audiera.gateway.routes.relays import relays
from audiera.gateway.routes.requests import requests
from audiera.gateway.routes.restoring import RESTORE, restoring
from audiera.gateway.routes.session import sessions
from audiera.gateway.routes.uploading import uploading
from audiera.gateway.routes.watching import watching

__all__ = ["RESTORE", "ROUTERS"]

# One after another is asked whether a path is its own: what is asked for most comes first.
ROUTERS: Final = (
    *(accesses, grants, about, calling, channels, restoring, record),
    *(sessions, relays, uploading, datasets, requests, blocked, documents, watching),
)
