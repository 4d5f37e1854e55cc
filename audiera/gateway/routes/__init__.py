"""What is answered at which path."""

from typing import Final

from audiera.gateway.routes.accesses import accesses

__all__ = ["ROUTERS"]

ROUTERS: Final = (accesses,)
