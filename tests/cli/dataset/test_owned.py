"""`dataset list`: what an account owns, to people and to programs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.commands import CommandLine
from tests.support.memory import forget
from tests.support.music import write_album, write_contributors, write_tone

LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DEVELOPER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CHAIN = 31_337


@pytest.fixture
def works(line: CommandLine) -> CommandLine:
    """The label's: an album in its second version with two offers, a synthetic work made from it, a catalogue."""
    album, remix = write_album(Path("Tones")), Path("elsewhere") / "Remix"
    people = ("--contributors", str(write_contributors(Path("people.csv"), "name,address,share", f"Lena,{LABEL},1")))
    offers = ("--offer", "training", "--price", "0.05 ETH", "--offer", "open", "--price", "0 ETH")
    line("label", "dataset", "register", str(album), *people, *offers)
    write_tone(album / "d.flac", hertz=333)
    line("label", "dataset", "version", "1", str(album))
    write_tone(remix / "mix.flac", hertz=77)
    line("label", "dataset", "register", str(remix), *people, "--parent", "1:2%", "--synthetic")
    line("label", "dataset", "catalogue", "Small Sounds")
    return line


def day_of(line: CommandLine, dataset: int) -> str:
    shown = json.loads(line("label", "dataset", "show", str(dataset), "--json"))
    return f"{datetime.fromtimestamp(shown['registeredAt'], UTC):%Y-%m-%d}"


def test_a_dataset_is_shown_with_who_is_behind_its_payees_where_a_record_says_so_and_the_numbers_of_terms(
    works: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = works("stranger", "dataset", "show", "1")
    offers = json.loads(works("stranger", "dataset", "show", "1", "--json"))["offers"]
    monkeypatch.chdir("elsewhere")
    unknown = works("stranger", "dataset", "show", "1")

    assert re.search(rf"  who +payee +share\n  Lena +{LABEL} +100 %\n", known)
    assert re.search(rf"  payee +share\n  {LABEL} +100 %\n", unknown)
    assert re.search(r"  terms +text .*\n +1 +training .*\n +2 +open ", known)
    assert [it["index"] for it in offers] == [1, 2]


def test_the_datasets_of_an_account_are_listed_with_the_names_that_were_seen_or_that_records_here_know(
    works: CommandLine,
) -> None:
    days = [day_of(works, it) for it in (1, 2, 3)]
    forget()

    mine = works("label", "dataset", "list")

    assert mine.splitlines() == [
        f"Datasets of {LABEL} on chain {CHAIN}:",
        "  dataset  name          kind                   version  registered  made from  offers",
        f"        1  Tones         Recordings                   2  {days[0]}  -               2",
        f"        2  -             Recordings, synthetic        1  {days[1]}  1               0",
        f"        3  Small Sounds  Catalogue                    1  {days[2]}  -               0",
    ]
    assert works("stranger", "dataset", "list", LABEL) == mine


def test_a_name_that_was_seen_once_is_known_in_every_folder(
    works: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path("deployments").symlink_to(tmp_path / "deployments")

    listed = works("label", "dataset", "list")
    shown = works("stranger", "dataset", "show", "2")

    assert [it.split()[1] for it in listed.splitlines()[2:]] == ["Tones", "Remix", "Small"]
    assert shown.splitlines()[0] == f"Dataset 2 (Remix) on chain {CHAIN}:"
    assert "  dataset 1 (Tones)    2 %" in shown


def test_a_program_reads_every_field(works: CommandLine) -> None:
    forget()
    told = json.loads(works("label", "dataset", "list", "--json"))

    shown = json.loads(works("label", "dataset", "show", "2", "--json"))
    assert (told["owner"], told["chainId"]) == (LABEL, CHAIN)
    assert [(it["dataset"], it["name"], it["offerCount"]) for it in told["datasets"]] == [
        (1, "Tones", 2),
        (2, None, 0),
        (3, "Small Sounds", 0),
    ]
    assert told["datasets"][1] == {
        "dataset": 2,
        "name": None,
        "kind": "Recordings",
        "derived": True,
        "synthetic": True,
        "owner": LABEL,
        "version": 1,
        "manifest": shown["versions"][0]["manifest"],
        "registeredAt": shown["registeredAt"],
        "parents": [{"dataset": 1, "ppm": 20_000}],
        "offerCount": 0,
    }


def test_a_manifest_that_is_not_the_one_on_the_chain_names_nothing(works: CommandLine) -> None:
    forget()
    for manifest in Path("Tones.audiera").glob("*/manifest.json"):
        manifest.write_bytes(manifest.read_bytes().replace(b"Tones", b"Songs"))

    shown = works("label", "dataset", "list")

    assert re.search(r"^ +1  - +Recordings", shown, re.MULTILINE)


def test_an_account_without_datasets_is_told_so_and_nobody_is_asked_who_it_is(line: CommandLine) -> None:
    assert line("developer", "dataset", "list") == f"{DEVELOPER} owns no dataset on chain {CHAIN}.\n"
    unnamed = line.terminal.enter(["ape", "run", "dataset", "list", "--network", line.terminal.url], fails=True)

    assert unnamed == "Error: Say whose: give an ADDRESS, or yourself as --account ALIAS.\n"
