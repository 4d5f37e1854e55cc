"""Counts which steps of which code the chain takes, where `AUDIERA_COVERAGE` names a folder to write the counts to.

For `tools/prove_coverage.py`, which makes the code and reads the counts. Without, nothing is asked of the node but what
the tests ask.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, cast

from requests import Session
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from tests.support.places import BUILD, COVERAGE

__all__ = ["Tracing"]

SPAN = 65_536  # that one place came after another is written as `before * SPAN + after`
START = SPAN - 1  # before the first place of a code
MOST = 5_000_000  # gas of a transaction that is traced: one of more does the same many times, and fills the memory
BARE = {"disableStack": True, "disableStorage": True}

Frame = Mapping[str, Any]


class Tracing(HTTPProvider):
    """A provider that has calls and transactions traced, and keeps the steps of each code (hex)."""

    def __init__(self, url: str, timeout: int) -> None:
        session = Session()
        session.trust_env = False  # or each request looks through the environment for proxies
        super().__init__(url, request_kwargs={"timeout": timeout}, session=session)
        self.steps: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._codes: dict[str, str] = {}
        self._seen: set[object] = set()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ANN401 - as web3 has it
        reply = super().make_request(method, params)
        if not COVERAGE:
            return reply
        if method in {"evm_revert", "anvil_setCode"}:
            self._codes.clear()
        elif method == "eth_call":
            self._trace(params[0], params[1])
        elif method == "eth_sendTransactionSync" and "result" in reply:
            receipt = cast("Frame", reply["result"])
            if "to" in params[0] and int(receipt["gasUsed"], 16) > MOST:
                return reply
            kind = params[0].get("to"), params[0]["data"][:10], receipt["gasUsed"]
            if kind in self._seen:  # most of what tests do is what others did before
                return reply
            self._seen.add(kind)
            block = self._ask("eth_getBlockByNumber", receipt["blockNumber"], False)
            then = {"blockOverrides": {"time": block["timestamp"], "number": block["number"]}}
            self._trace(params[0], hex(int(block["number"], 16) - 1), then)
        return reply

    def write(self) -> None:
        """Write the counts, if they are wanted."""
        if COVERAGE:
            (COVERAGE / "traces" / f"{os.getpid()}.json").write_text(json.dumps(self.steps))

    def _trace(self, sent: Frame, block: str, then: Frame = MappingProxyType({})) -> None:
        """Add the steps of a call, or of a transaction as it would go at the end of a block."""
        logs = self._ask("debug_traceCall", sent, block, {**BARE, **then})["structLogs"]
        called = self._ask("debug_traceCall", sent, block, {"tracer": "callTracer", **then})
        frames = [it for it in _frames(called) if self._runs(it)]
        entered = sum(log["depth"] > before["depth"] for before, log in pairwise(logs))
        if not logs or entered != len(frames) - 1:
            return  # a contract was called that is not there any more, since all was undone
        running, left = [(self.steps[self._code_of(frames[0])], START)], iter(frames[1:])
        for log in logs:
            depth, at = log["depth"], log["pc"]
            if depth > len(running):
                running.append((self.steps[self._code_of(next(left))], START))
            del running[depth:]
            steps, before = running[-1]
            steps[before * SPAN + at] += 1
            running[-1] = steps, at

    def _runs(self, frame: Frame) -> bool:
        return frame["type"].startswith("CREATE") or self._code(frame["to"]) != "0x"

    def _code_of(self, frame: Frame) -> str:
        return _created_by(frame["input"]) if frame["type"].startswith("CREATE") else self._code(frame["to"])

    def _code(self, address: str) -> str:
        code = self._codes.get(address) or cast("str", self._ask("eth_getCode", address, "latest"))
        if code != "0x":  # where nothing is, something may come to be
            self._codes[address] = code
        return code

    def _ask(self, method: str, *of: object) -> Any:  # noqa: ANN401 - what a node answers
        return super().make_request(RPCEndpoint(method), list(of))["result"]


def _frames(call: Frame) -> Iterator[Frame]:
    """A call and all that it made, in their order."""
    yield call
    for it in call.get("calls", ()):
        yield from _frames(it)


def _created_by(data: str) -> str:
    """The code that data for a new contract begins with, before its arguments."""
    return next((code for code in _creating() if data.startswith(code)), "")


@cache
def _creating() -> list[str]:
    codes = [json.loads(it.read_text())["creationCode"] for it in BUILD.glob("*.json")]
    return sorted((it for it in codes if len(it) > len("0x")), key=len, reverse=True)
