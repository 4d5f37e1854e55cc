"""A gateway as its clients see it, over HTTP."""

from audiera.remote.remote import Answer, Remote

__all__ = ["Answer", "Remote"]
