"""Nodes that are wrong in every way that nodes are, before a real chain: what is true is in the index in the end, or it
stops with a sentence, and nothing is lost.

AUD-N5, AUD-N6, AUD-N7
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any

import pytest

from audiera.errors import ChainError
from audiera.indexer.follow import StoppedError
from audiera.indexer.follow.refusals import TooMuchError, refused
from tests.indexer.follow.conftest import Index, World
from tests.support.nodes import Change, Raw, Refusal, Told, WrongNode, drip, send

LIMITS = {
    "Alchemy": (-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"),
    "Alchemy, free": (
        -32600,
        "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range",
    ),
    "Infura": (-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2]."),
    "QuickNode": (-32614, "eth_getLogs is limited to a 10,000 range"),
    "Ankr": (-32062, "block range is too wide"),
    "PublicNode": (-32701, "exceed maximum block range: 50000"),
    "Cloudflare": (-32047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800"),
    "dRPC": (35, "ranges over 10000 blocks are not supported on freetier"),
    "LlamaRPC": (-32000, "query exceeds max results 20000"),
    "BSC": (-32005, "limit exceeded"),
    "Geth": (-32002, "request timed out"),
    "Besu": (-32005, "Requested range exceeds maximum RPC range limit"),
}


def once(change: Change, method: str, times: int = 1) -> Change:
    """That change, to so many answers of a method."""
    left = count(times, -1)

    def changed(asked: str, params: list[Any], result: Told) -> Told:
        return change(asked, params, result) if asked == method and next(left) > 0 else result

    return changed


def of_logs(change: Callable[[list[Any]], Any]) -> Change:
    """A change of all logs that are given."""
    return lambda method, _, result: change(result) if method == "eth_getLogs" and result else result


def test_ranges_shrink_until_a_node_gives_them(world: World, index: Index, node: WrongNode) -> None:
    world.event(2)
    world.mine(700)
    refusals = count()

    def short(method: str, params: list[Any], result: Told) -> Told:
        if method == "eth_getLogs" and "fromBlock" in params[0]:
            blocks = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
            if blocks > 300:
                raise Refusal(*list(LIMITS.values())[next(refusals) % len(LIMITS)])
        return result

    node.change = short
    index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert index.slept == []
    assert next(refusals) > 2


@pytest.mark.parametrize("provider", LIMITS)
def test_a_range_that_is_refused_is_told_from_haste_in_the_words_of_each_provider(provider: str) -> None:
    code, message = LIMITS[provider]

    assert type(refused("The node", "eth_getLogs", {"code": code, "message": message})) is TooMuchError


def test_a_node_that_is_asked_too_often_is_left_alone_for_as_long_as_it_says(
    world: World, index: Index, node: WrongNode
) -> None:
    world.event()
    refusals = count()

    def busy(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
        if next(refusals) < 2:
            send(handler, b"slow down", 429, Retry_After="7")
        else:
            send(handler, answer)

    node.raw = busy
    index.follow(node.url)

    assert index.slept == [7, 7]
    assert index.logs() == world.logs()


@pytest.mark.parametrize("error", [(-32005, "daily request count exceeded"), (429, "capacity exceeded")])
def test_one_that_says_so_in_json_is_left_alone_longer_each_time(
    world: World, index: Index, node: WrongNode, error: tuple[int, str]
) -> None:
    world.event()

    def busy(method: str, _: list[Any], result: Told) -> Told:
        if method == "eth_getLogs" and len(index.slept) < 4:
            raise Refusal(*error)
        return result

    node.change = busy
    index.follow(node.url)

    assert index.slept == [0.25, 0.5, 1, 2]
    assert [it for it in index.said if "Asking again" in it] == [
        f"The node at {node.url} refused eth_getLogs: {error[1]}. Asking again in 1 seconds."
    ]
    assert index.logs() == world.logs()


def test_a_range_is_not_believed_without_its_last_block(world: World, index: Index, node: WrongNode) -> None:
    """A node of a pool that lags answers validly and with nothing, though another told of the head."""
    world.event(2)
    world.mine(400)
    left = count(2, -1)

    def lagging(method: str, params: list[Any], result: Told) -> Told:
        if method == "eth_getLogs" and "fromBlock" in params[0]:
            lags.append(next(left) > 0)
            return [] if lags[-1] else result
        if method == "eth_getBlockByNumber" and lags and lags[-1] and params[0] not in {"latest", "0x0"}:
            return None
        return result

    lags: list[bool] = []
    node.change = lagging
    index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert lags[:3] == [True, True, False]


def test_a_block_whose_bloom_speaks_of_logs_is_asked_for_again(world: World, index: Index, node: WrongNode) -> None:
    world.event(2)
    given = index.world.logs()

    node.change = once(lambda *_: [], "eth_getLogs", len(given) + 5)
    index.follow(node.url)

    assert index.logs() == index.applied() == given
    assert index.slept == []


def test_receipts_tell_what_a_node_does_not_give_as_logs(world: World, index: Index, node: WrongNode) -> None:
    world.event(2)

    node.change = lambda method, _, result: [] if method == "eth_getLogs" else result
    index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert node.count("eth_getBlockReceipts") == len(world.logs())


def test_a_log_that_comes_only_when_the_window_is_read_again_is_added_in_its_place(
    world: World, index: Index, node: WrongNode
) -> None:
    world.event(3)
    hidden = world.logs()[-2]

    def hiding(method: str, params: list[Any], result: Told) -> Told:
        if method == "eth_getLogs" and params[0].get("blockHash") == f"0x{hidden[1].hex()}":
            return []
        if method == "eth_getBlockReceipts":
            raise Refusal(-32601, "the method does not exist")
        return result

    node.change = hiding
    figures = index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert figures.late == 1
    assert f"The node at {node.url} had kept back 1 log of blocks {hidden[0]} to {hidden[0]}; they are in now." in (
        index.said
    )


def test_logs_may_come_twice_and_in_any_order(world: World, index: Index, node: WrongNode) -> None:
    world.event(3)
    world.mine(300)
    world.event(2)

    node.change = of_logs(lambda logs: [*reversed(logs), *logs])
    index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert index.slept == []


LIES: dict[str, tuple[Callable[[list[Any]], Any], str]] = {
    "another contract": (
        lambda logs: [{**logs[0], "address": f"0x{'12' * 20}"}],
        "gave a log of a contract in block {block} that was not asked for",
    ),
    "another event": (
        lambda logs: [{**logs[0], "topics": [f"0x{'12' * 32}"]}],
        "gave a log in block {block} that its contract cannot have written",
    ),
    "no topics": (
        lambda logs: [{**logs[0], "topics": []}],
        "gave a log in block {block} that its contract cannot have written",
    ),
    "another block": (
        lambda logs: [{**logs[0], "blockNumber": "0x7fffffff"}],
        "gave a log of block 2,147,483,647, which was not asked for",
    ),
    "removed": (
        lambda logs: [{**logs[0], "removed": True}],
        "gave a log of block {block} that it says to be removed",
    ),
    "two contents": (
        lambda logs: [logs[0], {**logs[0], "data": f"0x{'12' * 64}"}],
        "gave two logs at place 0 of block {block}",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_no_node_can_answer_that_has_the_chain_is_refused(
    world: World, index: Index, node: WrongNode, lie: str
) -> None:
    world.event()
    change, words = LIES[lie]
    first = world.logs()[0][0]

    node.change = of_logs(change)
    with pytest.raises(StoppedError) as stopped:
        index.follow(node.url)

    assert str(stopped.value) == (
        f"The node at {node.url} {words.format(block=first)}. It was asked 6 times, so it is not believed; go on with "
        "another node (--node). Nothing that was read is lost."
    )
    assert index.logs() == []


def test_one_that_tells_each_of_these_once_is_asked_again(world: World, index: Index, node: WrongNode) -> None:
    world.event()
    lies = iter([change for change, _ in LIES.values()][:5])

    def lying(method: str, _: list[Any], result: Told) -> Told:
        lie = next(lies, None) if method == "eth_getLogs" and result else None
        return result if lie is None else lie(result)

    node.change = lying
    index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert len(index.slept) == 5


def hang_up(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(answer)))
    handler.end_headers()
    handler.wfile.write(answer[: len(answer) // 2])
    handler.close_connection = True


def changed(change: Callable[[list[Any]], object]) -> Raw:
    """The answers to a batch, changed."""
    return lambda handler, answer: send(handler, json.dumps(change(json.loads(answer))).encode())


NOISE: dict[str, Raw] = {
    "truncated": lambda handler, answer: send(handler, answer[: len(answer) // 2]),
    "hung up": hang_up,
    "a byte at a time": drip,
    "a page": lambda handler, _: send(handler, b"<html>Bad gateway</html>", 502),
    "no answer": lambda handler, _: send(handler, b""),
    "deep": lambda handler, _: send(handler, b"[" * 100_000),
    "null": changed(lambda _: None),
    "null results": changed(lambda answers: [{**it, "result": None} for it in answers]),
    "no results": changed(lambda answers: [{"jsonrpc": "2.0", "id": it["id"]} for it in answers]),
    "one too few": changed(lambda answers: answers[1:]),
    "one twice": changed(lambda answers: [*answers[1:], answers[-1]]),
    "other ids": changed(lambda answers: [{**it, "id": [it["id"]]} for it in answers]),
    "an error alone": changed(lambda _: {"jsonrpc": "2.0", "id": None, "error": {"code": -32603}}),
    "an error of no form": changed(lambda answers: [{"id": it["id"], "error": 7} for it in answers]),
    "text for numbers": changed(lambda answers: [{**it, "result": "0x"} for it in answers]),
    "objects for text": changed(lambda answers: [{**it, "result": {"number": {}, "hash": []}} for it in answers]),
}


def test_a_node_that_answers_noise_for_a_while_is_asked_again(world: World, index: Index, node: WrongNode) -> None:
    world.event()
    noises = [*NOISE.values(), send, *NOISE.values()]  # in place of heads, then of blocks

    def noisy(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
        (noises.pop(0) if noises else send)(handler, answer)

    node.raw = noisy
    index.follow(node.url, timeout=0.6)

    assert index.logs() == index.applied() == world.logs()
    assert noises == []
    assert len(index.slept) > len(NOISE)


def test_a_node_that_never_answers_is_given_up_if_following_is_to_end(index: Index) -> None:
    with pytest.raises(
        ChainError, match=r"^The node at http://127\.0\.0\.1:9 cannot be reached \(Connection refused\)"
    ):
        index.follow("http://127.0.0.1:9", patience=-1)


def test_an_answer_larger_than_is_borne_is_not_read_to_its_end(world: World, index: Index, node: WrongNode) -> None:
    world.event()
    asked = count()

    def flood(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
        send(handler, b" " * (70 << 20) if next(asked) == 0 else answer)

    node.raw = flood
    index.follow(node.url)

    assert index.logs() == world.logs()


def test_a_node_that_takes_few_calls_at_once_gets_few(world: World, index: Index, node: WrongNode) -> None:
    world.event()

    def few(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
        if len(json.loads(answer)) > 5:
            answer = b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "Batch too large"}}'
        send(handler, answer)

    node.raw = few
    index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert index.slept == []


def test_blocks_that_do_not_follow_on_each_other_are_not_believed(world: World, index: Index, node: WrongNode) -> None:
    world.event(3)

    def torn(method: str, params: list[Any], result: Told) -> Told:
        if method == "eth_getBlockByNumber" and params[0] == hex(world.head) and not index.slept:
            return {**result, "parentHash": f"0x{'00' * 32}"}
        return result

    node.change = torn
    index.follow(node.url)

    assert index.logs() == index.applied() == world.logs()
    assert index.slept == [0.25]


@pytest.mark.parametrize(
    ("method", "result"),
    [
        ("eth_chainId", "0x1"),
        ("eth_getBlockByNumber", {"number": "0x0", "hash": "0x" + "ab" * 32}),
    ],
)
def test_a_node_that_changes_its_chain_is_refused(
    world: World, index: Index, node: WrongNode, method: str, result: Told
) -> None:
    world.event()
    heads = count()

    def other(asked: str, params: list[Any], true: Told) -> Told:
        if asked == method and (method == "eth_chainId" or params[0] == "0x0") and next(heads) > 0:
            return {**true, **result} if isinstance(result, dict) else result
        return true

    node.change = other
    with pytest.raises(StoppedError, match=r"is on another chain than before: number \d+, which begins with block 0x"):
        index.follow(node.url)


def test_an_index_of_another_chain_is_not_written(world: World, index: Index) -> None:
    index.follow(world.url)
    with index.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE chain SET chain_id = 1")

    with pytest.raises(StoppedError, match=r"^The database is the index of chain 1 .*; name another --database\.$"):
        index.follow(world.url)


def test_two_nodes_that_say_the_same_are_followed(world: World, index: Index, node: WrongNode) -> None:
    world.event(2)
    world.mine(300)
    world.event(2)

    index.follow(world.url, second=node.url)

    assert index.logs() == index.applied() == world.logs()
    assert node.count("eth_getLogs") > 0


def test_what_two_nodes_differ_in_is_asked_again(world: World, index: Index, node: WrongNode) -> None:
    world.event(2)
    node.change = once(of_logs(lambda _: []), "eth_getLogs", 2)
    node.change = _without_bloom(node.change)

    index.follow(node.url, second=world.url)

    assert index.logs() == index.applied() == world.logs()


def test_two_nodes_that_go_on_differing_stop_it(world: World, index: Index, node: WrongNode) -> None:
    world.event(2)
    node.change = _without_bloom(of_logs(lambda _: []))
    block = world.logs()[0][0]

    with pytest.raises(StoppedError) as stopped:
        index.follow(node.url, second=world.url)

    assert str(stopped.value) == (
        f"The node at {node.url} and the second, the node at {world.url}, differ: block {block} has 0 logs on one and "
        "1 on the other. It was asked 6 times, so it is not believed; go on with another node (--node). Nothing that "
        "was read is lost."
    )
    assert index.logs() == []


def test_a_reorganisation_deeper_than_the_window_stops_it_and_loses_nothing(world: World, index: Index) -> None:
    world.event(2)
    mark = world.mark()
    world.event(2)
    world.mine(300)
    index.follow(world.url)
    known, blocks = index.logs(), index.blocks()
    world.back(mark)
    world.event(1)
    world.mine(310)

    with pytest.raises(StoppedError) as stopped:
        index.follow(world.url)

    assert str(stopped.value).startswith(f"The node at {world.url} has none of the newest blocks that were read, from ")
    assert "run `audiera index rebuild` with that --node, then go on. Nothing that was read is lost." in str(
        stopped.value
    )
    assert (index.logs(), index.blocks(), index.logs(orphaned=True)) == (known, blocks, [])


def test_a_node_that_has_fallen_behind_is_waited_for(world: World, index: Index, node: WrongNode) -> None:
    mark = world.mark()
    world.event(2)
    index.follow(world.url)
    blocks = index.blocks()
    assert mark

    def behind(_: str, params: list[Any], result: Told) -> Told:
        return world.rpc("eth_getBlockByNumber", hex(world.head - 1), False) if params[0] == "latest" else result

    node.change = once(behind, "eth_getBlockByNumber", 4)
    index.follow(node.url)

    assert index.slept
    assert (index.blocks(), index.blocks(orphaned=True)) == (blocks, [])


def _without_bloom(change: Change) -> Change:
    """The same, by a node whose blooms say nothing."""

    def changed(method: str, params: list[Any], result: Told) -> Told:
        if method == "eth_getBlockByNumber" and result:
            return {**result, "logsBloom": f"0x{'00' * 256}"}
        return change(method, params, result)

    return changed
