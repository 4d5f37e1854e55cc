"""The commands of `scripts/license.py`, below the command line: terms, offers, purchases, ends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3

from audiera.cli import license_acquire, license_deals
from audiera.cli.license_show import show_dataset, show_terms
from audiera.cli.license_terms import Draft, publish
from audiera.cli.license_words import parse_ref
from audiera.cli.session import Session
from audiera.errors import AmountError, InputError, RevertError, TermsError
from audiera.hashing import ZERO_WORD
from audiera.ids import ETHER
from audiera.templates import template
from audiera.terms import TermsFlag
from tests.scripts.conftest import Sessions
from tests.scripts.deals import MONTH, Out, make_terms, register, sell, told
from tests.support.artifacts import Artifact

Mint = Callable[[str, int], None]

GWEI = 10**9


def acquire(session: Session, dataset: int, terms_id: bytes, most: str | None = None) -> None:
    license_acquire.acquire(session, [(dataset, terms_id)], session.me, most=most, ref=parse_ref("PO-17"))


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
    assert "# Training licence" in first.err
    assert "  use           0.001 USDC/second\n" in first.err
    assert first.json["rights"] == ["DataMining", "Training", "Derivation", "Commercial"]
    assert first.json["flags"] == ["DerivativesSurvive"]
    assert (first.json["unitPrice"], first.json["meter"], first.json["duration"]) == ("1000", "Second", 31_536_000)
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


def test_a_quota_drops_the_transferability_that_only_the_template_suggests(session: Sessions) -> None:
    terms = Draft(template="open", max_units=5).terms(session("label").book)

    assert TermsFlag(terms.flags) == TermsFlag.DerivativesSurvive


def test_an_offer_is_made_changed_shown_and_withdrawn(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms()
    label.signing_client().licenses.publish_terms(terms)
    number = label.client.licenses.terms_of(terms.id()).index

    for text in ("0.5 ETH", "0.4 ETH"):
        license_deals.act_on_offer(label, dataset, terms.id(), ETHER, license_deals.price_of(label, text, ETHER))
    license_deals.act_on_offer(label, dataset, terms.id(), buyer.me, license_deals.price_of(label, "free", ETHER))
    made = told(capsys)
    fields, text = show_dataset(label, dataset)

    assert f"Dataset {dataset} is offered to anyone under terms {number} for 0.4 ETH.\n" in made.out
    assert "  until now  0.5 ETH\n" in made.err
    common = {"dataset": dataset, "termsId": f"0x{terms.id().hex()}", "token": ETHER}
    assert fields["offers"] == [
        {**common, "licensee": ETHER, "price": "0.4 ETH", "value": str(4 * 10**17)},
        {**common, "licensee": buyer.me, "price": "0 ETH", "value": "0"},
    ]
    assert f"  terms {number}, {buyer.me} alone  nothing; use is free; for ever; Training, Derivation\n" in text

    license_deals.act_on_offer(label, dataset, terms.id(), ETHER, None)
    with pytest.raises(InputError, match=f"is not offered to anyone under terms {number}"):
        license_deals.act_on_offer(label, dataset, terms.id(), ETHER, None)

    assert label.client.licenses.offer_of(dataset, terms.id()) == (False, 0)
    assert show_terms(label, terms.id())[1].count("offered to") == 1


def test_an_offer_in_another_token_or_by_a_stranger_is_refused(session: Sessions) -> None:
    label, stranger = session("label"), session("stranger")
    dataset, terms = register(label), make_terms()
    label.signing_client().licenses.publish_terms(terms)

    with pytest.raises(InputError, match="These terms are paid in ETH; write the price in it"):
        license_deals.price_of(label, "5 USDC", ETHER)
    with pytest.raises(RevertError) as refused:
        license_deals.act_on_offer(stranger, dataset, terms.id(), ETHER, stranger.book.amount("1 ETH"))

    assert (refused.value.name, refused.value.fields["owner"]) == ("License_NotOwner", label.me)


def test_a_licence_is_bought_in_ether_at_the_price_shown(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer", as_json=True)
    dataset, terms = register(label), make_terms(duration=MONTH, unit_price=GWEI)
    sell(label, dataset, terms, price=3 * GWEI)

    acquire(buyer, dataset, terms.id(), "0.000000003 ETH")

    printed = told(capsys)
    (bought,) = printed.listed("licenses")
    assert (bought["price"], bought["value"], bought["holder"]) == ("0.000000003 ETH", str(3 * GWEI), buyer.me)
    assert bytes.fromhex(str(bought["ref"])[2:]) == b"PO-17".ljust(32, b"\0")
    assert "30 days" in printed.err
    assert "0.000000001 ETH/call" in printed.err
    assert label.client.licenses.owner_of(int(str(bought["license"]))) == buyer.me


def test_a_token_with_permits_is_paid_in_one_transaction_and_leaves_no_allowance(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms(token=usdc)
    sell(label, dataset, terms, price=5_000_000)
    mint(buyer.me, 5_000_000)
    before = buyer.client.node.nonce(buyer.me)

    acquire(buyer, dataset, terms.id())

    assert "approves 5 USDC to the LicenseRegistry, no more" in told(capsys).err
    assert buyer.client.node.nonce(buyer.me) == before + 1
    assert buyer.client.token(usdc).balance_of(buyer.me) == 0
    assert buyer.client.token(usdc).allowance(buyer.me, buyer.client.licenses.address) == 0


def test_a_buyer_without_ether_has_a_permit_carried_out_by_another(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    label, buyer = session("label"), session("poor developer", relay=True)
    dataset, terms = register(label), make_terms(token=usdc)
    sell(label, dataset, terms, price=2_000_000)
    mint(buyer.me, 2_000_000)

    acquire(buyer, dataset, terms.id())

    signed = told(capsys).json
    assert (signed["account"], signed["contract"]) == (buyer.me, "LicenseRegistry")
    assert buyer.client.token(usdc).balance_of(buyer.me) == 2_000_000


def test_a_token_without_permits_is_approved_first_for_exactly_the_price(
    session: Sessions,
    deploy_mock: Callable[..., ChecksumAddress],
    artifact: Callable[[str], Artifact],
    w3: Web3,
    capsys: Out,
) -> None:
    """USDT answers nothing and has no permits."""
    tether = deploy_mock("NoReturnToken")
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms(token=tether)
    sell(label, dataset, terms, price=700)
    contract = w3.eth.contract(tether, abi=artifact("NoReturnToken").abi)
    contract.functions.mint(buyer.me, 1_000).transact({"from": w3.eth.accounts[0]})

    acquire(buyer, dataset, terms.id())

    assert "Approved 700 " in told(capsys).err
    assert buyer.client.token(tether).balance_of(buyer.me) == 300
    assert buyer.client.token(tether).allowance(buyer.me, buyer.client.licenses.address) == 0


def test_what_costs_too_much_or_is_not_offered_is_not_bought(session: Sessions, usdc: ChecksumAddress) -> None:
    label, poor = session("label"), session("penniless developer")
    dataset, terms = register(label), make_terms(token=usdc)
    sell(label, dataset, terms, price=5_000_000)

    with pytest.raises(InputError, match=r"The price is 5 USDC, above your 4\.99 USDC"):
        acquire(poor, dataset, terms.id(), "4.99 USDC")
    with pytest.raises(InputError, match="--max-price is in another token; write it in USDC"):
        acquire(poor, dataset, terms.id(), "1 ETH")
    with pytest.raises(InputError, match=f"{poor.me} has 0 USDC and needs 5 USDC"):
        acquire(poor, dataset, terms.id())
    other = register(label)
    with pytest.raises(InputError, match=f"Dataset {other} is not offered to {poor.me}"):
        acquire(poor, other, terms.id())
    with pytest.raises(InputError, match="Nothing is asked for"):
        license_acquire.acquire(poor, [], poor.me, most=None, ref=ZERO_WORD)
    with pytest.raises(InputError, match="has 33 bytes, and 32 fit"):
        parse_ref("x" * 33)
