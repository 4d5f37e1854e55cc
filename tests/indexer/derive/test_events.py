"""Every event of the contracts once, and what strangers may put into them: what no view tells, row by row."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from eth_abi import encode
from eth_account.signers.local import LocalAccount
from sqlalchemy import Connection, Engine, RowMapping, Table, select

from audiera.client import events
from audiera.client.contracts.events import Event
from audiera.indexer.derive import Deriver
from audiera.indexer.derive.decode import Decoder
from audiera.indexer.tables import (
    BATCHES,
    CAMPAIGN_DATASETS,
    CAMPAIGN_FUNDERS,
    CLEARANCES,
    DATASETS,
    GATEWAYS,
    GATEWAYS_NAMED,
    LICENSES,
    OFFERS,
    PARENTS,
    PURCHASES,
    RECIPIENTS,
    SHARES_MOVED,
    SIGNERS,
    SPLITS,
    STATEMENTS,
    TRANSFERS,
    WITHDRAWN_ITEMS,
)
from audiera.protocol.ids import ETHER
from tests.support.chain import Chain
from tests.support.derived import Life, answers, apply, contracts_of, life_of
from tests.support.licensing import DAY
from tests.support.story import FOREVER, ITEM, Story
from tests.support.suite import deploy_suite


@pytest.fixture
def story(told: tuple[Story, Life]) -> Story:
    return told[0]


@pytest.fixture
def deriver(chain: Chain, story: Story) -> Deriver:
    return Deriver(contracts_of(chain, story.suite))


@pytest.fixture
def life(told: tuple[Story, Life]) -> Life:
    return told[1]


def rows_of(connection: Connection, table: Table, **fields: object) -> Sequence[RowMapping]:
    found = connection.execute(select(table).order_by(*table.primary_key)).mappings()
    return [it for it in found if all(it[name] == value for name, value in fields.items())]


def test_the_story_has_every_event_that_changes_a_table(life: Life, chain: Chain, story: Story) -> None:
    without = {"Approval", "ApprovalForAll", "CallRelayed", "NonceCancelled", "Event", "Log"}
    decoder = Decoder(contracts_of(chain, story.suite))

    found = {type(it[1]).__name__ for log in life.logs if (it := decoder.decode(log)) is not None}

    assert set(events.__all__) - found == without


def test_what_views_tell_is_what_the_tables_say(
    chain: Chain, new_account: Callable[[str], LocalAccount], engine: Engine
) -> None:
    suite = deploy_suite(chain)
    Story(chain, suite, new_account).tell()
    life = life_of(chain, suite)

    with engine.begin() as connection:
        apply(connection, Deriver(contracts_of(chain, suite)), life, life.blocks)

        assert answers(chain, suite, connection) > 100


def test_what_no_view_tells_is_in_the_tables_too(story: Story, life: Life, engine: Engine, deriver: Deriver) -> None:
    with engine.begin() as connection:
        apply(connection, deriver, life, life.blocks[-1:])

        (named,) = rows_of(connection, GATEWAYS_NAMED)
        assert (named["position"], named["gateway"]) == (0, story.gateway.address)
        (gone,) = rows_of(connection, WITHDRAWN_ITEMS)
        assert (gone["dataset"], gone["item"], gone["version"]) == (story.remix, f"0x{ITEM.hex()}", 3)
        (said,) = rows_of(connection, GATEWAYS)
        assert (said["gateway"], said["url"]) == (story.gateway.address, "https://a.example/\ufffd\ufffd!")
        assert rows_of(connection, RECIPIENTS) == []
        (moved,) = rows_of(connection, SHARES_MOVED)
        (song,) = rows_of(connection, DATASETS, id=story.song)
        assert (moved["dataset"], moved["ppm"], moved["split"]) == (story.song, 990_000, song["split"])
        (signer,) = rows_of(connection, SIGNERS)
        assert {signer[it] for it in ("access_until", "pay_until", "settle_until")} == {FOREVER}
        bought = rows_of(connection, PURCHASES, license=story.licence)
        assert [(it["renewal"], it["price"], it["token"], it["licensee"]) for it in bought] == [
            (False, 7, ETHER, ETHER),
            (True, 7, ETHER, ETHER),
        ]
        assert bought[0]["expires_at"] + 30 * DAY == bought[1]["expires_at"]
        (offer,) = rows_of(connection, OFFERS, dataset=story.song, terms=f"0x{story.terms.id().hex()}")
        assert (offer["licensee"], offer["price"], offer["left"], offer["epoch"]) == (ETHER, 7, 1, 0)
        hands = [it["to"] for it in rows_of(connection, TRANSFERS, contract=1, token_id=story.licence)]
        assert hands == [story.buyer.address, story.sponsor.address]


def test_numbers_of_strangers_are_exact_however_large(
    story: Story, life: Life, engine: Engine, deriver: Deriver
) -> None:
    with engine.begin() as connection:
        apply(connection, deriver, life, life.blocks[-1:])

        (settled,) = rows_of(connection, BATCHES, batch=FOREVER)
        assert (settled["calls"], settled["collected"], settled["fee_released"]) == (FOREVER, 3, True)
        first, stray, _ = rows_of(connection, STATEMENTS, batch=settled["id"])
        assert (first["units"], first["calls"], first["counted"]) == (3, 9, True)
        assert (stray["license"], stray["dataset"], stray["units"]) == (None, 2**32 - 1, FOREVER)
        assert stray["counted"] is False
        parts = {it["dataset"]: it for it in rows_of(connection, CAMPAIGN_DATASETS)}
        assert (parts[story.song]["credited"], parts[story.song]["settled"]) == (400, True)
        assert (parts[story.remix]["credited"], parts[story.remix]["settled"]) == (0, False)
        funders = rows_of(connection, CAMPAIGN_FUNDERS)
        assert [(it["amount"], it["returned"]) for it in funders] == [(1_000, 0), (50, 50)]
        assert len(rows_of(connection, LICENSES)) == 2
        assert json.loads(rows_of(connection, CLEARANCES)[0]["licenses"]) == [0]


def test_events_as_large_as_contracts_allow_are_derived(
    chain: Chain, story: Story, life: Life, engine: Engine, deriver: Deriver
) -> None:
    large: dict[type[Event], tuple[str, Sequence[object]]] = {
        events.SplitCreated: ("(bytes32,uint32)[]", [(it.to_bytes(32, "big"), 1_000) for it in range(1, 1_001)]),
        events.LineageDeclared: ("(uint32,uint32)[]", [(2**32 - 1 - it, 1) for it in range(255)]),
        events.GatewaysSet: ("address[]", [f"0x{it:040x}" for it in range(1, 65)]),
        events.GatewayAnnounced: ("bytes", b"https://a.example/" + b"\xff\xc0\0" * 20_000),
    }
    decoder = Decoder(contracts_of(chain, story.suite))
    logs = []
    for log in life.logs:
        read = decoder.decode(log)
        kind, value = large.get(type(read[1]), ("", ())) if read else ("", ())
        logs.append(replace(log, data=encode([kind], [value])) if kind else log)

    with engine.begin() as connection:
        apply(connection, deriver, replace(life, logs=logs), life.blocks)

        assert {it["payees"] for it in rows_of(connection, SPLITS)} == {1_000}
        assert rows_of(connection, PARENTS)[-1]["parent"] == 2**32 - 1
        assert len(rows_of(connection, PARENTS)) == 255
        assert len(rows_of(connection, GATEWAYS_NAMED)) == 64
        (said,) = rows_of(connection, GATEWAYS)
        assert said["url"] == "https://a.example/" + "\ufffd" * 60_000
