"""What is prepared for a wallet: to the byte what the client would send, and told in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from audiera.client import token_contract
from audiera.client.contracts import Suite
from audiera.explorer import Settings, create_app
from audiera.explorer.commands import ape
from audiera.protocol import CONTRACTS, ENDLESS, ETHER, ZERO_WORD, Split, address_word
from audiera.text import TURNING
from tests.support.catalogue import CHAIN_ID, TRAINING, USDC, Sample, address
from tests.support.explorer import Explorer, serving
from tests.support.hostile import TEXTS, foreign

BUYER = address("buyer")
OWNER = address("Mira Castellanos")
SUITE = Suite.at(CHAIN_ID, {name: address(name) for name in CONTRACTS})
LICENSES, SPLITTER = SUITE["LicenseRegistry"], SUITE["RoyaltySplitter"]
PRICE = 250_000_000
PAGE_BYTES = 200_000


def sent(found: Any) -> list[tuple[str, str, int]]:  # noqa: ANN401  # a page as JSON
    """What a wallet would be asked to sign: to, data, value."""
    return [(it["to"], it["data"], int(it["value"])) for it in found["calls"]]


def test_a_licence_in_a_token_is_approved_exactly_and_taken_at_the_price_that_stands(acts: Explorer) -> None:
    found = acts.json(f"/act/licence/1/1.json?account={BUYER}")

    token = token_contract(CHAIN_ID, USDC)
    back, approve = (token.request("approve", LICENSES.address, it) for it in (0, PRICE))
    take = LICENSES.request("acquire", 1, TRAINING.id(), PRICE, BUYER, ZERO_WORD)
    assert sent(found) == [
        (USDC, f"0x{back.data.hex()}", 0),
        (USDC, f"0x{approve.data.hex()}", 0),
        (LICENSES.address, f"0x{take.data.hex()}", 0),
    ]
    allowance = token.request("allowance", BUYER, LICENSES.address).data.hex()
    assert [it["need"] for it in found["calls"]] == [
        {"data": f"0x{allowance}", "least": "1", "most": "249999999"},
        {"data": f"0x{allowance}", "least": "0", "most": "249999999"},
        None,
    ]
    assert found["command"] == ape(CHAIN_ID, "license acquire 1 1", f'--max-price "250 {USDC}"', acts=True)
    assert found["costs"] == "250 USDC, and gas; each second costs 0.0004 USDC, and each item counts as whole seconds."


def test_a_licence_in_eth_sends_the_price_along(acts: Explorer) -> None:
    terms = next(it["conditions"]["index"] for it in acts.json("/datasets/7.json")["offers"])

    ((to, data, value),) = sent(acts.json(f"/act/licence/7/{terms}.json?account={BUYER}"))

    assert (to, value) == (LICENSES.address, 5 * 10**17)
    assert data[:10] == f"0x{LICENSES.artifact.function('acquire', 5).selector.hex()}"


def test_nothing_is_prepared_before_an_account_is_told(acts: Explorer) -> None:
    found = acts.json("/act/licence/1/1.json")
    page = acts.page("/act/licence/1/1")

    assert (found["calls"], found["problem"], found["account"]) == ([], "", None)
    assert found["command"] == ape(CHAIN_ID, "license acquire 1 1", f'--max-price "250 {USDC}"', acts=True)
    assert found["command"] in unescape(page)
    assert '<section id="wallet" aria-labelledby="h-wallet" hidden' in page


def test_what_is_offered_to_one_is_prepared_for_nobody_else(acts: Explorer) -> None:
    own = acts.json(f"/act/licence/5/1.json?account={BUYER}")
    other = acts.json(f"/act/licence/5/1.json?account={OWNER}")

    assert [it["function"] for it in own["calls"]] == ["acquire"]
    assert other["calls"] == []
    assert other["problem"] == f"Under terms 1 the dataset is offered to others alone; {OWNER} cannot take it."


def test_a_claim_proves_the_share_and_says_what_is_owed(acts: Explorer, split: Split) -> None:
    payee = address("payee 0")
    path = f"/act/claim/0x{split.id().hex()}/{USDC}/{payee}"

    found = acts.json(f"{path}.json")

    owed = (2**70 + 1) // 2 - 7
    word = address_word(payee)
    call = SPLITTER.request("claim", split.id(), USDC, word, 500_000, list(split.proof(word)))
    assert sent(found) == [(SPLITTER.address, f"0x{call.data.hex()}", 0)]
    assert found["calls"][0]["title"] == f"Claim {owed // 10**6:,}.{owed % 10**6:06} USDC"
    assert found["command"] == ape(CHAIN_ID, f"royalty claim 0x{split.id().hex()}", f"--payee {payee}", acts=True)
    assert found["effects"][0].endswith(
        f"are paid to {address('bank')}, where {payee} chose to be paid, whoever signs."
    )


def test_a_share_moves_with_the_split_as_it_is(acts: Explorer, split: Split) -> None:
    account, to = address("payee 1"), address("heir")

    found = acts.json(f"/act/share/1.json?account={account}&to={to}")

    call = SUITE["DatasetRegistry"].request("moveShare", 1, split.shares, address_word(to))
    assert sent(found) == [(SUITE["DatasetRegistry"].address, f"0x{call.data.hex()}", 0)]
    assert found["calls"][0]["title"] == f"Give 30 % of dataset 1 to {to}"
    assert found["command"] == ape(CHAIN_ID, "dataset move-share 1", f"--to {to}", acts=True)


@pytest.mark.parametrize(
    ("query", "price", "licensee", "count", "options"),
    [
        ("price=12.5", 12_500_000, ETHER, ENDLESS, [f'--price "12.5 {USDC}"']),
        ("price=1250 USDC", 1_250_000_000, ETHER, ENDLESS, [f'--price "1250 {USDC}"']),
        (f"price=free&licensee={BUYER}&count=3", 0, BUYER, 3, ['--price "free"', f"--licensee {BUYER}", "--count 3"]),
    ],
)
def test_an_offer_is_what_the_form_says(
    acts: Explorer, query: str, price: int, licensee: str, count: int, options: list[str]
) -> None:
    found = acts.json(f"/act/offer/1.json?terms=1&{query}")

    call = LICENSES.request("offer", 1, TRAINING.id(), licensee, price, count)
    assert sent(found) == [(LICENSES.address, f"0x{call.data.hex()}", 0)]
    assert found["account"] == OWNER
    assert found["command"] == ape(CHAIN_ID, "license offer 1 1", *options, acts=True)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/act/offer/1?terms=1&price=1,5", "'1,5' is not a number of USDC; write 1.5 if the comma is a decimal one"),
        ("/act/offer/1?terms=1&price=0.0000001", "has more than 6 decimals"),
        ("/act/offer/1?terms=1&price=a lot", "The price is a number of USDC, such as 12.5, or free."),
        (f"/act/offer/1?terms=1&price={10**36}", "That is more than any price can be; ask for less."),
        ("/act/offer/1?terms=99&price=1", "No terms 99 are published up to block"),
        ("/act/offer/1?terms=1&price=1&count=0", "Offer 1 to 4,294,967,294 licences, or leave the number out."),
        (f"/act/offer/1?account={BUYER}", f"Dataset 1 belongs to {OWNER}, and only its owner offers it"),
        (f"/act/share/1?account={BUYER}&to={OWNER}", f"{BUYER} has no share of dataset 1 to give."),
        (f"/act/share/1?account={address('payee 1')}&to={address('payee 1')}", "A share cannot move to 0x"),
        (f"/act/share/1?account={address('payee 1')}&to={SPLITTER.address}", "it is the contract that pays"),
        (f"/act/share/1?account={address('payee 1')}&to=me", "That is neither an address nor the id of an account"),
        ("/act/licence/1/1?account=0x12", "is not an address"),
    ],
)
def test_what_cannot_be_prepared_is_said_on_the_page(acts: Explorer, path: str, problem: str) -> None:
    page, query = path.split("?")

    found = acts.json(f"{page}.json?{query}")

    assert problem in found["problem"]
    assert found["calls"] == []
    assert 'role="alert"' in acts.page(path)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/act/licence/99/1", "There is no dataset 99 up to block"),
        ("/act/licence/1/99", "Dataset 1 is not offered under terms 99 up to block"),
        ("/act/offer/99", "There is no dataset 99 up to block"),
        ("/act/share/99", "There is no dataset 99 up to block"),
        ("/act/claim/{split}/{ether}/{payee}", "owes {payee} nothing in ETH up to block"),
        ("/act/claim/{split}/{ether}/{ether}", "{ether} has no share in split {split}."),
        ("/act/claim/0x12/{ether}/{payee}", "There is no split 0x12 up to block"),
        ("/act/claim/{split}/USDC/{payee}", "USDC is not the address of a token"),
        ("/act/claim/{split}/{ether}/<b>", "That is neither an address nor the id of an account"),
    ],
)
def test_what_is_not_there_is_refused_in_a_sentence(acts: Explorer, split: Split, path: str, sentence: str) -> None:
    names = {"split": f"0x{split.id().hex()}", "ether": ETHER, "payee": address("payee 0")}

    answer = acts.get(f"{path.format(**names)}.json")

    assert answer.status in {400, 404}
    assert sentence.format(**names) in answer.json()["error"]


def test_a_thousand_payees_still_make_a_page(catalogue: Callable[..., str]) -> None:
    sample = Sample(name="A choir", creators=("Everyone",), shares=(1_000,) * 1_000)
    payee = address("payee 7")

    with serving(create_app(Settings(database=catalogue([sample])))) as explorer:
        found = explorer.json(f"/act/share/1.json?account={payee}&to={BUYER}")

    assert found["calls"][0]["arguments"][1]["words"] == "the split as it is now, 1,000 payees"
    assert len(found["calls"][0]["data"]) > 2 * 64 * 1_000


@pytest.fixture(scope="module")
def hostile(catalogue: Callable[..., str]) -> Iterator[Explorer]:
    """An explorer of a dataset for each text that strangers write, as its name and its creator's."""
    texts = [it.replace("\0", "") for it in TEXTS]  # which documents are read without
    samples = [Sample(name=it, creators=(it,), offers=((TRAINING, PRICE),)) for it in texts]
    with serving(create_app(Settings(database=catalogue(samples)))) as running:
        yield running


@pytest.mark.parametrize("number", range(1, len(TEXTS) + 1))
def test_no_act_takes_what_strangers_write_for_its_own(hostile: Explorer, number: int) -> None:
    text = quote(TEXTS[number - 1][:10_000], safe="")
    account, other = f"account={BUYER}", address("payee 0")
    paths = [
        *(f"/act/{act}/{number}?{account}" for act in ("licence/1", "offer", "share")),
        f"/act/licence/{number}/1?{account}",
        f"/act/licence/{text}/1",
        f"/act/licence/1/{text}",
        f"/act/licence/1/1?account={text}",
        *(f"/act/offer/{number}?{account}&{key}={text}" for key in ("terms", "price", "licensee", "count", "after")),
        f"/act/offer/{number}?account={text}&terms={text}&price={text}&licensee={text}&count={text}",
        f"/act/share/{number}?account={other}&to={text}",
        f"/act/share/{number}?account={text}&to={text}",
        f"/act/share/{text}",
        *(f"/act/claim/{'/'.join(text if at == it else BUYER for at in range(3))}" for it in range(3)),
    ]

    for path in paths:
        answer = hostile.get(path)
        page = answer.data.decode()
        assert answer.status in {200, 400, 404}, path
        assert foreign(page, "/static/" + page.partition('src="/static/')[2].partition('"')[0]) == [], path
        assert len(page) < PAGE_BYTES, path
        assert TURNING.isdisjoint(page), path


def test_the_script_is_small_and_takes_nothing_from_elsewhere(acts: Explorer) -> None:
    page = acts.page(f"/act/licence/1/1?account={BUYER}")
    path = page.split('<script src="')[1].split('"')[0]

    answer = acts.get(path)

    script = answer.data.decode()
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert len(script.splitlines()) < 300
    assert [it for it in ("http:", "https:", "import", "innerHTML", "eval", "Function(") if it in script] == []
    assert page.count("<script src=") == 1
