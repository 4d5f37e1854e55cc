"""The pages, in the order in which their routes are tried."""

from typing import Final

from audiera.explorer.view import Page
from audiera.explorer.views.dataset import DatasetView
from audiera.explorer.views.home import HomeView
from audiera.explorer.views.items import ItemsView

__all__ = ["PAGES"]

PAGES: Final = (
    Page("/", HomeView, "home.html", "/datasets"),
    Page("/datasets/{dataset:int}", DatasetView, "dataset.html"),
    Page("/datasets/{dataset:int}/items", ItemsView, "items.html"),
)
"""Every kind of page."""
