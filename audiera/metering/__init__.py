"""Uses, batches and their proofs, and the files that vouchers and logs travel in."""

from audiera.metering.batch import Batch, PricedUse, StatementLine
from audiera.metering.files import SignedVoucher, read_log, rebuild, write_log
from audiera.metering.proof import prove_use

__all__ = ["Batch", "PricedUse", "SignedVoucher", "StatementLine", "prove_use", "read_log", "rebuild", "write_log"]
