"""All events of the contracts, followed through reorganisations, and with nodes that hide logs: every row is at last as
if nothing had happened.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine, select

from audiera.indexer.derive import Deriver
from audiera.indexer.engine import open_index, writing
from audiera.indexer.follow import WINDOW, Follower, Keeper, Ours, Source, StoppedError, Wire, take_back
from audiera.indexer.rebuild import rebuild
from audiera.indexer.tables import LOGS
from tests.support.chain import Chain, Sent
from tests.support.derived import contracts_of, rows
from tests.support.nodes import Told, WrongNode, wrong_node
from tests.support.story import Story
from tests.support.suite import chain, deploy_suite

__all__ = ["chain"]


@dataclass(slots=True)
class Followed:
    """A story, and indexes of it."""

    story: Story
    url: str
    engine: Engine
    new_engine: Callable[[], Engine]
    said: list[str] = field(default_factory=list)

    def follow(self, url: str | None = None, engine: Engine | None = None) -> None:
        """To the head, with the node at `url`."""
        suite = contracts_of(self.story.chain, self.story.suite)
        source, keeper = Source(Wire(url or self.url), Ours(suite)), Keeper(engine or self.engine, Deriver(suite))
        head = Source(Wire(self.url), Ours(suite)).head()
        keeper.begin(head.chain_id, head.genesis, suite, 0)
        try:
            Follower(source, keeper, report=self.said.append, sleep=lambda _: None).run(once=True)
        finally:
            keeper.close()

    def found(self, engine: Engine | None = None) -> dict[str, Sequence[Any]]:
        """Every derived row, and every log on the chain."""
        with (engine or self.engine).connect() as connection:
            logs = select(LOGS).where(~LOGS.c.orphaned).order_by(LOGS.c.block, LOGS.c.log_index)
            return {**rows(connection), "logs": list(connection.execute(logs).mappings())}

    def undisturbed(self) -> dict[str, Sequence[Any]]:
        """What an index finds that reads the chain as it is now."""
        engine = self.new_engine()
        self.follow(engine=engine)
        return self.found(engine)

    def mark(self) -> str:
        return str(self.story.chain.rpc("evm_snapshot"))

    def back(self, mark: str) -> None:
        self.story.chain.rpc("evm_revert", mark)

    def mine(self, blocks: int = 1) -> None:
        self.story.chain.rpc("anvil_mine", hex(blocks))


@pytest.fixture
def followed(
    chain: Chain,
    anvil: str,
    new_account: Callable[[str], LocalAccount],
    empty_index: Path,
    tmp_path: Path,
) -> Iterator[Followed]:
    engines: list[Engine] = []

    def new_engine() -> Engine:
        path = shutil.copy(empty_index, tmp_path / f"{len(engines)}.sqlite")
        engines.append(open_index(f"sqlite:///{path}"))
        return engines[-1]

    yield Followed(Story(chain, deploy_suite(chain), new_account), anvil, new_engine(), new_engine)
    for engine in engines:
        engine.dispose()


@pytest.fixture
def node(anvil: str) -> Iterator[WrongNode]:
    with wrong_node(anvil) as found:
        yield found


def forgetful(chance: random.Random) -> Callable[[str, list[Any], Told], Told]:
    """A node that leaves a log out of every third answer."""

    def change(method: str, _: list[Any], result: Told) -> Told:
        if method == "eth_getLogs" and result and chance.random() < 0.3:
            result.pop(chance.randrange(len(result)))
        return result

    return change


def test_a_story_that_is_told_anew_by_one_reorganisation_after_another(followed: Followed, node: WrongNode) -> None:
    """Each chapter is told, read, undone and told again: sales and transfers, batches settled and collected."""
    node.change = forgetful(random.Random(1))
    for chapter in followed.story.chapters:
        mark = followed.mark()
        chapter()
        followed.follow(node.url)
        followed.back(mark)
        followed.mine()
        chapter()
    followed.follow(node.url)
    node.change = None
    followed.follow(node.url)

    assert followed.found() == followed.undisturbed()
    assert sum("reorganised" in it for it in followed.said) == len(followed.story.chapters)

    followed.story.chain.rpc("anvil_reorg", 20, [])
    followed.follow()

    assert followed.found() == followed.undisturbed()


def test_a_reorganisation_below_the_window_stops_it_until_the_tables_are_made_anew(followed: Followed) -> None:
    sell, *others = followed.story.chapters[:3]
    sell()
    mark = followed.mark()
    for chapter in others:
        chapter()
    followed.mine(WINDOW + 100)
    followed.follow()
    followed.back(mark)
    followed.mine(400)

    with pytest.raises(StoppedError, match="run `audiera index rebuild` with that --node, then go on"):
        followed.follow()
    with writing(followed.engine) as connection:
        with connection.begin():
            assert take_back(connection, followed.url) > WINDOW
        rebuild(connection, Deriver(contracts_of(followed.story.chain, followed.story.suite)))
    followed.follow()

    assert followed.found() == followed.undisturbed()


@pytest.fixture
def hiding(followed: Followed, node: WrongNode) -> WrongNode:
    """A node that hid all logs of the second dataset's block, far below the window, when it was read first."""
    market, owner = followed.story.market, followed.story.owner
    market.dataset(owner)
    market.dataset(owner)
    hidden = hex(followed.story.chain.w3.eth.block_number)
    followed.mine(WINDOW + 200)

    def hide(method: str, _: list[Any], result: Told) -> Told:
        return [it for it in result if it["blockNumber"] != hidden] if method == "eth_getLogs" else result

    node.change = hide
    followed.follow(node.url)
    market.dataset(owner)
    return node


def test_logs_hidden_far_below_the_window_are_found_when_a_later_one_cannot_be_without_them(
    followed: Followed, hiding: WrongNode
) -> None:
    hiding.change = None
    followed.follow(hiding.url)

    assert followed.found() == followed.undisturbed()
    assert [it for it in followed.said if "kept back" in it and "anew" in it] != []


def test_a_node_that_hides_them_for_ever_is_given_up_and_another_one_tells_them(
    followed: Followed, hiding: WrongNode
) -> None:
    before = followed.found()

    with pytest.raises(StoppedError) as stopped:
        followed.follow(hiding.url)

    assert str(stopped.value) == (
        f"The node at {hiding.url} has kept back a log: Number 3 in datasets comes after 1. It was asked 6 times, and "
        "for all blocks again; go on with another node, `audiera index follow --node URL`: what is missing is taken "
        "from that one. Nothing that was read is lost."
    )
    assert followed.found() == before

    followed.follow()

    assert followed.found() == followed.undisturbed()


LIES: dict[str, tuple[dict[str, str], str]] = {
    "a statement collected twice": ({}, "in statements already"),
    "a statement of no form": ({"data": "0x"}, "does not read as an event of"),
    "a number that no column holds": (
        {"data": f"0x{'ff' * 32}{'00' * 160}"},
        "What logs say cannot be together (Python int too large",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_events_that_cannot_be_are_asked_for_again_and_then_refused(
    followed: Followed, node: WrongNode, lie: str
) -> None:
    changes, words = LIES[lie]
    for chapter in followed.story.chapters[:3]:
        chapter()
    (topic,) = [
        f"0x{it.hex()}"
        for it, entry in contracts_of(followed.story.chain, followed.story.suite)["UsageLedger"].artifact.events.items()
        if entry.name == "StatementCollected"
    ]

    def lying(method: str, _: list[Any], result: Told) -> Told:
        if method != "eth_getLogs":
            return result
        collected = [it for it in result if it["topics"][0] == topic]
        return [*result, *({**it, "logIndex": "0xffff", **changes} for it in collected[:1])]

    node.change = lying
    with pytest.raises(StoppedError) as stopped:
        followed.follow(node.url)

    assert words in str(stopped.value)
    assert "It was asked 6 times" in str(stopped.value)

    followed.follow()

    assert followed.found() == followed.undisturbed()


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_any_reorganisations_at_any_moment_leave_no_trace(followed: Followed, node: WrongNode) -> None:
    """Before a transaction, some are written that come to nothing, whether they are read or not."""
    chance = random.Random(0)
    send, node.change = followed.story.chain.send, forgetful(chance)

    def disturbed(*args: Any, **kwargs: Any) -> Sent:  # noqa: ANN401  # as `send` has them
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            mark = followed.mark()
            followed.mine(chance.choice((1, 2, 30)))
            send(*args, **kwargs)
            if chance.random() < 0.7:
                followed.follow(node.url)
            followed.back(mark)
            followed.mine(chance.randrange(1, 3))
        return send(*args, **kwargs)

    followed.story.chain.send = disturbed  # type: ignore[method-assign]
    for chapter in followed.story.chapters:
        chapter()
    node.change = None
    followed.follow(node.url)

    assert followed.found() == followed.undisturbed()
    assert any("reorganised" in it for it in followed.said)
