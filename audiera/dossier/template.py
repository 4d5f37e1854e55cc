"""The European Commission's template for the public summary of training content: its sections, questions and options.

Taken from the annex of the Commission's explanatory notice as published on 24 July 2025, C(2025) 5235 final, and as
adopted on 5 December 2025, C(2025) 8311 final, whose annexes have the same words; and held against its form in Word
(SHA-256 ec803008a5263a485146b24497a3445e2ea32f8b73f818e67652ad70de40f09b). Sections and questions are in its words;
where it says "if yes, specify" or "describe", `after` or the question itself says so; what its boxes ask for in small
print is `hint`, made short. A box to tick is an option.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["QUESTIONS", "SECTIONS", "SIZES", "YES_NO", "Question", "size_of"]

SECTIONS: Final = {
    "0": "Version of the Summary",
    "1": "1. General information",
    "1.1": "1.1. Provider identification",
    "1.2": "1.2. Model identification",
    "1.3": "1.3. Modalities, overall training data size and other characteristics",
    "2": "2. List of data sources",
    "2.1": "2.1. Publicly available datasets",
    "2.2": "2.2. Private non-publicly available datasets obtained from third parties",
    "2.2.1": "2.2.1. Datasets commercially licensed by rightsholders or their representatives",
    "2.2.2": "2.2.2. Private datasets obtained from other third parties",
    "2.3": "2.3. Data crawled and scraped from online sources",
    "2.4": "2.4. User data",
    "2.5": "2.5. Synthetic data",
    "2.6": "2.6. Other sources of data",
    "3": "3. Data processing aspects",
    "3.1": "3.1. Respect of reservation of rights from text and data mining exception or limitation",
    "3.2": "3.2. Removal of illegal content",
    "3.3": "3.3. Other information (optional)",
}
"""Titles by number; what stands before the first section has the number 0."""

YES_NO: Final = ("Yes", "No")
SIZES: Final = {
    "text": ("Less than 1 billion tokens", "1 billion to 10 trillion tokens", "More than 10 trillion tokens"),
    "image": ("Less than 1 million images", "1 million to 1 billion images", "More than 1 billion images"),
    "audio": ("Less than 10,000 hours", "10,000 to 1 million hours", "More than 1 million hours"),
    "video": ("Less than 10,000 hours", "10,000 to 1 million hours", "More than 1 million hours"),
}
"""The ranges in which the training data of a modality falls."""

_HOUR: Final = 3_600_000
"""In milliseconds."""


@dataclass(frozen=True, slots=True)
class Question:
    """A field of the template."""

    section: str
    asked: str
    """In the template's words, without a colon."""
    hint: str = ""
    options: tuple[str, ...] = ()
    """Boxes to tick. Sizes may be stated otherwise, too, as the template allows."""
    after: tuple[str, ...] = ()
    """Asked only if one of these was answered, and not by "No" or "None"."""
    optional: bool = False


_MODALITIES: Final = "Text, image, video, audio, or which other"
_COMMENTS: Final = "Additional comments (optional)"

QUESTIONS: Final = {
    "summary_version": Question("0", "Version of the Summary", "With links to previous versions, where there are any"),
    "last_update": Question("0", "Last update", "DD/MM/YY"),
    "provider": Question("1.1", "Provider name and contact details"),
    "representative": Question(
        "1.1",
        "Authorised representative name and contact details",
        "Only if the provider is established outside the Union (Article 54)",
    ),
    "model": Question("1.2", "Versioned model name(s)", "With links to model cards, where there are any"),
    "dependencies": Question(
        "1.2", "Model dependencies", "Models that this one was made from by modifying them, with their summaries"
    ),
    "placed_on_market": Question("1.2", "Date of placement of the model on the Union market"),
    "text_size": Question("1.3", "Text: training data size", options=("None", *SIZES["text"])),
    "text_content": Question("1.3", "Text: types of content", after=("text_size",)),
    "image_size": Question("1.3", "Image: training data size", options=("None", *SIZES["image"])),
    "image_content": Question("1.3", "Image: types of content", after=("image_size",)),
    "audio_size": Question(
        "1.3", "Audio: training data size", "With speech; without the sound of videos", ("None", *SIZES["audio"])
    ),
    "audio_content": Question(
        "1.3", "Audio: types of content", "Such as musical compositions and recordings", after=("audio_size",)
    ),
    "video_size": Question("1.3", "Video: training data size", options=("None", *SIZES["video"])),
    "video_content": Question("1.3", "Video: types of content", after=("video_size",)),
    "other_size": Question("1.3", "Other modality, and approximate size with its unit", options=("None",)),
    "other_content": Question("1.3", "Other modality: types of content", after=("other_size",)),
    "acquired_until": Question(
        "1.3",
        "Latest date of data acquisition/collection for model training",
        "MM/YYYY, and whether the model is continuously trained on new or dynamic data after it",
    ),
    "languages": Question("1.3", "Description of the linguistic characteristics of the overall training data"),
    "characteristics": Question(
        "1.3",
        "Other relevant characteristics of the overall training data",
        "Such as national, regional or demographic ones",
    ),
    "general_comments": Question("1.3", _COMMENTS, optional=True),
    "public": Question("2.1", "Have you used publicly available datasets to train the model?", options=YES_NO),
    "public_modalities": Question(
        "2.1", "Modality(ies) of the content covered by the datasets concerned", _MODALITIES, after=("public",)
    ),
    "public_large": Question(
        "2.1",
        "List of large publicly available datasets",
        "Those of more than 3 % of all publicly available data of one modality, with links",
        after=("public",),
    ),
    "public_others": Question(
        "2.1", "General description of other publicly available datasets not listed above", after=("public",)
    ),
    "public_comments": Question("2.1", _COMMENTS, optional=True),
    "licensed": Question(
        "2.2.1",
        "Have you concluded transactional commercial licensing agreement(s) with rightsholder(s) or with their "
        "representatives?",
        options=YES_NO,
    ),
    "licensed_modalities": Question(
        "2.2.1", "Modality(ies) of the content covered by the datasets concerned", _MODALITIES, after=("licensed",)
    ),
    "private": Question(
        "2.2.2",
        "Have you obtained private datasets from third parties that are not licensed as described in Section 2.2.1, "
        "such as data obtained from providers of private databases, or data intermediaries?",
        options=YES_NO,
    ),
    "private_modalities": Question(
        "2.2.2", "Modality(ies) of the content covered by the datasets concerned", _MODALITIES, after=("private",)
    ),
    "private_known": Question(
        "2.2.2", "If publicly known, list private datasets obtained from other third parties", after=("private",)
    ),
    "private_others": Question(
        "2.2.2",
        "General description of non-publicly known private datasets obtained from third parties",
        after=("private",),
    ),
    "private_comments": Question("2.2.2", _COMMENTS, optional=True),
    "crawled": Question("2.3", "Were crawlers used by the provider or on behalf of?", options=YES_NO),
    "crawlers": Question("2.3", "Crawler name(s)/identifier(s)", after=("crawled",)),
    "crawl_purposes": Question("2.3", "Purposes of the crawler(s)", after=("crawled",)),
    "crawl_behaviour": Question(
        "2.3",
        "General description of crawler behaviour",
        "Such as respect of captchas, passwords, paywalls and robots.txt",
        after=("crawled",),
    ),
    "crawl_period": Question("2.3", "Period of data collection", "From MM/YYYY to MM/YYYY", after=("crawled",)),
    "crawl_content": Question(
        "2.3",
        "Comprehensive description of the type of content and online sources crawled",
        after=("crawled",),
    ),
    "crawl_modalities": Question("2.3", "Type of modality covered", _MODALITIES, after=("crawled",)),
    "crawl_domains": Question(
        "2.3",
        "Summary of the most relevant domain names crawled",
        "The top 10 % by size of content; of a small or medium-sized enterprise the top 5 % or 1,000, if that is fewer",
        after=("crawled",),
    ),
    "crawl_comments": Question("2.3", _COMMENTS, optional=True),
    "model_interactions": Question(
        "2.4",
        "Was data from user interactions with the AI model (e.g. user input and prompts) used to train the model?",
        options=YES_NO,
    ),
    "service_interactions": Question(
        "2.4",
        "Was data collected from user interactions with the provider's other services or products used to train the "
        "model?",
        options=YES_NO,
    ),
    "services": Question(
        "2.4",
        "General description of the provider's services or products that were used to collect the user data",
        after=("model_interactions", "service_interactions"),
    ),
    "user_modalities": Question(
        "2.4", "Type of modality covered", _MODALITIES, after=("model_interactions", "service_interactions")
    ),
    "user_comments": Question("2.4", _COMMENTS, optional=True),
    "synthetic": Question(
        "2.5",
        "Was synthetic AI-generated data created by the provider or on their behalf to train the model?",
        options=YES_NO,
    ),
    "synthetic_modalities": Question("2.5", "Modality of the synthetic data", _MODALITIES, after=("synthetic",)),
    "synthetic_models": Question(
        "2.5",
        "General-purpose AI model(s) used to generate the synthetic data if available on the market",
        "With links to their summaries",
        after=("synthetic",),
    ),
    "synthetic_others": Question(
        "2.5",
        "Information about other AI models, including provider's own AI model(s) not available on the market, used to "
        "generate synthetic data to train the model to which this Summary applies",
        after=("synthetic",),
    ),
    "synthetic_comments": Question("2.5", _COMMENTS, optional=True),
    "other_sources": Question(
        "2.6",
        "Have data sources other than those described in Sections 2.1 to 2.5 been used to train the model?",
        options=YES_NO,
    ),
    "other_sources_described": Question(
        "2.6", "Narrative description of these data sources and the data", after=("other_sources",)
    ),
    "other_sources_comments": Question("2.6", _COMMENTS, optional=True),
    "code_of_practice": Question(
        "3.1",
        "Are you a Signatory to the Code of Practice for general-purpose AI models that includes commitments to "
        "respect reservations of rights from the TDM exception or limitation?",
        options=YES_NO,
    ),
    "reservations": Question(
        "3.1",
        "Measures implemented before model training to respect reservations of rights from the TDM exception or "
        "limitation before and during data collection, including the opt-out protocols and solutions honoured by the "
        "provider or, as applicable, by third parties from which datasets have been obtained",
    ),
    "reservations_comments": Question("3.1", _COMMENTS, "Such as a link to the copyright policy", optional=True),
    "illegal_content": Question("3.2", "General description of measures taken"),
    "other": Question("3.3", "Other relevant information about data processing (optional)", optional=True),
}
"""The questions, by the member of the provider's file that answers them, in the template's order."""


def size_of(modality: str, *, count: int, milliseconds: int) -> str | None:
    """Return the range in which so many files of a modality fall, or what plays so long; None: it is not so measured.

    Args:
        modality: as in `SIZES`. Text is measured in tokens, which nothing here counts.
        count: how many files.
        milliseconds: how long they play.
    """
    measured = {
        "image": (count, 1_000_000, 1_000_000_000),
        "audio": (milliseconds, 10_000 * _HOUR, 1_000_000 * _HOUR),
        "video": (milliseconds, 10_000 * _HOUR, 1_000_000 * _HOUR),
    }
    if modality not in measured:
        return None
    amount, least, most = measured[modality]
    return SIZES[modality][0 if amount < least else 1 if amount <= most else 2]
