"""The stage: the suite and a token on a private chain, and what every act asks of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final, Protocol, TypeVar

from eth_abi.abi import encode
from eth_typing import ChecksumAddress

from audiera.client import Audiera, KeySigner, SignedCall, Token, TxReceipt
from audiera.client.calls import send
from audiera.client.chain import Message, Node, connect
from audiera.client.contracts import Artifact, encode_call
from audiera.client.deployment import DEPLOYER, SALT, address_of, deploy
from audiera.demo.cast import Cast, Player
from audiera.demo.story import Story
from audiera.metering import PricedUse, log_name, write_log
from audiera.protocol import ETHER, keccak
from audiera.quantities import Amount, UnitPrice, parse_amount, parse_unit_price
from audiera.storage import Store, StoredObject, survey, upload

__all__ = ["Deed", "Stage", "set_stage"]

_TIMEOUT: Final = 60.0  # seconds
_STORE: Final = "store"
_GRANT: Final = {"ETH": 100 * 10**18, "USDC": 1_000_000 * 10**6}


R = TypeVar("R")


class Deed(Protocol):
    """One call of the suite, whatever becomes of it: `lambda client: client.datasets.register(...)`."""

    def __call__(self, client: Audiera[R], /) -> R:
        """Make the call."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What every act works with."""

    story: Story
    cast: Cast
    client: Audiera[TxReceipt]
    usdc: ChecksumAddress
    folder: Path
    """The only place where anything is written."""
    store: Store
    """Where everything lies that the chain names by its hash."""
    purses: Mapping[tuple[ChecksumAddress, ChecksumAddress], int]
    """What every player has of each token before the first act."""
    credited: list[tuple[bytes, str, int]] = field(default_factory=list)
    """What the story says was paid to accounts: (account, token, amount), to be held against the chain at the end."""

    @property
    def records(self) -> Path:
        """Where what is made of music is kept: nothing is written beside the user's own."""
        return self.folder / "records"

    @property
    def node(self) -> Node:
        """The chain."""
        return self.client.node

    def acting(self, player: Player) -> Audiera[TxReceipt]:
        """Return the suite, as a player who sends."""
        return self.client.acting_as(player.signer)

    def carry_out(self, player: Player, deed: Deed) -> TxReceipt:
        """Have a player do something; who has no ETH signs it, and the gateway sends it."""
        if player.has_ether:
            return deed(self.acting(player))
        signed: SignedCall = deed(self.acting(player).signing())
        return self.acting(self.cast.gateway).submit(signed)

    def token(self, address: str) -> Token:
        """Return a token of the chain."""
        return self.client.token(address)

    def amount(self, text: str) -> Amount:
        """Read ``5 USDC``."""
        return parse_amount(text, {"USDC": (self.usdc, 6)})

    def unit_price(self, text: str) -> UnitPrice:
        """Read ``0.001 USDC/second``."""
        return parse_unit_price(text, {"USDC": (self.usdc, 6)})

    def money(self, value: int, token: str) -> str:
        """Write an amount."""
        return str(self.token(token).amount(value))

    def fixed(self, value: int, token: str) -> str:
        """Write an amount with all its decimals and without its symbol, for a column."""
        decimals = self.token(token).decimals()
        whole, part = divmod(value, 10**decimals)
        return f"{whole:,}.{part:0{decimals}}"

    def keep(self, objects: Iterable[StoredObject]) -> None:
        """Store what the chain will name by its hash, so that whoever reads the chain can have it."""
        upload(self.store, survey(self.store, tuple(objects)))

    def keep_bytes(self, content: bytes) -> None:
        """Store one document, or whatever else there is no file of."""
        self.keep([StoredObject(sha256(content).digest(), len(content), content)])

    def publish_log(self, root: bytes, uses: Iterable[PricedUse]) -> None:
        """Put the uses of a batch where everybody looks for them."""
        path = self.folder / _STORE / log_name(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_log(path, uses)

    def credit(self, dataset: int, token: str, amount: int) -> None:
        """Note that a dataset is to be paid."""
        if amount:
            self.credited.append((self.client.datasets.account_of(dataset), token, amount))


def set_stage(url: str, story: Story, cast: Cast, folder: Path, guest: str | None = None) -> Stage:
    """Deploy everything and give the players their money, and a guest some, too."""
    story.act(
        "The stage",
        "A private chain, made for this story and gone after it. The suite is deployed at the addresses it has on "
        "every chain; nobody owns it. USDC is a stand-in with 6 decimals: an ordinary ERC-20.",
    )
    node = connect(url, state=folder)
    deployer = KeySigner.from_key(keccak(b"Audiera demo: deployer"))
    _give_ether(node, deployer.address)
    deployment = deploy(node, deployer)
    client = Audiera.connect(url, deployment=deployment, state=folder)
    usdc = _StandIn(node, deployer)
    story.figures["usdc"] = usdc.address
    for player in cast:
        if player.has_ether:
            _give_ether(node, player.address)
    for each in filter(None, (cast.developer.address, guest)):
        usdc.mint(each)
    contracts = [(name, it.address, _gas(node, it.transaction)) for name, it in deployment.contracts.items()]
    story.table(["Contract", "Address", "Gas"], [(a, b, f"{c:,}") for a, b, c in contracts], right=["Gas"])
    story.table(["Player", "Part", "Has"], [(it.name, it.part, _purse(client, it, usdc.address)) for it in cast])
    tokens = [client.token(it) for it in (ETHER, usdc.address)]
    purses = {(it.address, token.address): token.balance_of(it.address) for it in cast for token in tokens}
    return Stage(story, cast, client, usdc.address, folder, Store.open(str(folder / _STORE)), purses)


class _StandIn:
    """The stand-in for USDC."""

    def __init__(self, node: Node, deployer: KeySigner) -> None:
        self._node, self._deployer = node, deployer
        made = json.loads(files("audiera.demo").joinpath("MockToken.json").read_text("utf-8"))
        creation = bytes.fromhex(made["creationCode"].removeprefix("0x")) + encode(["string", "uint8"], ["USDC", 6])
        self.address = address_of(creation)
        self._mint = Artifact.of("MockToken", made["abi"], creation).function("mint", 2)
        self._send(Message(DEPLOYER, SALT + creation))

    def mint(self, to: str) -> None:
        self._send(Message(self.address, encode_call(self._mint, [to, _GRANT["USDC"]])))

    def _send(self, message: Message) -> None:
        send(self._node, self._deployer, message, timeout=_TIMEOUT)


def _give_ether(node: Node, address: str) -> None:
    node.request("anvil_setBalance", address, hex(_GRANT["ETH"]))


def _gas(node: Node, transaction: bytes | None) -> int:
    receipt: Mapping[str, object] | None = node.receipt(transaction) if transaction else None
    return int(str(receipt["gasUsed"])) if receipt else 0


def _purse(client: Audiera[TxReceipt], player: Player, usdc: str) -> str:
    tokens = [client.token(it) for it in (ETHER, usdc)]
    return ", ".join(str(it.amount(held)) for it in tokens if (held := it.balance_of(player.address))) or "nothing"
