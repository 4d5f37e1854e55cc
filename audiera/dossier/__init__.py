"""The dossier of a model: what it was trained on, as the European Commission asks for it, each sentence proven."""

from audiera.dossier.facts import chain_facts
from audiera.dossier.folder import DossierFolder, Made
from audiera.dossier.provider import read_provider
from audiera.dossier.template import QUESTIONS, SECTIONS
from audiera.dossier.verifying import verify_chain, verify_folder

__all__ = [
    "QUESTIONS",
    "SECTIONS",
    "DossierFolder",
    "Made",
    "chain_facts",
    "read_provider",
    "verify_chain",
    "verify_folder",
]
