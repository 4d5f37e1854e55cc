"""The explorer: pages over the index, for people; each also as JSON and its tables as CSV."""

from audiera.explorer.app import create_app
from audiera.explorer.settings import Settings

__all__ = ["Settings", "create_app"]
