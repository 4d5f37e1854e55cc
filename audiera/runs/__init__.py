"""Training runs: what was served to them, and the signed document that says so."""

from audiera.runs.served import SERVED_SUFFIX, ServedLog, read_served

__all__ = ["SERVED_SUFFIX", "ServedLog", "read_served"]
