"""Publishing through a gateway: its store for the bytes, and its relay for what is published."""

from audiera.pushing.registering import Registered, forget, publish_version, register, signed_to_register
from audiera.pushing.sending import bring, lacking

__all__ = ["Registered", "bring", "forget", "lacking", "publish_version", "register", "signed_to_register"]
