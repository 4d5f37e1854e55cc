"""The place where it happens: a chain with the suite, an album on sale in two tokens, databases, people with money."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from eth_abi import encode
from eth_account import Account
from eth_typing import ChecksumAddress
from eth_utils import keccak
from sqlalchemy import create_engine, text

from audiera.client import Audiera, Content, KeySigner, TxReceipt, events
from audiera.client.calls.transactions import send
from audiera.client.chain import connect
from audiera.client.chain.node import Message
from audiera.client.contracts import Artifact
from audiera.client.contracts.codec import encode_call
from audiera.client.deployment import Deployment, deploy
from audiera.client.deployment.create2 import DEPLOYER, SALT, address_of
from audiera.dataset import DatasetRequest, prepare
from audiera.protocol import ETHER, Domain, Kind, TableRow, Terms
from audiera.storage import Store, upload
from tests.scale.soak.processes import Process
from tests.support.anvil import running_anvil
from tests.support.music import RATE, write_contributors, write_tone
from tests.support.postgres import running_postgres
from tests.support.studio import some_terms

__all__ = ["FEE_PPM", "PRICES", "Town", "building"]

FEE_PPM: Final = 25_000
_ITEMS: Final = 48
_LONG: Final = 12  # one item in so many is a hundred times as long
_WEALTH: Final = 10**24
_PASSWORD: Final = "soak"
_SETTLED: Final = "45 seconds"  # after its first use, when a batch is closed
PRICES: Final = {"USDC": (10_000, 5 * 10**6), "ETH": (10**12, 10**15)}
"""By token: of one use, and of a licence."""

Client = Audiera[TxReceipt]


@dataclass(slots=True)
class Town:
    """All that there is, and where."""

    folder: Path
    node: str
    index: str
    journal: str
    deployment: Deployment
    tokens: Mapping[str, ChecksumAddress]
    dataset: int
    rows: Sequence[TableRow]
    music: Mapping[bytes, bytes]
    """Of each item, by its leaf."""
    terms: Mapping[str, bytes]
    """By the token's name."""
    processes: Sequence[Process]
    ports: Sequence[int]

    @property
    def store(self) -> str:
        return str(self.folder / "store")

    @property
    def gateway(self) -> ChecksumAddress:
        return signer_of("gateway").address

    @property
    def gateways(self) -> list[Process]:
        return [it for it in self.processes if it.name.startswith("gateway")]

    def client(self, role: str, token: str = "") -> Client:
        """Return the client of a role, rich in ETH, and in a token."""
        client = Audiera.connect(self.node, signer_of(role), self.deployment)
        client.node.request("anvil_setBalance", client.account, hex(_WEALTH))
        if token and token != ETHER:
            mint(client, token, client.account, _WEALTH)
        return client

    def domain(self, client: Client) -> Domain:
        return Domain("UsageLedger", client.chain_id, client.usage.address)


def signer_of(role: str) -> KeySigner:
    """Return the key of a role, the same in every run."""
    return KeySigner.from_key(keccak(text=f"audiera soak account: {role}"))


@contextmanager
def building(folder: Path, *, sqlite: bool, ports: Sequence[int]) -> Iterator[Town]:
    """Start a chain and the databases, register the album and offer it, and yield all of it; nothing serves yet.

    Args:
        folder: where everything is.
        sqlite: whether the databases are SQLite's; else PostgreSQL's.
        ports: where gateways listen: one process at each.
    """
    os.environ["AUDIERA_STATE"] = str(folder / "clients")
    with ExitStack() as held:
        node = held.enter_context(running_anvil("--block-time", "1", "--gas-limit", "30000000"))
        index, journal = (f"sqlite:///{folder}/{it}.db" for it in ("index", "journal"))
        if not sqlite:
            server = held.enter_context(running_postgres())
            admin = create_engine(
                server.get_uri("postgres").replace("postgresql://", "postgresql+psycopg://"),
                isolation_level="AUTOCOMMIT",
            )
            with admin.connect() as connection:
                for name in ("index", "journal"):
                    connection.execute(text(f"CREATE DATABASE {name}"))
            admin.dispose()
            index, journal = (server.get_uri(it) for it in ("index", "journal"))
        chain = connect(node)
        deployer = signer_of("deployer")
        chain.request("anvil_setBalance", deployer.address, hex(_WEALTH))
        deployment = deploy(chain, deployer)
        client = Audiera.connect(node, deployer, deployment)
        tokens = {"USDC": _token(client), "ETH": ETHER}
        rows, data, dataset, terms = _publish(folder, node, deployment, tokens)
        town = Town(
            folder=folder,
            node=node,
            index=index,
            journal=journal,
            deployment=deployment,
            tokens=tokens,
            dataset=dataset,
            rows=rows,
            music=data,
            terms=terms,
            processes=(),
            ports=ports,
        )
        for role in ("gateway", "relayer"):
            town.client(role)
        town.processes = _processes(town)
        yield town


def mint(client: Client, token: str, to: str, amount: int) -> None:
    """Give somebody some of the token that stands in for USDC."""
    made = json.loads(files("audiera.demo").joinpath("MockToken.json").read_text("utf-8"))
    function = Artifact.of("MockToken", made["abi"], b"").function("mint", 2)
    assert client.signer is not None
    send(client.node, client.signer, Message(token, encode_call(function, [to, amount])), timeout=60)  # type: ignore[arg-type]


def _token(client: Client) -> ChecksumAddress:
    made = json.loads(files("audiera.demo").joinpath("MockToken.json").read_text("utf-8"))
    creation = bytes.fromhex(made["creationCode"].removeprefix("0x")) + encode(["string", "uint8"], ["USDC", 6])
    assert client.signer is not None
    send(client.node, client.signer, Message(DEPLOYER, SALT + creation), timeout=60)
    return address_of(creation)


def _publish(
    folder: Path, node: str, deployment: Deployment, tokens: Mapping[str, ChecksumAddress]
) -> tuple[Sequence[TableRow], dict[bytes, bytes], int, dict[str, bytes]]:
    album = folder / "Night Ferry"
    for number in range(_ITEMS):
        frames = RATE * 10 if number % _LONG == 0 else RATE // 10
        write_tone(album / f"{number:02}{('.flac', '.wav')[number % 2]}", hertz=200 + 5 * number, frames=frames)
    creator = Audiera.connect(node, signer_of("creator"), deployment)
    creator.node.request("anvil_setBalance", creator.account, hex(_WEALTH))
    people = write_contributors(folder / "people.csv", "name,address,share", f"Ada,{creator.account},100 %")
    prepared = prepare(DatasetRequest(folder=album, contributors=people, kind=Kind.Recordings, date="2026-01-01"))
    assert prepared.credits is not None
    upload(Store.open(str(folder / "store")), prepared.objects)
    content = Content(Kind.Recordings, 0, len(prepared.rows), prepared.content_root, prepared.manifest_digest)
    dataset = creator.datasets.register(content, prepared.credits.split).event(events.DatasetRegistered).id
    terms = {name: some_terms(unit_price=PRICES[name][0], token=token) for name, token in tokens.items()}
    for name, each in terms.items():
        creator.licenses.publish_terms(each)
        creator.licenses.offer(dataset, each.id(), PRICES[name][1])
    data = {it.item.leaf(): (album / it.metadata.path).read_bytes() for it in prepared.rows}
    return prepared.rows, data, dataset, {name: Terms.id(it) for name, it in terms.items()}


def _processes(town: Town) -> list[Process]:
    """Return what serves: an index, gateways of which the first is never killed if there are others, a settler."""
    keys = town.folder / "relayer.json"
    keys.write_text(json.dumps(Account.encrypt(signer_of("relayer").account.key, _PASSWORD, iterations=1 << 12)))
    environment = {
        "AUDIERA_STATE": str(town.folder / "servers"),
        "AUDIERA_PRIVATE_KEY": f"0x{bytes(signer_of('gateway').account.key).hex()}",
        "AUDIERA_KEYSTORE_PASSWORD": _PASSWORD,
    }
    follow = ["index", "follow", "--node", town.node, "--database", town.index, "--store", town.store]
    serve = ["gateway", "serve", "--no-pages", "--database", town.index, "--journal", town.journal]
    serve += ["--store", town.store, "--confirmations", "0", "--fee-ppm", str(FEE_PPM), "--proxy", "127.0.0.1"]
    serve += ["--creator", signer_of("creator").address, "--uploads", str(town.folder / "parts")]
    serve += ["--node", town.node, "--relay", str(keys)]
    settle = ["gateway", "settle", "--node", town.node, "--database", town.index, "--journal", town.journal]
    settle += ["--age", _SETTLED, "--poll", "2"]
    gateways = [
        Process(f"gateway {at}", [*serve, "--port", str(port)], town.folder, environment, at > 0 or len(town.ports) < 2)
        for at, port in enumerate(town.ports)
    ]
    index = Process("index", follow, town.folder, environment, mortal=False)
    return [index, *gateways, Process("settler", settle, town.folder, environment)]
