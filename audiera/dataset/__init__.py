"""A folder as a dataset: prepared, recorded, stored, proven."""

from audiera.dataset.disagreements import disagreements
from audiera.dataset.itemproof import ItemProof, default_record, find_bytes, find_path, hash_file, prove, versions_of
from audiera.dataset.overlap import Holding, Shared, known_elsewhere, shared_items
from audiera.dataset.packing import objects_of, open_store, pack
from audiera.dataset.parts import prepare_part_version, prepare_parts
from audiera.dataset.prepare import Prepared, prepare, prepare_version
from audiera.dataset.record import (
    StoredVersion,
    find_manifest,
    find_records,
    load_version,
    prove_version,
    publishing,
    read_papers,
    read_registrations,
    record_folder,
    store_version,
    stored_versions,
    write_registration,
)
from audiera.dataset.registration import RecordedShare, Registration, recorded_shares
from audiera.dataset.request import DatasetRequest
from audiera.dataset.storeproof import prove_stored
from audiera.dataset.verification import verify_folder

__all__ = [
    "DatasetRequest",
    "Holding",
    "ItemProof",
    "Prepared",
    "RecordedShare",
    "Registration",
    "Shared",
    "StoredVersion",
    "default_record",
    "disagreements",
    "find_bytes",
    "find_manifest",
    "find_path",
    "find_records",
    "hash_file",
    "known_elsewhere",
    "load_version",
    "objects_of",
    "open_store",
    "pack",
    "prepare",
    "prepare_part_version",
    "prepare_parts",
    "prepare_version",
    "prove",
    "prove_stored",
    "prove_version",
    "publishing",
    "read_papers",
    "read_registrations",
    "record_folder",
    "recorded_shares",
    "shared_items",
    "store_version",
    "stored_versions",
    "verify_folder",
    "versions_of",
    "write_registration",
]
