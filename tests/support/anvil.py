"""Private chains: Anvil processes that end with what asked for them."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from web3 import Web3
from web3.types import RPCEndpoint

from tests.support.places import COVERAGE, ROOT

__all__ = ["mine_again", "running_anvil"]

ANVIL = ROOT / ".venv" / "bin" / "anvil"
OPTIONS = ("--disable-code-size-limit",) if COVERAGE else ()  # code that is made to be measured is larger


@contextmanager
def running_anvil(*arguments: str, hardfork: str = "cancun") -> Iterator[str]:
    """The URL of a new chain that mines each transaction at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="audiera-anvil-") as states:  # Anvil leaves old states where it wrote them
        command = [str(ANVIL), "--silent", "--port", str(port), "--hardfork", hardfork, "--cache-path", states]
        process = subprocess.Popen([*command, *OPTIONS, *arguments], stdout=subprocess.DEVNULL)
        try:
            _await_port(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def mine_again(w3: Web3) -> None:
    """Have each transaction mined at once again. What waits is dropped: it could be mined at any time, even in a test
    after this one."""
    w3.provider.make_request(RPCEndpoint("anvil_dropAllTransactions"), [])
    w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [True])


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"anvil ended with exit code {process.returncode} instead of listening on port {port}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"anvil did not listen on port {port} within 15 seconds")
