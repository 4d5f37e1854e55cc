"""Act: somebody licenses the model."""

from __future__ import annotations

from audiera.demo.offers import Offer
from audiera.demo.purchase import Licence, buy
from audiera.demo.stage import Stage

__all__ = ["sell_model"]


def sell_model(stage: Stage, model: Offer) -> Licence:
    """Sell one licence of the model."""
    studio = stage.cast.studio
    stage.story.act(
        "Somebody licenses the model",
        f"{studio.name} pays an awkward price on purpose: no share of it is a whole number of wei.",
    )
    return buy(stage, studio, model)
