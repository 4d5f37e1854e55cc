import json
from pathlib import Path

import pytest

from audiera.credits.divide import ShareRule
from audiera.dataset.prepare import prepare, prepare_version
from audiera.dataset.record import load_version, store_version
from audiera.dataset.request import DatasetRequest
from audiera.errors import InputError
from audiera.manifest.cover import Cover
from audiera.work.progress import Progress
from tests.support.music import ADA, write_album, write_contributors

PNG = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_album(tmp_path / "Harbour Lights")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")


def test_a_cover_is_named_by_what_it_is_and_kept_by_later_versions(folder: Path, people: Path, tmp_path: Path) -> None:
    cover = tmp_path / "front.jpeg"
    cover.write_bytes(PNG)
    first = prepare(
        DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.EQUAL, cover=cover)
    )
    store_version(tmp_path / "record", first.documents)
    stored = load_version(tmp_path / "record", first.manifest_digest)
    cover.write_bytes(b"GIF89a")

    kept = prepare_version(DatasetRequest(folder=folder, date="2026-04-01"), stored, version=2)
    replaced = prepare_version(DatasetRequest(folder=folder, date="2026-04-01", cover=cover), stored, version=2)

    image = json.loads(kept.manifest)["image"]
    assert (image["contentUrl"], image["encodingFormat"]) == ("cover.png", "image/png")
    assert kept.documents.files["cover.png"] == PNG
    assert json.loads(replaced.manifest)["image"]["contentUrl"] == "cover.gif"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7", "is not a PNG, JPEG, GIF or WebP picture; convert it to one"),
        (b"RIFF....WAVE", "is not a PNG, JPEG, GIF or WebP picture"),
        (PNG + bytes(16 << 20), "is larger than 16 MiB; choose a smaller cover"),
        (None, r"cannot be read \(No such file or directory\); name a picture with --cover"),
    ],
    ids=["document", "sound", "giant", "missing"],
)
def test_what_is_no_cover_is_refused_before_the_folder_is_read(
    folder: Path, people: Path, tmp_path: Path, data: bytes | None, message: str
) -> None:
    cover = tmp_path / "front.png"
    if data is not None:
        cover.write_bytes(data)
    seen: list[Progress] = []

    with pytest.raises(InputError, match=message):
        prepare(
            DatasetRequest(folder=folder, date="2026-03-01", contributors=people, rule=ShareRule.EQUAL, cover=cover),
            progress=seen.append,
        )
    assert seen == []


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (PNG, "cover.png"),
        (b"\xff\xd8\xff\xe0", "cover.jpg"),
        (b"GIF87a", "cover.gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "cover.webp"),
    ],
)
def test_a_picture_is_known_by_its_bytes(data: bytes, name: str) -> None:
    cover = Cover.of(data)

    assert cover is not None
    assert cover.name == name
