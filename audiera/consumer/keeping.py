"""What a pull writes down beside the files: what was agreed, what was signed, and what was granted for it.

Everything is on the disk before it is sent, and whole or not there, so that a pull that is killed at any moment goes on
without paying twice. The copies of open batches with both signatures are the payer's evidence: keep them.

    pull.json            what the pull is of, for whom, and at which gateway
    pending.json         the access that was sent and not answered
    signed.json          by batch, the most that was ever signed for it
    batches/N.jsonl      the use log of a batch (docs/formats.md), and
    batches/N.json       its head: the voucher, the payer's signature, the gateway's countersignature
    accesses/ID.json     what an access granted
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from audiera.errors import InputError, StorageError
from audiera.interface import Access, Account, Hash, Number, RightName, SignedHead
from audiera.metering import PricedUse, append_log, read_log
from audiera.text import open_file, read_file, replace_file, shown

__all__ = ["Agreed", "Granted", "Keeping", "Pending", "Taken"]

T = TypeVar("T", bound=BaseModel)

_MOST: Final = 1 << 26  # bytes of one of these files


class Taken(BaseModel):
    """How one dataset is used in a pull."""

    dataset: Number
    version: Number
    content_root: Hash
    license: Number
    whole: bool


class Agreed(BaseModel):
    """What a pull is of. A folder is of one pull."""

    url: str
    gateway: Account
    chain_id: Number
    ledger: Account
    payer: Account
    right: RightName
    fee_ppm: Number
    items: Number
    """The most of one access."""
    bought: Number
    """What licences were bought for, in the token's smallest unit."""
    token: Account
    datasets: list[Taken]


class Pending(BaseModel):
    """An access that was sent, or is about to be."""

    dataset: Number
    request: str
    """As it is sent: the same again is answered the same, and charged once."""


class Granted(BaseModel):
    """An access that is on the record, and what it was asked for."""

    dataset: Number
    items: list[Hash] | None
    """None: the whole dataset."""
    value: Number
    """What it added to what is signed for, fee included."""
    answer: Access


@dataclass(frozen=True, slots=True)
class Keeping:
    """The folder. `opened` gives it to one process at a time."""

    folder: Path

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Keeping]:
        """Yield the folder, made if it is not there, to one process at a time.

        Raises:
            InputError: another process has it.
            StorageError: it cannot be written.
        """
        try:
            for part in ("batches", "accesses"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            file = os.fdopen(open_file(folder / "lock", os.O_RDWR | os.O_CREAT), "r+b")
        except OSError as error:
            raise _unwritten(folder, error) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(f"Another process pulls to {shown(str(folder.parent))}; wait for it.") from error
            yield cls(folder)

    def agreed(self) -> Agreed | None:
        """Return what the pull is of; None: nothing was agreed yet."""
        return self._read(Agreed, self.folder / "pull.json")

    def agree(self, agreed: Agreed) -> None:
        """Write down what the pull is of."""
        self._write(self.folder / "pull.json", agreed)

    def pending(self) -> Pending | None:
        """Return the access that was sent and not answered; None: there is none."""
        return self._read(Pending, self.folder / "pending.json")

    def expect(self, pending: Pending, batch: str, amount: int) -> None:
        """Write down what is about to be sent, and that so much is signed for in its batch, before it is."""
        signed = self.signed()
        if amount > signed.get(batch, 0):
            self._put(self.folder / "signed.json", json.dumps({**_texts(signed), batch: str(amount)}))
        self._write(self.folder / "pending.json", pending)

    def drop(self) -> None:
        """Forget what was sent: it was refused."""
        (self.folder / "pending.json").unlink(missing_ok=True)

    def signed(self) -> dict[str, int]:
        """Return the most that was ever signed for, fee included, by token and batch."""
        try:
            found = json.loads(read_file(self.folder / "signed.json", _MOST))
            return {name: int(value) for name, value in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise _unreadable(self.folder / "signed.json") from error

    def take(self, batch: str, before: int, uses: tuple[PricedUse, ...], head: SignedHead, granted: Granted) -> None:
        """Write down an access that was answered: its uses, the head with both signatures, what it grants.

        Args:
            batch: its name here.
            before: how many uses the batch had.
            uses: of the access.
            head: that they make.
            granted: what may be fetched.

        Raises:
            StorageError: the log of the batch is not what it was.
        """
        log = self.folder / "batches" / f"{batch}.jsonl"
        count = sum(1 for _ in read_log(log)) if log.exists() else 0
        if count not in (before, before + len(uses)):
            raise _unreadable(log)
        self._write(self.folder / "accesses" / f"{granted.answer.id.hex()}.json", granted)
        if count == before:  # and not a run that was killed after this
            append_log(log, uses)
        self._write(self.folder / "batches" / f"{batch}.json", head)
        self.drop()

    def head(self, batch: str) -> SignedHead | None:
        """Return the newest head of a batch; None: it has none."""
        return self._read(SignedHead, self.folder / "batches" / f"{batch}.json")

    def heads(self) -> dict[str, SignedHead]:
        """Return the newest head of each batch by its name, in order of the names."""
        names = sorted(it.stem for it in (self.folder / "batches").glob("*.json"))
        return {name: head for name in names if (head := self.head(name)) is not None}

    def uses(self, batch: str) -> Iterator[PricedUse]:
        """Yield the uses of a batch that its head is of, in order."""
        head = self.head(batch)
        for position, it in enumerate(read_log(self.folder / "batches" / f"{batch}.jsonl")):
            if head is None or position >= head.voucher.calls:
                return
            yield it

    def granted(self) -> Iterator[Granted]:
        """Yield what was granted, in no order."""
        for path in (self.folder / "accesses").glob("*.json"):
            if (found := self._read(Granted, path)) is not None:
                yield found

    def replace(self, granted: Granted) -> None:
        """Write down an access in place of those that granted the same, whose value it takes over."""
        value = 0
        old = []
        for it in self.granted():
            same = it.dataset == granted.dataset and (it.items is None) == (granted.items is None)
            if same and set(it.items or ()) <= set(granted.items or ()):
                value += it.value
                old.append(it)
        self.renewed(granted.model_copy(update={"value": value}))
        for it in old:
            if it.answer.id != granted.answer.id:
                (self.folder / "accesses" / f"{it.answer.id.hex()}.json").unlink(missing_ok=True)

    def renewed(self, granted: Granted) -> None:
        """Write down that an access is good for longer."""
        self._write(self.folder / "accesses" / f"{granted.answer.id.hex()}.json", granted)

    def _read(self, kind: type[T], path: Path) -> T | None:
        try:
            return kind.model_validate_json(read_file(path, _MOST))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise _unreadable(path) from error

    def _write(self, path: Path, document: BaseModel) -> None:
        self._put(path, document.model_dump_json(indent=2) + "\n")

    def _put(self, path: Path, text: str) -> None:
        try:
            replace_file(path, [text.encode()])
        except OSError as error:
            raise _unwritten(path, error) from error


def _texts(signed: Mapping[str, int]) -> dict[str, str]:
    return {name: str(value) for name, value in signed.items()}


def _unreadable(path: Path) -> StorageError:
    return StorageError(f"{shown(str(path))} is not as it was written; restore it, or pull to another folder.")


def _unwritten(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{shown(str(path))} cannot be written ({error.strerror}); see to that, and run it again.")
