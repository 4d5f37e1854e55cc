"""Uses, batches and their proofs, and the files that vouchers and logs travel in."""

from audiera.metering.asking import AccessUses, uses_of
from audiera.metering.batch import Batch, PricedUse, StatementLine, UseLog
from audiera.metering.fees import fee_of
from audiera.metering.files import (
    Head,
    SignedVoucher,
    log_name,
    proof_json,
    read_log,
    read_proof,
    read_uses,
    read_voucher,
    rebuild,
    use_json,
    use_line,
    verified,
    write_log,
)
from audiera.metering.journal import append_log
from audiera.metering.proof import prove_use

__all__ = [
    "AccessUses",
    "Batch",
    "Head",
    "PricedUse",
    "SignedVoucher",
    "StatementLine",
    "UseLog",
    "append_log",
    "fee_of",
    "log_name",
    "proof_json",
    "prove_use",
    "read_log",
    "read_proof",
    "read_uses",
    "read_voucher",
    "rebuild",
    "use_json",
    "use_line",
    "uses_of",
    "verified",
    "write_log",
]
