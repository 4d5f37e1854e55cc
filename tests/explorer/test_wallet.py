"""A wallet in a real Chromium: a stand-in that signs with a test key, on a real chain, over an index of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
from eth_account import Account
from sqlalchemy import Engine
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import Audiera, Content, KeySigner
from audiera.client.chain import connect
from audiera.client.contracts.events import DatasetRegistered
from audiera.client.deployment import deploy
from audiera.explorer import Settings, create_app
from audiera.indexer import Deriver, Follower, Keeper, Ours, Source, Wire, open_index, upgrade, writing
from audiera.licensing import template, terms_of
from audiera.protocol import ETHER, Kind, Split, payee_of
from tests.support.anvil import running_anvil
from tests.support.artifacts import Artifact, load
from tests.support.browser import SCREENSHOTS, faults, running_browser
from tests.support.explorer import Explorer, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.heavy

OWNER: Final = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
BUYER: Final = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
"""Anvil's second and third account."""
HEIR: Final = Web3.to_checksum_address("0x90f79bf6eb2c4f870365e785982e1f101e93b906")
"""Its fourth."""
PROVIDER: Final = """
for (const [name, icon] of [["Test wallet", "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"],
                            ["<img src=x onerror=document.title='caught'>", "https://elsewhere.example/icon.png"]]) {
  const provider = {request: async (asked) => {
    const answer = JSON.parse(await window.wallet(JSON.stringify(asked)));
    if (answer.error) throw Object.assign(new Error(answer.error.message), {code: answer.error.code});
    return answer.result;
  }};
  const detail = Object.freeze({info: {uuid: name, name, icon, rdns: "example.wallet"}, provider});
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", {detail}));
  addEventListener("eip6963:requestProvider", announce);
}
"""


@dataclass(slots=True)
class World:
    """A chain with a dataset, offered for ETH under terms 1 and for a token under terms 2, and pages over its index."""

    url: str
    web3: Web3
    client: Audiera[Any]
    engine: Engine
    token: str
    split: Split
    explorer: Explorer

    def rpc(self, method: str, params: list[Any]) -> Any:  # noqa: ANN401  # whatever the node answers
        return self.web3.provider.make_request(RPCEndpoint(method), params)

    def index(self) -> None:
        """Reads the chain to its end."""
        follow(self.url, self.client, self.engine)


def follow(url: str, client: Audiera[Any], engine: Engine) -> None:
    source, keeper = Source(Wire(url), Ours(client.suite)), Keeper(engine, Deriver(client.suite))
    head = source.head()
    keeper.begin(head.chain_id, head.genesis, client.suite, 0)
    try:
        Follower(source, keeper, report=lambda _: None).run(once=True)
    finally:
        keeper.close()


@dataclass(slots=True)
class Wallet:
    """Signs what it is asked to, as people tell it."""

    world: World
    key: str
    chain: str = "0x7a69"
    refuses: bool = False
    before: Any = None
    """Called when it is asked for an account."""
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return str(Account.from_key(self.key).address)

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [it["params"][0] for it in self.asked if it["method"] == "eth_sendTransaction"]

    def answer(self, text: str) -> str:
        asked = json.loads(text)
        self.asked.append(asked)
        return json.dumps(self._answer(asked["method"], asked.get("params", [])))

    def _answer(self, method: str, params: list[Any]) -> Any:  # noqa: ANN401
        if method == "eth_requestAccounts":
            if self.before:
                self.before()
            return {"result": [self.address.lower()]}
        if method == "eth_chainId":
            return {"result": self.chain}
        if self.refuses:
            return {"error": {"code": 4001, "message": "User rejected the request."}}
        if method == "wallet_switchEthereumChain":
            self.chain = params[0]["chainId"]
            return {"result": None}
        if method == "eth_sendTransaction":
            return self._send(params[0])
        found = self.world.rpc(method, params)
        return json.loads(Web3.to_json(found))

    def _send(self, asked: dict[str, Any]) -> Any:  # noqa: ANN401
        eth = self.world.web3.eth
        assert set(asked) == {"from", "to", "data", "value"}
        call = {"to": Web3.to_checksum_address(asked["to"]), "data": asked["data"], "value": int(asked["value"], 16)}
        fees = {"gas": 3_000_000, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1}
        nonce = eth.get_transaction_count(Web3.to_checksum_address(self.address))
        signed = Account.from_key(self.key).sign_transaction(call | fees | {"nonce": nonce, "chainId": 31_337})
        return {"result": eth.send_raw_transaction(signed.raw_transaction).to_0x_hex()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def _world(artifact: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    assert artifact
    with running_anvil() as url:
        web3 = Web3(Web3.HTTPProvider(url))
        signer = KeySigner.from_key(OWNER)
        client = Audiera.connect(web3, signer, deploy(connect(web3), signer))
        split = Split.of({payee_of(signer.address): 700_000, payee_of(HEIR): 300_000})
        content = Content(Kind.Recordings, 0, 2, b"\5" * 32, b"\6" * 32)
        assert client.datasets.register(content, split).event(DatasetRegistered).id == 1
        token = mock(web3, load("MockToken"), str(Account.from_key(BUYER).address))
        for currency, price in ((ETHER, 10**18), (token, 5_000_000)):
            terms = terms_of(template("training"), token=Web3.to_checksum_address(currency))
            client.licenses.publish_terms(terms)
            client.licenses.offer(1, terms.id(), price)
        engine = open_index(f"sqlite:///{tmp_path_factory.mktemp('wallet') / 'index.db'}")
        with writing(engine) as connection:
            upgrade(connection)
        follow(url, client, engine)
        settings = Settings(database=engine.url.render_as_string(hide_password=False), tokens={str(token): ("USDC", 6)})
        with serving(create_app(settings)) as explorer:
            yield World(url, web3, client, engine, token, split, explorer)
        engine.dispose()


def mock(web3: Web3, made: Artifact, holder: str) -> str:
    """A token with six decimals, of which one has some."""
    factory = web3.eth.contract(abi=made.abi, bytecode=made.creation_code)
    sent = factory.constructor("USDC", 6).transact({"from": web3.eth.accounts[0]})
    address = str(web3.eth.wait_for_transaction_receipt(sent)["contractAddress"])
    token = web3.eth.contract(Web3.to_checksum_address(address), abi=made.abi)
    web3.eth.wait_for_transaction_receipt(
        token.functions.mint(holder, 10_000_000).transact({"from": web3.eth.accounts[0]})
    )
    return address


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    mark = _world.rpc("evm_snapshot", [])["result"]
    yield _world
    height = _world.web3.eth.block_number
    _world.rpc("evm_revert", [mark])
    _world.rpc("anvil_mine", [hex(height + 1 - _world.web3.eth.block_number)])  # an index waits for a node behind it
    _world.index()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of which nothing is said in the console."""
    opened, said = browser.new_page(viewport={"width": 390, "height": 844}), []
    opened.on("console", lambda it: said.append(it.text))
    opened.on("pageerror", lambda it: said.append(str(it)))
    yield opened
    opened.close()
    assert said == []


def opened(page: Page, wallet: Wallet, path: str) -> None:
    page.expose_function("wallet", lambda text: wallet.answer(text))  # noqa: PLW0108  # Playwright marks a method
    page.add_init_script(PROVIDER)
    page.goto(f"{wallet.world.explorer.url}{path}")


def press(page: Page, name: str = "Sign with Test wallet") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def says(page: Page, sentence: str) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  # only `make heavy` installs it

    expect(page.get_by_role("status")).to_contain_text(sentence, timeout=15_000)


def test_a_licence_is_taken_for_eth(world: World, page: Page) -> None:
    wallet = Wallet(world, BUYER)
    opened(page, wallet, "/act/licence/1/1")

    press(page, "Use my account of Test wallet")
    page.wait_for_url("**account=0x*")
    found = faults(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "act-licence.png", full_page=True)
    press(page)
    says(page, "Take the licence for 1 ETH: done, in block")

    assert found == faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.activeElement.textContent") == "Sign with Test wallet"
    assert world.client.licenses.license_of(1).holder == wallet.address
    assert [int(it["value"], 16) for it in wallet.sent] == [10**18]
    assert page.locator("#wallet img").count() == 1


def test_a_licence_is_taken_for_a_token_that_is_approved_first(world: World, page: Page) -> None:
    wallet = Wallet(world, BUYER)
    opened(page, wallet, f"/act/licence/1/2?account={wallet.address}")

    press(page)
    says(page, "Take the licence for 5 USDC: done, in block")

    assert [it["to"] for it in wallet.sent] == [world.token, world.client.licenses.address]
    assert world.client.licenses.license_of(1).holder == wallet.address


def test_what_is_owed_is_claimed_by_anybody(world: World, page: Page) -> None:
    world.client.royalty.pay(world.split.id(), ETHER, 10**18)
    world.index()
    wallet, before = Wallet(world, BUYER), world.web3.eth.get_balance(HEIR)
    opened(page, wallet, f"/act/claim/0x{world.split.id().hex()}/{ETHER}/{HEIR}")

    found = faults(page)
    press(page)
    says(page, "Claim 0.3 ETH: done, in block")

    assert found == []
    assert world.web3.eth.get_balance(HEIR) - before == 3 * 10**17


def test_a_share_is_given_away(world: World, page: Page) -> None:
    wallet = Wallet(world, OWNER)
    opened(page, wallet, "/act/share/1")

    page.get_by_label("Who gets it").fill(Wallet(world, BUYER).address)
    press(page, "Use my account of Test wallet")
    page.wait_for_url("**account=0x*")
    found = faults(page)
    press(page)
    says(page, ": done, in block")

    split = world.client.royalty.current_split(world.client.datasets.account_of(1))
    assert found == []
    assert split.ppm_of(payee_of(Wallet(world, BUYER).address)) == 700_000


def test_an_offer_is_made_by_the_owner_alone(world: World, page: Page) -> None:
    wallet = Wallet(world, BUYER)
    opened(page, wallet, "/act/offer/1")

    page.get_by_label("Terms").select_option("2")
    page.get_by_label("Price of a licence").fill("1250.5")
    page.get_by_role("button", name="Show what will be signed").click()
    found = faults(page)
    press(page)
    says(page, f"and your wallet is at {wallet.address.lower()}. Nothing was sent.")
    wallet.key = OWNER
    press(page)
    says(page, "Offer dataset 1 for 1,250.5 USDC: done, in block")

    terms = terms_of(template("training"), token=Web3.to_checksum_address(world.token))
    standing = world.client.licenses.offer_of(1, terms.id())
    assert found == []
    assert standing is not None
    assert (standing.price, len(wallet.sent)) == (1_250_500_000, 1)


def test_one_who_says_no_has_sent_nothing(world: World, page: Page) -> None:
    wallet = Wallet(world, BUYER, refuses=True)
    opened(page, wallet, f"/act/licence/1/1?account={wallet.address}")

    press(page)

    says(page, "You said no in your wallet. Nothing was sent.")
    assert world.client.licenses.license_count() == 0


def test_a_wallet_on_another_chain_is_asked_to_change(world: World, page: Page) -> None:
    wallet = Wallet(world, BUYER, chain="0x1")
    opened(page, wallet, f"/act/licence/1/1?account={wallet.address}")

    press(page)
    says(page, "done, in block")

    switch = [it["params"] for it in wallet.asked if it["method"] == "wallet_switchEthereumChain"]
    assert switch == [[{"chainId": "0x7a69"}]]


def test_a_page_that_is_overtaken_sends_nothing(world: World, page: Page) -> None:
    terms = terms_of(template("training"), token=ETHER)

    def rise() -> None:
        world.client.licenses.offer(1, terms.id(), 2 * 10**18)
        world.index()

    wallet = Wallet(world, BUYER, before=rise)
    opened(page, wallet, f"/act/licence/1/1?account={wallet.address}")

    press(page)

    says(page, "This has changed since the page was made; nothing was sent.")
    assert wallet.sent == []


def test_a_price_that_the_index_does_not_know_yet_is_refused_by_the_contract(world: World, page: Page) -> None:
    world.client.licenses.offer(1, terms_of(template("training"), token=ETHER).id(), 2 * 10**18)
    wallet = Wallet(world, BUYER)
    opened(page, wallet, f"/act/licence/1/1?account={wallet.address}")

    press(page)

    says(page, "Take the licence for 1 ETH: the contract refused transaction 0x")
    assert world.client.licenses.license_count() == 0


def test_without_a_wallet_the_command_is_what_there_is(world: World, page: Page) -> None:
    page.goto(f"{world.explorer.url}/act/licence/1/1")

    assert page.locator("#wallet").is_hidden()
    assert page.get_by_text('ape run license acquire 1 1 --max-price "1 ETH"').is_visible()
