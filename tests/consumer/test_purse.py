"""What counts as spent while nobody knows yet what became of it, and what a gateway can make of that.

AUD-B2, AUD-B5, AUD-B7
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Scope
from web3.types import RPCEndpoint

from audiera.cli.terminal import payment
from audiera.client import KeySigner, TxReceipt
from audiera.client.chain import Node
from audiera.client.contracts.events import LicenseAcquired
from audiera.consumer import Keeping, Purse, carry_on, carrying
from audiera.consumer.keeping import Signed
from audiera.errors import GatewayError
from audiera.protocol import Right
from audiera.remote import Remote
from tests.support.consumer import Asking, lying, priced, result_of, run
from tests.support.gateway import DEPOSIT, PRICE, Venue

Words = Callable[..., list[str]]

LICENCE = 250_000


@pytest.fixture
def offered(
    own_venue: Venue, asking: Asking, mint: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> Asking:
    """A lab that holds no licence yet, and an offer that it may take."""
    lab, creator = own_venue.as_("rich lab"), own_venue.as_("creator")
    assert isinstance(lab.signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", lab.signer.account.key.hex())
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [lab.account, hex(10**20)])
    terms = priced(own_venue, unit_price=700, rights=Right.Playback)
    creator.licenses.publish_terms(terms)
    creator.licenses.offer(own_venue.dataset, terms.id(), LICENCE)
    mint(lab.account, 1_000_000)
    return asking


def refusing(scope: Scope, _status: int, _body: bytes) -> tuple[int, bytes] | None:
    """Refuses every access."""
    return (403, b'{"code": "refused", "detail": "No."}') if scope["path"] == "/v1/access" else None


def spent(asking: Asking) -> int:
    return Purse(asking.folder.parent).spent(asking.venue.usdc)[0] - asking.signed()


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_purchase_counts_from_before_it_is_sent_until_the_chain_tells(
    own_venue: Venue, offered: Asking, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_sent: bool
) -> None:
    def ended(*given: Any) -> TxReceipt | None:  # noqa: ANN401  # as it is called
        if is_sent:
            payment.pay(*given)
        raise KeyboardInterrupt

    with lying(own_venue, tmp_path / "journal.db", refusing) as payer:
        with monkeypatch.context() as patched:
            patched.setattr("audiera.cli.consumer.paying.pay", ended)
            run(*words(payer.server.url, right="playback"))
        meanwhile = spent(offered)
        run(*words(payer.server.url, right="playback", spend="0.0001 MUSD"))

    agreed = Keeping(offered.folder / ".audiera").agreed()
    assert meanwhile == LICENCE
    assert spent(offered) == (LICENCE if is_sent else 0)
    assert (agreed is not None) == is_sent
    assert agreed is None or (list(agreed.bought.values()), agreed.buying) == ([LICENCE], [])


def test_a_pull_that_bought_nothing_leaves_nothing_and_claims_no_folder(
    own_venue: Venue, offered: Asking, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = own_venue.as_("poor lab").signer
    assert isinstance(poor, KeySigner)
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [poor.address, hex(10**20)])
    with lying(own_venue, tmp_path / "journal.db", refusing) as payer:
        given = words(payer.server.url, right="playback")
        with monkeypatch.context() as patched:
            patched.setenv("AUDIERA_PRIVATE_KEY", poor.account.key.hex())
            refused = run(*given)
        left = offered.folder.exists()
        unknown = run("pull", "99", *given[2:])
        left = left or offered.folder.exists()
        done = run(*given)

    assert refused.exit_code == 1
    assert "has 0 MUSD and needs 0.25 MUSD" in refused.output
    assert unknown.exit_code == 1
    assert not left
    assert done.output.count("is yours.") == 1


def test_of_what_others_buy_in_the_same_transaction_nothing_counts(
    own_venue: Venue, offered: Asking, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bundled(*given: Any) -> TxReceipt | None:  # noqa: ANN401  # as it is called
        receipt = payment.pay(*given)
        assert receipt is not None
        if not (own := [it for it in receipt.logs if isinstance(it.event, LicenseAcquired)]):
            return receipt
        (log,) = own
        event = log.event
        assert isinstance(event, LicenseAcquired)
        gateway = own_venue.as_("gateway").account
        others = [
            replace(event, license_id=901, to=gateway, payer=gateway, price=0),
            replace(event, license_id=902, payer=gateway, price=0),
            replace(event, license_id=903, dataset=event.dataset + 1, price=0),
            replace(event, license_id=904, price=LICENCE + 1),
        ]
        return replace(receipt, logs=(*(replace(log, event=it) for it in others), *receipt.logs))

    monkeypatch.setattr("audiera.cli.consumer.paying.pay", bundled)
    with lying(own_venue, tmp_path / "journal.db", refusing) as payer:
        done = run(*words(payer.server.url, right="playback"))

    agreed = Keeping(offered.folder / ".audiera").agreed()
    assert agreed is not None
    (held,) = own_venue.as_("rich lab").licenses.held_by(own_venue.as_("rich lab").account)
    assert agreed.bought == {str(held): LICENCE}
    assert done.output.count("is yours.") == 1


def test_a_gateway_that_says_that_nothing_is_free_has_nothing_more_put_there(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    lies: list[bool] = []

    def tamper(scope: Scope, status: int, body: bytes) -> tuple[int, bytes] | None:
        if not scope["path"].startswith("/v1/channels/") or status != 200 or not lies:
            return None
        told = json.loads(body)
        for it in told["batches"]:
            it["head"]["voucher"]["amount"] = str(DEPOSIT)  # which nobody signed
        return status, json.dumps({**told, "available": "0", "held": str(DEPOSIT)}).encode()

    def free(folder: str) -> int:
        asking.folder = tmp_path / folder
        done = run(*words(payer.server.url))
        assert "Deposited" not in done.output
        return int(result_of(done)["deposit"]["free"]["value"])

    with lying(own_venue, tmp_path / "journal.db", tamper) as payer:
        honest = [free("one"), free("two")]
        lies.append(True)
        lied = free("three")

    assert honest == [DEPOSIT, DEPOSIT - PRICE]  # the head of the first folder speaks for that, by its signature
    assert lied == DEPOSIT


def test_a_call_that_is_carried_out_in_its_last_second_is_not_taken_for_lapsed(
    own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")
    signed = client.signing(lifetime=600).licenses.cancel([7])
    now = signed.call.deadline

    def is_used(*_: object) -> bool:
        nonlocal now
        now += 1  # the next block has it
        return False

    monkeypatch.setattr(Node, "timestamp", lambda *_: now)
    monkeypatch.setattr(carrying, "_is_used", is_used)
    monkeypatch.setattr(carrying, "_await", lambda *_: None)
    with Keeping.opened(tmp_path / "keeping") as keeping:
        keeping.hand_over(Signed(call=signed.to_json(), block=client.node.block_number()))

        with pytest.raises(GatewayError, match="does not know yet"):
            carry_on(client, Remote("http://127.0.0.1:1"), keeping)

        assert keeping.handed_over() is not None
