"""A process that we began does not outlive us, however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from audiera.work import ending_with_us, python_command

OURS = """
import subprocess, sys, time
from audiera.work import ending_with_us

began = subprocess.Popen(["/bin/sh", "-c", sys.argv[1]], stdout=subprocess.PIPE)
began.stdout.readline()
with ending_with_us(began):
    print(began.pid, flush=True)
    time.sleep(600)
"""


def is_there(number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(number, 0)
        return True
    return False


@pytest.mark.parametrize(
    "program",
    [
        "echo begun; exec sleep 600",
        pytest.param("trap '' TERM; echo begun; while :; do sleep 1; done", marks=pytest.mark.heavy),
    ],
    ids=["that ends when it is asked", "that does not"],
)
def test_a_process_ends_when_who_began_it_is_killed(program: str) -> None:
    with subprocess.Popen(python_command(OURS, program), stdout=subprocess.PIPE) as ours:
        assert ours.stdout is not None
        number = int(ours.stdout.readline())
        was_there = is_there(number)
        ours.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 30
    while is_there(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert was_there
    assert not is_there(number)


def test_a_process_goes_on_when_the_block_ends_without_it() -> None:
    with subprocess.Popen(["/bin/sh", "-c", "exec sleep 600"]) as process:
        with ending_with_us(process):
            pass
        time.sleep(0.5)

        assert process.poll() is None
        process.kill()
