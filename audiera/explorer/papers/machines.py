"""What may be done with a dataset, for machines: RSL, the assertion of CAWG, and headers.

Source of `Content-Usage`: draft-ietf-aipref-attach-05 (19 August 2026) and draft-ietf-aipref-vocab-08 (14 September
2026), which the working group has not agreed on yet: readers pass over names that they do not know.
"""

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

_USES: Final = {"train-ai": Right.Training | Right.GenerativeTraining, "ai-use": Right.Inference}
"""Categories of AIPREF, each with all the rights that it takes."""


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

    `Content-Usage` says what is welcome without asking: only what everybody has the right to for nothing, and search.
    """
    free = [it.terms.rights for it in standing_of(reading).offers if it.is_unconditional]
    usage = {name: any(each & rights == rights for each in free) for name, rights in _USES.items()} | {"search": True}
    url = site.full(f"{_path(reading)}/license.xml")
    return {
        "Link": f'<{url}>; rel="license"; type="{RSL_TYPE}"',
        "Content-Usage": ", ".join(f"{name}={'y' if welcome else 'n'}" for name, welcome in usage.items()),
    }


def _path(reading: Reading) -> str:
    return f"/datasets/{reading.asked.number('dataset')}"
