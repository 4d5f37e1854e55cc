"""What a dossier says of a run that was written by hand: counts, ranges, and what is not there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from audiera.credits.people import Party
from audiera.dossier.sentences import paper_of
from audiera.dossier.template import SIZES, size_of
from audiera.errors import StorageError
from audiera.manifest import Description, build_documents
from audiera.papers import Source
from audiera.protocol import Item, Metadata, Right, ServedTree, TableRow, sign, to_address
from audiera.runs import Code, Paper, Papers, Run, RunFolder, UsedDataset, WeightFile, check_folder, served_list

LICENSEE = to_address("0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1")
HOUR = 3_600_000


def row(path: str, media_type: str, milliseconds: int | None) -> TableRow:
    metadata = Metadata(path=path, media_type=media_type, duration_ms=milliseconds)
    return TableRow(Item.of(hashlib.sha256(path.encode()).digest(), 1_000, metadata), metadata)


FIRST, SECOND = row("a.flac", "audio/flac", 1_500), row("b.ogg", "audio/ogg", 500)
THIRD, COVER = row("c.wav", "audio/wav", 250), row("cover.png", "image/png", None)
PEOPLE = Description(
    name="Night Ferry", description="Tunes.", creators=(Party("Ada"),), date="2026-03-01", contributors=(Party("Ada"),)
)


@dataclass(slots=True)
class Written:
    """A run, and what the chain says of it."""

    folder: RunFolder
    facts: dict[str, Any]

    def said(self, provider: dict[str, str] | None = None) -> dict[str, str]:
        """Each sentence with its source."""
        paper = paper_of(self.facts, self.folder, provider or {}, frozenset())
        found = [it for chapter in paper.chapters for it in chapter.sentences]
        assert all(it.proofs for it in found if it.source is not Source.MISSING)
        return {it.text: it.source.value for it in found}


def write(
    to: Path,
    *versions: tuple[tuple[TableRow, ...], Description],
    served: dict[tuple[int, TableRow], int],
    people: bool = False,
) -> Written:
    """Write a run over versions of dataset 1.

    Args:
        to: the folder.
        versions: the items and the description of each, from version 1.
        served: how often each item of a version was.
        people: whether lists of contributors are there.
    """

    def kept(name: str, data: bytes) -> Paper:
        (to / "pulled").mkdir(exist_ok=True)
        (to / "pulled" / name).write_bytes(data)
        return Paper(to / "pulled" / name, hashlib.sha256(data).digest())

    papers, facts = [], []
    for number, (rows, description) in enumerate(versions, 1):
        documents = build_documents(replace(description, version=number), rows)
        digest = hashlib.sha256(documents.manifest).digest()
        used = UsedDataset(1, number, documents.tree.root, digest)
        items, manifest = kept(f"{number}.items", documents.files["items.json"]), kept(f"{number}", documents.manifest)
        listed = kept(f"{number}.people", documents.files["contributors.json"]) if people else None
        papers.append((used, Papers(items, manifest, listed)))
        named = {"contentRoot": "0x" + used.content_root.hex(), "manifest": "0x" + digest.hex()}
        facts.append(
            {"dataset": 1, "version": number, "kind": "Recordings", "synthetic": False, "published": number, **named}
            | {"transaction": "0x" + "ab" * 32, "creator": LICENSEE, "items": len(rows)}
        )
    tree = ServedTree.of({(1, version, it.item.leaf()): times for (version, it), times in served.items()})
    run = Run(
        chain_id=31_337,
        ledger=to_address("0x" + "11" * 20),
        licensee=LICENSEE,
        right=Right.Training,
        started=1_700_000_000,
        ended=1_700_003_600,
        datasets=tuple(it for it, _ in papers),
        licenses=(7,),
        batches=(),
        root=tree.root,
        count=len(served),
        times=sum(served.values()),
        served=hashlib.sha256(served_list(tree)).digest(),
        code=Code(b"\x99" * 32),
        weights=(WeightFile("model.bin", b"\xbb" * 32, 123),),
    )
    folder = RunFolder(to)
    folder.write(run, tree, papers, ())
    folder.sign(sign(run.signed_digest(), b"\x01" * 32))
    model = {**facts[0], "dataset": 2, "version": 1, "parents": []}
    terms = {"rights": ["Training"], "duration": 0, "text": "0x" + "07" * 32}
    licence = {"license": 7, "dataset": 1, "acquired": 9, "transaction": "0x" + "cd" * 32, "termsId": "0x" + "ef" * 32}
    licence |= {"terms": terms, "covers": [1], "heldAtStartAndEnd": [None, LICENSEE]}
    then = {"block": 9, "blockTime": 9, "owner": LICENSEE, "clearedFor": 0, "clearedUntil": 0, "batches": []}
    return Written(
        folder,
        {"chainId": 31_337, "model": model, "datasets": facts, "licenses": [licence], "records": [], "then": then},
    )


def test_each_version_of_a_dataset_is_counted_for_itself(tmp_path: Path) -> None:
    versions = ((FIRST, SECOND), PEOPLE), ((FIRST, THIRD, COVER), PEOPLE)
    written = write(tmp_path, *versions, served={(1, FIRST): 1, (1, SECOND): 4, (2, COVER): 1})

    said = written.said()
    checks = {it.said: it.holds for it in check_folder(written.folder).checks}

    of = [it for it in said if it.startswith("Dataset 1, which its manifest calls “Night Ferry” by Ada: ")]
    assert [it.partition(": ")[2] for it in of] == [
        "2 of the 2 items of its version 1 were served.",
        "1 of the 3 items of its version 2 were served.",
    ]
    assert checks["All that was served of dataset 1 is in its version 1."] is True
    assert checks["All that was served of dataset 1 is in its version 2."] is True
    assert said[
        "The owners' item tables say of the 3 items that the loader served, each counted once: audio, 2 items of "
        "2,000 bytes, 0:02.000 (less than 10,000 hours); image, 1 item of 1,000 bytes (less than 1 million images); of "
        "the types audio/flac, audio/ogg, image/png."
    ] == ("folder")


MANY = replace(PEOPLE, contributors=tuple(Party(f"Ada {number}") for number in range(1_001)))


def test_contributors_who_are_too_many_for_the_manifest_are_named_where_their_list_is_here(tmp_path: Path) -> None:
    written = write(tmp_path, ((FIRST,), MANY), served={(1, FIRST): 1}, people=True)
    (listed,) = tmp_path.glob("datasets/*.contributors.json")

    said = written.said()
    listed.write_bytes(listed.read_bytes().replace(b"Ada 1000", b"Bea 1000"))

    assert said["The manifests of the datasets name 1,001 contributors."] == "folder"
    assert not any("too many for its manifest" in it for it in said)
    with pytest.raises(StorageError, match="is another than the manifest names"):
        written.said()


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    written = write(tmp_path, ((FIRST,), MANY), served={(1, FIRST): 1})

    said = written.said()

    at = "when the run says that it began, 2023-11-14 22:13 UTC, and that it ended, 2023-11-14 23:13 UTC"
    assert {
        f"No licence that the run names was held by {LICENSEE}, covered it and granted Training {at}.": "chain",
        "The run names no batch of uses, and no use was recorded under it.": "chain",
        "The model has no parents to which it owes a share.": "chain",
        "The manifests of the datasets name 0 contributors.": "folder",
        "The contributors of dataset 1 are too many for its manifest, and not here: it names a file of them by its "
        "hash.": "folder",
    }.items() <= said.items()


def test_a_question_that_depends_on_another_is_asked_after_it(tmp_path: Path) -> None:
    written = write(tmp_path, ((FIRST,), PEOPLE), served={(1, FIRST): 1})
    asked = "Modality(ies) of the content covered by the datasets concerned: not stated."

    assert asked not in written.said()
    assert asked not in written.said({"public": "No"})
    assert written.said({"public": "Yes"})[asked] == "missing"
    assert "Text: types of content: not stated." not in written.said({"text_size": "None"})
    assert written.said({"text_size": "5 GB"})["Text: types of content: not stated."] == "missing"


@pytest.mark.parametrize(
    ("modality", "count", "hours", "which"),
    [
        ("audio", 1, 9_999, 0),
        ("audio", 1, 10_000, 1),
        ("video", 1, 1_000_000, 1),
        ("audio", 1, 1_000_001, 2),
        ("image", 999_999, 0, 0),
        ("image", 1_000_000, 0, 1),
        ("image", 1_000_000_001, 0, 2),
    ],
)
def test_what_was_served_falls_in_one_of_the_ranges(modality: str, count: int, hours: int, which: int) -> None:
    assert size_of(modality, count=count, milliseconds=hours * HOUR) == SIZES[modality][which]


def test_text_is_measured_in_tokens_and_nothing_counts_them() -> None:
    assert size_of("text", count=1, milliseconds=0) is None
