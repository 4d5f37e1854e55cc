"""`dataset overlap`, and what registering tells of bytes that are registered already."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import Audiera, KeySigner
from audiera.client.deployment.deployments import Deployment
from audiera.protocol.items import Item
from audiera.protocol.splits import Split, payee_of
from tests.cli.commands import CommandLine
from tests.support.music import write_album, write_contributors, write_tone

LABEL: Final = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
STRANGER: Final = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
TIME: Final = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
CALL: Final = r"verifyItem\({}, {}, \(0x[0-9a-f]{{64}},\d+,\d+,0x[0-9a-f]{{64}}\), \[[0-9a-fx,]*\]\)"


def register(line: CommandLine, role: str, folder: Path, *options: str) -> str:
    people = write_contributors(Path("people.csv"), "name,address,share", f"Lena Label,{LABEL},1")
    return line(role, "dataset", "register", str(folder), "--contributors", str(people), *options)


@pytest.fixture
def works(line: CommandLine) -> CommandLine:
    """Dataset 1 is the label's album; dataset 2 a stranger's, of a new file and one of the label's by another name."""
    album, other = write_album(Path("Tones")), Path("elsewhere") / "Mine"
    register(line, "label", album)
    write_tone(other / "new.flac", hertz=77)
    shutil.copy(album / "a.flac", other / "own work.flac")
    register(line, "stranger", other)
    return line


def test_what_two_datasets_share_is_shown_with_both_proofs_and_times(works: CommandLine) -> None:
    """AUD-A51: Attack: registering what somebody else has registered."""
    shared = works("stranger", "dataset", "overlap", "1", "2", "Tones", "elsewhere/Mine.audiera")
    turned = works("stranger", "dataset", "overlap", "2", "1", "Tones", "elsewhere/Mine")

    sha256 = hashlib.sha256(Path("Tones/a.flac").read_bytes()).hexdigest()
    lines = shared.splitlines()
    assert lines[:2] == ["Datasets 1 and 2 share 1 file, byte for byte:", f"  a.flac, sha-256 0x{sha256}"]
    assert re.fullmatch(f"    dataset 1, version 1, of {TIME} by {LABEL}: a.flac", lines[2])
    assert re.fullmatch("      " + CALL.format(1, 1), lines[3])
    assert re.fullmatch(f"    dataset 2, version 1, of {TIME} by {STRANGER}: own work.flac", lines[4])
    assert re.fullmatch("      " + CALL.format(2, 1), lines[5])
    assert lines[6:] == [
        "    first: dataset 1",
        "Whoever registered first has shown the file first, and need not have made it.",
    ]
    assert turned.splitlines()[:2] == [
        "Datasets 2 and 1 share 1 file, byte for byte:",
        f"  own work.flac, sha-256 0x{sha256}",
    ]
    assert turned.splitlines()[6] == "    first: dataset 1"


def test_the_chain_agrees_to_both_proofs(works: CommandLine, w3: Web3, deployment: Deployment) -> None:
    client = Audiera.connect(w3, deployment=deployment)

    told = json.loads(works("label", "dataset", "overlap", "1", "2", "Tones", "elsewhere/Mine", "--json"))

    (shared,) = told["shared"]
    assert [(it["dataset"], it["version"], it["path"]) for it in shared["items"]] == [
        (1, 1, "a.flac"),
        (2, 1, "own work.flac"),
    ]
    for it, dataset in zip(shared["items"], told["datasets"], strict=True):
        item = it["item"]
        sha256, metadata = (bytes.fromhex(item[name][2:]) for name in ("sha256", "metadata"))
        proof = [bytes.fromhex(each[2:]) for each in it["proof"]]
        made = Item(sha256, item["size"], item["durationMs"], metadata)
        assert client.datasets.verify_item(it["dataset"], it["version"], made, proof)
        assert it["at"] == dataset["registeredAt"] == client.datasets.dataset_of(it["dataset"]).registered_at
    assert told["datasets"][1] == {
        "dataset": 2,
        "creator": STRANGER,
        "registeredAt": shared["items"][1]["at"],
        "versionCount": 1,
        "compared": [1],
    }
    assert shared["first"] == 1


def test_the_version_that_first_had_a_file_is_what_counts(works: CommandLine, w3: Web3) -> None:
    """A file that a later version adds is not as old as its dataset, and one that a later version drops is still."""
    shutil.copy("elsewhere/Mine/new.flac", "Tones/z.flac")
    (Path("Tones") / "a.flac").unlink()
    w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [86_400])
    works("label", "dataset", "version", "1", "Tones")

    told = json.loads(works("label", "dataset", "overlap", "1", "2", "Tones", "elsewhere/Mine", "--json"))

    assert [(it["first"], [each["version"] for each in it["items"]]) for it in told["shared"]] == [
        (1, [1, 1]),
        (2, [2, 1]),
    ]
    dropped, added = told["shared"]
    assert added["items"][0]["at"] - added["items"][1]["at"] >= 86_000
    assert dropped["items"][0]["at"] == told["datasets"][0]["registeredAt"]


def test_items_are_found_in_a_store_and_what_is_not_found_is_said(line: CommandLine) -> None:
    album = write_album(Path("Tones"))
    register(line, "label", album, "--store", "store")
    register(line, "stranger", album, "--store", "store", "--again", "--description", "Mine.")
    (album / "b.ogg").unlink()
    line("label", "dataset", "version", "1", "Tones")
    shutil.rmtree("Tones.audiera")

    shared = line("label", "dataset", "overlap", "1", "2", "--store", "store")

    assert "Not compared, since their items are not at hand: dataset 1, version 2.\n" in shared
    assert "Datasets 1 and 2 share 3 files, byte for byte:\n" in shared
    assert shared.count("    first: dataset 1\n") == 3


def test_nothing_in_common_is_an_answer(line: CommandLine) -> None:
    one, other = write_album(Path("Tones")), Path("Others")
    write_tone(other / "x.flac", hertz=55)
    register(line, "label", one)
    told = register(line, "label", other)

    assert line("label", "dataset", "overlap", "1", "2", "Tones", "Others") == (
        "Datasets 1 and 2 share no file, byte for byte.\n"
    )
    assert "has the same bytes" not in told


def test_what_cannot_be_compared_is_refused(works: CommandLine) -> None:
    works("label", "dataset", "catalogue", "All")

    def refused(*words: str) -> str:
        return works("label", "dataset", "overlap", *words, fails=True)

    assert refused("1", "1", "Tones") == "Error: Dataset 1 shares everything with itself; name two.\n"
    assert refused("1", "2") == (
        "Error: Say where the items of both are listed: the FOLDERs that were registered or their records, or with "
        "--store where their files are kept.\n"
    )
    assert refused("1", "2", "Tones") == (
        "Error: No items of dataset 2 are at hand (no record that was named has them); name its folder or its record, "
        "or with --store where its files are kept.\n"
    )
    assert refused("1", "3", "Tones") == (
        "Error: Dataset 3 is a catalogue and has no files; compare other datasets, since none has joined it.\n"
    )
    assert refused("1", "9", "Tones").startswith("Error: The contract refused: Registry_UnknownDataset(")
    assert refused("1", "2", "--store", "nowhere").startswith("Error: No items of dataset 1 are at hand (")


def test_a_record_that_was_altered_is_not_believed(works: CommandLine) -> None:
    """Attack: a record that was made to have somebody else's file."""
    (table,) = Path("elsewhere/Mine.audiera").glob("*/items.json")
    table.write_text(table.read_text().replace("own work.flac", "stolen.flac"))

    told = works("label", "dataset", "overlap", "1", "2", "Tones", "elsewhere/Mine", fails=True)

    assert re.fullmatch(r"Error: .*items\.json is not what was registered; restore it from a copy\.\n", told)


def test_a_manifest_that_is_registered_under_another_root_counts_for_nothing(
    works: CommandLine, w3: Web3, deployment: Deployment, new_account: Callable[[str], LocalAccount]
) -> None:
    """Attack: somebody else's manifest in a registration whose content root is another's."""
    thief = Audiera.connect(w3, KeySigner(new_account("thief")), deployment)
    content = replace(thief.datasets.content(1), content_root=thief.datasets.content(2).content_root)
    thief.datasets.register(content, Split.of({payee_of(thief.account): 1_000_000}))

    assert works("label", "dataset", "overlap", "1", "3", "Tones", "elsewhere/Mine", fails=True) == (
        "Error: No items of dataset 3 are at hand (their content root is not the one on the chain); name its folder or "
        "its record, or with --store where its files are kept.\n"
    )


def test_of_many_shared_files_the_first_are_shown(line: CommandLine) -> None:
    album = Path("Tones")
    for number in range(22):
        write_tone(album / f"{number:02}.wav", hertz=100 + number, frames=100)
    register(line, "label", album)
    register(line, "label", album, "--again")

    shown = line("label", "dataset", "overlap", "1", "2", "Tones")
    told = json.loads(line("label", "dataset", "overlap", "1", "2", "Tones", "--json"))

    assert shown.count("    first: dataset 1\n") == 20
    assert "    first: dataset 1\n  and 2 more; --json lists them all\nWhoever registered first" in shown
    assert len(told["shared"]) == 22


# REGISTERING


def test_registering_tells_which_bytes_another_dataset_of_this_place_has(line: CommandLine) -> None:
    album, more = write_album(Path("Tones")), Path("More")
    register(line, "label", album)
    write_tone(more / "new.flac", hertz=77)
    shutil.copy(album / "a.flac", more / "again.flac")

    told = register(line, "label", more)
    shutil.copy(album / "b.ogg", more / "later.ogg")
    version = line("label", "dataset", "version", "2", "More")

    note = (
        f"  note: dataset 1, of {TIME} by {LABEL}, has the same bytes: ([^;]*); `ape run dataset overlap` compares two"
    )
    assert re.findall(note, told) == ["again.flac"]
    assert told.index("has the same bytes") < told.index("gas: about")
    assert re.findall(note, version) == ["again.flac, later.ogg"]
    assert "dataset 2, of" not in version


def test_registering_the_same_again_tells_it_of_all(line: CommandLine) -> None:
    album = write_album(Path("Tones"))
    write_tone(album / "d.flac", hertz=88)
    register(line, "label", album)

    told = register(line, "label", album, "--again")

    assert "has the same bytes: a.flac, b.ogg, d.flac and 1 more; `ape run dataset overlap` compares two.\n" in told


def test_a_damaged_record_beside_it_keeps_nobody_from_registering(line: CommandLine) -> None:
    album, more = write_album(Path("Tones")), Path("More")
    register(line, "label", album)
    shutil.copytree(album, more)
    (table,) = Path("Tones.audiera").glob("*/items.json")
    table.unlink()

    register(line, "label", more)
    Path("Tones.audiera/record.json").write_text("{")
    told = register(line, "label", more, "--again")

    assert "Dataset 3 is registered" in told
    assert "dataset 1, of" not in told
    assert "dataset 2, of" in told
