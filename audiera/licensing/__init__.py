"""Licence texts, terms and offers; the same in the words of ODRL, CAWG and RSL."""

from audiera.licensing.cawg import CAWG_URL, LABEL, entries
from audiera.licensing.drafting import quota_of, terms_of
from audiera.licensing.odrl import ODRL_CONTEXT, legal_text, policy
from audiera.licensing.rsl import RSL_TYPE, TERMS_NAMESPACE, license_document
from audiera.licensing.standing import Standing, StandingOffer
from audiera.licensing.texts import TEMPLATES, Template, check_rights, template, template_of

__all__ = [
    "CAWG_URL",
    "LABEL",
    "ODRL_CONTEXT",
    "RSL_TYPE",
    "TEMPLATES",
    "TERMS_NAMESPACE",
    "Standing",
    "StandingOffer",
    "Template",
    "check_rights",
    "entries",
    "legal_text",
    "license_document",
    "policy",
    "quota_of",
    "template",
    "template_of",
    "terms_of",
]
