"""Decoding for the index: the same events as the client reads, and a refusal of what is none."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.client.contracts import Suite as Contracts
from audiera.errors import ChainError
from audiera.indexer.derive.decode import Decoder
from tests.support.chain import Chain
from tests.support.derived import Life, contracts_of
from tests.support.suite import Suite


@pytest.fixture(scope="session")
def contracts(chain: Chain, suite: Suite) -> Contracts:
    return contracts_of(chain, suite)


def test_events_are_those_that_the_client_reads(lives: Sequence[Life], contracts: Contracts) -> None:
    logs = [log for life in lives for log in life.logs]
    receipts = [
        {
            "address": it.address,
            "topics": it.topics,
            "data": it.data,
            "blockNumber": it.block,
            "transactionHash": it.transaction,
            "logIndex": it.index,
        }
        for it in logs
    ]
    decoder = Decoder(contracts)

    found = [decoder.decode(it) for it in logs]

    read = contracts.read_logs(receipts)  # type: ignore[arg-type]  # the part of a receipt that it looks at
    assert found == [(it.contract, it.event) for it in read]


def test_logs_of_others_are_passed_over(lives: Sequence[Life], contracts: Contracts) -> None:
    log, decoder = lives[0].logs[0], Decoder(contracts)

    assert decoder.decode(log) is not None
    assert decoder.decode(replace(log, topics=())) is None
    assert decoder.decode(replace(log, topics=(bytes(32), *log.topics[1:]))) is None
    assert decoder.decode(replace(log, address=contracts["UsageLedger"].address)) is None


@given(which=st.floats(0, 1, exclude_max=True), cut=st.integers(0, 100))
def test_a_log_that_is_cut_off_is_refused(which: float, cut: int, lives: Sequence[Life], contracts: Contracts) -> None:
    with_data = [it for it in lives[0].logs if it.data]
    log, decoder = with_data[int(which * len(with_data))], Decoder(contracts)
    short = log.data[: min(cut, len(log.data) - 1) // 32 * 32]

    with pytest.raises(ChainError, match=f"Log {log.index} of block {log.block} does not read"):
        decoder.decode(replace(log, data=short))


def test_a_log_with_a_topic_too_few_is_refused(lives: Sequence[Life], contracts: Contracts) -> None:
    log = next(it for it in lives[0].logs if len(it.topics) > 1)

    with pytest.raises(ChainError, match="does not read as an event"):
        Decoder(contracts).decode(replace(log, topics=log.topics[:-1]))


@given(data=st.data())
def test_whatever_is_in_a_log_it_is_an_event_or_refused(
    data: st.DataObject, lives: Sequence[Life], contracts: Contracts
) -> None:
    log = data.draw(st.sampled_from(lives[0].logs))
    words = data.draw(st.lists(st.sampled_from([bytes(32), b"\xff" * 32, bytes(31) + b"\x20"]), max_size=9))
    decoder = Decoder(contracts)

    try:
        assert decoder.decode(replace(log, data=b"".join(words))) is not None
    except ChainError as error:
        assert "does not read as an event" in str(error)  # noqa: PT017  # either will do
