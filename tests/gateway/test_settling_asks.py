"""What a pass of the settler asks the node: each thing once, and again only after something was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from web3.types import RPCEndpoint

from audiera.client import Audiera
from audiera.client.contracts.suite import Suite
from audiera.client.deployment.deployments import Deployment
from audiera.gateway import Settler, Told, create_app
from audiera.gateway.batches import voucher_of
from audiera.gateway.settlement import together
from audiera.gateway.settlement.closing import close, due
from audiera.gateway.settlement.office import Office
from audiera.gateway.settlement.sending import begun
from audiera.metering import Batch
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.nodes import Change, Refusal, WrongNode, wrong_node
from tests.support.nodes import Told as Answer
from tests.support.settling import changed, settler_of

FEE = 200


@dataclass(frozen=True, slots=True)
class Watched:
    """A settler with batches that are closed together, and the node between him and the chain."""

    settler: Settler
    said: list[Told]
    node: WrongNode
    suite: Suite

    def asked(self, name: str) -> Counter[str]:
        """How often each call of a view was made."""
        return Counter(
            params[0]["data"] for method, params in self.node.asked if method == "eth_call" and self.calls(params, name)
        )

    def calls(self, params: list[Any], name: str) -> bool:
        selector = self.suite["UsageLedger"].request(name, bytes(32), *([0] if name == "isCollected" else [])).data[:4]
        return bool(params[0]["data"].startswith(f"0x{selector.hex()}"))


@contextmanager
def watched(venue: Venue, deployment: Deployment, journal: Path, count: int) -> Iterator[Watched]:
    """A settler of so many batches of one statement and a fee each, closed in one second; the node counts."""
    with serving(create_app(venue.settings(journal, fee_ppm=1_000 * FEE))) as server:
        payer = Payer(venue, server)
        for number in range(1, count + 1):
            payer.batch, payer.kept = number, Batch()
            request = payer.request([0])
            head = payer.sign(payer.kept.extend(payer.uses(request)), fee=FEE)
            assert payer.post("/v1/access", {**request, **head})[0] == 200
    client = venue.as_("gateway")
    with (
        wrong_node(str(venue.w3.provider.endpoint_uri)) as node,  # type: ignore[attr-defined]
        settler_of(venue, journal) as (settler, said),
    ):
        settler.office.client = Audiera.connect(node.url, client.signer, deployment)
        for row, why in due(settler.office):
            close(settler.office, row, why)
        changed(journal, moved_at=1)
        node.asked.clear()
        said.clear()
        yield Watched(settler, said, node, client.suite)


@pytest.mark.parametrize("count", [1, 3], ids=["alone", "together"])
def test_a_pass_asks_once_when_a_batch_was_settled_and_hears_the_rest_from_what_it_sends(
    own_venue: Venue, deployment: Deployment, tmp_path: Path, count: int
) -> None:
    with watched(own_venue, deployment, tmp_path / "journal.db", count) as it:
        failures = it.settler.step()

    assert (failures, Counter(told.event for told in it.said)) == (
        0,
        {"settled": count, "collected": count, "fee_released": count},
    )
    assert [*it.asked("batchOf").values()] == [1] * count
    assert set(it.asked("isCollected").values()) == {1}


@pytest.mark.parametrize("count", [1, 3])
def test_a_pass_with_nothing_to_send_asks_three_things_of_each_batch(
    own_venue: Venue, deployment: Deployment, tmp_path: Path, count: int
) -> None:
    with watched(own_venue, deployment, tmp_path / "journal.db", count) as it:
        it.settler.step()
        it.node.asked.clear()
        it.said.clear()
        failures = it.settler.step()

    assert (failures, it.said) == (0, [])
    assert len(it.node.asked) == 3 * count  # when it was settled, and the marks of its statement and its fee
    assert len(it.asked("batchOf") | it.asked("isCollected")) == 3 * count


@pytest.mark.parametrize(("count", "sent"), [(1, 3), (3, 2)], ids=["alone", "together"])
def test_what_was_just_settled_is_collected_and_its_fee_released_though_a_node_is_behind(
    own_venue: Venue, deployment: Deployment, tmp_path: Path, count: int, sent: int
) -> None:
    with watched(own_venue, deployment, tmp_path / "journal.db", count) as it:
        it.node.change = behind(it)
        failures = it.settler.step()

    assert (failures, Counter(told.event for told in it.said)) == (
        0,
        {"settled": count, "collected": count, "fee_released": count},
    )
    assert it.node.count("eth_sendRawTransaction") == sent


def test_what_cannot_be_collected_together_is_not_settled_again_though_a_node_is_behind(
    own_venue: Venue, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[int]()

    def fits(_: Office, gas: int) -> bool:
        tried.append(gas)
        return True

    monkeypatch.setattr(together, "_fits", fits)
    with watched(own_venue, deployment, tmp_path / "journal.db", 2) as it:
        late = behind(it)

        def refusing(method: str, params: list[Any], told: Answer) -> Answer:
            if method == "eth_estimateGas" and len(tried) == 2:
                tried.append(0)
                raise Refusal(-32_000, "not now")
            return late(method, params, told)

        it.node.change = refusing
        failures = it.settler.step()

    assert (failures, Counter(told.event for told in it.said)) == (
        0,
        {"settled": 2, "collected": 2, "fee_released": 2},
    )
    assert it.node.count("eth_sendRawTransaction") == 1 + 2 * 2  # settled, then each collected and released


def test_a_settlement_that_a_reorganisation_takes_away_before_its_fee_is_released_is_made_again_in_the_next_pass(
    own_venue: Venue, deployment: Deployment, tmp_path: Path
) -> None:
    request = own_venue.w3.provider.make_request
    with watched(own_venue, deployment, tmp_path / "journal.db", 1) as it:
        mark = request(RPCEndpoint("evm_snapshot"), [])["result"]

        def unmined(told: Told) -> None:
            it.said.append(told)
            if told.event == "collected" and len(it.said) == 2:
                request(RPCEndpoint("evm_revert"), [mark])
                request(RPCEndpoint("evm_increaseTime"), ["0x7"])

        it.settler.office.tell = unmined
        failures = [it.settler.step(), it.settler.step()]

    assert failures == [1, 0]
    assert [told.event for told in it.said] == [
        *("settled", "collected", "failed"),
        *("settled", "collected", "fee_released"),
    ]
    assert "Ledger_WrongVoucher" in it.said[2].text


def behind(it: Watched) -> Change:
    """A node that has not heard of any settlement yet."""

    def change(method: str, params: list[Any], told: Answer) -> Answer:
        unsettled = method == "eth_call" and it.calls(params, "batchOf")
        return f"0x{bytes(64).hex()}" if unsettled else told

    return change


def test_what_was_said_before_sending_is_not_believed_after_it(
    own_venue: Venue, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(office: Office, _: int) -> bool:
        for row in begun(office, ()):
            by_hand.settle(voucher_of(row, office.gateway), row.signature)
        return True

    by_hand = own_venue.as_("gateway").usage
    monkeypatch.setattr(together, "_fits", overtaken)
    with watched(own_venue, deployment, tmp_path / "journal.db", 2) as it:
        failures = it.settler.step()

    assert failures == 0
    assert [*it.asked("batchOf").values()] == [2, 2]
    assert it.node.count("eth_sendRawTransaction") == 2  # settled, which did nothing any more, and collected
