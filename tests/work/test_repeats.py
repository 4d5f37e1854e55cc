import pytest

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
