"""What of the contracts was run is read from what the chain did, and what was not needs a reason."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from web3 import Web3

from tests.support import artifacts, traces
from tests.support.anvil import running_anvil
from tests.support.chain import Chain
from tools import prove_coverage

TILL = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Till {
    error Nothing();

    uint256 public taken;

    function take(uint256 amount) external {
        require(amount != 0, Nothing());
        if (amount > 9) amount = 9;
        taken += amount;
    }

    function empty() external {
        taken = 0;
    }
}
"""
LEFT = [
    "Till.take: require(amount != 0, Nothing()) refuses",
    "Till.take: if (amount > 9) amount = 9 jumps",
    "Till.take: amount = 9",
    "Till.empty: taken = 0",
]
Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout that has one contract, compiled to be measured."""
    root = tmp_path_factory.mktemp("checkout")
    work = root / "work"
    (root / "contracts").mkdir()
    (root / "contracts" / "Till.sol").write_text(TILL)
    with pytest.MonkeyPatch.context() as patch:
        for module in (artifacts, traces):
            patch.setattr(module, "BUILD", work / "build")
        patch.setattr(traces, "COVERAGE", work)
        patch.setattr(prove_coverage, "WORK", work)
        patch.setattr(prove_coverage, "ROOT", root)
        patch.setattr(prove_coverage, "REASONS", root / "reasons.toml")
        prove_coverage._prepare(prove_coverage._compiled())
        traces._creating.cache_clear()
        yield root
    traces._creating.cache_clear()


@pytest.fixture
def traced(root: Path) -> Iterator[Chain]:
    """A chain that is measured."""
    assert (root / "work" / "build").is_dir()
    with running_anvil() as url:
        yield Chain(Web3(traces.Tracing(url, timeout=60)), artifacts.load)


def _measure(chain: Chain, reasons: list[str]) -> int:
    """Say what the chain ran, with these reasons."""
    text = "".join(f'{json.dumps(it)} = "It cannot."\n' for it in reasons)
    prove_coverage.REASONS.write_text(f"[reasons]\n{text}")
    assert isinstance(chain.w3.provider, traces.Tracing)
    chain.w3.provider.write()
    return prove_coverage.main(["--kept"])


def test_what_no_transaction_ran_is_named_until_it_has_a_reason(traced: Chain, capsys: Out) -> None:
    till = traced.deploy("Till")
    traced.send(till.take(5))

    without, with_ = _measure(traced, []), _measure(traced, LEFT)

    lines = capsys.readouterr().out.splitlines()
    assert (without, with_) == (1, 0)
    assert lines == [
        "without a reason: Till.empty: taken = 0 (contracts/Till.sol:16)",
        "without a reason: Till.take: amount = 9 (contracts/Till.sol:11)",
        "without a reason: Till.take: if (amount > 9) amount = 9 jumps (contracts/Till.sol:11)",
        "without a reason: Till.take: require(amount != 0, Nothing()) refuses (contracts/Till.sol:10)",
        "2 of 4 lines, 2 of 4 branches; without a reason: 4; reasons for nothing: 0",
        "2 of 4 lines, 2 of 4 branches; the rest each with its reason",
    ]


def test_a_reason_for_what_was_run_is_one_for_nothing(traced: Chain, capsys: Out) -> None:
    till = traced.deploy("Till")
    traced.send(till.take(5))
    traced.send(till.take(10))
    traced.send(till.empty())
    refused = {"from": traced.somebody, "to": till.address, "data": till.take(0)._encode_transaction_data()}
    traced.rpc("eth_sendTransactionSync", refused | {"gas": "0x186a0"})

    code = _measure(traced, LEFT[:1])

    assert code == 1
    assert capsys.readouterr().out.splitlines() == [
        "a reason for nothing: Till.take: require(amount != 0, Nothing()) refuses",
        "4 of 4 lines, 4 of 4 branches; without a reason: 0; reasons for nothing: 1",
    ]
