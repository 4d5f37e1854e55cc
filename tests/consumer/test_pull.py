"""`audiera pull`: an album licensed, paid for and brought here, through the real command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from audiera.cli.main import main
from audiera.client import KeySigner
from audiera.interface import SignedHead
from audiera.storage import holds
from tests.support.gateway import PRICE, Payer

ALBUM = 4


@pytest.fixture
def words(payer: Payer, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What to pull: the album of the venue, to a folder."""
    signer = payer.venue.as_("payer").signer
    assert isinstance(signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", signer.account.key.hex())
    monkeypatch.setenv("AUDIERA_NODE", anvil)
    venue = payer.venue
    given = ["--right", "training", "--from", payer.server.url, "--token", f"MUSD={venue.usdc}", "--yes", "--json"]
    return ["pull", str(venue.dataset), "--to", str(tmp_path / "music"), "--max-spend", "1 MUSD", *given]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def result_of(done: Result) -> Any:  # noqa: ANN401  # JSON
    assert done.exit_code == 0, done.output
    return json.loads(done.output[done.output.index("{\n") :])


def test_an_album_is_brought_paid_for_and_verified(payer: Payer, words: list[str], tmp_path: Path) -> None:
    venue = payer.venue

    done = result_of(run(*words))

    assert done["fetched"] == len(venue.rows)
    folder = tmp_path / "music" / f"dataset-{venue.dataset}"
    for row in venue.rows:
        assert holds(folder / row.metadata.path, row.item.sha256, row.item.size)
    (head,) = (tmp_path / "music" / ".audiera" / "batches").glob("*.json")
    kept = SignedHead.model_validate_json(head.read_bytes())
    assert kept.voucher.amount == PRICE
