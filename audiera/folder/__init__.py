"""Many files: which are items, what is in them, what stands in the way."""

from audiera.folder.cache import ReadingCache, readers
from audiera.folder.examine import Found, sha256_of
from audiera.folder.intake import Stamp, Taken, take
from audiera.folder.names import RECORD_SUFFIX, composed, is_hidden
from audiera.folder.problems import Problem, is_passing, unreadable
from audiera.folder.reader import examine_apart, excerpt_apart, judge_apart
from audiera.folder.scan import (
    MOST_ITEMS,
    Duplicates,
    Scan,
    ScannedFile,
    ScanOptions,
    conclude,
    nothing_found,
    scan,
)
from audiera.folder.walk import Finding, Listed, judge_file, listing, open_regular, walk, without_twins

__all__ = [
    "MOST_ITEMS",
    "RECORD_SUFFIX",
    "Duplicates",
    "Finding",
    "Found",
    "Listed",
    "Problem",
    "ReadingCache",
    "Scan",
    "ScanOptions",
    "ScannedFile",
    "Stamp",
    "Taken",
    "composed",
    "conclude",
    "examine_apart",
    "excerpt_apart",
    "is_hidden",
    "is_passing",
    "judge_apart",
    "judge_file",
    "listing",
    "nothing_found",
    "open_regular",
    "readers",
    "scan",
    "sha256_of",
    "take",
    "unreadable",
    "walk",
    "without_twins",
]
