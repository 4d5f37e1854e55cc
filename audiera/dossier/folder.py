"""The folder of a dossier: the truth in `dossier.json`, what shows it, and two papers for people.

dossier.json       what the chain says, what the provider says, the sentences, and the SHA-256 of every other file
dossier.html       the sentences as a page, and
dossier.pdf        for print
run/               the folder of the training run (`audiera.runs.RunFolder`)
model/             manifest and item table of the model
texts/HASH.md      the legal texts of the licences, by the SHA-256 that their terms name
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from audiera.dossier.sentences import paper_of
from audiera.errors import InputError, StorageError
from audiera.licensing import template_of
from audiera.manifest import MANIFEST_BYTES, read_commitments
from audiera.papers import Paper, check_typesetter, html_of, pdf_of
from audiera.protocol import read_table
from audiera.runs import RUN_NAME, Run, RunFolder
from audiera.text import (
    Json,
    as_hash,
    as_list,
    as_object,
    as_text,
    canonical,
    hex_of,
    read_file,
    read_json,
    replace_file,
    shown,
)

__all__ = ["DossierFolder", "Made", "made_by", "sentences_json"]

FORMAT: Final = "audiera-dossier-2"
"""Another one whenever other sentences are written: verifying writes them again, and compares."""
_MOST: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making a dossier."""

    digest: bytes
    """SHA-256 of `dossier.json`."""
    absent: frozenset[str]
    """Letters that no font here has: the PDF has their numbers instead."""
    texts_missing: tuple[str, ...]
    """SHA-256 of legal texts that are not here."""


@dataclass(frozen=True, slots=True)
class DossierFolder:
    """The folder."""

    path: Path

    @property
    def run(self) -> RunFolder:
        """The run in it."""
        return RunFolder(self.path / "run")

    def make(
        self,
        facts: Mapping[str, Json],
        run: RunFolder,
        record: Path,
        provider: Mapping[str, str],
        texts: Mapping[bytes, bytes],
        *,
        pdf: bool,
    ) -> Made:
        """Write a new dossier, all of it or nothing.

        Args:
            facts: what the chain says (`chain_facts`).
            run: the folder of the run that made the model.
            record: the model's record (`dataset register` keeps it), with its manifest and item table.
            provider: the provider's answers (`read_provider`).
            texts: legal texts by their SHA-256, beside those that the package has.
            pdf: whether the paper for print is made.

        Raises:
            InputError: there is something in it already, the run is not signed, the model is not of this run, or the
                typesetter is not installed.
            StorageError: something cannot be read or written.
        """
        self.check_new(pdf=pdf)
        if run.signature() is None:
            raise InputError(f"The run in {shown(str(run.path))} is not signed; `audiera run sign` does.")
        manifest, table = _papers(record, facts)
        made_by(manifest, table, run.run())
        place = self.path.resolve()
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=".audiera.", dir=place.parent) as beside:
                new = DossierFolder(Path(beside) / "dossier")
                new._copy(run, {"manifest": manifest, "items": table})
                missing = new._add_texts(_texts(facts), texts)
                digest, absent = new._write(facts, provider, pdf=pdf)
                new.path.rename(place)
        except OSError as error:
            where = shown(str(self.path))
            raise StorageError(f"{where} cannot be written ({error.strerror}); see to that, and try again.") from error
        return Made(digest, absent, missing)

    def check_new(self, *, pdf: bool) -> None:
        """Return if a dossier can be made here: there is no such folder, or nothing in it.

        Raises:
            InputError: there is something in it; or one for print is to be made, and the typesetter is not installed.
        """
        if pdf:
            check_typesetter("leave it out by --no-pdf")
        if (self.path / "dossier.json").exists():
            raise InputError(f"{shown(str(self.path))} has a dossier already; name another folder.")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise InputError(f"{shown(str(self.path))} is not empty; name a folder that is not there.")

    def _copy(self, run: RunFolder, model: Mapping[str, bytes]) -> None:
        shutil.copytree(run.path, self.path / "run")
        (self.path / "model").mkdir()
        for name, data in model.items():
            replace_file(self.path / "model" / f"{name}.json", [data])

    def _add_texts(self, named: Collection[bytes], texts: Mapping[bytes, bytes]) -> tuple[str, ...]:
        """Write the texts that are named, and return the names of those that are not here."""
        missing = []
        for digest in sorted(named):
            text = texts.get(digest) or (known.text if (known := template_of(digest)) else None)
            if text is None:
                missing.append(digest.hex())
                continue
            (self.path / "texts").mkdir(exist_ok=True)
            replace_file(self.path / "texts" / f"{digest.hex()}.md", [text])
        return tuple(missing)

    def _write(
        self, facts: Mapping[str, Json], provider: Mapping[str, str], *, pdf: bool
    ) -> tuple[bytes, frozenset[str]]:
        """Write papers and truth, and return the truth's SHA-256 and the letters that no font has."""
        paper = paper_of(facts, self.run, provider, self.texts())
        replace_file(self.path / "dossier.html", [html_of(paper)])
        absent: frozenset[str] = frozenset()
        if pdf:
            printed, absent = pdf_of(paper)
            replace_file(self.path / "dossier.pdf", [printed])
        document = canonical(
            {
                "format": FORMAT,
                "chain": facts,
                "chainSha256": hex_of(hashlib.sha256(canonical(facts)).digest()),
                "provider": dict(provider),
                "run": hex_of(self.run.run().digest()),
                "sentences": sentences_json(paper),
                "files": {name: hex_of(it) for name, it in self.files().items()},
            }
        )
        replace_file(self.path / "dossier.json", [document])
        return hashlib.sha256(document).digest(), absent

    def files(self) -> dict[str, bytes]:
        """Return the SHA-256 of every file but the truth itself, by name.

        Raises:
            StorageError: one cannot be read.
        """
        paths = sorted(it for it in self.path.rglob("*") if it.is_file() or it.is_symlink())
        names = {str(it.relative_to(self.path)): it for it in paths}
        return {name: hashlib.sha256(self.read(name)).digest() for name in names if name != "dossier.json"}

    @property
    def has_pdf(self) -> bool:
        """Whether the paper for print is in it."""
        return (self.path / "dossier.pdf").exists()

    def texts(self) -> frozenset[str]:
        """Return the names of the legal texts that are here: their SHA-256 in hex."""
        return frozenset(it.stem for it in (self.path / "texts").glob("*.md"))

    def document(self) -> dict[str, object]:
        """Return the truth.

        Raises:
            StorageError: it cannot be read, or is none.
        """
        data = self.read("dossier.json")
        try:
            found = as_object(read_json(data, most=_MOST))
            if (written := as_text(found["format"])) != FORMAT and written.startswith("audiera-dossier-"):
                raise StorageError(
                    f"It is of the format {shown(written)}, and this version of the package writes {FORMAT}; verify it "
                    "with the version that made it."
                )
            if written != FORMAT or canonical(found) != data:  # type: ignore[arg-type]  # JSON that was read
                raise ValueError("it is not written as it was made")
            for name in ("chain", "provider", "files"):
                as_object(found[name])
            as_list(found["sentences"])
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"dossier.json is damaged ({error}); get it from whoever made it.") from error
        return found

    def read(self, name: str) -> bytes:
        """Return a file.

        Raises:
            StorageError: it cannot be read.
        """
        try:
            return read_file(self.path / name, _MOST)
        except OSError as error:
            raise StorageError(f"{shown(name)} cannot be read ({error.strerror}); restore it.") from error


def made_by(manifest: bytes, table: bytes, run: Run) -> None:
    """Return if a model's manifest names a run, and has the files that the run names.

    Raises:
        InputError: it is of another run, or of none.
    """
    named = [it.sha256 for it in read_commitments(manifest).files if it.name == RUN_NAME]
    if named != [run.digest()]:
        raise InputError(
            f"The model's manifest does not name the run {hex_of(run.digest())}; name the run that made it."
        )
    there = {row.item.sha256 for row in read_table(table)}
    if missing := [it.path for it in run.weights if it.sha256 not in there]:
        raise InputError(f"The model has no file with the hash of {shown(missing[0])}, which the run names.")


def sentences_json(paper: Paper) -> list[Json]:
    """Return what a paper says, as JSON values."""
    return [
        {
            "title": chapter.title,
            "level": chapter.level,
            "sentences": [
                {"text": it.text, "source": it.source.value, "proofs": list(it.proofs)} for it in chapter.sentences
            ],
            "tables": [{"columns": list(it.columns), "rows": [list(row) for row in it.rows]} for it in chapter.tables],
        }
        for chapter in paper.chapters
    ]


def _papers(record: Path, facts: Mapping[str, Json]) -> tuple[bytes, bytes]:
    digest = as_hash(as_object(facts["model"])["manifest"])
    place = record / digest.hex()
    try:
        manifest = read_file(place / "manifest.json", MANIFEST_BYTES)
        table = read_file(place / "items.json", _MOST)
    except OSError as error:
        where = shown(str(place))
        raise StorageError(f"The model's papers are not in {where} ({error.strerror}); name its record.") from error
    if hashlib.sha256(manifest).digest() != digest or hashlib.sha256(table).digest() != _table_of(manifest):
        raise StorageError(f"The model's papers in {shown(str(place))} are not what the chain names; restore them.")
    return manifest, table


def _table_of(manifest: bytes) -> bytes:
    return read_commitments(manifest).table.sha256


def _texts(facts: Mapping[str, Json]) -> set[bytes]:
    licenses = map(as_object, as_list(facts["licenses"]))
    return {as_hash(as_object(it["terms"])["text"]) for it in licenses}
