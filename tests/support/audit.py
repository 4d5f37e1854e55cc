"""A real market with real logs, in which anything may be settled that a payer signs; and its audit."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Executable
from web3.types import RPCEndpoint

from audiera.audit import History, Places, Report, Subject, audit, rebuilt
from audiera.cli.main import main
from audiera.client import Content, KeySigner, SumProof, events
from audiera.dataset import DatasetRequest, prepare
from audiera.indexer import open_index
from audiera.metering import Batch, PricedUse, log_name, uses_of, write_log
from audiera.operations import collect
from audiera.protocol import (
    ETHER,
    WHOLE,
    Kind,
    Receipt,
    Right,
    Split,
    Statement,
    Terms,
    Voucher,
    address_word,
    ipi_key,
    right_bit,
    to_address,
)
from audiera.storage import Store, upload
from tests.support.gateway import PRICE, Venue, written
from tests.support.music import write_album, write_comments, write_contributors
from tests.support.studio import some_terms

__all__ = ["IPI", "ISRC", "ISWC", "Market", "keep", "market", "run_audit"]

ISRC, ISWC, IPI = "XXAUD2600004", "T0345246801", "00519338442"


@dataclass(slots=True)
class Market:
    """What payer and gateway do without a server between them, and what an auditor sees of it."""

    venue: Venue
    folder: Path
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        """Where the gateways publish their logs."""
        (self.folder / "logs").mkdir(exist_ok=True)
        return self.folder / "logs"

    def uses(self, items: Sequence[int] = (0,), *, price: int = PRICE, **told: Any) -> tuple[PricedUse, ...]:  # noqa: ANN401
        """Uses of the album for training, one unit each, as an honest gateway has them unless told."""
        named: dict[str, Any] = {
            "license": self.venue.license,
            "dataset": self.venue.dataset,
            "version": 1,
            "right": right_bit(Right.Training),
            "at": self.venue.as_("payer").node.timestamp(),
            "nonce": secrets.token_bytes(32),
            "unit_price": price,
        }
        return uses_of([(self.venue.leaf(it), 1) for it in items], **(named | told))

    def settle(  # all that may be told
        self,
        uses: Sequence[PricedUse],
        *,
        role: str = "gateway",
        payer_role: str = "payer",
        token: str = "",
        fee: int = 0,
        published: bool = True,
        collected: bool = True,
    ) -> Voucher:
        """Have a payer sign for uses, and a gateway settle, publish and collect them."""
        payer, gateway = self.venue.as_(payer_role), self.venue.as_(role)
        self.numbers[role] = number = self.numbers.get(role, 0) + 1
        batch, paid_in = Batch().extend(uses), to_address(token or self.venue.usdc)
        voucher = batch.voucher(payer=payer.account, gateway=gateway.account, token=paid_in, batch=number, fee=fee)
        if (role, payer_role, token) != ("gateway", "payer", "") and voucher.amount:
            payer.usage.deposit(payer.account, gateway.account, paid_in, voucher.amount)
        settled = gateway.usage.settle(voucher, payer.sign_voucher(voucher)).event(events.BatchSettled).settled_at
        if published:
            self.publish(voucher, uses)
        if collected:
            collect(gateway, voucher, settled, batch, range(voucher.statements))
        return voucher

    def strangers(self, uses: Sequence[PricedUse], **told: Any) -> Voucher:  # noqa: ANN401
        """Have a stranger settle at itself whatever it signs; it collects nothing unless told."""
        named: dict[str, Any] = {"role": "stranger", "payer_role": "stranger", "token": ETHER, "collected": False}
        return self.settle(uses, **(named | told))

    def alter(self, *statements: Executable) -> None:
        """Have the auditor's index say what no chain said."""
        engine = open_index(f"sqlite:///{self.folder / 'work'}/{self.venue.as_('payer').chain_id}.sqlite")
        with engine.begin() as connection:
            for each in statements:
                assert connection.execute(each).rowcount
        engine.dispose()

    def settle_copy(
        self, voucher: Voucher, *, token: str = ETHER, amount: int = 1, statement: Statement | None = None
    ) -> Voucher:
        """Have a stranger settle at itself, for 1 wei unless told, a root that it saw in a batch.

        With a statement, which is the only one of the batch, that is collected, too.
        """
        stranger, paid_in = self.venue.as_("stranger"), to_address(token)
        its = {"payer": stranger.account, "gateway": stranger.account, "token": paid_in, "batch": 1, "amount": amount}
        copy = replace(voucher, **its)  # type: ignore[arg-type]  # its own members
        if amount:
            stranger.usage.deposit(stranger.account, stranger.account, paid_in, amount)
        settled = stranger.usage.settle(copy, stranger.sign_voucher(copy)).event(events.BatchSettled).settled_at
        if statement is not None:
            stranger.usage.collect(copy, settled, [statement], [SumProof(0, amount, ())])
        return copy

    def publish(self, voucher: Voucher, uses: Sequence[PricedUse]) -> Path:
        """Write a log under the name of a batch."""
        path = self.logs / log_name(voucher.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_log(path, uses)
        return path

    def tag(self) -> None:
        """Publish the album again as tagged, for one person whom a custodian pays, and license that to the payer."""
        venue, creator = self.venue, self.venue.as_("creator")
        album = write_album(self.folder / "Tagged")
        write_comments(album / "a.flac", {"isrc": [ISRC], "iswc": [ISWC]})
        people = write_contributors(self.folder / "people.csv", "name,ipi,share", f"Dana,{IPI},100 %")
        prepared = prepare(
            DatasetRequest(folder=album, contributors=people, custodian=creator.account, date="2026-01-01")
        )
        assert prepared.credits is not None
        upload(Store.open(venue.store), prepared.objects)
        own = Split.of({address_word(creator.account): WHOLE})
        creator.royalty.create_split(own)
        creator.royalty.assign(ipi_key(IPI), own.id())
        content = Content(Kind.Recordings, 0, len(prepared.rows), prepared.content_root, prepared.manifest_digest)
        receipt = creator.datasets.register(content, prepared.credits.split)
        venue.dataset, venue.rows = receipt.event(events.DatasetRegistered).id, prepared.rows
        self.sell(some_terms(unit_price=PRICE, token=venue.usdc))

    def wait(self, seconds: int) -> None:
        """Let time pass on the chain."""
        for method, parameters in (("evm_increaseTime", [seconds]), ("evm_mine", [])):
            self.venue.w3.provider.make_request(RPCEndpoint(method), parameters)

    def sell(self, terms: Terms) -> None:
        """Have the payer take another licence, which later uses are under."""
        self.venue.license = self.venue.sell(terms)

    @contextmanager
    def history(
        self,
        subject: Subject | None = None,
        *,
        stores: bool = True,
        work: str = "work",
        block: int | None = None,
        heads: Sequence[Path] = (),
    ) -> Iterator[History]:
        """What an auditor rebuilds of it."""
        node = self.venue.w3.provider.endpoint_uri  # type: ignore[attr-defined]
        places = Places([Store.open(self.venue.store)] if stores else [], [self.logs], heads)
        with rebuilt(self.venue.as_("auditor"), node, self.folder / work, places, subject, block=block) as history:
            yield history

    def audit(self, kind: str = "dataset", named: str | None = None, **told: Any) -> Report:  # noqa: ANN401
        """The report on a subject, of the album unless told, its rows read."""
        subject = Subject(kind, (named or str(self.venue.dataset),))
        with self.history(subject, **told) as history:
            report = audit(history, subject)
            sections = [replace(it, rows=_kept(list(it.rows()))) for it in report.sections]
            return replace(report, sections=tuple(sections))


def run_audit(market: Market, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command, with the auditor's node and the gateways' logs."""
    monkeypatch.setenv("AUDIERA_NODE", market.venue.w3.provider.endpoint_uri)  # type: ignore[attr-defined]
    fixed = ["--work", str(market.folder / "work"), "--logs", str(market.logs), "--store", market.venue.store]
    return lambda *words: CliRunner(mix_stderr=False).invoke(main, ["audit", *words, *fixed])


def keep(market: Market, uses: Sequence[PricedUse], *, number: int = 1, by: str = "gateway", log: bool = True) -> Path:
    """Keep a head as a pull does, and return it: signed by the payer, countersigned by somebody."""
    payer, gateway = market.venue.as_("payer"), market.venue.as_("gateway").account
    signer = market.venue.as_(by).signer
    assert isinstance(signer, KeySigner)
    voucher = Batch().extend(uses).voucher(payer=payer.account, gateway=gateway, token=market.venue.usdc, batch=number)
    receipt = signer.sign_struct(market.venue.domain, Receipt(voucher.struct_hash()))
    folder = market.folder / "music" / ".audiera" / "batches"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number}.json"
    signature = payer.sign_voucher(voucher)
    path.write_text(
        json.dumps({"voucher": written(voucher), "signature": f"0x{signature.hex()}", "receipt": f"0x{receipt.hex()}"})
    )
    if log:
        write_log(path.with_suffix(".jsonl"), uses)
    return path


def _kept(rows: list[Any]) -> Callable[[], list[Any]]:
    return lambda: rows


@pytest.fixture
def market(
    venue: Venue, isolate: Callable[[], AbstractContextManager[None]], empty_index: Path, tmp_path: Path
) -> Iterator[Market]:
    """One for each test: what it does on the chain is undone."""
    (tmp_path / "work").mkdir()
    shutil.copy(empty_index, tmp_path / "work" / f"{venue.as_('auditor').chain_id}.sqlite")  # half a second saved
    with isolate():
        yield Market(replace(venue), tmp_path)
