"""`ape run license terms` and `offer`, below the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from audiera.cli.dataset.owner import withdraw_all
from audiera.cli.license import acquire as license_acquire
from audiera.cli.license import clear as license_clear
from audiera.cli.license import deals as license_deals
from audiera.cli.license.show import show_dataset, show_terms
from audiera.cli.license.terms import Draft, publish
from audiera.errors import AmountError, InputError, TermsError
from audiera.licensing.texts import template
from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import ETHER
from audiera.protocol.terms import TermsFlag
from tests.cli.conftest import Sessions
from tests.cli.deals import Out, make_terms, register, sell, told


def test_terms_of_a_template_are_shown_stored_and_published_once(
    session: Sessions, tmp_path: Path, capsys: Out
) -> None:
    draft = Draft(template="training", unit_price="0.001 USDC/second", duration="1 year")

    publish(session("label", as_json=True), draft, tmp_path)
    first = told(capsys)
    publish(session("other", as_json=True), draft, tmp_path)
    again = told(capsys).json

    digest = template("training").digest.hex()
    assert (tmp_path / digest).read_bytes() == template("training").text
    assert "\n  | # Training licence\n  |\n  | " in f"\n{first.err}"
    assert r"\n" not in first.err
    assert "  use           0.001 USDC/second; each item counts as whole seconds\n" in first.err
    assert first.json["rights"] == ["DataMining", "Training", "Derivation", "Commercial"]
    assert first.json["flags"] == ["DerivativesSurvive"]
    assert (first.json["unitPrice"]["value"], first.json["meter"], first.json["duration"]) == (
        "1000",
        "Second",
        31_536_000,
    )
    assert first.json["text"] == f"0x{digest}"
    assert again == {
        name: value for name, value in first.json.items() if name not in ("transaction", "block", "gasUsed")
    }


@pytest.mark.parametrize(
    ("draft", "error", "message"),
    [
        (Draft(template="training", rights="Training,GenerativeTraining"), TermsError, "withholds GenerativeTraining"),
        (Draft(template="training", rights="Training"), TermsError, "grants DataMining, Derivation, Commercial"),
        (Draft(template="open", rights="Trainings"), TermsError, "'Trainings' is not a right"),
        (Draft(rights="Training"), InputError, "give --template NAME, or --text FILE"),
        (Draft(template="open", notice="perpetual"), InputError, "A notice ends at some time"),
        (Draft(template="open", unit_price="0.0000001 USDC/second"), AmountError, "more than 6 decimals"),
        (Draft(template="open", unit_price="1 DOGE/call"), AmountError, "Token 'DOGE' is not known here"),
        (Draft(template="open", max_units=5, transferable=True), TermsError, "a quota cannot be transferable"),
    ],
    ids=["withheld", "missing", "misspelt", "no text", "endless notice", "decimals", "token", "quota"],
)
def test_terms_refuse_what_contradicts_or_cannot_be(
    session: Sessions, tmp_path: Path, draft: Draft, error: type[InputError], message: str
) -> None:
    with pytest.raises(error, match=message):
        publish(session("label"), draft, tmp_path)

    assert not list(tmp_path.iterdir())


def test_a_text_of_ones_own_needs_rights_and_is_kept_too(session: Sessions, tmp_path: Path, capsys: Out) -> None:
    own = tmp_path / "ours.md"
    own.write_text("Do as you please on Tuesdays.\n")

    with pytest.raises(InputError, match="name them, as --rights"):
        publish(session("label"), Draft(file=own), tmp_path / "kept")
    publish(
        session("label", as_json=True), Draft(file=own, rights="Playback", revocable=True, notice="1 week"), tmp_path
    )

    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    assert (tmp_path / digest).read_bytes() == own.read_bytes()
    printed = told(capsys)
    assert "on revocation, 1 week later" in printed.err
    assert (printed.json["rights"], printed.json["flags"], printed.json["notice"]) == (
        ["Playback"],
        ["Revocable"],
        604_800,
    )


def test_an_offer_is_made_changed_shown_and_withdrawn(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms()
    label.signing_client().licenses.publish_terms(terms)
    number = label.client.licenses.terms_of(terms.id()).index

    for text in ("0.5 ETH", "0.4 ETH"):
        license_deals.act_on_offer(label, dataset, terms.id(), ETHER, license_deals.price_of(label, text, ETHER))
    license_deals.act_on_offer(label, dataset, terms.id(), buyer.me, license_deals.price_of(label, "free", ETHER))
    made = told(capsys)
    fields, lines = show_dataset(label, dataset)
    text = "\n".join(lines)

    assert f"Dataset {dataset} is offered to anyone under terms {number} for 0.4 ETH.\n" in made.out
    assert "  until now     0.5 ETH, any number of times\n" in made.err
    ether = {"token": ETHER, "symbol": "ETH", "decimals": 18}
    common = {
        "dataset": dataset,
        "termsId": f"0x{terms.id().hex()}",
        "text": f"0x{terms.text.hex()}",
        "textName": None,
        "rights": ["Training", "Derivation"],
        "unitPrice": {**ether, "amount": "0 ETH", "value": "0"},
        "meter": "Call",
        "left": None,
    }
    assert fields["offers"] == [
        {**common, "licensee": ETHER, "price": {**ether, "amount": "0.4 ETH", "value": str(4 * 10**17)}},
        {**common, "licensee": buyer.me, "price": {**ether, "amount": "0 ETH", "value": "0"}},
    ]
    assert f"  terms {number}, {buyer.me} alone  nothing; use is free; for ever; Training, Derivation\n" in text

    license_deals.act_on_offer(label, dataset, terms.id(), ETHER, None)
    with pytest.raises(InputError, match=f"is not offered to anyone under terms {number}"):
        license_deals.act_on_offer(label, dataset, terms.id(), ETHER, None)

    assert label.client.licenses.offer_of(dataset, terms.id()) is None
    assert "\n".join(show_terms(label, terms.id())[1]).count("offered to") == 1


def test_a_limited_edition_is_counted_down_and_ends(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms()
    label.signing_client().licenses.publish_terms(terms)
    number = label.client.licenses.terms_of(terms.id()).index
    price = license_deals.price_of(label, "free", ETHER)

    license_deals.act_on_offer(label, dataset, terms.id(), ETHER, price, count=2)
    made = told(capsys)
    license_acquire.acquire(buyer, [(dataset, terms.id())], buyer.me, most=None, ref=ZERO_WORD)
    fields, lines = show_dataset(label, dataset)
    text = "\n".join(lines)
    listed = "\n".join(show_terms(label, terms.id())[1])
    license_acquire.acquire(buyer, [(dataset, terms.id())], buyer.me, most=None, ref=ZERO_WORD)

    assert "  may be taken  2 times\n" in made.err
    assert f"Dataset {dataset} is offered to anyone under terms {number} for 0 ETH, 2 times.\n" in made.out
    assert f"  terms {number}, anyone  nothing (1 left); use is free; for ever; Training, Derivation\n" in text
    assert f"dataset {dataset}    offered to anyone for nothing (1 left)" in listed
    offers = fields["offers"]
    assert isinstance(offers, list)
    assert [it["left"] for it in offers] == [1]
    with pytest.raises(InputError, match=f"Dataset {dataset} is not offered to {buyer.me}"):
        license_acquire.acquire(buyer, [(dataset, terms.id())], buyer.me, most=None, ref=ZERO_WORD)


def test_an_offer_in_another_token_is_refused(session: Sessions) -> None:
    label = session("label")

    with pytest.raises(InputError, match="These terms are paid in ETH; write the price in it"):
        license_deals.price_of(label, "5 USDC", ETHER)


def test_what_only_the_owner_may_do_is_refused_before_its_plan_is_shown(session: Sessions, capsys: Out) -> None:
    """A plan that ends in a refusal of the contract makes a stranger believe in it for so long."""
    label, stranger = session("label"), session("stranger")
    dataset, terms = register(label), make_terms(flags=TermsFlag.Revocable)
    licence = sell(label, dataset, terms, stranger)
    capsys.readouterr()
    only_the_owners: tuple[Callable[[], None], ...] = (
        lambda: license_deals.act_on_offer(stranger, dataset, terms.id(), ETHER, stranger.book.amount("1 ETH")),
        lambda: license_deals.act_on_offer(stranger, dataset, terms.id(), ETHER, None),
        lambda: license_deals.revoke(stranger, licence),
        lambda: license_deals.act_on_membership(stranger, "join", 9, terms.id(), dataset),
        lambda: license_deals.act_on_membership(stranger, "admit", dataset, terms.id(), 9),
        lambda: license_clear.clear(stranger, dataset),
        lambda: withdraw_all(stranger, dataset),
    )

    for act in only_the_owners:
        with pytest.raises(InputError, match=f"^Dataset {dataset} belongs to {label.me}; use that account\\.$"):
            act()
    assert capsys.readouterr().err == ""
