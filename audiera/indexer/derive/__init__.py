"""The rules by which tables follow from events: a module for each contract."""

from audiera.indexer.derive.deriver import EDITION, Deriver

__all__ = ["EDITION", "Deriver"]
