"""Nobody has powers beyond the design: what changes state is listed here, function by function.

Attacks: re-`initialize` (Audius, July 2022), excess authority (SlowMist N1), pausing and then taking (OZ M-04).
The trust line "deployer": it can do nothing after deployment.
"""

from collections.abc import Callable

import pytest

from tests.support.artifacts import Artifact
from tests.support.chain import Chain
from tests.support.suite import Suite

EVERYWHERE = {"callFor", "cancel", "multicall"}
PAYING = {"permit", "sendRoyalties"}
TOKENS = {"approve", "setApprovalForAll", "transferFrom", "safeTransferFrom"}
FUNCTIONS = {
    "RoyaltySplitter": {
        "createSplit",
        "assign",
        "assignMany",
        "setRecipient",
        "pay",
        "credit",
        "creditOne",
        "sweep",
        "claim",
    },
    "DatasetRegistry": TOKENS
    | {"register", "registerMany", "publishVersion", "withdrawItems", "moveShare", "withdrawAll", "setGateways"},
    "LicenseRegistry": TOKENS
    | PAYING
    | {"publishTerms", "offer", "withdrawOffer", "acquire", "acquireMany", "renew", "revoke"}
    | {"join", "admit", "leave", "clear", "setSigner"},
    "UsageLedger": PAYING
    | {"deposit", "startWithdrawal", "withdraw", "refund", "settle", "collect", "releaseFee", "record", "announce"},
    "IncentivePool": PAYING | {"open", "fund", "enter", "credit", "refund"},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_the_functions_of_the_design_change_anything(artifact: Callable[[str], Artifact], name: str) -> None:
    """AUD-A41"""
    found = {
        entry["name"]
        for entry in artifact(name).abi
        if entry["type"] == "function" and entry["stateMutability"] in ("nonpayable", "payable")
    }

    assert found == FUNCTIONS[name] | EVERYWHERE


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_code_can_be_replaced_or_destroyed(chain: Chain, suite: Suite, name: str) -> None:
    """DELEGATECALL only to oneself (`multicall`), no SELFDESTRUCT nor CALLCODE, CREATE2 for payment addresses only."""
    deployed = (suite.splitter, suite.datasets, suite.licenses, suite.ledger, suite.incentives)
    contracts = {it.artifact: it for it in deployed}

    opcodes = _opcodes(bytes(chain.w3.eth.get_code(contracts[name].address)))

    assert opcodes.count(DELEGATECALL) == 1
    assert opcodes.count(CREATE2) == (1 if name == "RoyaltySplitter" else 0)
    assert not {SELFDESTRUCT, CALLCODE, CREATE} & {*opcodes}


CREATE, CALLCODE, DELEGATECALL, CREATE2, SELFDESTRUCT = 0xF0, 0xF2, 0xF4, 0xF5, 0xFF
PUSH1, PUSH32 = 0x60, 0x7F


def _opcodes(code: bytes) -> list[int]:
    """The instructions of a contract, without the data that they push."""
    found, position = [], 0
    while position < len(code):
        opcode = code[position]
        found.append(opcode)
        position += opcode - PUSH1 + 2 if PUSH1 <= opcode <= PUSH32 else 1
    return found
