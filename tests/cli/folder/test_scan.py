import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from audiera.cli.main import COMMANDS
from tests.support.console import audiera
from tests.support.music import ADA, write_album, write_comments, write_contributors, write_tone
from tests.support.pages import command_of


def run(*arguments: object) -> Result:
    return audiera("scan", *arguments)


def tree(folder: Path) -> list[tuple[Path, int]]:
    return [(path, path.lstat().st_mtime_ns) for path in sorted(folder.rglob("*"))]


def test_a_folder_is_shown_with_its_totals_and_nothing_is_written(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    write_comments(folder / "a.flac", {"title": ["First"], "artist": ["Ada", "Ben"]})
    before = tree(tmp_path)

    result = run(folder)

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["path", "type", "length", "bytes", "sound", "title", "artists"]
    assert lines[1].startswith("a.flac ")
    assert lines[1].endswith("First  Ada, Ben")
    assert "0:00.250" in lines[1]
    assert "8000 Hz, 1 ch" in lines[1]
    size = sum((folder / name).stat().st_size for name in ("a.flac", "b.ogg", "side 2/c.wav"))
    assert lines[5] == f"3 items, {size:,} bytes, 0:01.500"
    assert [line.split(":")[0] for line in lines[6:9]] == ["  audio/flac", "  audio/ogg", "  audio/wav"]
    assert lines[10:] == ["Passed over:", "  LICENCE.txt does not begin like music."]
    assert tree(tmp_path) == before


def test_everything_in_the_way_is_listed_and_the_exit_code_says_so(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()
    (folder / "copy.flac").write_bytes((folder / "a.flac").read_bytes())

    result = run(folder)

    assert result.exit_code == 1
    assert result.stdout.endswith(
        "\nIn the way:\n  copy.flac has the same bytes as a.flac; keep one of them.\n  empty.wav is empty.\n"
    )
    assert result.stderr == (
        "\n2 files cannot be taken; mend them, move them out, or see --skip-bad and --duplicates.\n"
    )


def test_what_the_user_leaves_out_is_not_in_the_way(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()
    (folder / "copy.flac").write_bytes((folder / "a.flac").read_bytes())

    result = run(folder, "--skip-bad", "--duplicates", "keep-first")

    assert result.exit_code == 0
    assert result.stdout.endswith(
        "\nLeft out as asked:\n  copy.flac has the same bytes as a.flac; keep one of them.\n  empty.wav is empty.\n"
    )


def test_what_is_worth_knowing_is_listed(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    write_tone(folder / "take.wav", like=".flac", hertz=990, frames=4_000)
    files = ["a.flac,-,", "b.ogg,-,", "side 2/c.wav,-,"]
    sheet = write_contributors(tmp_path / "people.csv", "file,composer,bytes", "take.wav,Ada,1", *files)

    result = run(folder, "--contributors", sheet)

    size = (folder / "take.wav").stat().st_size
    assert result.exit_code == 0
    assert result.stdout.endswith(
        "\nWorth knowing:\n"
        "  take.wav is audio/flac though its name ends in .wav; it is taken by its content.\n"
        f"  take.wav has {size:,} bytes, but people.csv says '1' (line 2, column bytes).\n"
        f"\nLeft open in {sheet}, to be said there or to the command that publishes:\n"
        "  it states no shares; say how to divide: --shares equal, items or seconds.\n"
        "  no address for Ada; add it, or name with --custodian who holds in trust for them.\n"
    )


def test_json_has_all_of_it(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()

    result = run(folder, "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {key: told[key] for key in ("folder", "itemCount", "durationMs", "passedOver", "notes", "leftOut")} == {
        "folder": str(folder),
        "itemCount": 3,
        "durationMs": 1_500,
        "passedOver": [{"path": "LICENCE.txt", "reason": "does not begin like music"}],
        "notes": [],
        "leftOut": [],
    }
    assert told["problems"] == [{"path": "empty.wav", "reason": "is empty"}]
    assert [item["path"] for item in told["items"]] == ["a.flac", "b.ogg", "side 2/c.wav"]
    assert told["bytes"] == sum(item["size"] for item in told["items"])
    assert {"sha256", "media_type", "sample_rate"} <= told["items"][0].keys()


def test_any_file_is_an_item_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"123")

    result = run(tmp_path, "--kind", "model")

    assert result.exit_code == 0
    assert "\n1 item, 3 bytes\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing"], "Error: There is no folder missing; name the folder that holds the dataset.\n"),
        (["."], "Error: . holds no music; name the folder that holds the music.\n"),
    ],
    ids=["no folder", "no music"],
)
def test_what_cannot_be_scanned_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run(*arguments)

    assert result.exit_code == 1
    assert result.stderr.startswith(said)


def test_a_name_like_an_option_is_a_name_after_two_dashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_album(tmp_path / "--json")

    result = run("--", "--json")

    assert result.exit_code == 0
    assert "3 items" in result.stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    command = command_of(["audiera", name])

    assert command is not None
    assert any((it or "").startswith(COMMANDS[name].rstrip(".")) for it in (command.help, command.short_help))
    assert f"  {name}  " in audiera("--help").stdout


def test_scanning_needs_no_chain_and_help_needs_nothing() -> None:
    code = (
        "import sys; import audiera.cli.{}; print([name for name in ('web3', 'numpy', 'rich') if name in sys.modules])"
    )

    def loaded(module: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code.format(module)], check=True, capture_output=True, text=True
        ).stdout.strip()

    assert loaded("main") == "[]"
    assert "web3" not in loaded("folder.scan")


def test_comparing_by_ear_without_chromaprint_says_what_to_install(tmp_path: Path) -> None:
    write_album(tmp_path)
    code = (
        "import sys; sys.modules['chromaprint'] = None; from audiera.cli.main import main; "
        f"main(['scan', '--fingerprint', {str(tmp_path)!r}])"
    )

    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: Fingerprints need Chromaprint; install the library (libchromaprint1 on ")


def test_a_contributors_file_is_held_to_what_every_command_holds_it_to(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    (folder / "empty.wav").touch()
    rows = ("a.flac,Ada", "LICENCE.txt,Ben", "empty.wav,Cy")
    sheet = write_contributors(tmp_path / "people.csv", "file,composer", *rows)

    result = run(folder, "--contributors", sheet)

    assert result.exit_code == 1
    assert result.stdout.endswith(
        f"\nTo put right in {sheet}:\n"
        "  line 3: LICENCE.txt is passed over (does not begin like music); mend that or remove the row.\n"
        "  b.ogg is in the folder and has no row; add one, with - as composer for no credit.\n"
        "  side 2/c.wav is in the folder and has no row; add one, with - as composer for no credit.\n"
    )


def test_what_a_contributors_file_leaves_open_is_told_and_is_no_fault(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    sheet = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}", "Ben,")

    result = run(folder, "--contributors", sheet)
    told = json.loads(run(folder, "--contributors", sheet, "--json").stdout)

    said = [
        "it states no shares; add a column `share`, or say --shares equal.",
        "no address for Ben; add it, or name with --custodian who holds in trust for them.",
    ]
    assert (result.exit_code, told["leftOpen"], told["corrections"]) == (0, said, [])
    assert result.stdout.endswith(
        f"\nLeft open in {sheet}, to be said there or to the command that publishes:\n  {said[0]}\n  {said[1]}\n"
    )


def test_all_that_is_wrong_with_a_contributors_file_is_listed_beside_the_folder(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    sheet = write_contributors(tmp_path / "people.csv", "name,adress,share", "Ada,x,0 %")

    result = run(folder, "--contributors", sheet)
    told = json.loads(run(folder, "--contributors", sheet, "--json").stdout)

    assert result.exit_code == 1
    assert "\n3 items, " in result.stdout
    assert [problem.split(";")[0] for problem in told["corrections"]] == [
        "column 'adress' is unknown",
        "line 2: a share of 0 % pays nothing",
    ]
    assert all(f"\n  {problem}\n" in result.stdout for problem in told["corrections"])


def test_aliases_are_read_with_their_book(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    sheet = write_contributors(tmp_path / "people.csv", "name,address", "Ada,ada")
    book = write_contributors(tmp_path / "book.csv", "alias,address", f"ada,{ADA}")

    assert run(folder, "--contributors", sheet).exit_code == 1
    assert run(folder, "--contributors", sheet, "--address-book", book).exit_code == 0


def test_a_copy_is_told_once(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "copy.flac").write_bytes((folder / "a.flac").read_bytes())

    result = run(folder)

    assert result.stdout.count("copy.flac ") == 2  # the row, and why it is in the way


def test_a_folder_without_music_says_why_each_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")

    result = run(tmp_path)

    assert result.stderr == (
        f"Error: {tmp_path} holds no music (1 other file was passed over); name the folder that holds the music.\n"
        "  notes.txt does not begin like music.\n"
    )
