"""What all pulls below a folder have cost, by what each of them wrote down: so no restart forgets it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audiera.consumer.keeping import Keeping
from audiera.errors import InputError, StorageError
from audiera.text import open_file, shown

__all__ = ["Purse"]


@dataclass(frozen=True, slots=True)
class Purse:
    """A folder of pulls that share one limit. `opened` gives it to one process at a time."""

    folder: Path

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Purse]:
        """Yield the folder, made if it is not there, to one process at a time.

        Raises:
            InputError: another process has it.
            StorageError: it cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = os.fdopen(open_file(folder / ".lock", os.O_RDWR | os.O_CREAT), "r+b")
        except OSError as error:
            raise StorageError(f"{shown(str(folder))} cannot be written ({error.strerror}); see to that.") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(f"Another process spends from {shown(str(folder))}; end that first.") from error
            yield cls(folder)

    def spent(self, token: str, *, but: str = "") -> tuple[int, int]:
        """Return what licences and uses have cost at most, and what of it is signed for and not delivered.

        A purchase counts from before it is sent, until the chain tells what became of it.

        Args:
            token: in which; in its smallest unit.
            but: the name of a pull that is left out.

        Raises:
            StorageError: what a pull wrote down is not as it was written.
        """
        spent = owed = 0
        for place in sorted(self.folder.glob("*/.audiera")):
            keeping = Keeping(place)
            agreed = keeping.agreed()
            if place.parent.name == but or agreed is None or agreed.token != token:
                continue
            signed = sum(keeping.signed().values())
            spent += signed + agreed.cost
            owed += signed - sum(it.value for it in keeping.granted() if it.delivered)
        return spent, owed
