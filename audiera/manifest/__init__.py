"""What a dataset is, as Croissant documents; and the same joined with the terms in force."""

from audiera.manifest.catalogue import catalogue_manifest
from audiera.manifest.cover import Cover, read_cover
from audiera.manifest.description import Description
from audiera.manifest.documents import Documents, build_documents
from audiera.manifest.manifest import (
    CONTRIBUTORS_NAME,
    LEFT_OUT_NAME,
    MANIFEST_BYTES,
    NamedFile,
    read_commitments,
    read_description,
)
from audiera.manifest.peaks import PEAK_COLUMNS, PEAKS_NAME, count_peaks
from audiera.manifest.previews import (
    PREVIEW_BYTES,
    PREVIEW_TYPE,
    PREVIEWS_NAME,
    Preview,
    marked_item,
    preview_mark,
    read_previews,
)
from audiera.manifest.view import croissant_view

__all__ = [
    "CONTRIBUTORS_NAME",
    "LEFT_OUT_NAME",
    "MANIFEST_BYTES",
    "PEAKS_NAME",
    "PEAK_COLUMNS",
    "PREVIEWS_NAME",
    "PREVIEW_BYTES",
    "PREVIEW_TYPE",
    "Cover",
    "Description",
    "Documents",
    "NamedFile",
    "Preview",
    "build_documents",
    "catalogue_manifest",
    "count_peaks",
    "croissant_view",
    "marked_item",
    "preview_mark",
    "read_commitments",
    "read_cover",
    "read_description",
    "read_previews",
]
