"""What only the provider of a model can say: answers to the Commission's questions, marked as its own word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from audiera.dossier.template import QUESTIONS, YES_NO, Question
from audiera.errors import InputError
from audiera.text import as_object, as_text, plain, read_file, read_json, shown

__all__ = ["is_asked", "read_provider"]

_MOST: Final = 1 << 18


def read_provider(path: Path) -> dict[str, str]:
    """Return a provider's answers: JSON, one text for each question that it answers.

    Raises:
        InputError: it is no such file, answers what is not asked, or answers otherwise than by Yes or No where those
            are the options.
    """
    try:
        found = {key: as_text(value) for key, value in as_object(read_json(read_file(path, _MOST))).items()}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{shown(str(path))} has no answers of a provider ({error}); see docs/dossier.md.") from error
    if unknown := sorted(found.keys() - QUESTIONS.keys()):
        raise InputError(f"{shown(str(path))} answers {', '.join(map(shown, unknown))}, which nobody asks.")
    answers = {key: plain(" ".join(value.split())) for key, value in found.items() if value.strip()}
    for key, said in answers.items():
        asked = QUESTIONS[key]
        if asked.options == YES_NO and said not in YES_NO:
            raise InputError(f"{key} is answered by Yes or No, and not by {shown(said)}; other questions ask for more.")
        if not asked.optional and not is_asked(asked, answers):
            raise InputError(f"{key} is answered, and {' or '.join(asked.after)} does not say that there is any.")
    return answers


def is_asked(question: Question, answers: Mapping[str, str]) -> bool:
    """Return whether a question is asked, after these answers."""
    return not question.after or any(answers.get(key, "No") not in ("No", "None") for key in question.after)
