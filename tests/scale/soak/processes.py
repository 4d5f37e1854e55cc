"""What serves, each in a process of its own as an operator starts it: killed at random, and started again at once."""

import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audiera.work import audiera_command
from tests.scale.soak.told import Told
from tests.support.places import ROOT

__all__ = ["Process", "killing", "running"]

_AUDIERA: Final = tuple(audiera_command())
_LOOK: Final = 0.5  # seconds between two looks at who has ended
_WRONG: Final = ("Traceback", "Internal Server Error", "Exception in")
_LATER: Final = ("Another process settles", "The index is empty")  # for a moment after a kill, and at first


@dataclass(slots=True)
class Process:
    """An `audiera` command that runs until it is ended, and is started again if it ends before."""

    name: str
    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    mortal: bool = True
    """Whether it is killed."""
    ended: bool = False
    """Whether it is to stay down."""
    _process: subprocess.Popen[bytes] | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def log(self) -> Path:
        """All that it ever said."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Of its life now; 0: it has none."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_AUDIERA, *self.words],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            )

    def kill(self) -> None:
        """Kill it with nine, and start it again at once."""
        with self._guard:
            if self._process is not None and not self.ended:
                self._process.send_signal(signal.SIGKILL)
                self._process.wait()
                self.start()

    def mend(self) -> bool:
        """Start it again if it has ended by itself, and say whether it had."""
        with self._guard:
            if self.ended or self._process is None or self._process.poll() is None:
                return False
            self.start()
            return True

    def end(self) -> None:
        with self._guard:
            self.ended = True
            if self._process is not None:
                self._process.terminate()
                try:
                    self._process.wait(30)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()

    def wrongs(self) -> list[str]:
        """Return what of its words says that something broke, and a little of what it said there."""
        lines = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        at = [number for number, line in enumerate(lines) if any(it in line for it in _WRONG)]
        return [" / ".join(lines[number : number + 60])[-2_000:] for number in at]


@contextmanager
def running(processes: Sequence[Process], told: Told) -> Iterator[None]:
    """Have processes run, whatever ends them, until the block ends."""
    over = threading.Event()

    def mend() -> None:
        while not over.wait(_LOOK):
            for it in processes:
                if it.mend():
                    said = it.log.read_text("utf-8", "replace").strip().splitlines()[-1:]
                    told.count("starts again")
                    if not any(it in line for line in said for it in _LATER):
                        told.fault(f"{it.name} ended by itself: {said}")

    for it in processes:
        it.start()
    mending = threading.Thread(target=mend, name="mending", daemon=True)
    mending.start()
    try:
        yield
    finally:
        over.set()
        mending.join()
        for it in processes:
            it.end()


@contextmanager
def killing(processes: Sequence[Process], told: Told, gap: float) -> Iterator[None]:
    """Kill one of the mortal processes every so many seconds on average, until the block ends."""
    over, chance = threading.Event(), random.Random(9)
    victims = [it for it in processes if it.mortal]

    def kill() -> None:
        while not over.wait(chance.expovariate(1 / gap)):
            chance.choice(victims).kill()
            told.count("kills")

    thread = threading.Thread(target=kill, name="killing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
