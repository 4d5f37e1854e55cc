"""The manifest of a catalogue: a dataset without files, which others join."""

from audiera.text import canonical

__all__ = ["catalogue_manifest"]


def catalogue_manifest(name: str, *, description: str, date: str, creator: str) -> bytes:
    """Return what the registry stores the sha-256 of: canonical JSON in the words of schema.org.

    Args:
        name: what people call it.
        description: a sentence or more; made from the name if empty.
        date: the day it is published, YYYY-MM-DD.
        creator: the address that registers it.
    """
    return canonical(
        {
            "@context": {"@vocab": "https://schema.org/"},
            "@type": "DataCatalog",
            "name": name,
            "description": description or f"The catalogue {name}.",
            "datePublished": date,
            "creator": creator,
        }
    )
