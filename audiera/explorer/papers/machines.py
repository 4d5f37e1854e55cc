"""What may be done with a dataset, for machines: RSL, the assertion of CAWG, and headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from audiera.explorer.asked import Reading
from audiera.explorer.site import Site
from audiera.explorer.standing import standing_of
from audiera.explorer.stating import json_text
from audiera.licensing import LABEL, RSL_TYPE, entries, license_document
from audiera.protocol import Right
from audiera.text import hex_of

__all__ = ["assertion", "license_headers", "license_xml"]

_TRAINING: Final = Right.Training | Right.GenerativeTraining


def license_xml(reading: Reading, site: Site) -> bytes:
    """Return the offers to anyone as an RSL document.

    Raises:
        RefusalError: there is no such dataset, or the index has terms that are not those of their id.
    """
    path = _path(reading)
    below = site.link(path)
    return license_document(standing_of(reading), paths=(f"{below}$", f"{below}/"), page=site.full(f"{path}#licences"))


def assertion(reading: Reading, _site: Site) -> bytes:
    """Return the training-and-data-mining assertion that the offers to anyone amount to, and the terms it is from.

    Raises:
        RefusalError: there is no such dataset, or the index has terms that are not those of their id.
    """
    standing = standing_of(reading)
    terms = [
        {"id": hex_of(it.terms.id()), "text_sha256": it.terms.text.hex(), "name": standing.offer_name(it)}
        for it in standing.offers
    ]
    return json_text({"label": LABEL, "data": entries(standing.offers), "dataset": standing.token, "terms": terms})


def license_headers(reading: Reading, site: Site) -> Mapping[str, str]:
    """Return the headers of everything about a dataset.

    `Content-Usage` is the preference of IETF AIPREF: training without asking is welcome only where everybody has the
    right to it for nothing.
    """
    free = any(it.is_unconditional and it.terms.rights & _TRAINING == _TRAINING for it in standing_of(reading).offers)
    url = site.full(f"{_path(reading)}/license.xml")
    return {
        "Link": f'<{url}>; rel="license"; type="{RSL_TYPE}"',
        "Content-Usage": f"train-ai={'y' if free else 'n'}",
    }


def _path(reading: Reading) -> str:
    return f"/datasets/{reading.asked.number('dataset')}"
