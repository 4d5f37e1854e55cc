"""`ape run license requests`: a licence asked for, seen, answered by an offer or a no, and checked by anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner

from audiera.cli.license.requests import Offered, Wanted, answer, ask, list_requests
from audiera.cli.terminal.session import Session
from audiera.client import Audiera, ReadOnly
from audiera.client.deployment.deployments import Deployment
from audiera.errors import InputError, StorageError
from audiera.interface import RequestPage
from audiera.operations import TokenBook
from audiera.protocol import Right
from scripts.license import cli
from tests.support.gateway import Payer
from tests.support.studio import some_terms


class Sessions(Protocol):
    """`session("payer")`: what a command of that role works with; it agrees to everything."""

    def __call__(self, role: str, *, as_json: bool = False) -> Session: ...


@pytest.fixture
def session(payer: Payer, deployment: Deployment) -> Sessions:
    def create(role: str, *, as_json: bool = False) -> Session:
        signer = payer.venue.as_(role).signer
        assert signer is not None
        client = Audiera.connect(payer.venue.w3, ReadOnly(signer.address), deployment)
        book = TokenBook.of(client, [f"USDC={payer.venue.usdc}"])
        return Session(client, book, lambda: signer, as_json=as_json, yes=True)

    return create


def wanted(payer: Payer) -> Wanted:
    rights = Right.Training | Right.Inference
    return Wanted(payer.venue.dataset, rights, "A model\nof choirs.", "all \u202eitems", "Choir Lab", "lab@example.org")


def test_a_licence_is_asked_for_and_offered_to_who_asked_alone(
    payer: Payer, session: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    """AUD-G7"""
    url, venue = payer.server.url, payer.venue
    ask(session("payer"), url, wanted(payer))
    list_requests(session("creator"), url, None)
    queue = capsys.readouterr().out
    terms = some_terms(unit_price=0, token=venue.usdc)
    venue.as_("creator").licenses.publish_terms(terms)
    index = venue.as_("creator").licenses.terms_of(terms.id()).index

    answer(session("creator"), url, 1, Offered(str(index), "5 USDC", 2), "Gladly.")

    me = venue.as_("payer").account
    capsys.readouterr()
    list_requests(session("payer"), url, venue.dataset)
    said = capsys.readouterr().out
    standing = venue.as_("creator").licenses.offer_of(venue.dataset, terms.id(), me)
    assert standing is not None
    assert (standing.price, standing.left) == (5_000_000, 2)
    assert "  rights    Inference, Training\n" in queue
    assert "  what for  A model\\nof choirs.\n" in queue
    assert "  how much  all \\u202eitems\n" in queue
    assert "  answer    none yet\n" in queue
    assert f"  answer    an offer under terms {index} for 5 USDC, 2 times, which stands; Gladly.\n" in said
    with pytest.raises(InputError, match="Request 1 has been answered"):
        answer(session("creator"), url, 1, None, "No.")


def test_what_was_said_is_a_file_that_anybody_checks(
    payer: Payer, session: Sessions, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url, file = payer.server.url, tmp_path / "said.json"
    ask(session("payer"), url, wanted(payer))
    answer(session("creator"), url, 1, None, "Not for cloning.")
    capsys.readouterr()
    list_requests(session("payer", as_json=True), url, None)
    file.write_text(capsys.readouterr().out)
    kept = RequestPage.model_validate_json(file.read_bytes()).requests[0]

    good = CliRunner().invoke(cli, ["requests", "check", str(file)])
    file.write_text(file.read_text().replace("Not for cloning.", "With pleasure."))
    forged = CliRunner().invoke(cli, ["requests", "check", str(file)])
    file.write_text(json.dumps({"something": "else"}))
    other = CliRunner().invoke(cli, ["requests", "check", str(file)])

    owner = payer.venue.as_("creator").account
    assert good.exit_code == 0
    assert good.output.startswith(
        f"Request 0x{kept.id.hex()} for dataset {payer.venue.dataset} by {kept.request.asker}"
    )
    assert f", answered by {owner}; registry {kept.registry} on chain {kept.chainId}.\n" in good.output
    assert forged.exit_code == 1
    assert f"and not by {owner}" in forged.output
    assert other.exit_code == 1
    assert "holds no requests" in other.output


def test_what_cannot_be_asked_or_answered_is_refused_before_it_is_signed(payer: Payer, session: Sessions) -> None:
    url = payer.server.url
    ask(session("payer"), url, wanted(payer))
    long = Wanted(payer.venue.dataset, Right.Training, "x", "y" * 201, "Lab", "lab@example.org")

    with pytest.raises(InputError, match="Extent cannot be sent: String should have at most 200 characters"):
        ask(session("payer"), url, long)
    with pytest.raises(StorageError, match="There is no request 1 that is yours to see"):
        answer(session("stranger"), url, 1, None, "No.")
    with pytest.raises(InputError, match=f"Dataset {payer.venue.dataset} belongs to"):
        answer(session("payer"), url, 1, None, "No.")
