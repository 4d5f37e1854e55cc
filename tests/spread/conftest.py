"""Folders and buckets with what labels have in them: music of all sizes, covers, texts, copies and damage."""

from pathlib import Path

import pytest
import s3fs

from tests.support.music import write_album, write_comments, write_tone
from tests.support.scores import NOTE, midi
from tests.support.stores import bucket, s3, s3_server

__all__ = ["bucket", "label", "label_in_bucket", "s3", "s3_server"]


@pytest.fixture
def label(tmp_path: Path) -> Path:
    """A label's folder, in which nothing stops but one file and one copy."""
    folder = write_album(tmp_path / "label")
    for number in range(24):
        write_tone(folder / f"{number % 5}" / f"{number:02}.wav", hertz=300 + number, frames=400 * (number % 4 + 1))
    write_tone(folder / "0" / "again.flac", hertz=300, frames=400)  # the same, sample for sample
    write_comments(folder / "a.flac", {"title": ["First"], "artist": ["Ada"], "isrc": ["USRC17607839"]})
    write_comments(folder / "0" / "again.flac", {"isrc": ["USRC17607839"]})
    (folder / "0" / "copy.wav").write_bytes((folder / "0" / "00.wav").read_bytes())
    (folder / "1" / "empty.wav").touch()
    (folder / "1" / "Cover.jpg").write_bytes(b"\xff\xd8\xff" + bytes(9_000))
    (folder / "1" / "E\u0301cluse.mid").write_bytes(midi([NOTE]))
    (folder / "1" / "A.WAV").write_bytes((folder / "1" / "01.wav").read_bytes()[:-2])
    (folder / "2" / "lyrics.txt").write_text("la la")
    (folder / "2" / ".hidden.wav").touch()
    write_tone(folder / "2" / "b.wav", hertz=900)
    write_tone(folder / "2" / "B.wav", hertz=901)
    (folder / "no name").write_bytes((folder / "2" / "b.wav").read_bytes()[:40])
    return folder


@pytest.fixture
def label_in_bucket(label: Path, bucket: str, s3: s3fs.S3FileSystem) -> str:
    """The same in a bucket."""
    for path in sorted(label.rglob("*")):
        if path.is_file():
            s3.pipe_file(f"{bucket}/music/{path.relative_to(label).as_posix()}", path.read_bytes())
    return f"s3://{bucket}/music"
