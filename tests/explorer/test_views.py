"""What the pages say of the catalogue, stated as JSON."""

from tests.support.catalogue import address, listed
from tests.support.explorer import Explorer


def test_the_catalogue_lists_the_newest_first_a_page_at_a_time(explorer: Explorer) -> None:
    found = explorer.json("/datasets.json")

    assert [it["name"] for it in found["datasets"]] == [it.name for _, it in listed()]
    assert found["total"] == len(listed())
    assert found["after"] is None


def test_a_facet_counts_what_is_left_when_it_is_chosen(explorer: Explorer) -> None:
    for facet in explorer.json("/datasets.json")["facets"]:
        narrowed = explorer.json(f"/datasets.json?{facet['key']}={facet['value']}")

        assert narrowed["total"] == facet["count"], facet


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
        {"amount": "500000000000000000", "token": "0x" + 40 * "0", "symbol": "ETH", "decimals": 18}
    ]


def test_money_is_added_up_exactly(explorer: Explorer) -> None:
    found = explorer.json("/datasets/1.json")

    assert [it["amount"]["amount"] for it in found["received"]] == ["7000000000000000007"]
    assert [(it["right"], it["calls"], it["amount"]["amount"]) for it in found["uses"]][:2] == [
        ("Training", 1, "2000"),
        (None, 304, "1004000000"),
    ]


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


def test_items_come_a_page_at_a_time(explorer: Explorer) -> None:
    first, last = explorer.json("/datasets/2/items.json"), explorer.json("/datasets/2/items.json?from=1200")

    assert (len(first["items"]), first["next"]) == (100, 100)
    assert ([it["position"] for it in last["items"]], last["next"]) == ([1200, 1201, 1202, 1203], None)
