"""The gateway: checks a licence, takes a voucher, writes both down, and grants the bytes."""

from audiera.gateway.app import create_app
from audiera.gateway.settings import RELAYED, Limits, Relaying, Settings

__all__ = ["RELAYED", "Limits", "Relaying", "Settings", "create_app"]
