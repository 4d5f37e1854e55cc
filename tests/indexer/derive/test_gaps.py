"""A log that a node kept back is noticed, as soon as another one says what could not be without it."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from audiera.client import events
from audiera.client.contracts.events import Event
from audiera.indexer.derive import Deriver
from audiera.indexer.derive.decode import Decoder
from audiera.indexer.rows import GapError
from tests.support.chain import Chain
from tests.support.derived import Life, apply, contracts_of, rows
from tests.support.story import Story
from tests.support.suite import Suite


@pytest.fixture
def deriver(chain: Chain, told: tuple[Story, Life]) -> Deriver:
    return Deriver(contracts_of(chain, told[0].suite))


def places(chain: Chain, suite: Suite, life: Life, kind: type[Event]) -> list[int]:
    """Where in a life the events of a kind are."""
    decoder = Decoder(contracts_of(chain, suite))
    found = [decoder.decode(it) for it in life.logs]
    return [place for place, it in enumerate(found) if it is not None and isinstance(it[1], kind)]


@pytest.mark.parametrize(
    ("kind", "which", "said"),
    [
        (events.TermsPublished, 0, r"Number 2 in terms comes after 0|There is no \('0x\w+',\) in terms"),
        (events.DatasetRegistered, 1, r"There is no \(2,\) in datasets"),
        (events.AccountAssigned, 0, "Dataset 1 is registered, and its account assigned to no split"),
        (events.SplitCreated, 0, r"There is no \('0x\w+',\) in splits"),
        (events.OfferMade, 0, r"There is no \(1, '0x\w+', '0x0+'\) in offers"),
        (events.LicenseAcquired, 0, r"There is no \(1,\) in licenses"),
        (events.CampaignOpened, 0, "Number 2 in campaigns comes after 0|There is no .* in campaigns"),
        (events.VersionPublished, 0, "Version 3 of dataset 2 comes after 1"),
        (events.MembershipAgreed, slice(None), "There is no .* in memberships"),
        (events.Deposited, 0, r"balance of channels .* would be -\d+"),
        (events.Deposited, 1, r"balance of channels .* would be -\d+"),
        (events.BatchSettled, 0, "There is no .* in batches"),
        (events.Credited, slice(None), "There is no .* in received"),
    ],
)
def test_a_log_that_is_missing_is_noticed(
    kind: type[Event],
    which: int | slice,
    said: str,
    chain: Chain,
    told: tuple[Story, Life],
    engine: Engine,
    deriver: Deriver,
) -> None:
    story, life = told
    found = places(chain, story.suite, life, kind)
    missing = found[which] if isinstance(which, slice) else [found[which]]
    left = [it for place, it in enumerate(life.logs) if place not in missing]

    with engine.connect() as connection, connection.begin() as transaction:
        with pytest.raises(GapError, match=said):
            apply(connection, deriver, replace(life, logs=left), [life.blocks[-1]])

        assert not any(rows(connection).values())  # nothing is written of a batch that is refused
        transaction.rollback()


def test_a_transfer_by_one_who_has_not_the_token_is_noticed(
    chain: Chain, told: tuple[Story, Life], engine: Engine, deriver: Deriver
) -> None:
    story, life = told
    (changed, *_) = [
        it for it in places(chain, story.suite, life, events.Transfer) if life.logs[it].topics[1] != bytes(32)
    ]
    log = life.logs[changed]
    logs = [*life.logs]
    logs[changed] = replace(log, topics=(log.topics[0], bytes(31) + b"\1", *log.topics[2:]))

    with engine.begin() as connection, pytest.raises(GapError, match=r"0x0+1 transfers \w+ \d+, which 0x\w+ has"):
        apply(connection, deriver, replace(life, logs=logs), [life.blocks[-1]])
