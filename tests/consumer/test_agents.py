"""`audiera mcp`: an agent with a purse, over real standard input and output, at a real gateway.

AUD-B7
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import anyio
import pytest

from audiera.cli.consumer.agents import Hidden, adds_up
from audiera.client import KeySigner
from audiera.consumer import Purse
from audiera.errors import InputError
from audiera.gateway import create_app
from audiera.protocol import Kind, Right
from audiera.text import Json
from tests.support.agents import agent
from tests.support.consumer import Asking, priced, run
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue

SECOND = 700


@pytest.fixture
def shop(own_venue: Venue, tmp_path: Path) -> Iterator[Payer]:
    """A gateway with its catalogue, where the album is used by the second, and as a whole for training."""
    own_venue.sell(priced(own_venue, unit_price=SECOND, rights=Right.Inference))
    own_venue.read()
    with serving(create_app(own_venue.settings(tmp_path / "journal.db"))) as server:
        yield Payer(own_venue, server)


@pytest.fixture
def owner(shop: Payer, asking: Asking) -> Callable[..., list[str]]:
    """What the owner of an agent says: where files go, and what may be spent."""

    def owner(spend: str = "0.0031 MUSD", *more: str) -> list[str]:
        given = [
            "--to",
            str(asking.folder),
            "--max-spend",
            spend,
            "--max-exposure",
            "0.003 MUSD",
            "--right",
            "inference",
        ]
        named = ["--from", shop.server.url, "--node", os.environ["AUDIERA_NODE"], "--token", f"MUSD={shop.venue.usdc}"]
        return [*given, *named, *more]

    return owner


def secrets() -> tuple[str, ...]:
    """What no agent may see."""
    return os.environ["AUDIERA_PRIVATE_KEY"].removeprefix("0x"), os.environ["AUDIERA_NODE"]


@pytest.mark.heavy
def test_an_agent_finds_prices_reads_pulls_and_audits_within_its_purse(
    shop: Payer, asking: Asking, owner: Callable[..., list[str]], tmp_path: Path
) -> None:
    dataset = shop.venue.dataset
    seen: list[object] = []

    async def first() -> None:
        async with agent(owner()) as one:
            tools = await one.client.list_tools()
            found = await one.call("search", words="ferry", right="inference")
            quoted = await one.call("quote", right="inference", datasets=[dataset])
            text = await one.call("license_text", text="0x" + "07" * 32)
            brought = await one.call("pull", folder="album", right="inference", datasets=[dataset])
            told = list(one.heard)
            again = await one.call("pull", folder="album", right="inference", datasets=[dataset])
            more = await one.call("pull", folder="more", right="inference", datasets=[dataset])
            audited = await one.call("audit", dataset=dataset)
        seen.extend([tools.model_dump(), found, quoted, text, brought, again, more, audited])
        assert {it.name for it in tools.tools} == {"search", "quote", "license_text", "pull", "audit"}
        assert all(it.description and it.input_schema["properties"] for it in tools.tools)
        (searching,) = (it.input_schema["properties"] for it in tools.tools if it.name == "search")
        assert all(it.name in searching["kind"]["description"] for it in Kind)
        assert (found[0], [it["dataset"] for it in found[1]["datasets"]]) == (True, [dataset])
        assert (quoted[0], quoted[1]["total"]["value"], quoted[1]["mayStillSpend"]) == (True, "2100", "0.0031 MUSD")
        assert not text[0]
        assert (brought[0], brought[1]["fetched"], brought[1]["folder"]) == (True, len(asking.all), "album")
        size, steps = sum(it.item.size for it in shop.venue.rows), [it[0] for it in told]
        assert (told[-1], steps) == ((size, size, "16,159 bytes of 16,159 bytes"), sorted(set(steps)))
        assert (again[0], again[1]["fetched"], again[1]["mayStillSpend"]) == (True, 0, "0.001 MUSD")
        assert not more[0]
        assert "It would come to 0.0021 MUSD, above your 0.001 MUSD" in more[1]
        assert (audited[0], "addsUp" in audited[1]) == (True, True)

    async def second() -> None:
        async with agent(owner()) as one:  # begun anew, with the same purse
            refused = await one.call("pull", folder="more", right="inference", datasets=[dataset])
        assert not refused[0]
        assert "above your 0.001 MUSD" in refused[1]
        assert "Error: " not in refused[1]  # a sentence, and not what a terminal shows around it
        seen.append(refused)

    anyio.run(first)
    anyio.run(second)

    told = json.dumps(seen, default=str)
    assert all(it not in told for it in (*secrets(), str(tmp_path), str(Path.home())))
    assert sorted(it.name for it in asking.folder.iterdir() if not it.name.startswith(".")) == ["album"]


@pytest.mark.heavy
def test_what_the_owner_does_not_allow_is_refused(shop: Payer, owner: Callable[..., list[str]], asking: Asking) -> None:
    dataset = shop.venue.dataset

    async def asks() -> list[tuple[bool, object]]:
        async with agent(owner("1 MUSD", "--dataset", str(dataset))) as one:
            pull = partial(one.call, "pull")
            return [
                await pull(folder="a", right="training", datasets=[dataset]),
                await pull(folder="a", right="inference", datasets=[dataset + 1]),
                await pull(folder="a", right="inference", search="ferry", hours=1),
                await pull(folder="../a", right="inference", datasets=[dataset]),
                await pull(folder="a", right="inference", datasets=[-1]),
                await pull(folder="a", right="--yes", datasets=[dataset]),
                await pull(datasets="ferry"),
                await one.call("quote", datasets=[dataset]),
            ]

    answers = anyio.run(asks)

    assert [it[0] for it in answers] == [False] * 7 + [True]  # the only use that is allowed needs not be named
    told = [str(it[1]) for it in answers]
    assert "The use training is not allowed here; your owner allows inference." in told[0]
    assert told[6] == "pull cannot be called so: folder (field required), datasets (input should be a valid list)."
    assert f"Dataset {dataset + 1} is not allowed here." in told[1]
    assert "Only some datasets are allowed here" in told[2]
    assert "A folder's name has small letters" in told[3]
    assert not list(asking.folder.glob("*/.audiera"))


def test_a_purse_is_of_one_process_and_counts_what_is_written_down(tmp_path: Path) -> None:
    with Purse.opened(tmp_path / "purse") as purse:
        assert purse.spent("0x0000000000000000000000000000000000000000") == (0, 0)
        with pytest.raises(InputError, match="Another process spends from"), Purse.opened(tmp_path / "purse"):
            pass


@pytest.mark.heavy
def test_an_agent_pays_no_more_for_gas_than_its_owner_says(
    shop: Payer, asking: Asking, owner: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = shop.venue.as_("lab")
    assert isinstance(lab.signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", lab.signer.account.key.hex())

    async def asks() -> tuple[bool, object]:
        async with agent(owner("1 MUSD", "--max-fee", "0.000000001 ETH")) as one:
            return await one.call("pull", folder="album", datasets=[shop.venue.dataset])

    done, told = anyio.run(asks)

    assert not done
    assert "at most 0.000000001 ETH is paid for that." in str(told)
    assert (lab.licenses.held_by(lab.account), asking.files()) == ((), [])


@pytest.mark.usefixtures("asking")
@pytest.mark.heavy
def test_limits_in_two_tokens_are_refused(owner: Callable[..., list[str]]) -> None:
    words = owner("1 ETH")

    done = run("mcp", *words)

    assert done.exit_code == 1
    assert "--max-exposure is in another token than --max-spend" in done.output


def test_an_agent_sees_no_place_of_this_machine_and_all_else_as_it_is() -> None:
    places = {
        Path("/"): ".",
        Path("/home/ada"): "~",
        Path("/home/ada/music"): ".",
        Path("/home/ada/key.json"): "the keystore",
    }
    hidden = Hidden.of("https://node.example/secret", Path("/home/ada/music"), places)

    seen = hidden.within(
        {
            "folder": "/home/ada/music/album",
            "told": ["Nothing is in /home/ada/music.", "/home/ada/key.json is no keystore; see /home/ada/a/b."],
            "else": "1/2 of https://music.example/home/ada-old, /home/ada-old/x, /home/ada/music.old; ask https://node.example/secret/1",
            "n": 1,
        }
    )

    assert seen == {
        "folder": "album",
        "told": ["Nothing is in ..", "the keystore is no keystore; see ~/a/b."],
        "else": "1/2 of https://music.example/home/ada-old, /home/ada-old/x, ~/music.old; ask the node/1",
        "n": 1,
    }


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ({"error": 0, "warning": 0, "open": 3}, True),
        ({"error": 0, "warning": 1, "open": 0}, None),
        ({"error": 1, "warning": 1, "open": 0}, False),
    ],
)
def test_an_audit_adds_up_only_where_all_can_be_known(summary: dict[str, Json], expected: bool | None) -> None:
    assert adds_up({"summary": summary}) is expected
