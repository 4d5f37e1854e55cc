"""A training run on a pulled album, written down and signed; and the model that came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from audiera.cli.dataset.new_dataset import NewDataset, signed_run
from audiera.cli.dataset.register import register
from audiera.cli.terminal.session import Session
from audiera.client import KeySigner
from audiera.dataset import DatasetRequest
from audiera.operations import TokenBook
from audiera.protocol import Kind, Right
from audiera.runs import Run, RunFolder, ServedLog
from tests.support.consumer import Asking, priced, result_of, run
from tests.support.gateway import Payer, Venue
from tests.support.music import write_contributors

__all__ = ["Trained", "model_of", "trained"]

Words = Callable[..., list[str]]


@dataclass(slots=True)
class Trained:
    """A run that was written down."""

    asking: Asking
    folder: Path
    files: Path
    """Its code and weights."""
    ref: bytes

    def new(self, to: Path, *more: str) -> list[str]:
        now = self.asking.venue.as_("payer").node.timestamp()
        weights, code = ("--weights", str(self.files / "model.bin")), ("--code", str(self.files))
        times = ("--started", str(now), "--ended", str(max(now, int(time.time())) + 60))
        return ["run", "new", str(self.asking.folder), "--to", str(to), *weights, *code, *times, "--json", *more]

    @property
    def kept(self) -> Run:
        return RunFolder(self.folder).run()

    def settle(self) -> None:
        """Settle the run's batch, as its gateway."""
        (head,) = self.kept.batches
        signed = RunFolder(self.folder).evidence(head.batch).signed
        self.asking.venue.as_("gateway").usage.settle(signed.voucher, signed.signature)

    def verify(self, *more: str) -> dict[str, Any]:
        """What `verify` says, by statement."""
        done = run("run", "verify", str(self.folder), "--weights", str(self.files), "--json", *more)
        found: dict[str, Any] = json.loads(done.output[done.output.index("{\n") :])
        assert done.exit_code == (0 if found["holds"] else 1), done.output
        return {it["said"]: (it["holds"], it["why"]) for it in found["checks"]}


def serve(asking: Asking, name: str, count: int) -> None:
    """Serve the first items of the album."""
    with ServedLog(asking.folder / ".audiera" / "served", name) as log:
        for number in range(count):
            log.add(asking.venue.dataset, 1, asking.venue.leaf(number))


@pytest.fixture
def trained(own_venue: Venue, payer: Payer, asking: Asking, words: Words, tmp_path: Path) -> Trained:
    """A run over the album, whose items were used one by one, signed."""
    terms = priced(own_venue, unit_price=7, rights=Right.Inference | Right.Derivation)
    own_venue.sell(replace(terms, derivative_ppm=50_000))
    own_venue.read()
    result_of(run(*words(payer.server.url, right="inference")))
    serve(asking, "rank0-worker0", 3)
    serve(asking, "rank0-worker1", 2)
    files = tmp_path / "files"
    files.mkdir()
    (files / "model.bin").write_bytes(b"weights")
    (files / "train.py").write_text("print(1)\n")
    made = Trained(asking, tmp_path / "run", files, b"")
    told = result_of(run(*made.new(made.folder)))
    assert (told["items"], told["served"], told["weights"]) == (3, 5, ["model.bin"])
    made.ref = bytes.fromhex(told["ref"][2:])
    assert run("run", "sign", str(made.folder), "--yes").exit_code == 0
    return made


def model_of(trained: Trained, **told: object) -> None:
    """Register the model as the licensee."""
    client, files = trained.asking.venue.as_("payer"), trained.files
    people = write_contributors(files.parent / "lab.csv", "name,address,share", f"Lab,{client.account},100 %")
    request = DatasetRequest(folder=files, contributors=people, kind=Kind.Model, name="Timbre", date="2026-02-01")
    assert isinstance(client.signer, KeySigner)
    key = client.signer
    session = Session(client, TokenBook.of(client), lambda: key, as_json=True, yes=True)
    register(session, NewDataset(request=replace(request, **told), run=signed_run(trained.folder)), [])  # type: ignore[arg-type]  # fields of it
