"""The demo's chain, however the story ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from audiera.work import python_command

TELLER = """
import sys, time
from pathlib import Path
from audiera.demo import private_chain

with private_chain(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_the_chain_ends_when_the_story_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(python_command(TELLER, str(tmp_path)), stdout=subprocess.PIPE) as teller:
        assert teller.stdout is not None
        told = re.search(rb":(\d+)\s", teller.stdout.readline())
        assert told is not None
        port = int(told[1])
        began = listens(port)
        teller.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 20
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert began
    assert not listens(port)
