"""What training is served: each file once, by seed and epoch, wherever and whenever it goes on."""

import itertools
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiera.errors import InputError
from audiera.loading import Serving, Shelf, decode
from audiera.loading.order import order_of, share_of, start_of, turns_of
from audiera.runs import read_served
from audiera.storage import ObjectError
from tests.support.pulled import add_sounds

FILES = 23


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pulled")
    add_sounds(made, FILES)
    return made


def sound_of(form: str, seconds: int) -> bytes:
    """A tone that rises, so that each place sounds otherwise, as a file."""
    times = np.arange(48_000 * seconds) / 48_000
    sound, file = 0.3 * np.sin(2 * np.pi * (200 + 3 * times) * times), BytesIO()
    told = {"format": "OGG", "subtype": "OPUS"} if form == "OPUS" else {"format": form}
    with soundfile.SoundFile(file, "w", 48_000, 1, **told) as writing:
        for block in np.array_split(sound, 30 * seconds):  # libsndfile crashes on much Vorbis at once
            writing.write(block)
    return file.getvalue()


def serving(folder: Path, log: Path, **told: int | bool) -> Serving:
    return Serving(shelf=Shelf.open(folder), log=log, **told)  # type: ignore[arg-type]


def served(it: Serving, workers: int = 1) -> list[str]:
    """The rest of an epoch, as a loader would ask for it that asks its workers for a batch each in turn."""
    parts = [[entry.key for entry, _ in it.serve(each, workers)] for each in range(workers)]
    batches = [[part[at : at + it.batch_size] for at in range(0, len(part), it.batch_size)] for part in parts]
    turns = itertools.zip_longest(*batches, fillvalue=list[str]())
    return [key for turn in turns for batch in turn for key in batch]


def test_the_order_of_an_epoch_is_the_same_for_ever() -> None:
    assert order_of(8, 7, 0).tolist() == [7, 4, 6, 1, 5, 0, 2, 3]
    assert sorted(order_of(1_000, 7, 1)) == list(range(1_000))
    assert order_of(1_000, 7, 1).tolist() != order_of(1_000, 7, 2).tolist()


@pytest.mark.parametrize("even", [True, False], ids=["even", "all"])
@pytest.mark.parametrize(("ranks", "workers"), [(1, 1), (2, 4), (3, 2), (5, 1)])
def test_each_file_is_one_worker_s_of_one_rank_but_for_what_is_left_over(ranks: int, workers: int, even: bool) -> None:
    shares = [share_of(FILES, 0, rank, ranks, even=even) for rank in range(ranks)]
    found = [place for it in shares for worker in range(workers) for place in turns_of(it, 3, worker, workers)]

    assert sorted(found) == list(range(FILES // ranks * ranks if even else FILES))
    assert {len(it) for it in shares} <= ({FILES // ranks} if even else {FILES // ranks, FILES // ranks + 1})


@pytest.mark.parametrize("workers", [2, 4, 7])
def test_the_number_of_workers_changes_no_order(folder: Path, tmp_path: Path, workers: int) -> None:
    it = serving(folder, tmp_path, seed=1, batch_size=3)

    assert served(it, workers) == served(it)


def test_a_run_goes_on_where_it_was_with_other_ranks_and_workers(folder: Path, tmp_path: Path) -> None:
    whole = served(serving(folder, tmp_path, seed=5))
    first = [serving(folder, tmp_path, seed=5, rank=rank, ranks=2, batch_size=2) for rank in range(2)]
    began = [served(it)[:4] for it in first]
    for it in first:
        it.advance(4)
    state = first[0].state()
    then = [serving(folder, tmp_path, rank=rank, ranks=3, even=False) for rank in range(3)]
    for it in then:
        it.go_on(state)

    rest = [served(it, 2) for it in then]

    assert state == {"seed": 5, "epoch": 0, "position": 8, "files": FILES, "which": first[0].which}
    assert [key for each in zip(*began, strict=True) for key in each] == whole[:8]
    assert sorted(key for part in rest for key in part) == sorted(whole[8:])


def test_the_next_epoch_has_all_files_in_another_order(folder: Path, tmp_path: Path) -> None:
    it = serving(folder, tmp_path)
    first = served(it)
    it.advance(FILES)
    it.end_epoch()

    second = served(it)

    assert sorted(first) == sorted(second)
    assert first != second


def test_what_is_left_over_is_said(folder: Path, tmp_path: Path) -> None:
    even, every = (serving(folder, tmp_path, ranks=4, even=it) for it in (True, False))

    assert (even.left, even.left_over) == (5, 3)
    assert (every.left, every.left_over) == (6, 0)


def test_what_is_served_is_written_down_by_each_process_before_it_is(folder: Path, tmp_path: Path) -> None:
    it = serving(folder, tmp_path / "served")
    serve = it.serve()

    entry, _ = next(serve)
    known = read_served(tmp_path / "served")
    served(it, 4)

    assert known == {(1, 1, entry.row.item.leaf()): 1}
    assert sum(read_served(tmp_path / "served").values()) == FILES + 1
    assert len(list((tmp_path / "served").iterdir())) == 5


def test_a_broken_file_is_an_error_and_not_left_out_or_written_down(tmp_path: Path) -> None:
    add_sounds(tmp_path, 3)
    broken = tmp_path / "dataset-1" / "tone 001.wav"
    broken.write_bytes(bytes(broken.stat().st_size))

    with pytest.raises(ObjectError, match=r"tone 001\.wav is not what was pulled \(.*\); pull it again"):
        served(serving(tmp_path, tmp_path / "served"))

    assert all(times == 1 for times in read_served(tmp_path / "served").values())
    assert len(read_served(tmp_path / "served")) < 3


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"seed": 1, "epoch": 0, "position": -1, "files": FILES, "which": ""},
        {"seed": 1, "epoch": 0, "position": 0.5, "files": FILES, "which": ""},
        {"seed": 1, "epoch": 0, "position": 0, "files": FILES},
        {"seed": 1, "epoch": 0, "position": 0, "files": FILES, "which": 1},
    ],
)
def test_what_is_no_state_is_refused(folder: Path, tmp_path: Path, state: dict[str, int | str]) -> None:
    with pytest.raises(InputError, match="That is no state of a dataset"):
        serving(folder, tmp_path).go_on(state)


def test_a_state_of_more_files_is_refused(folder: Path, tmp_path: Path) -> None:
    it = serving(folder, tmp_path)

    with pytest.raises(InputError, match=r"The state is of 24 files, and .* has 23; begin anew"):
        it.go_on({**it.state(), "files": 24})


@pytest.mark.parametrize("told", [{"number": 2}, {"frames": 500}], ids=["version", "items"])
def test_a_state_of_other_files_is_refused_though_they_are_as_many(tmp_path: Path, told: dict[str, int]) -> None:
    add_sounds(tmp_path, 3)
    state = serving(tmp_path, tmp_path / "served").state()
    serving(tmp_path, tmp_path / "served").go_on(state)
    add_sounds(tmp_path, 3, **told)

    with pytest.raises(InputError, match=r"The state is of other files or versions than .* has now; begin anew\."):
        serving(tmp_path, tmp_path / "served").go_on(state)


@pytest.mark.parametrize("told", [{"rank": 2, "ranks": 2}, {"batch_size": 0}, {"seed": -1}], ids=str)
def test_what_makes_no_sense_is_refused(folder: Path, tmp_path: Path, told: dict[str, int]) -> None:
    with pytest.raises(InputError):
        serving(folder, tmp_path, **told)


def test_more_ranks_than_files_cannot_be_served_alike(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="24 ranks cannot be served as many each of 23 files"):
        serving(folder, tmp_path, ranks=24)


def test_sound_has_a_row_for_each_channel(folder: Path) -> None:
    entry = Shelf.open(folder).entries[0]

    sound, rate = decode(entry, entry.read())

    assert (sound.dtype.name, sound.shape[0]) == ("float32", 1)
    assert round(sound.shape[1] / rate * 1000) in range(1, entry.row.item.duration_ms + 1)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "MP3", "OGG", "OPUS"])
@pytest.mark.parametrize("where", [0.0, 0.4, 0.97, 1.0])
def test_a_stretch_is_what_the_whole_has_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, where: float
) -> None:
    it, entry, data = serving(folder, tmp_path), Shelf.open(folder).entries[0], sound_of(form, seconds=30)
    monkeypatch.setattr("audiera.loading.serving.start_of", lambda *told: round(where * told[-1]))

    whole, _ = decode(entry, data)
    found, rate, start = it.stretch(entry, data, 0.05)

    assert (rate, found.shape) == (48_000, (1, 2_400))
    assert start == round(where * (whole.shape[1] - 2_400))
    assert np.abs(found - whole[:, start : start + 2_400]).max() < 1e-4


def test_a_stretch_is_drawn_by_seed_epoch_and_item_for_ever(folder: Path, tmp_path: Path) -> None:
    leaf = Shelf.open(folder).entries[0].row.item.leaf()
    it, entry, data = serving(folder, tmp_path, seed=7), Shelf.open(folder).entries[0], sound_of("FLAC", seconds=3)

    first = [it.stretch(entry, data, 1)[2] for _ in range(2)]
    it.end_epoch()

    assert first == [start_of(leaf, 7, 0, 96_000)] * 2
    assert it.stretch(entry, data, 1)[2] == start_of(leaf, 7, 1, 96_000) != first[0]
    assert [start_of(b"leaf", 7, epoch, 999) for epoch in range(4)] == [258, 174, 18, 241]
    assert {start_of(b"leaf", 0, epoch, 2) for epoch in range(100)} == {0, 1, 2}


def test_what_is_shorter_than_a_stretch_is_whole(folder: Path, tmp_path: Path) -> None:
    entry = Shelf.open(folder).entries[0]

    found, _, start = serving(folder, tmp_path).stretch(entry, entry.read(), 10)

    assert start == 0
    assert np.array_equal(found, decode(entry, entry.read())[0])


def half_mpeg() -> bytes:
    """A file that was cut, and whose header tells the length of the whole."""
    data = sound_of("MP3", seconds=20)
    return data[: len(data) // 2]


def flac_of(frames: int) -> bytes:
    """Three seconds, and a header that tells another length; zero is FLAC's word for not known."""
    data = bytearray(sound_of("FLAC", seconds=3))
    data[21] = data[21] & 0xF0 | frames >> 32
    data[22:26] = (frames & 0xFFFFFFFF).to_bytes(4)
    return bytes(data)


def unseekable(subtype: str) -> bytes:
    """Four seconds in a form that is read from its beginning alone."""
    file = BytesIO()
    sound, _ = soundfile.read(BytesIO(sound_of("WAV", seconds=1)))
    soundfile.write(file, sound[: 4 * 8_000], 8_000, format="WAV", subtype=subtype)
    return file.getvalue()


MISLEADING: dict[str, tuple[Callable[[], bytes], tuple[int, int]]] = {
    "MPEG that was cut": (half_mpeg, (400_000, 480_000)),
    "FLAC of no length": (lambda: flac_of(0), (144_000, 144_000)),
    "FLAC of days": (lambda: flac_of((1 << 36) - 1), (144_000, 144_000)),
    "GSM610": (lambda: unseekable("GSM610"), (32_000, 32_320)),
    "NMS ADPCM": (lambda: unseekable("NMS_ADPCM_16"), (32_000, 32_160)),
    "G721": (lambda: unseekable("G721_32"), (32_000, 32_120)),
}


@pytest.mark.parametrize("case", MISLEADING)
def test_a_stretch_is_cut_from_what_is_there_whatever_the_header_tells(folder: Path, tmp_path: Path, case: str) -> None:
    made, (least, most) = MISLEADING[case]
    it, entry, data = serving(folder, tmp_path), Shelf.open(folder).entries[0], made()

    whole, rate = decode(entry, data)

    assert least <= whole.shape[1] <= most
    assert np.abs(whole).max() > 0.2
    for _ in range(8):
        found, _, start = it.stretch(entry, data, 1.0)
        assert found.shape == (1, rate)
        assert np.abs(found - whole[:, start : start + rate]).max() < 1e-4
        it.end_epoch()
    found, _, start = it.stretch(entry, data, 1e9)
    assert start == 0
    assert np.array_equal(found, whole)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "MP3", "OGG", "OPUS"])
def test_sound_is_what_libsndfile_reads_at_once(folder: Path, form: str) -> None:
    data = sound_of(form, seconds=5)

    found, _ = decode(Shelf.open(folder).entries[0], data)

    assert np.array_equal(found, soundfile.read(BytesIO(data), dtype="float32", always_2d=True)[0].T)


def test_what_libsndfile_does_not_read_is_named(folder: Path) -> None:
    entry = Shelf.open(folder).entries[0]

    with pytest.raises(ObjectError, match=r"tone 000\.wav is sound that is not decoded here"):
        decode(entry, b"no sound")


@pytest.mark.parametrize("error", [ValueError("array is too big"), MemoryError("no room")], ids=str)
def test_what_no_memory_holds_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    entry = Shelf.open(folder).entries[0]
    monkeypatch.setattr("soundfile.SoundFile.read", fail)

    with pytest.raises(ObjectError, match=rf"tone 000\.wav is sound that is not decoded here \({error}\)"):
        decode(entry, entry.read())
