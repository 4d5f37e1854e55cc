"""Pulling through the real command line, from a gateway that is honest, or one between that is not."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audiera.cli.main import main
from audiera.client import KeySigner
from audiera.consumer import Keeping
from audiera.gateway import create_app
from audiera.interface import SignedHead
from audiera.protocol import Meter, Terms, TermsFlag
from audiera.storage import holds
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue

__all__ = ["Asking", "Liar", "Tamper", "asking", "lying", "priced", "result_of", "run", "together", "words"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def result_of(done: Result) -> Any:  # noqa: ANN401  # JSON
    """The document that a command printed after all that it said."""
    assert done.exit_code == 0, done.output
    return json.loads(done.output[done.output.index("{\n") :])


def priced(venue: Venue, *, unit_price: int, rights: int, meter: Meter = Meter.Second, max_units: int = 0) -> Terms:
    """Terms in the venue's token."""
    return Terms(
        rights=rights,
        meter=meter,
        unit_price=unit_price,
        token=venue.usdc,
        duration=0,
        notice=0,
        max_units=max_units,
        derivative_ppm=0,
        flags=TermsFlag.DerivativesSurvive,
        text=b"\x07" * 32,
    )


@dataclass(slots=True)
class Asking:
    """A folder to pull to, and what is in it."""

    venue: Venue
    folder: Path

    def files(self) -> list[str]:
        """The paths of items that are there, each as the chain has it."""
        below = self.folder / f"dataset-{self.venue.dataset}"
        rows = [it for it in self.venue.rows if (below / it.metadata.path).exists()]
        for it in rows:
            assert holds(below / it.metadata.path, it.item.sha256, it.item.size), it.metadata.path
        return sorted(it.metadata.path for it in rows)

    @property
    def all(self) -> list[str]:
        """The paths of all items."""
        return sorted(it.metadata.path for it in self.venue.rows)

    def heads(self) -> list[SignedHead]:
        """The payer's copies of the heads of its batches."""
        kept = sorted((self.folder / ".audiera" / "batches").glob("*.json"))
        return [SignedHead.model_validate_json(it.read_bytes()) for it in kept]

    def signed(self) -> int:
        """The most that was ever signed for."""
        return sum(Keeping(self.folder / ".audiera").signed().values())


@pytest.fixture
def asking(own_venue: Venue, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """The payer's key and node in the environment, and a folder."""
    signer = own_venue.as_("payer").signer
    assert isinstance(signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", signer.account.key.hex())
    monkeypatch.setenv("AUDIERA_NODE", anvil)
    return Asking(own_venue, tmp_path / "music")


@pytest.fixture
def words(asking: Asking) -> Callable[..., list[str]]:
    """What to type, at a gateway."""

    def words(url: str, *more: str, right: str = "training", spend: str = "1 MUSD") -> list[str]:
        venue = asking.venue
        given = ["pull", str(venue.dataset), "--right", right, "--from", url, "--to", str(asking.folder)]
        return [*given, "--max-spend", spend, "--token", f"MUSD={venue.usdc}", "--yes", "--json", *more]

    return words


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few files come together as many do: on one thread, in one answer."""
    monkeypatch.setattr("audiera.consumer.pulling._WORKERS", 1)
    monkeypatch.setattr("audiera.consumer.bundling._SHARES", 1)


Tamper = Callable[[Scope, int, bytes], tuple[int, bytes] | None]
"""Is given what was asked for and what the gateway answered; returns another answer, or None to leave it."""


@dataclass(slots=True)
class Liar:
    """A gateway behind which an honest one stands."""

    app: ASGIApp
    tamper: Tamper
    leads_to: str = ""
    """Where items are said to be."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: list[Message] = []
        body = bytearray()

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, kept)
        told = self.tamper(scope, start[0]["status"], bytes(body))
        status, data = (start[0]["status"], bytes(body)) if told is None else told
        headers = [(k, v) for k, v in start[0]["headers"] if k != b"content-length"]
        headers.append((b"content-length", str(len(data)).encode()))
        if self.leads_to and "/items" in scope["path"]:
            status = 302
            headers.append((b"location", self.leads_to.encode()))
        await send({**start[0], "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})


@contextmanager
def lying(venue: Venue, journal: Path, tamper: Tamper, leads_to: str = "") -> Iterator[Payer]:
    """A gateway that answers otherwise than it should."""
    with serving(Liar(create_app(venue.settings(journal, explorer=False)), tamper, leads_to)) as server:
        yield Payer(venue, server)
