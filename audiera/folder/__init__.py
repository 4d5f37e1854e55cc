"""Many files: which are items, what is in them, what stands in the way."""

from audiera.folder.cache import ReadingCache
from audiera.folder.examine import sha256_of
from audiera.folder.names import RECORD_SUFFIX
from audiera.folder.problems import Problem, unreadable
from audiera.folder.reader import excerpt_apart
from audiera.folder.scan import Duplicates, Scan, ScannedFile, ScanOptions, nothing_found, scan
from audiera.folder.walk import open_regular, walk

__all__ = [
    "RECORD_SUFFIX",
    "Duplicates",
    "Problem",
    "ReadingCache",
    "Scan",
    "ScanOptions",
    "ScannedFile",
    "excerpt_apart",
    "nothing_found",
    "open_regular",
    "scan",
    "sha256_of",
    "unreadable",
    "walk",
]
