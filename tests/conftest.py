"""What every test may ask for: a private chain, accounts on it, compiled contracts.

The chain is one Anvil for each pytest worker. A test that asks for `w3`, or for anything made of it, finds the chain as
it was after the session's and module's own fixtures, whatever the tests before it did.
"""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak
from hypothesis import HealthCheck, Phase, settings
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import KeySigner
from audiera.client.chain import connect
from audiera.client.deployment import Deployment, deploy
from tests.support.anvil import running_anvil
from tests.support.ape import RunApe, ape_in
from tests.support.artifacts import Artifact, load
from tests.support.memory import forget
from tests.support.traces import Tracing
from tools.build import build

MEMORY = Path("/dev/shm")
ROOMY = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**32
if ROOMY:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))  # where folders of tests are: none waits for a disk
STATE = tempfile.TemporaryDirectory(prefix="audiera-state-", dir=MEMORY if ROOMY else None)
os.environ["AUDIERA_STATE"] = STATE.name  # so that no test writes into anybody's journals

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False  # what is compiled is kept, for the many processes that import it, and the next run

FUNDS = 10**6 * 10**18  # wei

# `isolate` gives each example its own chain, which is what the check on function-scoped fixtures is after. Shrinking
# may take five minutes, so only those who look into a failure at length ask for it.
CHECKS_OFF = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
NO_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]
settings.register_profile("base", deadline=None, print_blob=True, suppress_health_check=CHECKS_OFF)
settings.register_profile("dev", settings.get_profile("base"), max_examples=25, stateful_step_count=20)
settings.register_profile("ci", settings.get_profile("dev"), max_examples=60, derandomize=True, phases=NO_SHRINKING)
settings.register_profile("deep", settings.get_profile("base"), max_examples=2_000, stateful_step_count=60)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--heavy",
        action="store_true",
        help="run the tests that need PostgreSQL or a browser, or kill processes, and no others",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Whatever is collected stays to the end, so nobody looks through it for what may go."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--heavy")
    left = [it for it in items if ("heavy" in it.keywords) != wanted]
    items[:] = [it for it in items if ("heavy" in it.keywords) == wanted]
    config.hook.pytest_deselected(items=left)


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """The URL of this worker's own chain: Cancun, 30 million gas a block, mining each transaction at once."""
    with running_anvil("--gas-limit", "30000000") as url:
        yield url


@pytest.fixture(scope="session")
def w3(anvil: str) -> Iterator[Web3]:
    """The chain, spoken to through web3.py, which does not ask for its number before each call."""
    provider = Tracing(anvil, timeout=60)
    web3 = Web3(provider)
    web3.middleware_onion.remove("validation")
    yield web3
    provider.write()


@pytest.fixture(scope="session")
def rich() -> list[ChecksumAddress]:
    """The accounts that have funds, in the order in which they came by them."""
    return []


@pytest.fixture(scope="session")
def isolate(w3: Web3, rich: list[ChecksumAddress]) -> Callable[[], AbstractContextManager[None]]:
    """`with isolate():` undoes on leaving whatever happened on the chain; for each example of a property.

    Accounts made meanwhile keep their funds: they are the session's, whoever was the first to ask for them.
    """

    @contextmanager
    def isolated() -> Iterator[None]:
        before = len(rich)
        snapshot = w3.provider.make_request(RPCEndpoint("evm_snapshot"), [])["result"]
        try:
            yield
        finally:
            w3.provider.make_request(RPCEndpoint("anvil_dropAllTransactions"), [])  # what waits would be mined later
            reply = w3.provider.make_request(RPCEndpoint("evm_revert"), [snapshot])
            assert reply.get("result") is True, reply
            for address in rich[before:]:
                w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [address, hex(FUNDS)])
            shutil.rmtree(Path(STATE.name, "journal"), ignore_errors=True)  # of a chain that went on otherwise
            forget()  # what tests before it have seen

    return isolated


@pytest.fixture(autouse=True)
def _isolated_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test that touches the chain leaves it as it was; others never start one."""
    if "w3" not in request.fixturenames:
        yield
        return
    isolate: Callable[[], AbstractContextManager[None]] = request.getfixturevalue("isolate")
    with isolate():
        yield


@pytest.fixture(scope="session")
def new_account(w3: Web3, rich: list[ChecksumAddress]) -> Callable[[str], LocalAccount]:
    """`new_account("contributor")`: the account of that role, the same in every run, rich in ETH."""

    def create(role: str) -> LocalAccount:
        account: LocalAccount = Account.from_key(keccak(text=f"audiera test account: {role}"))
        w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [account.address, hex(FUNDS)])
        rich.append(account.address)
        return account

    return create


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Ape keeps accounts and everything else, for these tests alone."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def run_ape(home: Path) -> Iterator[RunApe]:
    with ape_in(home) as run:
        yield run


@pytest.fixture(scope="session")
def artifact() -> Callable[[str], Artifact]:
    """`artifact("RoyaltySplitter")`: ABI and creation code of anything below `contracts/`, mocks included."""
    build()
    return load


@pytest.fixture(scope="session")
def deployment(w3: Web3, new_account: Callable[[str], LocalAccount], artifact: object) -> Deployment:
    """The suite where its code puts it on this worker's chain: deployed once, for all who ask."""
    assert artifact  # builds what is deployed
    return deploy(connect(w3), KeySigner(new_account("deployer")))
