"""The words that a Croissant document is written in, and where they are defined.

Source: Croissant 1.1 (http://mlcommons.org/croissant/1.1), appendix 1, with the namespaces that MLCommons' own reader
accepts: http for Croissant, https for schema.org.
"""

from typing import Final

from audiera.text import Json

__all__ = ["CONTEXT", "CROISSANT_1_1", "RAI_1_0"]


_CROISSANT: Final = "http://mlcommons.org/croissant/"

CROISSANT_1_1: Final = f"{_CROISSANT}1.1"
"""What a manifest conforms to."""

RAI_1_0: Final = f"{_CROISSANT}RAI/1.0"
"""What it conforms to besides when it says which data are missing: the vocabulary of responsible AI."""

_TERMS: Final = (
    *("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract"),
    *("field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("sdVersion", "separator", "source", "subField", "transform"),
)

CONTEXT: Final[dict[str, Json]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": _CROISSANT,
    "dct": "http://purl.org/dc/terms/",
    "rai": f"{_CROISSANT}RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}
"""The JSON-LD context of every manifest."""
