"""Following a real chain, with nodes that are wrong in every way that nodes are."""

from __future__ import annotations

from audiera.indexer.follow import WINDOW
from tests.indexer.follow.conftest import Index, World
from tests.support.nodes import WrongNode


def test_old_blocks_are_read_in_ranges_and_young_ones_by_their_hashes(
    world: World, index: Index, node: WrongNode
) -> None:
    world.event(3)
    world.mine(400)
    world.event(3)

    figures = index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert len(index.logs()) >= 6
    assert (figures.next_block, figures.behind) == (world.head + 1, 0)
    ranges = [params[0] for method, params in node.asked if method == "eth_getLogs" and "fromBlock" in params[0]]
    hashes = [params[0] for method, params in node.asked if method == "eth_getLogs" and "blockHash" in params[0]]
    assert len(ranges) == 2  # the old ones, and the window a second time
    assert len(hashes) == WINDOW
    assert index.said == [f"At the head, block {world.head:,}."]


def test_it_goes_on_where_it_stopped(world: World, index: Index) -> None:
    world.event(2)
    index.follow(world.url)
    world.event(2)

    figures = index.follow(world.url)

    assert index.logs() == index.applied() == world.logs()
    assert figures.blocks == 2


def test_what_a_reorganisation_orphans_is_taken_back_and_kept(world: World, index: Index) -> None:
    world.event(2)
    mark = world.mark()
    world.event(3)
    index.follow(world.url)
    lost = world.logs()[-3:]
    world.back(mark)
    world.event(4)

    figures = index.follow(world.url)

    assert index.logs() == index.applied() == world.logs()
    assert index.logs(orphaned=True) == lost
    assert (figures.reorganisations, figures.orphaned) == (1, 3)
    assert f"The chain was reorganised after block {world.head - 4:,}; 3 blocks taken back." in index.said


def test_a_chain_that_is_reorganised_to_the_same_height_is_noticed(world: World, index: Index) -> None:
    mark = world.mark()
    world.event(2)
    index.follow(world.url)
    world.back(mark)
    world.event(2)

    index.follow(world.url)

    assert index.logs() == index.applied() == world.logs()


def test_a_reorganisation_as_deep_as_the_window_is_followed(world: World, index: Index) -> None:
    world.event(WINDOW + 5)
    index.follow(world.url)
    world.rpc("anvil_reorg", WINDOW, [])
    world.event(2)

    index.follow(world.url)

    assert index.logs() == index.applied() == world.logs()
