"""Gas stays within its budget, and changes only together with the committed snapshot."""

import json
import os

import pytest
from rich.console import Console
from rich.table import Table

from tests.gas.budgets import BUDGETS, OVER_BUDGET
from tests.gas.cases import Bench, Measured
from tests.gas.sizes import sizes_of
from tests.support.chain import Chain
from tests.support.places import SNAPSHOTS
from tests.support.suite import NewAccount, deploy_suite

SNAPSHOT = SNAPSHOTS / "gas.json"
CALLDATA = SNAPSHOTS / "calldata.json"


@pytest.fixture(scope="module")
def operations(chain: Chain, new_account: NewAccount) -> dict[str, Measured]:
    # Zero bytes of calldata are cheaper, so addresses must be the same in every run: one deployer, used by no other.
    deployer = new_account("gas deployer")
    suite = deploy_suite(chain, deployer)
    token = chain.deploy("MockToken", "USDC", 6, sender=deployer)
    people = [new_account(role) for role in ("gas creator", "gas buyer", "gas newcomer", "gas gateway")]
    return Bench(chain, suite, token, *people).measure()


@pytest.fixture(scope="module")
def measured(operations: dict[str, Measured]) -> dict[str, float]:
    gas = {name: it.gas for name, it in operations.items()}
    if os.environ.get("AUDIERA_WRITE_GAS"):
        SNAPSHOT.write_text(json.dumps(gas, indent=2) + "\n")
        CALLDATA.write_text(json.dumps(sizes_of(operations), indent=2) + "\n")
    _print(gas)
    return gas


def test_every_operation_costs_what_the_snapshot_says(measured: dict[str, float]) -> None:
    assert measured == json.loads(SNAPSHOT.read_text()), "gas changed: run `make gas` and commit the snapshot"


def test_every_operation_is_within_its_budget_or_says_what_stands_in_the_way(measured: dict[str, float]) -> None:
    over = {name for name, budget in BUDGETS.items() if measured[name] > budget}

    assert over == set(OVER_BUDGET)


def test_every_transaction_is_as_long_as_the_snapshot_says(operations: dict[str, Measured]) -> None:
    """Times and signatures differ from run to run, and with them what compression leaves: by some bytes."""
    snapshot = json.loads(CALLDATA.read_text())

    for name, sizes in sizes_of(operations).items():
        assert sizes == pytest.approx(snapshot[name], rel=0.03, abs=8), (
            f"{name}: run `make gas` and commit the snapshot"
        )


def test_every_measured_operation_has_a_budget(measured: dict[str, float]) -> None:
    assert sorted(measured) == sorted(BUDGETS)


def _print(gas: dict[str, float]) -> None:
    table = Table("operation", "gas", "budget", "of it", title="Gas", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, budget in BUDGETS.items():
        table.add_row(name, f"{gas[name]:,.2f}".removesuffix(".00"), f"{budget:,}", f"{gas[name] / budget:.0%}")
    Console(width=110).print(table)
    for name, reason in OVER_BUDGET.items():
        Console(width=110).print(f"{name}: {reason}.")
