"""A node that lies, as the command line meets it."""

from __future__ import annotations

from web3 import Web3

from audiera.client.deployment.deployments import Deployment
from tests.cli.commands import CommandLine
from tests.client.proxy import behind

WALLET = "0x" + "11" * 20


def test_gas_that_costs_too_much_is_refused_before_anybody_is_asked(
    line: CommandLine, anvil: str, w3: Web3, deployment: Deployment
) -> None:
    """AUD-N1"""
    splitter = deployment.addresses["RoyaltySplitter"]
    dear = ["0x" + f"{10**15:x}"]  # a million gwei
    command = ["ape", "run", "royalty", "recipient", WALLET, "--account", "TEST::0", "--network"]

    with behind(anvil, lambda method, _: dear if method == "eth_maxPriorityFeePerGas" else None) as url:
        refused = line.terminal.enter([*command, url], fails=True)
        wrong = line.terminal.enter([*command, url, "--max-fee", "much"], fails=True)
        paid = line.terminal.enter([*command, url, "--max-fee", "100 ETH"])

    assert f"  contract: RoyaltySplitter at {splitter} on chain {w3.eth.chain_id}\n" in refused
    assert "The gas of this transaction would cost up to " in refused
    assert "Sending transaction" not in refused
    assert "Invalid value for '--max-fee'" in wrong
    assert "Sending transaction" in paid


def test_a_url_whose_chain_changes_is_refused_before_anything_is_shown(line: CommandLine, anvil: str) -> None:
    """AUD-N3: a "testnet" node says another chain the second time, where what is signed would be good."""
    command = ["ape", "run", "royalty", "recipient", WALLET, "--account", "TEST::0", "--network"]
    chain = ["0xaa36a7"]

    with behind(anvil, lambda method, _: chain if method == "eth_chainId" else None) as url:
        first = line.terminal.enter([*command, url], fails=True)
        chain = ["0x1"]
        second = line.terminal.enter([*command, url], fails=True)
        named = line.terminal.enter([*command, f"ethereum:mainnet:{url}"], fails=True)

    assert " on chain 11155111\n" in first
    assert second.endswith(
        f"Error: The node at {url} was on chain 11155111 when it was first used from here, and says that it is on 1 "
        "now, so nothing is signed. Ask another node, or name the chain that you mean, as `--network "
        "ethereum:mainnet:URL` does.\n"
    )
    assert "contract: " not in second
    assert " on chain 1\n" in named


def test_a_node_of_another_chain_than_the_network_is_refused(line: CommandLine, anvil: str) -> None:
    """AUD-N3"""
    printed = line.terminal.enter(
        [
            "ape",
            "run",
            "royalty",
            "recipient",
            WALLET,
            "--account",
            "TEST::0",
            "--network",
            f"ethereum:sepolia:{anvil}",
        ],
        fails=True,
    )

    assert "chain ID '31337', which does not match network chain ID '11155111'" in printed
