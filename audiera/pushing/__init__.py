"""Publishing through a gateway: its store for the bytes, and its relay for the registration."""

from audiera.pushing.registering import register
from audiera.pushing.sending import bring, lacking

__all__ = ["bring", "lacking", "register"]
