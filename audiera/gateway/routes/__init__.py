"""What is answered at which path."""

from typing import Final

from audiera.gateway.routes.accesses import accesses
from audiera.gateway.routes.channels import channels
from audiera.gateway.routes.session import sessions

__all__ = ["ROUTERS"]

ROUTERS: Final = (accesses, channels, sessions)
