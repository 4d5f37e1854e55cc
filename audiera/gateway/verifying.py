"""Objects that wait to be verified: each once, whoever asks for it, and in turns, so that nobody's many hold up one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from audiera.errors import StorageError

__all__ = ["Job", "Turns"]


class _Named(Protocol):
    """What is to be worked on."""

    @property
    def name(self) -> str:
        """By which it is the same as another."""
        ...


T = TypeVar("T", bound=_Named)


@dataclass(slots=True, eq=False)
class Job(Generic[T]):
    """Work on one thing."""

    thing: T
    done: Future[StorageError | None] = field(default_factory=Future)
    """Why it failed; None: it did not."""
    askers: int = 0
    begun: bool = False


class Turns(Generic[T]):
    """Work on things: one of each who asks, after one another. Threads share it; `close` it."""

    def __init__(self, work: Callable[[T], None], at_once: int) -> None:
        """Prepare it.

        Args:
            work: is done on a thing, and raises StorageError if it fails.
            at_once: how many things are worked on at the same time.
        """
        self._work, self._at_once = work, at_once
        self._pool = ThreadPoolExecutor(at_once, "verify")
        self._guard = threading.Lock()
        self._turns = deque[deque[Job[T]]]()
        """What each asked for that is not begun; whose turn is next is the first."""
        self._jobs: dict[str, Job[T]] = {}
        self._workers = 0

    def close(self) -> None:
        """Wait for the work that there is."""
        self._pool.shutdown()

    def ask(self, things: Sequence[T]) -> list[Job[T]]:
        """Have things worked on, in this order, and return the work on each; what is worked on already is not again."""
        with self._guard:
            jobs = [self._jobs.setdefault(it.name, Job(it)) for it in things]
            for job in jobs:
                job.askers += 1
            if jobs:
                self._turns.append(deque(jobs))
            for _ in range(min(self._at_once - self._workers, len(jobs))):
                self._workers += 1
                self._pool.submit(self._run)
        return jobs

    def leave(self, jobs: Sequence[Job[T]]) -> None:
        """Ask no longer for what was asked for: work that is not begun, and that nobody else asks for, is not done."""
        with self._guard:
            for job in jobs:
                job.askers -= 1
                if not job.askers and not job.begun:
                    del self._jobs[job.thing.name]

    def _run(self) -> None:
        while (job := self._next()) is not None:
            failed: StorageError | None = None
            try:
                self._work(job.thing)
            except StorageError as error:
                failed = error
            except Exception as error:  # noqa: BLE001  # whatever it is: who asked is told
                failed = StorageError(f"{job.thing.name} could not be read ({error!r}).")
            with self._guard:
                del self._jobs[job.thing.name]
            job.done.set_result(failed)

    def _next(self) -> Job[T] | None:
        with self._guard:
            while self._turns:
                turn = self._turns.popleft()
                while turn:
                    job = turn.popleft()
                    if job.askers and not job.begun:
                        job.begun = True
                        self._turns.append(turn)
                        return job
            self._workers -= 1
            return None
