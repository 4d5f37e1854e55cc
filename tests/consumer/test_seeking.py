"""`--search` and `--hours`: what is found is held against the chain, and only what it takes is used.

AUD-B6
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import Scope

from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered
from audiera.gateway import create_app
from audiera.protocol import Kind, Meter, Right, Split, Terms, TermsFlag, payee_of, units_of
from tests.support.consumer import Asking, lying, priced, result_of, run
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.licensing import DAY

Words = Callable[..., list[str]]

SECOND = 700


@pytest.fixture
def shop(own_venue: Venue, tmp_path: Path) -> Iterator[Payer]:
    """A gateway with its catalogue, where the album is used by the second."""
    own_venue.sell(priced(own_venue, unit_price=SECOND, rights=Right.Inference))
    own_venue.read()
    with serving(create_app(own_venue.settings(tmp_path / "journal.db"))) as server:
        yield Payer(own_venue, server)


def looking(words: list[str], *more: str) -> list[str]:
    """The command without the dataset, and with what is looked for."""
    return [words[0], *words[2:], *more]


def hours(venue: Venue, count: int) -> str:
    """As many hours as the cheapest items are together: of those that last a second at most, the longest."""
    lengths = sorted((it.item.duration_ms for it in venue.rows), reverse=True)
    return f"{sum(lengths[:count]) / 3_600_000:.9f}"


def test_what_is_found_is_brought_as_far_as_it_is_wanted_and_stays_what_it_was(
    shop: Payer, asking: Asking, words: Words
) -> None:
    told = looking(
        words(shop.server.url, right="inference"), "--search", "night ferry", "--hours", hours(shop.venue, 1)
    )

    done = result_of(run(*told))
    again = result_of(run(*told))

    assert (done["fetched"], again["fetched"], again["present"]) == (1, 0, 1)
    assert len(asking.files()) == 1
    assert asking.signed() == SECOND
    (dataset,) = done["datasets"]
    assert (dataset["dataset"], dataset["items"]) == (shop.venue.dataset, 1)


def test_another_search_is_another_pull(shop: Payer, asking: Asking, words: Words) -> None:
    told = words(shop.server.url, right="inference")
    result_of(run(*looking(told, "--search", "ferry", "--hours", hours(shop.venue, 1))))

    other = run(*looking(told, "--search", "ferry", "--hours", hours(shop.venue, 2)))

    assert other.exit_code == 1
    assert "is of another pull" in other.output
    assert asking.signed() == SECOND


@pytest.mark.usefixtures("asking")
def test_a_quote_is_of_what_is_found_in_an_index_here(shop: Payer) -> None:
    venue = shop.venue
    named = ["--from", shop.server.url, "--token", f"MUSD={venue.usdc}", "--in", "MUSD", "--json"]
    sought = ["--search", "ferry", "--hours", hours(venue, 2), "--index", venue.index, "--kind", "recordings"]

    told = result_of(run("quote", "--right", "inference", "--for", venue.as_("payer").account, *sought, *named))

    assert told["total"]["value"] == str(2 * SECOND)
    assert told["deposit"]["uses"] == int(told["deposit"]["free"]["value"]) // SECOND


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--genre", "Polka"], "nothing in it is what is looked for."),
        (["--kind", "lyrics"], "it is of another kind."),
    ],
)
def test_a_catalogue_is_not_believed(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path, more: list[str], told: str
) -> None:
    def tamper(scope: Scope, _status: int, _body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/datasets.json":
            return None
        return 200, json.dumps({"datasets": [{"id": own_venue.dataset}, {"id": 4_000_000_000}], "after": None}).encode()

    with lying(own_venue, tmp_path / "liar.db", tamper) as payer:
        done = run(*looking(words(payer.server.url), "--search", "ferry", "--hours", "0.000001", *more))

    assert done.exit_code == 1
    assert f"Dataset {own_venue.dataset} is left out: {told}" in done.output
    assert "Dataset 4000000000 is left out: " in done.output
    assert "comes to 0:00.000 only" in done.output
    assert asking.signed() == 0


def test_words_that_nothing_has_are_what_is_to_be_changed(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    def tamper(scope: Scope, _status: int, _body: bytes) -> tuple[int, bytes] | None:
        return (200, b'{"datasets": [], "after": null}') if scope["path"] == "/datasets.json" else None

    with lying(own_venue, tmp_path / "journal.db", tamper) as payer:
        done = run(*looking(words(payer.server.url), "--search", "nosuchthing", "--hours", "1"))

    assert done.exit_code == 1
    assert "Error: Nothing is found that fits all that was asked for; use fewer words" in done.output
    assert asking.signed() == 0


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--search", "ferry"], "Say with --hours how much"),
        (["--hours", "1", "--search", "x", "7"], "Name datasets, or say with --search"),
        ([], "Name datasets, or say with --search"),
        (["7", "--hours", "1", "--index", "sqlite:///x"], "--index is where --search looks"),
        (["--search", "x", "--hours", "1", "--bpm", "fast"], "is no tempo"),
    ],
)
@pytest.mark.usefixtures("asking")
def test_what_makes_no_sense_is_refused(more: list[str], told: str) -> None:
    done = run("quote", "--right", "training", "--from", "http://127.0.0.1:9", *more)

    assert done.exit_code == 1
    assert told in done.output


def test_a_gateway_without_a_catalogue_says_so(payer: Payer, words: Words) -> None:
    done = run(*looking(words(payer.server.url), "--search", "ferry", "--hours", "1"))

    assert done.exit_code == 1
    assert "has no catalogue to search" in done.output


@pytest.mark.usefixtures("asking")
def test_what_a_catalogue_alone_offers_is_found_and_quoted(own_venue: Venue, tmp_path: Path) -> None:
    catalogue = join_catalogue(own_venue, priced(own_venue, unit_price=SECOND, rights=Right.Inference))
    own_venue.read()
    looked_for = ("--search", "night ferry", "--hours", hours(own_venue, 1))

    with serving(create_app(own_venue.settings(tmp_path / "journal.db"))) as server:
        named = ("--from", server.url, "--token", f"MUSD={own_venue.usdc}", "--in", "MUSD", "--json")
        told = run("quote", "--right", "inference", "--for", own_venue.as_("payer").account, *looked_for, *named)
        refused = run("quote", str(catalogue), "--right", "inference", "--for", own_venue.as_("payer").account, *named)

    (dataset,) = result_of(told)["datasets"]
    assert (dataset["dataset"], dataset["licenseOf"]) == (own_venue.dataset, catalogue)
    assert refused.output.endswith(
        f"Error: Dataset {catalogue} is a catalogue, which has no items; name its members: {own_venue.dataset}.\n"
    )


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize(("duration", "quoted"), [(7 * DAY, True), (9 * DAY, False), (0, False)])
def test_a_licence_that_outlasts_a_membership_is_not_quoted(
    own_venue: Venue, tmp_path: Path, duration: int, *, quoted: bool
) -> None:
    terms = replace(priced(own_venue, unit_price=SECOND, rights=Right.Inference), duration=duration, notice=8 * DAY)
    catalogue, creator = join_catalogue(own_venue, terms), own_venue.as_("creator")
    creator.licenses.leave(catalogue, replace(terms, flags=TermsFlag.Revocable).id(), own_venue.dataset)
    own_venue.read()

    with serving(create_app(own_venue.settings(tmp_path / "journal.db"))) as server:
        named = ("--from", server.url, "--token", f"MUSD={own_venue.usdc}", "--in", "MUSD", "--json")
        told = run("quote", str(own_venue.dataset), "--right", "inference", *named)

    assert (told.exit_code == 0) == quoted, told.output
    assert quoted or "Error: " in told.output


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize(
    ("meter", "units", "told"),
    [
        (Meter.Megabyte, "megabytes", "Each item counts as whole megabytes: "),
        (Meter.Second, "seconds", "whole seconds: "),
    ],
)
def test_a_quote_says_how_items_count_and_what_they_come_to(
    own_venue: Venue, tmp_path: Path, meter: Meter, units: str, told: str
) -> None:
    terms = priced(own_venue, unit_price=SECOND, rights=Right.Inference, meter=meter)
    own_venue.sell(terms)
    own_venue.read()
    count = len(own_venue.rows)
    come_to = sum(units_of(meter, size=it.item.size, duration_ms=it.item.duration_ms) for it in own_venue.rows)

    with serving(create_app(own_venue.settings(tmp_path / "journal.db"))) as server:
        asked = ("quote", str(own_venue.dataset), "--right", "inference", "--from", server.url)
        quoted = run(*asked)
        one = run(*asked, "--hours", hours(own_venue, 1), "--in", own_venue.usdc)

    assert f"{told}{count} items come to {come_to} {units}." in quoted.output
    assert "1 item comes to " in one.output


@pytest.mark.usefixtures("asking")
def test_a_quote_names_a_token_once_that_has_no_name_here(shop: Payer) -> None:
    token, dataset = shop.venue.usdc, str(shop.venue.dataset)
    asked = ("quote", dataset, "--right", "inference", "--from", shop.server.url, "--in", token)

    unnamed, named = run(*asked).output, run(*asked, "--token", f"MUSD={token}").output
    table = unnamed.split("For the right Inference:")[1].split("\nIn all")[0]

    assert unnamed.startswith(
        f"USDC is what token {token} calls itself; --token NAME={token} gives it a name of yours.\n"
    )
    assert "USDC/second" in table
    assert token not in table
    assert "MUSD/second" in named
    assert "calls itself" not in named


def join_catalogue(venue: Venue, terms: Terms) -> int:
    """Have the venue's dataset covered by a catalogue that offers these terms, which it may leave at once."""
    creator = venue.as_("creator")
    terms = replace(terms, flags=TermsFlag.Revocable)
    split = Split.of({payee_of(creator.account): 1_000_000})
    made = creator.datasets.register(Content(Kind.Catalogue, 0, 0, bytes(32), b"\x02" * 32), split)
    catalogue = made.event(DatasetRegistered).id
    creator.licenses.publish_terms(terms)
    creator.licenses.offer(catalogue, terms.id(), 0)
    creator.licenses.join(catalogue, terms.id(), venue.dataset)
    creator.licenses.admit(catalogue, terms.id(), venue.dataset)
    return catalogue
