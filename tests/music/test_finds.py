"""What once cost more than it was: read or refused by now, within little time."""

import time
import tracemalloc
from io import FileIO
from pathlib import Path

import pytest

from audiera.errors import ItemError
from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.ogg import check_ogg
from audiera.music.reading import read
from tests.support.finds import FINDS
from tests.support.music import write_tone

SECONDS = 4.0  # of processor time; most took more than ten, on an idle machine


@pytest.mark.parametrize("find", FINDS)
def test_a_find_costs_no_more_than_it_is(tmp_path: Path, find: str) -> None:
    """AUD-A54"""
    name, data = FINDS[find]
    path = tmp_path / name
    path.write_bytes(data)
    begun = time.process_time()

    with FileIO(path) as file:
        try:
            row = read(file, name).row
        except ItemError:
            row = {}

    assert time.process_time() - begun < SECONDS
    assert len(str(row)) < 100_000


def test_zeros_behind_ogg_are_not_held_in_memory(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.ogg")
    with path.open("ab") as file:
        file.truncate(path.stat().st_size + (32 << 20))

    tracemalloc.start()
    with FileIO(path) as opened:
        check_ogg(ByteSource(opened))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 << 20
