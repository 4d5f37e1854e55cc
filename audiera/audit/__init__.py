"""The audit: a history rebuilt from chain, logs and documents, believing nobody, and what in it does not add up."""

from audiera.audit.auditing import audit
from audiera.audit.history import History, Places, rebuilt
from audiera.audit.parquet import write_parquet
from audiera.audit.remittance import Remittance, batches_between, first_difference, named_batches, remit, remit_all
from audiera.audit.report import Column, Finding, Form, Place, Report, Row, Section, Severity, Subject
from audiera.audit.tokens import Worth

__all__ = [
    "Column",
    "Finding",
    "Form",
    "History",
    "Place",
    "Places",
    "Remittance",
    "Report",
    "Row",
    "Section",
    "Severity",
    "Subject",
    "Worth",
    "audit",
    "batches_between",
    "first_difference",
    "named_batches",
    "rebuilt",
    "remit",
    "remit_all",
    "write_parquet",
]
