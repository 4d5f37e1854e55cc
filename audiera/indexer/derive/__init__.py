"""The rules by which tables follow from events: a module for each contract."""

from audiera.indexer.derive.deriver import Deriver

__all__ = ["Deriver"]
