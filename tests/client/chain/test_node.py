from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from audiera.client import Audiera, KeySigner
from audiera.client.chain.node import FundsError, Node, connect
from audiera.client.contracts import events
from audiera.client.deployment.deployments import Deployment
from audiera.errors import ChainError, RevertError
from audiera.protocol.ids import ETHER
from tests.client.conftest import As, Studio
from tests.client.proxy import behind


def test_a_node_that_is_not_there_is_said_to_be() -> None:
    with pytest.raises(ChainError, match=r"cannot be reached .* check that it runs and that its URL is right"):
        connect("http://127.0.0.1:9")


def test_too_little_ether_is_said_before_anything_is_sent(as_: As) -> None:
    poor = as_("reader").acting_as(KeySigner.from_key("0x" + "6c" * 32))

    with pytest.raises(FundsError, match="too little ETH"):
        poor.royalty.set_recipient(ETHER)


def test_what_would_revert_is_never_sent(as_: As, studio: Studio) -> None:
    thief, dataset = as_("thief"), studio.dataset()
    before = (thief.node.nonce(thief.account), thief.node.balance(thief.account))

    with pytest.raises(RevertError, match="Registry_NotOwner"):
        thief.datasets.withdraw_all(dataset)

    assert (thief.node.nonce(thief.account), thief.node.balance(thief.account)) == before


def test_a_range_of_logs_that_is_too_long_is_read_in_pages(
    anvil: str, w3: Web3, deployment: Deployment, studio: Studio
) -> None:
    first = studio.dataset()
    w3.provider.make_request("anvil_mine", ["0x400"])  # type: ignore[arg-type]  # Anvil's own
    second = studio.dataset()
    read: list[range] = []

    def short(method: str, params: list[Any]) -> object:
        if method != "eth_getLogs":
            return None
        blocks = range(int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16) + 1)
        if len(blocks) > 500:
            return "query exceeds max block range"
        read.append(blocks)
        return None

    with behind(anvil, short) as url:
        found = [it.event.id for it in Audiera.connect(url, None, deployment).datasets.registered()]

    assert found == [first, second]
    assert len(read) > 2
    assert [block for blocks in read for block in blocks] == list(range(deployment.block, w3.eth.block_number + 1))


def test_a_node_that_refuses_every_range_is_given_up(anvil: str, deployment: Deployment) -> None:
    with behind(anvil, lambda method, _: "logs are off" if method == "eth_getLogs" else None) as url:
        reader = Audiera.connect(url, None, deployment)

        with pytest.raises(ChainError, match=rf"^The node at {url} refused eth_getLogs: logs are off\.$"):
            list(reader.datasets.registered())


def test_a_transaction_that_is_not_mined_in_time_is_named(anvil: str, deployment: Deployment, as_: As) -> None:
    signer = as_("slow").signer
    with behind(anvil, lambda method, _: [None] if method == "eth_getTransactionReceipt" else None) as url:
        client = Audiera.connect(url, signer, deployment, timeout=0.2)

        with pytest.raises(ChainError, match=r"0x[0-9a-f]{64} is not mined after 0\.2 seconds, and may still be"):
            client.royalty.set_recipient(ETHER)


def test_a_transaction_that_fails_after_it_was_tried_says_why(
    anvil: str, deployment: Deployment, studio: Studio
) -> None:
    dataset, signer = studio.dataset(), KeySigner.from_key("0x" + "6d" * 32)
    studio.creator.node.request("anvil_setBalance", signer.address, hex(10**18))

    with behind(anvil, lambda method, _: ["0x30000"] if method == "eth_estimateGas" else None) as url:
        client = Audiera.connect(url, signer, deployment)

        with pytest.raises(ChainError, match="Registry_NotOwner"):
            client.datasets.withdraw_all(dataset)


def test_a_reason_that_only_a_call_gives_is_found(anvil: str, deployment: Deployment, studio: Studio) -> None:
    dataset, signer = studio.dataset(), KeySigner.from_key("0x" + "6d" * 32)

    with behind(anvil, lambda method, _: "execution reverted" if method == "eth_estimateGas" else None) as url:
        client = Audiera.connect(url, signer, deployment)

        with pytest.raises(RevertError) as refused:
            client.datasets.withdraw_all(dataset)

    assert refused.value.name == "Registry_NotOwner"


def test_a_transaction_that_fails_for_a_passing_reason_is_named(anvil: str, deployment: Deployment, as_: As) -> None:
    with behind(anvil, lambda method, _: ["0x6000"] if method == "eth_estimateGas" else None) as url:
        client = Audiera.connect(url, as_("payer").signer, deployment)

        with pytest.raises(ChainError, match=r"0x[0-9a-f]{64} failed in block \d+ although it was fine when tried"):
            client.royalty.set_recipient(client.usage.address)


def error_of(data: str) -> dict[str, object]:
    return {"code": 3, "message": "execution reverted", "data": data}


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (error_of("0x36f9e2f5"), "Unknown"),
        (error_of("0x4e487b71" + "ff" * 32), "Panic"),
        (error_of("0x556f1830" + "ff" * 64), "Unknown"),
        (error_of("0x08c379a0" + "ff" * 32), "Unknown"),
        ({"code": -32603, "message": "Error: VM", "data": {"data": "0x4e487b71" + "00" * 31 + "11"}}, "Panic"),
        ("VM Exception: revert", "Reverted"),
    ],
    ids=["unheard of", "a panic without meaning", "a broken lookup", "a broken message", "data in data", "no data"],
)
def test_revert_data_of_any_shape_is_a_revert(anvil: str, deployment: Deployment, answer: object, name: str) -> None:
    """A hostile token chooses what it reverts with."""
    with behind(anvil, lambda method, _: answer if method == "eth_call" else None) as url:
        client = Audiera.connect(url, None, deployment)

        with pytest.raises(RevertError) as refused:
            client.datasets.dataset_count()

    assert refused.value.name == name


@pytest.mark.parametrize("answer", ["0xzz", None, {}], ids=["no hex", "null", "an object"])
def test_an_answer_that_is_no_hex_is_refused(anvil: str, deployment: Deployment, answer: object) -> None:
    with behind(anvil, lambda method, _: [answer] if method == "eth_call" else None) as url:
        client = Audiera.connect(url, None, deployment)

        with pytest.raises(ChainError, match="where hex was due"):
            client.datasets.dataset_count()


def test_a_server_that_is_no_node_is_said_to_be() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()

        with pytest.raises(ChainError, match="check that the URL is a node's"):
            connect(f"http://127.0.0.1:{server.server_port}")


@pytest.mark.parametrize(
    "answer",
    [{"code": -32601, "message": "the method does not exist"}, [None], [{"instanceId": "0x12", "forkedNetwork": None}]],
    ids=["unknown", "nothing", "no fork"],
)
def test_a_node_that_says_nothing_of_a_fork_is_of_the_chain_itself(anvil: str, answer: object) -> None:
    with behind(anvil, lambda method, _: answer if method == "hardhat_metadata" else None) as url:
        assert connect(url).fork() == b""


def test_a_fork_is_told_by_its_instance(anvil: str) -> None:
    metadata = {"instanceId": "0x1234", "forkedNetwork": {"chainId": 1}}
    with behind(anvil, lambda method, _: [metadata] if method == "hardhat_metadata" else None) as url:
        assert connect(url).fork() == b"\x12\x34"


def test_a_server_that_forbids_the_question_has_no_fork_and_one_that_is_silent_is_not_believed() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:  # which answers 501
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        node = Node(Web3(HTTPProvider(f"http://127.0.0.1:{server.server_port}")), 1)
        forbidden = node.fork()
        server.shutdown()

    assert forbidden == b""
    with pytest.raises(ChainError, match="cannot be reached"):
        node.fork()


def test_a_chain_without_base_fee_takes_a_gas_price(anvil: str, w3: Web3, deployment: Deployment, as_: As) -> None:
    block = dict(w3.provider.make_request("eth_getBlockByNumber", ["latest", False])["result"])  # type: ignore[arg-type]  # a name
    del block["baseFeePerGas"]
    with behind(anvil, lambda method, _: [block] if method == "eth_getBlockByNumber" else None) as url:
        client = Audiera.connect(url, as_("payer").signer, deployment)

        receipt = client.royalty.set_recipient(ETHER)

    assert w3.eth.get_transaction(receipt.transaction)["type"] == 0  # type: ignore[arg-type]  # bytes are fine


def test_a_receipt_says_what_it_cost_and_what_happened(as_: As, w3: Web3) -> None:
    payer = as_("payer")
    before = payer.node.balance(payer.account)

    receipt = payer.royalty.set_recipient(ETHER)

    assert (receipt.sender, receipt.to) == (payer.account, payer.royalty.address)
    assert receipt.block == w3.eth.block_number
    assert before - payer.node.balance(payer.account) == receipt.fee == receipt.gas_used * receipt.gas_price
    (log,) = receipt.logs
    assert (log.contract, log.block, log.transaction) == ("RoyaltySplitter", receipt.block, receipt.transaction)
    with pytest.raises(ChainError, match="has 0 events SplitCreated, not one"):
        receipt.event(events.SplitCreated)


def test_any_request_is_answered_or_refused(as_: As) -> None:
    node = as_("reader").node

    assert node.request("eth_chainId") == hex(node.chain_id)
    with pytest.raises(ChainError, match=r"^The node at http://127.0.0.1:\d+ refused eth_noSuchMethod: "):
        node.request("eth_noSuchMethod")


def test_a_server_that_refuses_is_named_without_the_keys_in_its_url() -> None:
    class Locked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Locked) as server:
        place = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

        with pytest.raises(ChainError) as refused:
            connect(f"http://reader:secret@{place}/v3/0123456789abcdef?key=fedcba")
        server.shutdown()

    assert str(refused.value) == (
        f"The node at http://{place} refused eth_chainId (HTTP 403 Forbidden); check its URL, the key in that, and "
        "what it may be asked."
    )


def test_a_chain_without_the_contracts_is_named(anvil: str, deployment: Deployment) -> None:
    with behind(anvil, lambda method, _: ["0x"] if method == "eth_getCode" else None) as url:
        address = deployment.addresses["RoyaltySplitter"]

        with pytest.raises(ChainError, match=f"There is no RoyaltySplitter at {address} on chain 31337; run `ape run"):
            Audiera.connect(url, None, deployment)


def test_a_deployment_on_another_chain_is_refused(w3: Web3, deployment: Deployment) -> None:
    elsewhere = Deployment(1, deployment.block, deployment.contracts)

    with pytest.raises(ChainError, match="The deployment is on chain 1, and the node on 31337"):
        Audiera.connect(w3, None, elsewhere)
