"""What is published of a dataset beside its items: the manifest and the files that it names by sha-256.

    items.json          the item table (`audiera.protocol.table`), always
    left-out.json       files of the folder that could not be taken and that the creator chose to leave out
    contributors.json   everyone credited, if they are too many for the manifest
    peaks.bin           the waveform of each item (`audiera.manifest.peaks`), if any sounds
    previews.json       excerpts to hear (`audiera.manifest.previews`), if the creator allows them
    run.json            the training run that made the model (`audiera.runs.document`), if one is named
    cover.png           or .jpg, .gif, .webp

Lists are arrays of canonical JSON with one row to the line.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from audiera.folder import Problem
from audiera.manifest.cover import Cover
from audiera.manifest.description import Description
from audiera.manifest.manifest import CONTRIBUTORS_NAME, LEFT_OUT_NAME, Commitments, NamedFile, write_manifest
from audiera.manifest.peaks import PEAKS_NAME, PEAKS_TYPE, write_peaks
from audiera.manifest.previews import PREVIEWS_NAME, Preview, write_previews
from audiera.protocol import TABLE_NAME, ContentTree, TableRow, write_table
from audiera.runs import RUN_NAME
from audiera.text import canonical_lines, readable

__all__ = ["Documents", "build_documents"]


_CONTRIBUTORS: Final = 1_000
_CONTRIBUTORS_BYTES: Final = 1 << 18  # a quarter of what the manifest may be
_TOLD: Final = 5  # problems that the manifest tells in words


@dataclass(frozen=True, slots=True)
class Documents:
    """A manifest and the files that it names, by name, with the tree over the items."""

    tree: ContentTree
    manifest: bytes
    files: Mapping[str, bytes]

    @property
    def digest(self) -> bytes:
        """What the registry stores of the manifest: its sha-256."""
        return hashlib.sha256(self.manifest).digest()

    @property
    def table(self) -> bytes:
        """The item table."""
        return self.files[TABLE_NAME]


def build_documents(
    description: Description,
    rows: Sequence[TableRow],
    *,
    left_out: Sequence[Problem] = (),
    peaks: Mapping[str, bytes] = {},
    previews: Sequence[Preview] = (),
    cover: Cover | None = None,
    run: bytes | None = None,
) -> Documents:
    """Return what is published of a dataset version: a function of its arguments, in whatever order rows come.

    Args:
        description: what people say of it.
        rows: its items.
        left_out: files of the folder that are not in it, by the creator's choice.
        peaks: of the items that sound, by path (`audiera.folder.Scan.peaks`).
        previews: excerpts of items.
        cover: its picture.
        run: the document of the training run that made it.

    Raises:
        ItemError: there is no item, or one is there twice.
        InputError: the texts are too long for a manifest.
    """
    tree = ContentTree.of(row.item for row in rows)
    files = {TABLE_NAME: write_table(rows), **_lists(description, left_out)}
    named = [NamedFile.of(name, data) for name, data in files.items()]
    if peaks:
        files[PEAKS_NAME] = write_peaks(rows, peaks)
        named.append(NamedFile.of(PEAKS_NAME, files[PEAKS_NAME], PEAKS_TYPE))
    if previews:
        files[PREVIEWS_NAME] = write_previews(previews)
        named.append(NamedFile.of(PREVIEWS_NAME, files[PREVIEWS_NAME]))
    if run is not None:
        files[RUN_NAME] = run
        named.append(NamedFile.of(RUN_NAME, run))
    if cover is not None:
        files[cover.name] = cover.data
        named.append(NamedFile.of(cover.name, cover.data, cover.media_type))
    stated = Commitments(tree.root, tuple(named))
    manifest = write_manifest(description, rows, stated, missing=_missing(left_out))
    return Documents(tree, manifest, files)


def _lists(description: Description, left_out: Sequence[Problem]) -> dict[str, bytes]:
    found = {}
    if left_out:
        problems = [{"path": readable(each.path), "reason": readable(each.reason)} for each in sorted(left_out)]
        found[LEFT_OUT_NAME] = canonical_lines(problems)
    people = canonical_lines(party.json() for party in description.contributors)
    if len(description.contributors) > _CONTRIBUTORS or len(people) > _CONTRIBUTORS_BYTES:
        found[CONTRIBUTORS_NAME] = people
    return found


def _missing(left_out: Sequence[Problem]) -> str:
    if not left_out:
        return ""
    told = "; ".join(f"{readable(each.path)} {readable(each.reason)}" for each in sorted(left_out)[:_TOLD])
    more = f"; and {len(left_out) - _TOLD} more" if len(left_out) > _TOLD else ""
    files = "1 file of the folder is" if len(left_out) == 1 else f"{len(left_out)} files of the folder are"
    return f"{files} not in the dataset, as the creator chose: {told}{more}. {LEFT_OUT_NAME} has the whole list."
