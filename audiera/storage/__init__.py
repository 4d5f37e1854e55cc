"""Storage: every file of a dataset by the sha-256 of its content, in a folder, in S3, or read over https.

    Store.open(url, key)   one store: `has`, `put`, `get`, `check`, `fetch`; whatever is read is verified
    survey, upload         many objects at once, on several threads, resumable
    read_key               the operator's key, with which private objects are sealed

The layout and the sealed format are written, byte for byte, in `docs/storage.md`.
"""

from audiera.storage.backend import code_of
from audiera.storage.bucket import Bucket
from audiera.storage.fetching import begun, fetch
from audiera.storage.found import Found, Report
from audiera.storage.https import pool_at
from audiera.storage.keys import read_key
from audiera.storage.landing import landing
from audiera.storage.local import LocalFolder
from audiera.storage.many import WORKERS, each
from audiera.storage.objects import Elsewhere, ObjectError, StoredObject
from audiera.storage.opening import open_bucket
from audiera.storage.pacing import paced
from audiera.storage.store import Store
from audiera.storage.transfer import Survey, Uploaded, holds, survey, upload

__all__ = [
    "WORKERS",
    "Bucket",
    "Elsewhere",
    "Found",
    "LocalFolder",
    "ObjectError",
    "Report",
    "Store",
    "StoredObject",
    "Survey",
    "Uploaded",
    "begun",
    "code_of",
    "each",
    "fetch",
    "holds",
    "landing",
    "open_bucket",
    "paced",
    "pool_at",
    "read_key",
    "survey",
    "upload",
]
