"""Rights as entries of the training-and-data-mining assertion of the Creator Assertions Working Group.

Each of its four uses is `allowed`, `notAllowed` or `constrained`, with the constraint in words. The four are rights of
licences here (`audiera.protocol.rights`), so nothing is read into them.

Source: CAWG Training and Data Mining Assertion 1.1, final of 6 May 2025, label `cawg.training-mining`.
"""

from collections.abc import Sequence
from typing import Final

from audiera.licensing.standing import StandingOffer
from audiera.protocol import Right
from audiera.text import Json

__all__ = ["CAWG_URL", "LABEL", "TERM_CODES", "entries"]


LABEL: Final = "cawg.training-mining"
CAWG_URL: Final = "https://cawg.io/training-and-data-mining/1.1/"

TERM_CODES: Final = {
    Right.DataMining: "cawg.data_mining",
    Right.Inference: "cawg.ai_inference",
    Right.Training: "cawg.ai_training",
    Right.GenerativeTraining: "cawg.ai_generative_training",
}
"""The entries, by right."""


def entries(offers: Sequence[StandingOffer]) -> dict[str, Json]:
    """Return the assertion that the offers to anyone amount to; without any, everything is reserved."""
    public = [offer for offer in offers if offer.is_for_anyone]
    return {"entries": {code: _entry(public, right) for right, code in TERM_CODES.items()}}


def _entry(offers: Sequence[StandingOffer], right: Right) -> dict[str, Json]:
    granting = [offer for offer in offers if offer.terms.rights & right]
    if not granting:
        return {"use": "notAllowed"}
    if any(offer.is_unconditional for offer in granting):
        return {"use": "allowed"}
    return {"use": "constrained", "constraint_info": " Or: ".join(offer.sentence() for offer in granting)}
