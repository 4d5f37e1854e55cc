"""What only the provider of a model can say: answers to the Commission's questions, marked as its own word."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.text import as_object, as_text, plain, read_file, read_json, shown

__all__ = ["QUESTIONS", "read_provider"]

QUESTIONS: Final = {
    "provider": "Provider name and contact details",
    "representative": "Authorised representative name and contact details, where there is one",
    "model": "Versioned model name or names",
    "dependencies": "Model that this one is made from by changing or fine-tuning it, if any",
    "placed_on_market": "Date of placing the model on the Union market",
    "modalities": "Other modalities that the training data has, and how much of each",
    "content": "Types of content, languages and other characteristics of the training data",
    "acquired_until": "Latest date of acquiring training data, and whether the model goes on learning from new data",
    "public_datasets": "Publicly available datasets that were used",
    "licensed": "Other data commercially licensed by rightsholders or their representatives",
    "third_parties": "Private datasets obtained from other third parties",
    "crawled": "Data crawled and scraped: crawlers, period, kind of content and the most relevant domain names",
    "user_data": "Data of users of the provider's products, and of interactions with its models",
    "synthetic": "Synthetic data made by the provider or for it, and the models that made it",
    "other_sources": "Data from any other source",
    "reservations": "Measures to respect reservations of rights from the text and data mining exception",
    "code_of_practice": "Whether the provider has signed the Code of Practice for general-purpose AI models",
    "illegal_content": "Measures to avoid or remove illegal content",
    "other": "Other information about data processing",
}
"""What is asked, by the member of the provider's file that answers it."""

_MOST: Final = 1 << 18


def read_provider(path: Path) -> dict[str, str]:
    """Return a provider's answers: JSON, one text for each question that it answers.

    Raises:
        InputError: it is no such file, or answers what is not asked.
    """
    try:
        found = {key: as_text(value) for key, value in as_object(read_json(read_file(path, _MOST))).items()}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{shown(str(path))} has no answers of a provider ({error}); see docs/dossier.md.") from error
    if unknown := sorted(found.keys() - QUESTIONS.keys()):
        raise InputError(f"{shown(str(path))} answers {', '.join(map(shown, unknown))}, which nobody asks.")
    return {key: plain(" ".join(value.split())) for key, value in found.items() if value.strip()}
