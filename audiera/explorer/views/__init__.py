"""The pages, in the order in which their routes are tried."""

from typing import Final

from audiera.explorer.view import Page
from audiera.explorer.views.account import AccountView
from audiera.explorer.views.acts import ClaimView, OfferView, ShareView, TakeView
from audiera.explorer.views.batch import BatchView
from audiera.explorer.views.campaigns import CampaignsView, CampaignView
from audiera.explorer.views.dataset import DatasetView
from audiera.explorer.views.home import HomeView
from audiera.explorer.views.items import ItemsView
from audiera.explorer.views.license import LicenseView
from audiera.explorer.views.network import NetworkView
from audiera.explorer.views.statement import StatementView
from audiera.explorer.views.terms import TermsView
from audiera.explorer.views.version import VersionView

__all__ = ["PAGES"]

PAGES: Final = (
    Page("/", HomeView, "home.html", "/datasets"),
    Page("/datasets/{dataset:int}", DatasetView, "dataset.html"),
    Page("/datasets/{dataset:int}/items", ItemsView, "items.html"),
    Page("/datasets/{dataset:int}/versions/{version:int}", VersionView, "version.html"),
    Page("/licences/{licence:int}", LicenseView, "license.html"),
    Page("/terms/{terms:int}", TermsView, "terms.html"),
    Page("/batches/{batch}", BatchView, "batch.html"),
    Page("/batches/{batch}/statements/{statement:int}", StatementView, "statement.html"),
    Page("/accounts/{account}", AccountView, "account.html"),
    Page("/campaigns", CampaignsView, "campaigns.html"),
    Page("/campaigns/{campaign:int}", CampaignView, "campaign.html"),
    Page("/network", NetworkView, "network.html"),
    Page("/act/licence/{dataset:int}/{terms:int}", TakeView, "act.html"),
    Page("/act/claim/{split}/{token}/{payee}", ClaimView, "act.html"),
    Page("/act/share/{dataset:int}", ShareView, "act.html"),
    Page("/act/offer/{dataset:int}", OfferView, "act.html"),
)
"""Every kind of page."""
