"""The cases of docs/odd-files.md, each made on a disk and read by the command that a user runs."""

import json
import os
import re
import socket
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from click.testing import Result

from tests.support.console import audiera
from tests.support.encoded import write_encoded, write_film
from tests.support.music import write_comments, write_tone
from tests.support.permissions import forbidden
from tests.support.places import DOCS

Make: TypeAlias = Callable[[Path], object]

PAGE: Final = DOCS / "odd-files.md"
ROWS: Final[dict[str, str]] = {
    case: said
    for case, said in re.findall(r"^\| ([^|]+?) \| [^|]* \| ([^|]*?) ?\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    if case not in {"case", "---"}
}

LONG: Final = "n" * 251
ROUND: Final = "\u202e"


def scan(folder: Path, *options: str) -> Result:
    return audiera("scan", *options, "--", folder)


def section(result: Result, title: str) -> list[str]:
    """Returns the lines of one list of the output."""
    _, _, rest = result.stdout.partition(f"\n{title}:\n")
    return [line.removeprefix("  ") for line in rest.split("\n\n")[0].splitlines()]


def message(case: str) -> str:
    return ROWS[case].strip("`")


def tone(name: str, like: str | None = None) -> Make:
    return lambda folder: write_tone(folder / name, like=like)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def undecodable(folder: Path) -> None:
    write_tone(folder / "plain.wav").rename(os.fsdecode(os.fsencode(folder) + b"/\xff.wav"))


def deep(folder: Path) -> None:
    """Makes folders one in another until no path can name the last, as restored backups have them."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(LONG, dir_fd=at)
        below = os.open(LONG, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


def listen(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        at = Path.cwd()
        os.chdir(folder)  # the path of a socket has room for a hundred bytes
        server.bind("socket.wav")
        os.chdir(at)


@pytest.mark.parametrize(
    ("case", "name", "shown"),
    [
        ("any script", "夜のフェリー.wav", "夜のフェリー.wav"),
        ("any script", "عبارة.wav", "عبارة.wav"),
        ("any script", "🎵.wav", "🎵.wav"),
        ("marks of direction", "a\u200fb.wav", r"'a\u200fb.wav'"),
        ("marks of direction", "a\u200d.wav", r"'a\u200d.wav'"),
        ("quotes and spaces", """it's "ok".wav""", """it's "ok".wav"""),
        ("quotes and spaces", " a .wav", "' a .wav'"),
        ("names like options", "--json.wav", "--json.wav"),
        ("names like options", "-rf/-x.wav", "-rf/-x.wav"),
        ("accents", "E\u0301cluse.wav", "\u00c9cluse.wav"),
    ],
)
def test_a_name_that_is_unusual_is_taken(tmp_path: Path, case: str, name: str, shown: str) -> None:
    write_tone(tmp_path / name)

    result = scan(tmp_path)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith(f"{shown}  audio/wav")
    assert message(case) == ""


@pytest.mark.parametrize("name", [f"{LONG}.wav", f"{LONG}.dir/{LONG}.wav"], ids=["file", "folder"])
def test_longest_names(tmp_path: Path, name: str) -> None:
    write_tone(tmp_path / name)

    (item,) = json.loads(scan(tmp_path, "--json").stdout)["items"]

    assert item["path"] == name


@pytest.mark.parametrize(
    ("case", "make", "shown"),
    [
        ("turned direction", tone(f"song{ROUND}3pm.wav"), r"'song\u202e3pm.wav'"),
        ("turned direction", tone("\u2067a.wav"), r"'\u2067a.wav'"),
        ("line breaks", tone("line\nbreak.wav"), r"'line\nbreak.wav'"),
        ("line breaks", tone("line\u2028break.wav"), r"'line\u2028break.wav'"),
        ("line breaks", tone("folder\r/a.wav"), r"'folder\r/a.wav'"),
        ("line breaks", tone("back\\slash.wav"), "back\\slash.wav"),
        ("not UTF-8", undecodable, r"'\udcff.wav'"),
        ("empty", lambda folder: (folder / "empty.wav").touch(), "empty.wav"),
        ("link outside", lambda folder: (folder / "x.wav").symlink_to("/etc/hostname"), "x.wav"),
        ("link outside", lambda folder: (folder / "up").symlink_to(".."), "up"),
        ("link nowhere", lambda folder: (folder / "gone.wav").symlink_to("x"), "gone.wav"),
        ("link nowhere", lambda folder: (folder / "loop").symlink_to("loop"), "loop"),
        ("link to hidden", lambda folder: (folder / "x.wav").symlink_to(tone(".x.wav")(folder)), "x.wav"),
        ("pipes and sockets", lambda folder: os.mkfifo(folder / "pipe.wav"), "pipe.wav"),
        ("pipes and sockets", listen, "socket.wav"),
    ],
)
def test_what_cannot_be_taken_is_named_with_the_reason(tmp_path: Path, case: str, make: Make, shown: str) -> None:
    make(tmp_path)

    result = scan(tmp_path)

    assert result.exit_code == 1
    assert section(result, "In the way") == [f"{shown} {message(case)}."]


@pytest.mark.parametrize(
    ("case", "make", "shown"),
    [
        ("header only", lambda path: os.truncate(write_tone(path / "a.wav"), 44), "a.wav"),
        ("header only", lambda path: os.truncate(write_tone(path / "a.flac"), 42), "a.flac"),
        ("truncated", lambda path: cut(write_tone(path / "a.flac")), "a.flac"),
        ("truncated", lambda path: cut(write_tone(path / "a.ogg")), "a.ogg"),
        ("text named .wav", lambda path: (path / "a.wav").write_text("no music"), "a.wav"),
    ],
)
def test_what_is_broken_inside_is_named(tmp_path: Path, case: str, make: Make, shown: str) -> None:
    make(tmp_path)

    result = scan(tmp_path)

    (line,) = section(result, "In the way")
    assert result.exit_code == 1
    assert line.startswith(f"{shown} ")
    assert message(case) == "as the format has it"


def alike(folder: Path) -> None:
    path = write_tone(folder / "a.flac")
    (folder / "b.flac").write_bytes(path.read_bytes())
    write_comments(folder / "b.flac", {"title": ["Other"]})


@pytest.mark.parametrize(
    ("case", "make", "shown"),
    [
        ("letter case", lambda folder: [tone("a.wav")(folder), write_tone(folder / "A.wav", hertz=550)], "a.wav"),
        ("wrong extension", tone("a.wav", ".flac"), "a.wav"),
        ("no extension", tone("a", ".wav"), "a"),
        ("same recording retagged", alike, "b.flac"),
    ],
)
def test_what_is_odd_and_harmless_is_noted(tmp_path: Path, case: str, make: Make, shown: str) -> None:
    make(tmp_path)

    result = scan(tmp_path)

    said = message(case).replace("differs from a.wav", "differs from A.wav")
    assert result.exit_code == 0
    assert section(result, "Worth knowing") == [f"{shown} {said}."]


def test_accents_twice(tmp_path: Path) -> None:
    write_tone(tmp_path / unicodedata.normalize("NFD", "Écluse.wav"))
    write_tone(tmp_path / "Écluse.wav", hertz=550)

    result = scan(tmp_path)

    assert result.exit_code == 1
    assert section(result, "In the way") == [f"Écluse.wav {message('accents twice')}."]


def test_same_bytes_twice(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.flac")
    (tmp_path / "b.flac").write_bytes(path.read_bytes())

    stopped, kept = scan(tmp_path, "--skip-bad"), scan(tmp_path, "--duplicates", "keep-first")

    said = [f"b.flac {message('same bytes twice')}."]
    assert (stopped.exit_code, section(stopped, "In the way")) == (1, said)
    assert (kept.exit_code, section(kept, "Left out as asked")) == (0, said)


def test_sparse_giant(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "giant.wav")
    on_disk = path.stat().st_blocks * 512
    os.truncate(path, 10**12)

    result = scan(tmp_path)

    said = message("sparse giant").replace("8,192", f"{on_disk:,}")
    assert section(result, "In the way") == [f"giant.wav {said}."]


@pytest.mark.parametrize(
    "name", [".x.wav", "._a.wav", "Thumbs.db", "desktop.ini", "__MACOSX/x.wav", "Old.audiera/x.wav"]
)
def test_hidden_and_litter(tmp_path: Path, name: str) -> None:
    write_tone(tmp_path / "a.wav")
    write_tone(tmp_path / name, like=".flac")

    result = scan(tmp_path)

    assert (result.exit_code, section(result, "Passed over")) == (0, [])
    assert "1 item," in result.stdout


def test_no_music_and_link_inside(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav")
    (tmp_path / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF")
    (tmp_path / "again.wav").symlink_to("a.wav")
    (tmp_path / "round").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")

    result = scan(tmp_path)

    assert result.exit_code == 0
    assert section(result, "Passed over") == [
        f"again.wav {message('link inside')}.",
        f"cover.jpg {message('no music')}.",
        "pipe is not a regular file; remove it.",
        f"round {message('link inside')}.",
    ]


def test_what_holds_films_and_several_streams_is_passed_over(tmp_path: Path) -> None:
    """The cases "films" and "several streams"."""
    write_tone(tmp_path / "a.wav")
    write_encoded(tmp_path / "b.webm", "webm")
    write_encoded(tmp_path / "c.mp4", "mp4")
    write_encoded(tmp_path / "d.mkv", "mka")
    write_film(tmp_path / "film.mp4", "mp4")
    write_film(tmp_path / "takes.mkv", "matroska", pictures=0, sounds=2)

    result = scan(tmp_path)

    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[1:5]] == ["a.wav", "b.webm", "c.mp4", "d.mkv"]
    assert section(result, "Passed over") == [
        f"film.mp4 {message('films')}.",
        f"takes.mkv {message('several streams')}.",
    ]


@pytest.mark.parametrize(
    ("case", "tags", "name"),
    [
        ("wrong encoding", {"title": ["Caf?"]}, "a.flac"),
        ("characters that are no text", {"title": ["A\x1bB"]}, "a.flac"),
        ("several values", {"title": ["A", "B"]}, "a.flac"),
        ("not of its standard", {"isrc": ["none"]}, "a.flac"),
        ("endless text", {"title": ["a" * 10_001]}, "a.flac"),
        ("one ISRC on two recordings", {"isrc": ["XX-AUD-26-00004"]}, "b.flac"),
    ],
)
def test_a_tag_that_is_odd_is_noted(tmp_path: Path, case: str, tags: dict[str, list[str]], name: str) -> None:
    for each, hertz in (("a.flac", 220), ("b.flac", 330)):
        if case.startswith("one") or each == name:
            path = write_comments(write_tone(tmp_path / each, hertz=hertz), tags)
            path.write_bytes(path.read_bytes().replace(b"Caf?", b"Caf\xe9"))

    result = scan(tmp_path)

    assert result.exit_code == 0
    assert section(result, "Worth knowing") == [f"{name} {message(case)}."]


def test_tags_that_cannot_be_read(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.wv", "wv", tags={"title": "Cafe"})
    path.write_bytes(path.read_bytes().replace(b"Cafe", b"Caf\xe9"))

    result = scan(tmp_path)

    assert result.exit_code == 0
    assert section(result, "Worth knowing") == [f"a.wv {message('tags that cannot be read')}."]


def test_tag_in_front(tmp_path: Path) -> None:
    sound = write_tone(tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + sound)

    result = scan(tmp_path)

    assert result.exit_code == 0
    assert section(result, "Worth knowing") == [f"a.wav {message('tag in front')}."]


def test_deep_folders(tmp_path: Path) -> None:
    deep(tmp_path)

    (line,) = section(scan(tmp_path), "In the way")

    assert re.fullmatch(f"({LONG}/)+{LONG} {re.escape(message('deep folders'))}[.]", line)


def test_folder_is_a_link(tmp_path: Path) -> None:
    write_tone(tmp_path / "music" / "a.wav")
    (tmp_path / "link").symlink_to("music")

    assert scan(tmp_path / "link").exit_code == 0


@pytest.mark.parametrize(("case", "path"), [("unreadable file", "side/a.wav"), ("unreadable folder", "side")])
def test_what_may_not_be_read_is_named(tmp_path: Path, case: str, path: str) -> None:
    write_tone(tmp_path / "side" / "a.wav")

    with forbidden(tmp_path / path):
        result = scan(tmp_path)

    assert result.exit_code == 1
    assert section(result, "In the way") == [f"{path} {message(case)}."]


def test_longest_names_of_the_folder_itself(tmp_path: Path) -> None:
    folder = write_tone(tmp_path / ("f" * 255) / "a.wav").parent

    assert scan(folder).exit_code == 0


def test_every_case_of_the_page_is_shown_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    elsewhere = {
        "changing file": "test_intake.py",
        "costly file": "test_reader.py",
        "mount loop": "test_odd_mounts.py",
        "many files": "test_odd_crowds.py",
    }

    assert [
        case
        for case in ROWS
        if case not in elsewhere and f'"{case}"' not in source and case.replace(" ", "_") not in source
    ] == []
    assert [
        name for name in elsewhere.values() if name.endswith(".py") and not (Path(__file__).parent / name).exists()
    ] == []
