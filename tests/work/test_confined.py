import ctypes
import signal
import sys
import time
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.work import confined
from audiera.work.confined import Confined

Ask = Callable[..., bytes | None]


@pytest.fixture(scope="module")
def processes() -> Iterator[Confined]:
    processes = Confined("tests.support.confined")
    yield processes
    processes.close()


@pytest.fixture
def ask(processes: Confined, tmp_path: Path) -> Ask:
    path = tmp_path / "file"
    path.write_bytes(b"of a stranger")

    def ask(act: str, seconds: int = 10) -> bytes | None:
        with FileIO(path) as file:
            return processes.ask(file, act.encode(), seconds)

    return ask


def landlock() -> bool:
    return sys.platform == "linux" and bool(ctypes.CDLL(None).syscall(444, None, 0, 1) > 0)


def test_a_process_reads_the_file_that_it_is_given(ask: Ask) -> None:
    assert ask("read") == b"of a stranger"


def test_a_process_is_asked_again(ask: Ask) -> None:
    assert ask("number") == ask("number")


@pytest.mark.parametrize("act", ["loop", "fall", "flood"])
def test_what_a_file_does_to_a_process_is_an_answer_and_the_next_one_is_read(ask: Ask, act: str) -> None:
    before = ask("number")

    assert ask(act, 1) is None
    assert ask("number") not in (None, before)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound memory")
def test_a_process_that_takes_too_much_memory_ends(ask: Ask) -> None:
    assert ask("fill") is None


def test_a_process_that_waits_for_ever_is_waited_for_no_longer_than_it_may_take(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "_PATIENCE", 0.5)
    begun = time.monotonic()

    assert ask("wait", 1) is None
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP], ids=lambda it: it.name)
def test_a_process_that_was_ended_while_nobody_asked_is_replaced_and_the_file_is_read(
    ask: Ask, processes: Confined, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(confined, "_PATIENCE", 0.3)
    ask("read")
    for idle in processes._idle:
        idle._process.send_signal(number)

    assert ask("read") == b"of a stranger"


def test_a_file_that_makes_each_process_leave_is_not_read_again_and_again(ask: Ask) -> None:
    assert ask("leave") is None
    assert ask("read") == b"of a stranger"


@pytest.mark.skipif(not landlock(), reason="this system has no Landlock")
def test_a_process_opens_no_file_of_anybody(ask: Ask) -> None:
    assert ask("steal") == b"PermissionError"


def test_a_process_writes_nothing(ask: Ask) -> None:
    assert ask("write") in (b"PermissionError", b"OSError")


def test_a_process_knows_no_secrets_of_who_asks(ask: Ask, processes: Confined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "key")
    processes.close()

    assert ask("secrets") == b"nothing"


def test_a_process_has_no_network_where_the_system_can_take_it_away(ask: Ask) -> None:
    assert ask("dial") in (b"Network is unreachable", b"Connection refused")  # refused: it may go without


def test_a_process_that_does_not_begin_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")

    with FileIO(path) as file, pytest.raises(InputError, match=r"^The process that reads files ends before it begins"):
        Confined("tests.support.nothing").ask(file, b"read", 1)
