"""Licences, terms, batches, accounts, campaigns and the network, as their pages state them."""

import json
from urllib.parse import urlencode

import pytest

from audiera.metering import proof_json, prove_use, use_json
from tests.support.catalogue import address, hexadecimal, published_uses
from tests.support.explorer import Explorer

BATCH = f"/batches/{hexadecimal('published batch')}"
STATEMENT = f"{BATCH}/statements/0"
PAYEE = f"/accounts/{address('payee 0')}"


def verdict(explorer: Explorer, **given: str) -> tuple[bool, str]:
    found = explorer.json(f"{STATEMENT}.json?{urlencode(given)}")["verdict"]
    return found["holds"], found["sentence"]


def test_a_licence_says_what_was_paid_and_what_it_was_used_for(explorer: Explorer) -> None:
    found = explorer.json("/licences/1.json")

    assert found["state"] == "valid"
    assert found["holder"] == address("buyer")
    assert found["paid"]["amount"] == "490000000"
    assert [it["renewal"] for it in found["purchases"]] == [True, False]
    assert (found["stated"], found["stated_calls"]) == (5, 1510)
    assert [(it["right"], it["units"]) for it in found["recorded"]] == [("Training", 5)]
    assert [it["dataset"]["id"] for it in found["cleared"]] == [6, 7]
    assert found["renewable"] is True
    assert "ape run license show license 1" in explorer.page("/licences/1")


def test_a_licence_that_was_revoked_says_so(explorer: Explorer) -> None:
    found = explorer.json("/licences/3.json")

    assert found["state"] == "revoked"
    assert found["standing"].startswith("Revoked: it ended on ")
    assert found["renewable"] is False


def test_a_licence_of_a_catalogue_says_what_it_covers(explorer: Explorer) -> None:
    assert [it["dataset"]["id"] for it in explorer.json("/licences/4.json")["covered"]] == [8]


def test_prices_by_a_unit_say_how_items_count(explorer: Explorer) -> None:
    assert "<dd>each item counts as whole seconds</dd>" in explorer.page("/terms/1")
    assert "<dd>each item counts as whole seconds</dd>" in explorer.page("/datasets/1")
    assert "each item counts" not in explorer.page("/datasets/2")


def test_terms_show_their_text_and_who_offers_them(explorer: Explorer) -> None:
    found = explorer.json("/terms/1.json")

    assert found["conditions"]["title"] in found["text"]
    assert found["offered"] == len(found["offers"]) > 1
    assert found["issued"] == len(found["licenses"]) == 2
    assert "These bytes hash to what the terms say" in explorer.page("/terms/1")


def test_a_batch_says_what_is_collected_and_what_is_not(explorer: Explorer) -> None:
    found = explorer.json(f"{BATCH}.json")

    assert (found["collected"], found["count"], found["fee_released"]) == (1, 2, False)
    assert [(it["license"], it["calls"]) for it in found["statements"]] == [(2, 3)]
    assert [(it["license"], it["calls"], it["units"]) for it in found["open"]] == [(4, 2, 26)]
    assert found["open"][0]["amount"] == found["open_amount"]


def test_a_use_is_proven_by_its_line_and_its_proof(explorer: Explorer) -> None:
    uses = published_uses()
    for at in (0, 1, 3):
        line, proof = json.dumps(use_json(uses[at])), json.dumps(proof_json(prove_use(uses, at).use_proof))

        assert verdict(explorer, use=line, proof=proof)[0]
        assert verdict(explorer, use=line)[0]
    assert verdict(explorer, use=json.dumps(use_json(uses[0]))) == (
        True,
        "The use is proven: it is number 1 of the 3 that the statement sums, at 0.00002 ETH.",
    )


def test_a_use_that_is_not_the_statements_is_refused_in_a_sentence(explorer: Explorer) -> None:
    uses = published_uses()
    line, other = use_json(uses[0]), json.dumps(use_json(uses[2]))
    dearer = json.dumps({**line, "price": "1"})
    proof = json.dumps(proof_json(prove_use(uses, 0).use_proof))

    assert verdict(explorer, use=dearer, proof=proof) == (
        False,
        "The use is not proven: the proof does not lead from it to the statement's root.",
    )
    assert verdict(explorer, use=dearer) == (
        False,
        "The use is not one of this statement's: its batch's log has no such use.",
    )
    assert verdict(explorer, use=other) == (
        False,
        "The use is of licence 4 and dataset 8, and the statement of licence 2 and dataset 3.",
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"use": "<script>"}, "Line 1 of the use is not a use ("),
        ({"use": "{}"}, "Line 1 of the use is not a use (no 'license'); see docs/formats.md."),
        ({"proof": "{}"}, "Give one use: one line of a use log."),
    ],
)
def test_what_is_no_use_is_said_in_a_sentence(explorer: Explorer, given: dict[str, str], sentence: str) -> None:
    holds, said = verdict(explorer, **given)

    assert not holds
    assert said.startswith(sentence)


def test_an_account_says_what_it_can_claim(explorer: Explorer) -> None:
    found = explorer.json(f"{PAYEE}.json")

    due = [it * ppm // 1_000_000 for it, ppm in ((7 * 10**18 + 7, 500_000), (12 * 10**18 + 12, 500_000))]
    assert [it["due"]["amount"] for it in found["income"] if it["due"]][:2] == [str(it) for it in due]
    assert found["income"][0]["claimed"]["amount"] == str(10**18)
    assert found["income"][0]["claimable"]["amount"] == str(due[0] - 10**18)
    assert found["recipient"] == address("bank")
    assert [it["amount"]["amount"] for it in found["claims"]] == [str(10**18)]
    assert f"ape run royalty claim --payee {address('payee 0')}" in explorer.page(PAYEE)


def test_an_account_lists_its_licences_channels_and_signers(explorer: Explorer) -> None:
    found = explorer.json(f"/accounts/{address('buyer').lower()}.json")

    assert [(it["license"], it["state"]) for it in found["licenses"]] == [(3, "revoked"), (1, "valid")]
    assert [it["balance"]["amount"] for it in found["channels"]] == ["5000000"]
    assert [it["signer"] for it in found["signers"]] == [address("hot key")]
    assert len(found["batches"]) == 5


def test_a_royalty_account_is_found_by_its_id(explorer: Explorer) -> None:
    account = explorer.json("/datasets/1.json")["account"]

    found = explorer.json(f"/accounts/{account}.json")

    assert found["address"] is None
    assert found["dataset"]["id"] == 1
    assert {it["dataset"]["id"] for it in found["income"]} == {6, 7}


def test_a_campaign_divides_its_pot_by_use(explorer: Explorer) -> None:
    found = explorer.json("/campaigns/1.json")

    assert [(it["dataset"]["id"], it["reward"]["amount"]) for it in found["datasets"]] == [
        (3, "2000000000000000000"),
        (1, "1000000000000000000"),
    ]
    assert [it["id"] for it in explorer.json("/campaigns.json")["campaigns"]] == [2, 1]


def test_the_network_is_counted(explorer: Explorer) -> None:
    found = explorer.json("/network.json")

    assert (found["datasets"], found["licenses"], found["batches"]) == (12, 4, 6)
    assert found["uses"] == 1510 + 3 + 1
    assert found["following"]["behind"] == 2
    assert "https://gate.example/v1" in [it["url"] for it in found["gateways"]]


@pytest.mark.parametrize(
    "path",
    [
        *("/licences/1/statements.csv", "/terms/1/offers.csv", f"{BATCH}/open.csv", f"{STATEMENT}/uses.csv"),
        *(f"{PAYEE}/income.csv", "/campaigns/campaigns.csv", "/campaigns/1/datasets.csv", "/network/gateways.csv"),
    ],
)
def test_tables_are_had_as_csv(explorer: Explorer, path: str) -> None:
    assert len(explorer.page(path).splitlines()) > 1


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/licences/99", 404, "There is no licence 99 up to block "),
        ("/terms/99", 404, "There are no terms 99 up to block "),
        (f"/batches/0x{'0' * 64}", 404, "There is no settled batch 0x00000000… up to block "),
        ("/batches/1", 400, "batch is not 0x and 64 hexadecimal digits."),
        (f"{BATCH}/statements/1", 404, "No statement 1 of batch "),
        ("/accounts/nobody", 400, "That is neither an address nor the id of an account"),
        (f"/accounts/0x{'f' * 64}", 404, "Nobody is paid under 0xffffffff… up to block "),
        ("/campaigns/99", 404, "There is no campaign 99 up to block "),
        ("/licences/1?statements=x", 400, "statements is not a whole number that anything here could have."),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(explorer: Explorer, path: str, status: int, sentence: str) -> None:
    answer = explorer.get(path)

    assert answer.status == status
    assert sentence in answer.data.decode()


def test_a_use_whose_log_is_not_here_says_why_and_what_to_do(explorer: Explorer) -> None:
    found, page = explorer.json("/datasets/1.json"), explorer.page("/datasets/1")
    elsewhere = explorer.page("/datasets/2")

    assert [it for it in found["uses"] if it["right"] is None]
    assert "Its gateway has not published it where this index looks, or not yet" in page
    assert "<code>audiera index retry</code>" in page
    assert "audiera index retry" not in elsewhere.split('id="use"')[1]
