import tempfile
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.work import Repeats, sorting
from audiera.work.repeats import Repeat


def test_things_whose_key_came_before_are_told_with_the_first() -> None:
    known = Repeats()
    for key, name in ((b"b", "one"), (b"a", "two"), (b"b", "three"), (b"b", "four")):
        known.add(key, name, name.encode())

    assert list(known.later()) == [
        Repeat(b"b", "three", b"three", "one", b"one"),
        Repeat(b"b", "four", b"four", "one", b"one"),
    ]


@pytest.mark.parametrize("files", [200, 3])
def test_what_does_not_fit_in_memory_is_told_alike(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    monkeypatch.setattr(sorting, "_MOST_RUNS", files)
    monkeypatch.setattr(sorting, "_BLOCK", 2)
    few, many = Repeats(7), Repeats()
    for number in range(1_000):
        for known in (few, many):
            known.add(str(number * number % 613).encode(), f"\udcff{number}")

    assert list(few.later()) == list(many.later()) != []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk at hand")
def test_a_disk_without_room_for_the_rest_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", lambda: open("/dev/full", "w+b", buffering=0))  # noqa: PTH123, SIM115  # what is full
    known = Repeats(3)
    known.add(b"a", "one")
    known.add(b"a", "two")

    with pytest.raises(InputError) as caught:
        known.add(b"a", "three")

    assert str(caught.value) == (
        f"{tempfile.gettempdir()} cannot take what is to be sorted (No space left on device); make room there, or name "
        "another folder as TMPDIR."
    )
