"""What somebody asks for who turns a folder into a dataset, or into the next version of one."""

from dataclasses import dataclass
from pathlib import Path

from audiera.credits import ShareRule
from audiera.dataset.record import record_folder
from audiera.errors import InputError
from audiera.folder import Duplicates, ReadingCache, Scan, ScanOptions, scan
from audiera.protocol import Kind, holds_music
from audiera.spread import open_parts
from audiera.work import Watcher

__all__ = ["DatasetRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRequest:
    """What is said of a folder.

    A later version takes name, creators, keywords and citation from the version before, and the shares stay as they
    were registered; credits are asked for again only where the dataset is one of several of its folder, to tell which
    files are its.
    """

    folder: Path
    """The files; nothing in it is changed."""
    contributors: Path | None = None
    """The contributors file; a new dataset needs one."""
    address_book: Path | None = None
    """The addresses of the aliases in it."""
    kind: Kind = Kind.Recordings
    rule: ShareRule | None = None
    """How to divide what the contributors file leaves open (`audiera.credits.divide`)."""
    custodian: str | None = None
    """The address that holds in trust for contributors without one."""
    salt: str = ""
    """Makes account keys unguessable from names."""
    name: str = ""
    """Of the dataset; the folder's name if empty."""
    description: str = ""
    """A sentence or more; if empty, the number of files and their length, or what the version before said."""
    creators: tuple[str, ...] = ()
    """The people who made the dataset; without any, and without organisations, everyone credited."""
    organizations: tuple[str, ...] = ()
    """The bands, labels and companies that made it."""
    keywords: tuple[str, ...] = ()
    """For those who search."""
    citation: str = ""
    """How to cite it; made from the other facts if empty."""
    cover: Path | None = None
    """A picture; if None, that of the version before."""
    date: str
    """The day this version is published, YYYY-MM-DD: said and not read off a clock, so that the manifest can be built
    again.
    """
    skip_bad: bool = False
    """Leave out files that cannot be taken, and say so in the manifest."""
    duplicates: Duplicates = Duplicates.STOP
    fingerprint: bool = False
    """Compare recordings by ear (Chromaprint), so that two encodings of one are noted."""
    preview: bool | None = None
    """Let anyone hear an excerpt of each item; None: as of the version before, and of a new dataset not."""
    group_by: str | None = None
    """`contributors`: one dataset for each list of credits (`audiera.dataset.parts`)."""
    out: Path | None = None
    """Where the record is kept; beside the folder if None."""
    parts: Path | None = None
    """The folder of the parts in which it was scanned; None if it is to be read here (`audiera.spread`)."""
    bucket: str = ""
    """The s3:// URL where the files are, if that is no folder; then `folder` is only what they are called."""

    @property
    def record(self) -> Path:
        """Where the record of the folder is kept.

        Raises:
            InputError: the folder's name leaves none to call the record by, or it would lie among the music.
        """
        if self.bucket and self.out is None:
            raise InputError(f"{self.bucket} has no record beside it; say where to keep it with --out.")
        return record_folder(self.folder, self.out)

    @property
    def may_leave_out(self) -> bool:
        """Whether files of the folder may be left out, which only reading it tells."""
        return self.skip_bad or self.duplicates is not Duplicates.STOP

    @property
    def scanning(self) -> ScanOptions:
        """How the folder is read."""
        return ScanOptions(
            everything=not holds_music(self.kind),
            skip_bad=self.skip_bad,
            duplicates=self.duplicates,
            fingerprint=self.fingerprint,
        )

    def read(self, options: ScanOptions, *, known: ReadingCache | None = None, progress: Watcher | None = None) -> Scan:
        """Return what is in the folder, read here or in parts.

        Args:
            options: how it is read.
            known: what reading it found before.
            progress: called after every file, or file of rows.

        Raises:
            FolderError: files that cannot be taken, all of them at once.
            InputError: the folder holds no item, or parts are missing.
        """
        if self.parts is None:
            return scan(self.folder, options, progress=progress, known=known)
        url = self.bucket or str(self.folder.resolve())
        return open_parts(self.parts).scan(self.folder, options, url=url, progress=progress)
