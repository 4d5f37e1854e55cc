import pytest

from audiera.cli.folder.pace import Pace
from audiera.work import Progress


def test_rate_and_time_left_are_said_of_what_this_run_has_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 20.0, 40.0])
    monkeypatch.setattr("audiera.cli.folder.pace.time.monotonic", lambda: next(clock))

    pace = Pace("Part 1/2")
    for files, size in ((10, 10_000), (11, 11_000), (50, 50_000)):
        pace(Progress(files, 100, size, 100_000))

    assert capsys.readouterr().err == ("Part 1/2: 50 of 100 files, 50,000 bytes read, 1.0 KiB/s, 0:00:50 left.\n")
