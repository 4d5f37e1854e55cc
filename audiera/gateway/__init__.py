"""The gateway: checks a licence, takes a voucher, writes both down, and grants the bytes."""

from audiera.gateway.app import create_app
from audiera.gateway.settings import Limits, Settings

__all__ = ["Limits", "Settings", "create_app"]
