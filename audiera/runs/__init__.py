"""Training runs: what was served to them, and the signed document that says so.

ServedLog           what a loader's process writes down as it serves
Run                 the document
RunFolder           the document with all that shows that it is true
check_folder        whether it is
"""

from audiera.runs.checking import SIGNED, USED, Check, CheckedRun, SignedBatch, check_folder, signed_batch
from audiera.runs.document import (
    BatchHead,
    Code,
    Run,
    UsedDataset,
    WeightFile,
    read_run,
    read_served_list,
    served_list,
)
from audiera.runs.folder import RUN_NAME, Evidence, Paper, Papers, RunFolder, code_of, file_of
from audiera.runs.served import SERVED_SUFFIX, ServedLog, read_served

__all__ = [
    "RUN_NAME",
    "SERVED_SUFFIX",
    "SIGNED",
    "USED",
    "BatchHead",
    "Check",
    "CheckedRun",
    "Code",
    "Evidence",
    "Paper",
    "Papers",
    "Run",
    "RunFolder",
    "ServedLog",
    "SignedBatch",
    "UsedDataset",
    "WeightFile",
    "check_folder",
    "code_of",
    "file_of",
    "read_run",
    "read_served",
    "read_served_list",
    "served_list",
    "signed_batch",
]
