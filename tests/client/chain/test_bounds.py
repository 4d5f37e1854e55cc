"""A node that answers anything, without end, slowly, packed, or from elsewhere."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeAlias

import pytest
from web3 import Web3

from audiera.client.chain import node as module
from audiera.client.chain.node import Message, Node, connect, ether_text
from audiera.errors import ChainError
from tests.client.proxy import behind

Answer: TypeAlias = Callable[[BaseHTTPRequestHandler], None]

ADDRESS = Web3.to_checksum_address("0x" + "33" * 20)
HASH = b"\x22" * 32
RECEIPT = {
    "transactionHash": f"0x{HASH.hex()}",
    "from": ADDRESS,
    "to": ADDRESS,
    "status": "0x1",
    "blockNumber": "0x10",
    "gasUsed": "0x5208",
    "logs": [],
}


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """The URL of a node that answers as told whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: who hangs up is what is tested."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def saying(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b" " * (1 << 20))


def dripping(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    while True:
        request.wfile.write(b" ")
        time.sleep(0.05)


def dripping_head(request: BaseHTTPRequestHandler) -> None:
    while True:
        request.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (endless, r"answered eth_chainId with more than 33,554,432 bytes; ask for less"),
        (saying(gzip.compress(b"{}"), Content_Encoding="gzip"), "with a packed answer, which is not unpacked"),
        (saying(b"", 307, Location="/there"), r"with a way elsewhere \(HTTP 307\), which is not followed"),
        *((saying(it), "check that the URL is a node's") for it in (b"", b"\xff\xfe", b"null", b"5")),
        *((saying(it * 100_000), "answered eth_chainId with what is nested too deep") for it in (b"[", b'{"a":[1,')),
        (saying(b'{"result": ' + b"9" * 5_000 + b"}"), "check that the URL is a node's"),
    ],
)
def test_what_cannot_be_used_has_its_sentence(answer: Answer, told: str) -> None:
    """AUD-N8, AUD-N9"""
    with serving(answer) as url, pytest.raises(ChainError, match=told):
        connect(url)


@pytest.mark.parametrize("answer", [dripping, dripping_head])
@pytest.mark.timeout(30)
def test_a_node_that_takes_for_ever_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """AUD-N9"""
    monkeypatch.setattr(module, "TIMEOUT", 0.5)

    with serving(answer) as url, pytest.raises(ChainError, match="cannot be reached for eth_chainId"):
        connect(url)


ASKED: dict[str, Callable[[Node], object]] = {
    "eth_getBalance": lambda node: node.balance(ADDRESS),
    "eth_blockNumber": lambda node: node.block_number(),
    "eth_estimateGas": lambda node: node.estimate(Message(ADDRESS, b"")),
    "eth_getCode": lambda node: node.code(ADDRESS),
    "eth_getBlockByNumber": lambda node: node.fees(),
    "eth_getLogs": lambda node: node.logs([ADDRESS], [None], 0, 1),
    "eth_sendRawTransaction": lambda node: node.send_raw(b"\x02"),
    "eth_getTransactionReceipt": lambda node: node.receipt(HASH),
}


ODD = (True, -1, 1.5, "", "zz", "-0x1", "0x" + "f" * 5_000 + "x", "0x1 ", [5])


@pytest.mark.parametrize("method", ASKED)
def test_an_answer_of_another_form_is_refused(anvil: str, method: str) -> None:
    """AUD-N8"""
    answers = iter(ODD)

    with behind(anvil, lambda asked, _: [next(answers)] if asked == method else None) as url:
        node = connect(url)

        for _ in ODD:
            with pytest.raises(ChainError, match=r"answered .{1,80} where .* was due; check that the URL is a node's"):
                ASKED[method](node)


@pytest.mark.parametrize(
    "change",
    [
        {"transactionHash": f"0x{'11' * 32}"},
        {"status": []},
        {"blockNumber": hex(1 << 63)},
        {"logs": [{"address": "z"}]},
    ],
)
def test_a_receipt_of_another_form_or_transaction_is_none(anvil: str, change: dict[str, object]) -> None:
    """AUD-N8"""

    def answer(method: str, _: list[Any]) -> object:
        return [RECEIPT | change] if method == "eth_getTransactionReceipt" else None

    with behind(anvil, answer) as url, pytest.raises(ChainError, match="was due"):
        connect(url).receipt(HASH)


def test_no_number_of_a_transaction_is_taken_that_is_far_beyond_the_mined_one(anvil: str) -> None:
    """AUD-N10"""

    def answer(method: str, params: list[Any]) -> object:
        return [hex(1 << 40)] if method == "eth_getTransactionCount" and params[1] == "pending" else None

    with (
        behind(anvil, answer) as url,
        pytest.raises(ChainError, match=r"says that [\d,]+ transactions of 0x.* are"),
    ):
        connect(url).next_nonce(ADDRESS)


def test_a_tip_that_no_node_says_is_what_others_paid(anvil: str) -> None:
    """As web3 reckons it."""

    def answer(method: str, _: list[Any]) -> object:
        if method == "eth_maxPriorityFeePerGas":
            return {"code": -32601, "message": "no such method"}
        return [{"reward": [["0x0"], [hex(12 * 10**8)]]}] if method == "eth_feeHistory" else None

    with behind(anvil, answer) as url:
        assert connect(url).fees()["maxPriorityFeePerGas"] == 12 * 10**8


def test_the_largest_fee_that_can_be_told_is_written() -> None:
    assert ether_text(((1 << 63) - 1) ** 2).endswith(" ETH")
