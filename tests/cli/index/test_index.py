"""`audiera index`: following, status, rebuilding, as people type them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from importlib import util
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.cli.main import main
from audiera.cli.terminal import groups
from audiera.client.contracts.events import DatasetRegistered
from audiera.indexer import open_index, serving_metrics
from audiera.indexer.tables import CHAIN
from audiera.manifest import catalogue_manifest
from audiera.protocol import Kind
from audiera.storage import Store, StoredObject
from tests.cli.words import wrong_words
from tests.support.studio import Studio, as_, content_of, studio

__all__ = ["as_", "studio"]

Type = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder for data."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def type_() -> Type:
    def typed(*words: str, code: int = 0) -> Result:
        result = CliRunner(mix_stderr=False).invoke(main, words)
        assert result.exit_code == code, result.output
        return result

    return typed


def test_what_was_published_is_in_the_index_and_its_status(anvil: str, studio: Studio, data: Path, type_: Type) -> None:
    studio.dataset()
    head = studio.creator.node.block_number()

    followed = type_("index", "--node", anvil, "--once")
    status = json.loads(type_("index", "status", "--json").stdout)

    url = f"sqlite:///{data}/audiera/index/31337.sqlite"
    assert followed.stderr.splitlines() == [
        f"The index of chain 31337 is {url}, and nothing is read yet.",
        f"At the head, block {head:,}.",
    ]
    assert list(wrong_words(status)) == []
    assert (status["chainId"], status["database"], status["block"], status["head"]) == (31337, url, head, head)
    assert (status["lagBlocks"], status["orphanedBlocks"], status["lateLogs"], status["retryCount"]) == (0, 0, 0, 0)
    assert status["logCount"] > 0
    assert status["lagSeconds"] < 60


def test_status_is_told_to_people(anvil: str, studio: Studio, data: Path, type_: Type) -> None:
    studio.dataset()
    url = f"sqlite:///{data}/own.db"
    type_("index", "follow", "--node", anvil, "--once", "--database", url)

    told = type_("index", "status", "--database", url).stdout.splitlines()

    head = studio.creator.node.block_number()
    assert told[:3] == [
        "Index of chain 31337",
        f"  database   {url}",
        f"  read       up to block {head:,} of {head:,}",
    ]
    assert told[3].startswith("  behind     0 blocks, ")


def test_going_on_says_from_where(anvil: str, studio: Studio, data: Path, type_: Type) -> None:
    studio.dataset()
    type_("index", "--node", anvil, "--once")
    head = studio.creator.node.block_number()

    followed = type_("index", "--node", anvil, "--once")

    url = f"sqlite:///{data}/audiera/index/31337.sqlite"
    assert followed.stderr.splitlines()[0] == f"The index of chain 31337 is {url}, and read up to block {head:,}."


def test_an_index_that_is_not_there_is_said_to_be_begun_first(data: Path, type_: Type) -> None:
    refused = type_("index", "status", code=1)

    assert refused.stderr == (
        f"Error: There is no index in {data}/audiera/index; begin one with `audiera index --node URL`.\n"
    )


def test_several_indexes_are_told_apart_by_name(data: Path, type_: Type) -> None:
    folder = data / "audiera" / "index"
    folder.mkdir(parents=True)
    for chain in ("1", "10"):
        (folder / f"{chain}.sqlite").touch()

    refused = type_("index", "status", code=1)

    assert refused.stderr.splitlines() == [
        "Error: There are several indexes; name one by --database.",
        f"  sqlite:///{folder}/1.sqlite",
        f"  sqlite:///{folder}/10.sqlite",
    ]


def test_the_extra_that_it_needs_is_named(type_: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    assert util.find_spec("sqlalchemy")
    monkeypatch.setattr(groups, "find_spec", lambda _: None)

    refused = type_("index", "--node", "http://127.0.0.1:9", code=1)

    assert refused.stderr == "Error: The index needs more than the package: pip install 'audiera[serve]'.\n"


@pytest.mark.usefixtures("data")
def test_rebuilding_with_a_node_takes_back_what_is_not_on_its_chain(
    anvil: str, w3: Web3, studio: Studio, type_: Type
) -> None:
    studio.dataset()
    mark = w3.provider.make_request(RPCEndpoint("evm_snapshot"), [])["result"]
    stays = w3.eth.block_number
    studio.dataset()
    type_("index", "--node", anvil, "--once")
    w3.provider.make_request(RPCEndpoint("evm_revert"), [mark])
    w3.provider.make_request(RPCEndpoint("anvil_mine"), ["0x90"])

    told = json.loads(type_("index", "rebuild", "--node", anvil, "--json").stdout)
    type_("index", "--node", anvil, "--once")

    status = json.loads(type_("index", "status", "--json").stdout)
    assert list(wrong_words(told)) == []
    assert (told["block"], told["orphanedBlocks"] > 0, told["logCount"]) == (stays, True, status["logCount"])
    assert status["block"] == w3.eth.block_number
    assert status["orphanedLogs"] > 0


def test_rebuilding_asks_no_node_of_another_chain(anvil: str, studio: Studio, data: Path, type_: Type) -> None:
    studio.dataset()
    type_("index", "--node", anvil, "--once")
    engine = open_index(f"sqlite:///{data}/audiera/index/31337.sqlite")
    with engine.begin() as connection:
        connection.execute(update(CHAIN).values(genesis=f"0x{'12' * 32}"))
    engine.dispose()

    refused = type_("index", "rebuild", "--node", anvil, code=1)

    assert "and the index is of chain 31337 that begins with 0x12121212…; ask another node." in refused.stderr


@pytest.mark.usefixtures("deployment", "data")
def test_metrics_are_told_while_it_follows(anvil: str, type_: Type) -> None:
    followed = type_("index", "--node", anvil, "--once", "--metrics", "127.0.0.1:0")

    assert followed.stderr.startswith("Metrics are at http://127.0.0.1:")


@pytest.mark.parametrize("address", ["9464", "127.0.0.1:no", "127.0.0.1:99999", "203.0.113.1:80"])
@pytest.mark.usefixtures("deployment", "data")
def test_metrics_need_an_address_that_can_be_listened_at(address: str, anvil: str, type_: Type) -> None:
    refused = type_("index", "--node", anvil, "--once", "--metrics", address, code=1)

    assert address in refused.stderr


def test_metrics_are_nowhere_but_at_their_path() -> None:
    with serving_metrics("127.0.0.1:0", lambda: "a 1\n") as url:
        with urllib.request.urlopen(url) as answer:
            found = answer.read(), answer.headers["Content-Type"]
        with pytest.raises(OSError, match="404"):
            urllib.request.urlopen(url.removesuffix("metrics"))

    assert found == (b"a 1\n", "text/plain; version=0.0.4; charset=utf-8")


def test_a_document_that_is_nowhere_is_named_and_had_once_a_store_has_it(
    anvil: str, studio: Studio, data: Path, type_: Type
) -> None:
    manifest = catalogue_manifest("Harbour", description="", date="2026-11-26", creator=studio.creator.account)
    content = replace(content_of(Kind.Catalogue), manifest=sha256(manifest).digest())
    dataset = studio.creator.datasets.register(content, studio.split()).event(DatasetRegistered).id
    type_("index", "--node", anvil, "--once")

    missing = json.loads(type_("index", "retry", "--dataset", str(dataset), "--json").stdout)
    Store.open(str(data / "store")).put(StoredObject(sha256(manifest).digest(), len(manifest), manifest))
    type_("index", "--node", anvil, "--once", "--store", str(data / "store"))
    left = type_("index", "retry", "--dataset", str(dataset))

    assert list(wrong_words(missing)) == []
    assert missing == {
        "count": 1,
        "documents": [
            {
                "kind": "manifest",
                "sha256": f"0x{sha256(manifest).hexdigest()}",
                "dataset": dataset,
                "triedCount": 1,
                "reason": "No store and no gateway is known to ask; name a store with --store.",
            }
        ],
    }
    assert left.stdout == "Every document that was looked for is here.\n"
    assert "Harbour" in type_("search", "Harbour", "--database", f"sqlite:///{data}/audiera/index/31337.sqlite").stdout
