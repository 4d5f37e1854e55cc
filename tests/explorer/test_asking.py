"""Where a page says that a licence can be asked for."""

from __future__ import annotations

from audiera.explorer import Settings, create_app
from audiera.explorer.asked import Asked
from audiera.explorer.site import Site
from tests.support.catalogue import SAMPLES
from tests.support.explorer import serving

COMMAND = "ape run license requests ask {} --at {} --rights Training"


def test_a_dataset_that_is_offered_to_nobody_can_be_asked_for_where_that_is_taken(database: str) -> None:
    with serving(create_app(Settings(database=database, asking=True))) as gateway:
        offered = {it: gateway.json(f"/datasets/{it}.json")["offers"] for it in range(1, len(SAMPLES) + 1)}
        closed = next(it for it, offers in offered.items() if not offers)
        open_ = next(it for it, offers in offered.items() if any(not offer["licensee"] for offer in offers))
        pages = {it: gateway.page(f"/datasets/{it}") for it in (closed, open_)}
    with serving(create_app(Settings(database=database))) as explorer:
        silent = explorer.page(f"/datasets/{closed}")

    assert COMMAND.format(closed, gateway.url) in pages[closed]
    assert all("license requests ask" not in page for page in (pages[open_], silent))


def test_what_a_request_says_of_its_host_is_one_word_of_the_command() -> None:
    site = Site("", "http://music.example;reboot", "/", "/", Asked({}, {}))

    assert site.typed == "'http://music.example;reboot'"
