"""What can be done with a wallet."""

from audiera.explorer.views.acts.claim import ClaimView
from audiera.explorer.views.acts.offer import OfferView
from audiera.explorer.views.acts.share import ShareView
from audiera.explorer.views.acts.take import TakeView

__all__ = ["ClaimView", "OfferView", "ShareView", "TakeView"]
