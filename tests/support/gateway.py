"""A gateway that serves a real album from a real index and store, and a payer that trusts nothing it says."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_defunct
from eth_typing import ChecksumAddress
from web3 import Web3

from audiera.client import Content, KeySigner, events
from audiera.dataset import DatasetRequest, prepare
from audiera.gateway import Settings, create_app
from audiera.gateway.access import Desk
from audiera.gateway.journal import Journal
from audiera.indexer import Deriver, Follower, Keeper, Librarian, Ours, Source, Sources, Wire, open_index
from audiera.interface import sign_in_text
from audiera.metering import Batch, PricedUse, uses_of
from audiera.protocol import Domain, Kind, Right, TableRow, Terms, Voucher, right_bit
from audiera.storage import Store, upload
from tests.support.explorer import Explorer, serving
from tests.support.music import write_album, write_contributors
from tests.support.studio import As, some_terms

__all__ = ["DEPOSIT", "PRICE", "Payer", "Venue", "looks_of", "open_venue", "own_venue", "payer", "venue", "written"]

DEPOSIT = 1_000_000_000
PRICE = 1_000


@dataclass(slots=True)
class Venue:
    """An album that is licensed to a payer with a channel, and the index of it all."""

    w3: Web3
    as_: As
    usdc: ChecksumAddress
    folder: Path
    rows: tuple[TableRow, ...] = ()
    dataset: int = 0
    license: int = 0

    @property
    def index(self) -> str:
        return f"sqlite:///{self.folder / 'index.db'}"

    @property
    def store(self) -> str:
        return str(self.folder / "store")

    @property
    def domain(self) -> Domain:
        client = self.as_("payer")
        return Domain("UsageLedger", client.chain_id, client.usage.address)

    def leaf(self, number: int) -> bytes:
        return self.rows[number].item.leaf()

    def sell(self, terms: Terms) -> int:
        """Offer the album for nothing under terms, and have the payer take a licence."""
        creator, payer = self.as_("creator"), self.as_("payer")
        creator.licenses.publish_terms(terms)
        creator.licenses.offer(self.dataset, terms.id(), 0)
        receipt = payer.licenses.acquire(self.dataset, terms.id(), payer.account)
        return receipt.event(events.LicenseAcquired).license_id

    def read(self, index: str = "", *stores: str) -> None:
        """Bring the index up to the chain, or another one; documents are looked for in more stores than the venue's."""
        client, engine = self.as_("payer"), open_index(index or self.index)
        keeper = Keeper(engine, Deriver(client.suite))
        source = Source(Wire(self.w3.provider.endpoint_uri), Ours(client.suite))  # type: ignore[attr-defined]
        head = source.head()
        keeper.begin(head.chain_id, head.genesis, client.suite, client.start)
        Follower(source, keeper, report=lambda _: None).run(once=True)
        Librarian(engine, Sources([Store.open(it) for it in (self.store, *stores)])).finish()
        keeper.close()
        engine.dispose()

    def settings(self, journal: Path, **told: Any) -> Settings:  # noqa: ANN401  # whatever settings have
        gateway = self.as_("gateway")
        signer = gateway.signer
        assert isinstance(signer, KeySigner)
        named = {"index": self.index, "journal": f"sqlite:///{journal}", "store": self.store, "signer": signer}
        creators = frozenset({self.as_("creator").account})
        return Settings(**{**named, "gateway": gateway.account, "creators": creators, **told})


@pytest.fixture(scope="session")
def open_venue(
    w3: Web3,
    as_: As,
    usdc: ChecksumAddress,
    mint: Callable[[str, int], None],
    isolate: Callable[[], AbstractContextManager[None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], AbstractContextManager[Venue]]:
    """`with open_venue():` has the album on the chain, a licence of it, and money in the payer's channel; afterwards
    there is none of it.
    """

    @contextmanager
    def opened() -> Iterator[Venue]:
        with isolate():
            yield _opened(w3, as_, usdc, mint, tmp_path_factory.mktemp("venue"))

    return opened


@pytest.fixture(scope="module")
def venue(open_venue: Callable[[], AbstractContextManager[Venue]]) -> Iterator[Venue]:
    """One for the tests of a module."""
    with open_venue() as made:
        yield made


def _opened(w3: Web3, as_: As, usdc: ChecksumAddress, mint: Callable[[str, int], None], folder: Path) -> Venue:
    made = Venue(w3, cache(as_), usdc, folder)
    album = write_album(folder / "Night Ferry")
    people = write_contributors(folder / "people.csv", "name,address,share", f"Ada,{as_('creator').account},100 %")
    prepared = prepare(DatasetRequest(folder=album, contributors=people, kind=Kind.Recordings, date="2026-01-01"))
    assert prepared.credits is not None
    upload(Store.open(made.store), prepared.objects)
    creator, payer = as_("creator"), as_("payer")
    content = Content(Kind.Recordings, 0, len(prepared.rows), prepared.content_root, prepared.manifest_digest)
    made.dataset = creator.datasets.register(content, prepared.credits.split).event(events.DatasetRegistered).id
    made.rows = prepared.rows
    made.license = made.sell(some_terms(unit_price=PRICE, token=usdc))
    mint(payer.account, 10 * DEPOSIT)
    payer.approve("UsageLedger", usdc, 10 * DEPOSIT)
    payer.usage.deposit(payer.account, as_("gateway").account, usdc, DEPOSIT)
    made.read()
    return made


@dataclass(slots=True)
class Payer:
    """A client that computes every head itself, from what it asked for and the prices it knows."""

    venue: Venue
    server: Explorer
    batch: int = 1
    kept: Batch = field(default_factory=Batch)
    price: int = PRICE

    def request(self, items: Sequence[int] | str = (0,), **told: object) -> dict[str, object]:
        """What to ask for, without a voucher."""
        leaves = items if isinstance(items, str) else [f"0x{self.venue.leaf(it).hex()}" for it in items]
        basis = {
            "payer": self.venue.as_("payer").account,
            "license": str(self.venue.license),
            "dataset": str(self.venue.dataset),
            "version": "1",
            "right": "Training",
            "items": leaves,
            "at": str(self.venue.as_("payer").node.timestamp()),
            "nonce": f"0x{secrets.token_hex(32)}",
        }
        return {**basis, **told}

    def uses(self, request: dict[str, object]) -> tuple[PricedUse, ...]:
        """The uses of a request at one unit and the price each."""
        items = request["items"]
        leaves = [bytes(32)] if items == "all" else [bytes.fromhex(it[2:]) for it in items]  # type: ignore[attr-defined]
        return uses_of(
            [(leaf, 1) for leaf in leaves],
            license=int(str(request["license"])),
            dataset=int(str(request["dataset"])),
            version=int(str(request["version"])),
            right=right_bit(Right[str(request["right"])]),
            at=int(str(request["at"])),
            nonce=bytes.fromhex(str(request["nonce"])[2:]),
            unit_price=self.price,
        )

    def sign(
        self, batch: Batch, *, fee: int = 0, role: str = "payer", changed: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """The voucher for a batch and its signature, as members of a request."""
        venue = self.venue
        voucher = batch.voucher(
            payer=venue.as_("payer").account,
            gateway=venue.as_("gateway").account,
            token=venue.usdc,
            batch=self.batch,
            fee=fee,
        )
        voucher = replace(voucher, **(changed or {}))  # type: ignore[arg-type]  # its own members
        return {"voucher": written(voucher), "signature": f"0x{venue.as_(role).sign_voucher(voucher).hex()}"}

    def access(self, items: Sequence[int] | str = (0,), **told: object) -> tuple[int, Any]:
        """Ask for items with the voucher that belongs to them; the batch is kept if it was granted."""
        request = self.request(items, **told)
        batch = self.kept.extend(self.uses(request))
        status, answer = self.post("/v1/access", {**request, **self.sign(batch)})
        if status == 200:
            self.kept = batch
        return status, answer

    def go_free(self) -> None:
        """Use a licence from now on under which nothing is paid."""
        self.venue.license = self.venue.sell(some_terms(unit_price=0, token=self.venue.usdc))
        self.venue.read()
        self.price = 0

    def sign_in(self, role: str = "payer", *, account: str | None = None, **changed: str) -> tuple[int, Any]:
        """What signing in answers, with the text of a role's key; members of its nonce changed as told."""
        _, nonce = self.post("/v1/session/nonce", {})
        told = {**nonce, **changed}
        signer = self.venue.as_(role).signer
        assert isinstance(signer, KeySigner)
        text = sign_in_text(told["uri"], signer.address, told["nonce"], int(told["chain_id"]), account=account)
        signature = signer.account.sign_message(encode_defunct(text=text)).signature
        return self.post("/v1/session", {"message": text, "signature": f"0x{signature.hex()}"})

    def signed_in(self, role: str = "payer", **told: str) -> dict[str, str]:
        """The header of a role that is signed in."""
        status, answer = self.sign_in(role, **told)
        assert status == 200, answer
        return {"Authorization": f"Bearer {answer['token']}"}

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """What a path answers: status and JSON."""
        answer = self.server.get(path, **headers)
        return answer.status, json.loads(answer.data or b"null")

    def post(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        """What a path answers to a body: status and JSON."""
        named = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.server.url}{path}"
        answer = self.server.http.request("POST", url, body=data, headers=named, retries=False)
        return answer.status, json.loads(answer.data)


def written(voucher: Voucher) -> dict[str, str]:
    """A voucher as JSON."""
    return {k: f"0x{v.hex()}" if isinstance(v, bytes) else str(v) for k, v in voucher.abi().items()}


@pytest.fixture
def own_venue(venue: Venue, tmp_path: Path) -> Venue:
    """The venue with an index of the test's own, which it may bring up to what it does on the chain."""
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(venue.folder / "index.db", folder / "index.db")
    (folder / "store").symlink_to(venue.store)
    return replace(venue, folder=folder)


@pytest.fixture
def payer(own_venue: Venue, tmp_path: Path) -> Iterator[Payer]:
    """A payer at a gateway of the test's own."""
    with serving(create_app(own_venue.settings(tmp_path / "journal.db", explorer=False))) as server:
        yield Payer(own_venue, server)


def looks_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what grows with each look that a gateway takes from here on: at its `index`, or `reading` its journal."""
    looks = list[str]()

    def counted(kind: type, name: str) -> None:
        real = getattr(kind, name)

        def called(it: object) -> object:
            looks.append(name)
            return real(it)

        monkeypatch.setattr(kind, name, called)

    counted(Desk, "index")
    counted(Journal, "reading")
    return looks
