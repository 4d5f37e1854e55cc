"""What the pages say of the catalogue, stated as JSON."""

import json
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

import pytest
from sqlalchemy import delete, update

from audiera.explorer import Settings, create_app
from audiera.explorer.money import Money
from audiera.explorer.money import brief as brief_of
from audiera.indexer.tables import CLEARANCES, DATASETS, OFFERS, TERMS
from audiera.protocol import ETHER
from tests.support.catalogue import MARKUP, USDC, Sample, address, altering, hexadecimal, listed, published_uses
from tests.support.explorer import Explorer, serving


def test_the_catalogue_lists_the_newest_first_a_page_at_a_time(explorer: Explorer) -> None:
    found = explorer.json("/datasets.json")

    assert [it["name"] for it in found["datasets"]] == [it.name for _, it in listed()]
    assert found["total"] == len(listed())
    assert found["after"] is None


@pytest.mark.parametrize("asked", [{}, {"q": "harbour"}, {"right": "Training"}, {"kind": "recordings", "key": "C"}])
def test_a_facet_counts_what_is_left_when_it_is_chosen(explorer: Explorer, asked: dict[str, str]) -> None:
    facets = explorer.json(f"/datasets.json?{urlencode(asked)}")["facets"]

    assert len({it["key"] for it in facets}) >= 3
    for facet in facets:
        narrowed = explorer.json(f"/datasets.json?{urlencode({**asked, facet['key']: facet['value']})}")

        assert narrowed["total"] == facet["count"], facet


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "harbour"}, [12, 6, 1]),
        ({"q": "harbour lig"}, [6, 1]),
        ({"q": "falcao"}, [1]),
        ({"q": "港"}, [9]),
        ({"right": "GenerativeTraining,WeightRelease", "price": "0.6 ETH"}, [10, 9, 7, 2]),
        ({"price": "60 USDC", "meter": "second"}, [8]),
        ({"genre": "AMBIENT", "bpm": "120-130", "longer": "1 hour"}, [3]),
        ({"synthetic": "yes", "order": "name"}, [11, 7]),
        ({"token": USDC, "order": "price"}, [1, 6, 4, 8, 3, 12]),
        ({"q": "nothing has this"}, []),
    ],
)
def test_the_catalogue_finds_what_is_asked_for(explorer: Explorer, asked: dict[str, str], found: list[int]) -> None:
    said = explorer.json(f"/datasets.json?{urlencode(asked)}")

    assert [it["id"] for it in said["datasets"]] == found
    assert said["total"] == len(found)


def test_only_offers_that_are_asked_for_are_shown(explorer: Explorer) -> None:
    found = explorer.json("/datasets.json?right=Commercial&q=lisbon")["datasets"]

    assert [(it["id"], it["offers"], it["cheapest"]["conditions"]["title"]) for it in found] == [
        (1, 1, "Training licence")
    ]


def test_each_thing_chosen_can_be_taken_away_by_itself(explorer: Explorer) -> None:
    page = explorer.page("/?q=harbour&right=Training%2CCommercial&key=C")
    chips = page.split('aria-label="Chosen"')[1].split("</ul>")[0]

    assert [unescape(it.split('"')[0]) for it in chips.split('href="')[1:]] == [
        "/?right=Training%2CCommercial&key=C",
        "/?q=harbour&right=Commercial&key=C",
        "/?q=harbour&right=Training&key=C",
        "/?q=harbour&right=Training%2CCommercial",
    ]


def test_pages_of_the_catalogue_go_on_where_the_one_before_ended(catalogue: Callable[..., str]) -> None:
    url = catalogue([Sample(name=f"Song {at:02}", creators=("Ada",)) for at in range(45)])

    with serving(create_app(Settings(database=url))) as explorer:
        names, after = [], ""
        for _ in range(3):
            page = explorer.json(f"/datasets.json?{urlencode({'q': 'song', 'order': 'name', 'after': after})}")
            names += [it["name"] for it in page["datasets"]]
            after = page["after"]

    assert names == [f"Song {at:02}" for at in range(45)]
    assert after is None


def test_a_great_many_are_said_to_be_more_than_are_counted(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.indexer.search.finding.COUNTED", 5)

    with serving(create_app(Settings(database=database))) as explorer:
        page, found = explorer.page("/"), explorer.json("/datasets.json")

    assert "More than 5 datasets, newest first" in page
    assert "Counted among the newest 5." in page
    assert (found["total"], found["more"], len(found["datasets"])) == (5, True, len(listed()))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"q": "!!!"}, "has no word to search for; write letters or digits."),
        ({"q": "a b c d e f g h i j k l m n o p q r"}, "18 words are too many to search for; write 16 at most."),
        ({"q": "a\0b"}, "q has a letter that stands for nothing; leave it out."),
        ({"q": '" OR 1=1 --'}, None),
        ({"q": "NEAR(a b) AND *"}, None),
        ({"genre": "'; DROP TABLE entries; --"}, None),
        ({"right": "Everything"}, "right has none of DataMining, "),
        ({"key": "H##"}, "is not a musical key; write it like C, F#m or B flat minor."),
        ({"bpm": "120-90"}, "The tempo is to be at least 120 and at most 90; exchange the two."),
        ({"bpm": "fast"}, "bpm is no tempo; write beats per minute like 120, or 90-120."),
        ({"price": "5 ROUBLES"}, "ROUBLES"),
        ({"price": "5 ETH", "token": USDC}, "The price is in one token, and another is chosen; take one of them away."),
        ({"token": "0x12"}, "0x12"),
        ({"order": "price"}, "Prices in two tokens cannot be compared; say in which one."),
        ({"order": "relevance"}, "Without words nothing is more relevant than anything else; search for some."),
        ({"longer": "99999999999999999 years"}, ""),
        ({"catalogue": "1; --"}, "catalogue is not a whole number that anything here could have."),
    ],
)
def test_a_hostile_question_is_answered_in_a_sentence(
    explorer: Explorer, asked: dict[str, str], sentence: str | None
) -> None:
    answer = explorer.get(f"/datasets.json?{urlencode(asked)}")
    drawn = explorer.get(f"/?{urlencode(asked)}")

    assert answer.status == drawn.status == (200 if sentence is None else 400)
    if sentence is not None:
        assert sentence in json.loads(answer.data)["error"]


def test_a_dataset_says_who_is_paid_and_for_what(explorer: Explorer) -> None:
    found = explorer.json("/datasets/7.json")

    assert [(it["dataset"], it["ppm"]) for it in found["payees"]] == [
        (None, 700_000),
        (3, 150_000),
        (1, 100_000),
        (6, 50_000),
    ]
    assert found["payees"][0]["payee"] == address("payee 0")
    assert [it["price"] for it in found["offers"]] == [
        {"amount": "500000000000000000", "token": "0x" + 40 * "0", "symbol": "ETH", "decimals": 18, "called": None}
    ]


def test_an_offer_that_nobody_could_take_is_not_shown(catalogue: Callable[..., str]) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(CLEARANCES).where(CLEARANCES.c.dataset == 6).values(rights_ceiling=1))
        connection.execute(delete(CLEARANCES).where(CLEARANCES.c.dataset == 7))
        connection.execute(update(OFFERS).where(OFFERS.c.dataset == 4).values(left=0))
        connection.execute(update(DATASETS).where(DATASETS.c.id == 3).values(epoch=1))

    with serving(create_app(Settings(database=url))) as explorer:
        offers = {it: explorer.json(f"/datasets/{it}.json")["offers"] for it in (4, 6, 7)}
        research = explorer.json("/terms/2.json")
        renewable = [explorer.json(f"/licences/{it}.json")["renewable"] for it in (1, 2)]

    assert offers == {4: [], 6: [], 7: []}
    assert (research["offered"], [it["dataset"]["id"] for it in research["offers"]]) == (1, [1])
    assert renewable == [True, False]


@pytest.mark.parametrize("rights", [1, 1 << 15])
def test_terms_that_are_not_those_of_their_id_are_not_shown(catalogue: Callable[..., str], rights: int) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(TERMS).where(TERMS.c.index == 1).values(rights=rights))

    with serving(create_app(Settings(database=url))) as explorer:
        answer = explorer.get("/datasets/1.json")

    assert answer.status == 500
    sentence = "The index has terms 1 otherwise than they were published; run `audiera index rebuild`."
    assert json.loads(answer.data) == {"error": sentence}


def test_money_is_added_up_exactly(explorer: Explorer) -> None:
    found = explorer.json("/datasets/1.json")

    assert [it["amount"]["amount"] for it in found["received"]] == ["7000000000000000007"]
    assert [(it["right"], it["calls"], it["amount"]["amount"]) for it in found["uses"]][:2] == [
        ("Training", 1, "2000"),
        (None, 304, "1004000000"),
    ]


@pytest.mark.parametrize(
    ("amount", "brief"),
    [
        (7 * 10**18, "7 ETH"),
        (7 * 10**18 + 7, '<span title="7.000000000000000007 ETH">≈ 7 ETH</span>'),
        (1_234_567_891 * 10**12, "1,234.567891 ETH"),
        (1_234_567_891 * 10**11, '<span title="123.4567891 ETH">≈ 123.456789 ETH</span>'),
        (1_234_567, '<span title="0.000000000001234567 ETH">≈ 0.00000000000123456 ETH</span>'),
        (0, "0 ETH"),
    ],
)
def test_a_figure_has_six_decimals_and_says_if_it_has_more(amount: int, brief: str) -> None:
    money = Money(str(amount), ETHER, "ETH", 18)

    assert brief_of(money) == brief


def test_a_price_with_many_decimals_is_short_in_the_list_and_whole_where_it_is_paid(
    catalogue: Callable[..., str],
) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(OFFERS).where(OFFERS.c.dataset == 7).values(price=10**18 // 3))

    with serving(create_app(Settings(database=url))) as explorer:
        row, page = explorer.page("/?synthetic=yes&order=name"), explorer.page("/datasets/7")

    assert '<span title="0.333333333333333333 ETH">≈ 0.333333 ETH</span>' in row
    assert '<p class="price">0.333333333333333333 ETH</p>' in page


def test_a_version_whose_manifest_is_not_here_is_told_before_its_licences(catalogue: Callable[..., str]) -> None:
    url = catalogue()
    with serving(create_app(Settings(database=url))) as explorer:
        before = explorer.page("/datasets/1")
    with altering(url) as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == 1).values(version=DATASETS.c.version + 1))
    with serving(create_app(Settings(database=url))) as explorer:
        version, after = explorer.json("/datasets/1.json")["version"], explorer.page("/datasets/1")

    note = f"The manifest of version {version} is not here yet, so that files and people are those of version"
    assert note not in before
    assert after.index(f"{note} {version - 1}.") < after.index('id="licences"')


def test_uses_of_a_published_log_are_told_by_their_own_day_and_right(explorer: Explorer) -> None:
    found, page = explorer.json("/datasets/3.json")["uses"], explorer.page("/datasets/3")

    mine = [it for it in published_uses() if it.use.license == 2]
    assert [(it["day"], it["right"], it["calls"]) for it in found] == [("2026-03-02", "Training", len(mine))]
    assert int(found[0]["amount"]["amount"]) == sum(it.price for it in mine)
    assert "Uses a day from 2026-03-02 to 2026-03-02: 3 at most, 3 in all." in page


def test_a_chart_of_days_leaves_those_without_a_use_empty(explorer: Explorer) -> None:
    uses, page = explorer.json("/datasets/1.json")["uses"], explorer.page("/datasets/1")

    chart = page.split('<svg class="columns"')[1].split("</svg>")[0]
    assert chart.count("<rect ") == len(uses) == 6
    assert len({it.split('"')[0] for it in chart.split('<rect x="')[1:]}) == 6


def test_every_edge_of_a_lineage_leads_from_an_older_generation_to_a_younger(explorer: Explorer) -> None:
    for dataset in (1, 3, 6, 7, 11):
        lineage = explorer.json(f"/datasets/{dataset}.json")["lineage"]
        generation = {it["dataset"]: it["generation"] for it in lineage["relatives"]}

        assert generation[dataset] == 0
        assert lineage["edges"]
        assert all(generation[it["parent"]] < generation[it["child"]] for it in lineage["edges"])


def test_versions_say_what_changed(explorer: Explorer) -> None:
    found = explorer.json("/datasets/1.json")["versions"]

    assert [(it["version"], it["changes"]) for it in found] == [
        (3, ["2 more items"]),
        (2, ["2 more items"]),
        (1, ["first version"]),
    ]


def test_a_version_says_what_became_of_each_item(explorer: Explorer) -> None:
    found, page = explorer.json("/datasets/1/versions/3.json"), explorer.page("/datasets/1/versions/3")

    assert [(it["change"], it["path"], it["title"], it["detail"]) for it in found["changed"]] == [
        ("DESCRIBED_OTHERWISE", "001.flac", "Cast off, remastered", "title"),
        ("REMOVED", "003.flac", None, ""),
        ("ADDED", "004.flac", MARKUP, ""),
        ("RENAMED", "gulls.flac", "Gulls", "was 002.flac"),
    ]
    assert len({it["leaf"] for it in found["changed"]}) == 4
    assert [(it["leaf"], it["path"]) for it in found["withdrawn"]] == [(hexadecimal("leaf 1.0"), "001.flac")]
    assert "<script>alert" not in page
    assert "was 002.flac" in page


def test_a_version_whose_items_are_not_here_says_so(explorer: Explorer) -> None:
    second, first = explorer.json("/datasets/1/versions/2.json"), explorer.json("/datasets/1/versions/1.json")
    none = explorer.get("/datasets/1/versions/4.json")

    assert second["changed"] == first["changed"] == []
    assert second["problem"].startswith("The item tables of both versions are not here")
    assert first["problem"] == ""
    assert [(it["path"], len(it["leaf"])) for it in second["withdrawn"]] == [(None, 66)]
    assert none.status == 404
    assert "Dataset 1 has no version 4 up to block" in json.loads(none.data)["error"]


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [("_COMPARED", "Versions of more than 1 items are not compared"), ("_APART", "More than 1 items are not as they")],
)
def test_what_is_too_large_to_compare_is_said(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, limit: str, sentence: str
) -> None:
    monkeypatch.setattr(f"audiera.explorer.views.version.{limit}", 1)

    found = explorer.json("/datasets/1/versions/3.json")

    assert found["changed"] == []
    assert found["problem"].startswith(sentence)


def test_items_come_a_page_at_a_time(explorer: Explorer) -> None:
    first, last = explorer.json("/datasets/2/items.json"), explorer.json("/datasets/2/items.json?from=1200")

    assert (len(first["items"]), first["next"]) == (100, 100)
    assert ([it["position"] for it in last["items"]], last["next"]) == ([1200, 1201, 1202, 1203], None)
