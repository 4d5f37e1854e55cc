import rfc8785

from audiera.manifest.catalogue import catalogue_manifest
from tests.support.music import ADA


def test_a_catalogue_is_canonical_json_in_the_words_of_schema_org() -> None:
    manifest = catalogue_manifest("Klänge “klein”", description="Small ones.", date="2026-03-01", creator=ADA)

    assert manifest == rfc8785.dumps(
        {
            "@context": {"@vocab": "https://schema.org/"},
            "@type": "DataCatalog",
            "name": "Klänge “klein”",
            "description": "Small ones.",
            "datePublished": "2026-03-01",
            "creator": ADA,
        }
    )


def test_a_catalogue_that_nobody_described_is_described_by_its_name() -> None:
    manifest = catalogue_manifest("Small Sounds", description="", date="2026-03-01", creator=ADA)

    assert b'"description":"The catalogue Small Sounds."' in manifest
