"""Audiera: license music data to AI, with every use on record and every contributor paid."""

__all__ = ["__version__"]

__version__ = "0.1.0"
