"""What a pull writes down beside the files: what was agreed, what was signed, and what was granted for it.

Everything is on the disk before it is sent, and whole or not there, so that a pull that is killed at any moment goes on
without paying twice. The copies of open batches with both signatures are the payer's evidence: keep them.

    pull.json            what the pull is of, for whom, at which gateway, and what was bought for it, or may have been
    pending.json         the access that was sent and not answered
    relay.json           the purchase or deposit that was signed for the gateway to carry out
    signed.json          by batch, the most that was signed for and refused
    batches/N.jsonl      the use log of a batch (docs/formats.md), and
    batches/N.json       its head: the voucher, the payer's signature, the gateway's countersignature
    accesses/N-P.json    what the access granted whose uses begin at position P of batch N
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from audiera.errors import InputError, StorageError
from audiera.interface import Access, AccessRequest, Account, Hash, LoggedUse, Number, RightName, SignedHead
from audiera.metering import PricedUse, append_log, read_log
from audiera.protocol import Use
from audiera.text import is_at, open_file, read_file, replace_file, shown

__all__ = ["Agreed", "Buying", "Granted", "Keeping", "Pending", "Signed"]

T = TypeVar("T", bound=BaseModel)

_MOST: Final = 1 << 26  # bytes of one of these files
_PARTS: Final = ("batches", "accesses")
_LOCK: Final = "lock"


class Buying(BaseModel):
    """A purchase that was sent, or is about to be, and of which it is not known yet what became."""

    dataset: Number
    terms: Hash
    price: Number
    """The most that it costs, in the token's smallest unit."""


class Agreed(BaseModel):
    """What a pull is of. A folder is of one pull."""

    gateway: Account
    chain_id: Number
    ledger: Account
    payer: Account
    right: RightName
    token: Account
    datasets: list[Number]
    bought: dict[str, Number]
    """What licences were bought for, by their numbers, in the token's smallest unit."""
    buying: list[Buying] = []
    """What may have been bought besides."""
    request: dict[str, str] = {}
    """What was looked for, where the datasets were not just named: they are what was found when the pull began."""
    items: dict[str, list[Hash]] = {}
    """By dataset, the items that are pulled, where these are not all."""

    @property
    def cost(self) -> int:
        """What licences cost at most: those that were bought, and those that may have been."""
        return sum(self.bought.values()) + sum(it.price for it in self.buying)


class Signed(BaseModel):
    """A purchase or a deposit that was signed for the gateway to carry out."""

    call: str
    """As `SignedCall` writes it."""
    block: Number
    """The newest when it was signed."""


class Pending(BaseModel):
    """An access that was sent, or is about to be."""

    request: AccessRequest
    """As it is sent: the same again is answered the same, and charged once."""
    uses: list[LoggedUse]
    before: Number
    """How many uses the batch has before."""
    value: Number
    """What it adds to what is signed for, fee included."""

    @property
    def batch(self) -> int:
        """The number of the batch."""
        assert self.request.voucher is not None
        return self.request.voucher.batch

    @property
    def total(self) -> int:
        """What is signed for in its batch."""
        assert self.request.voucher is not None
        return self.request.voucher.amount + self.request.voucher.fee

    def priced(self) -> tuple[PricedUse, ...]:
        """Return its uses."""
        return tuple(PricedUse(Use(**it.model_dump(exclude={"price"})), it.price) for it in self.uses)


class Granted(BaseModel):
    """An access that is on the record."""

    name: str
    """Batch and position; none other has it."""
    dataset: Number
    version: Number
    items: list[Hash] | None
    """None: the whole dataset."""
    value: Number
    """What it added to what is signed for, fee included."""
    delivered: bool = False
    """Whether all of it has arrived once."""
    answer: Access


@dataclass(frozen=True, slots=True)
class Keeping:
    """The folder. `opened` gives it to one process at a time."""

    folder: Path

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Keeping]:
        """Yield the folder, made if it is not there, to one process at a time.

        If nothing was bought or signed for in the end, what was made is removed: nobody's pull has the folder then.

        Raises:
            InputError: another process has it.
            StorageError: it cannot be written.
        """
        made = [it for it in (folder, *folder.parents) if not it.exists()]
        keeping = cls(folder)
        with keeping._locked():
            try:
                for part in _PARTS:
                    (folder / part).mkdir(exist_ok=True)
            except OSError as error:
                raise _unwritten(folder, error) from error
            try:
                yield keeping
            finally:
                keeping._leave(made)

    def _locked(self) -> BufferedRandom:
        """Return the lock, held until it is closed."""
        lock = self.folder / _LOCK
        while True:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                file = os.fdopen(open_file(lock, os.O_RDWR | os.O_CREAT), "r+b")
            except FileNotFoundError:
                continue  # who had it before has just removed it
            except OSError as error:
                raise _unwritten(self.folder, error) from error
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.close()
                raise InputError(f"Another process pulls to {shown(str(self.folder.parent))}; wait for it.") from error
            if is_at(lock, file.fileno()):
                return file
            file.close()

    def _leave(self, made: Sequence[Path]) -> None:
        """Remove what nothing hangs on, and of the folders that were made those that are empty then."""
        with suppress(OSError, StorageError):  # what is not as it was written is left as it is
            if self.is_claimed():
                return
            for name in ("pull.json", _LOCK):
                (self.folder / name).unlink(missing_ok=True)
            for place in (*(self.folder / it for it in _PARTS), *dict.fromkeys((self.folder, *made))):
                place.rmdir()

    def is_claimed(self) -> bool:
        """Say whether something was bought or signed for, or may have been: then the folder is of that pull.

        Raises:
            StorageError: what was agreed is not as it was written.
        """
        kept = [self.folder / it for it in ("pending.json", "relay.json", "signed.json")]
        if any(it.exists() for it in kept) or any(any((self.folder / it).glob("*")) for it in _PARTS):
            return True
        agreed = self.agreed()
        return agreed is not None and bool(agreed.bought or agreed.buying)

    def is_own(self) -> bool:
        """Say whether what was signed for a gateway is in a folder and a file of this user's own."""
        try:
            return all(it.lstat().st_uid == os.geteuid() for it in (self.folder, self.folder / "relay.json"))
        except OSError:
            return False

    def agreed(self) -> Agreed | None:
        """Return what the pull is of; None: nothing was agreed yet."""
        return self._read(Agreed, self.folder / "pull.json")

    def agree(self, agreed: Agreed) -> None:
        """Write down what the pull is of."""
        self._write(self.folder / "pull.json", agreed)

    def handed_over(self) -> Signed | None:
        """Return what was signed for the gateway to carry out, and not noted yet; None: there is nothing."""
        return self._read(Signed, self.folder / "relay.json")

    def hand_over(self, signed: Signed) -> None:
        """Write down what is about to be handed over, before it is."""
        self._write(self.folder / "relay.json", signed)

    def carried(self) -> None:
        """Note that what came of what was handed over is written down, or nothing comes of it any more."""
        self._drop("relay.json")

    def pending(self) -> Pending | None:
        """Return the access that was sent and not answered; None: there is none."""
        return self._read(Pending, self.folder / "pending.json")

    def expect(self, pending: Pending) -> None:
        """Write down what is about to be sent, before it is."""
        self._write(self.folder / "pending.json", pending)

    def refuse(self, pending: Pending) -> None:
        """Note that what was sent was refused: who refuses may keep the voucher, so it stays signed for."""
        refused = self._refused()
        if pending.total > refused.get(pending.batch, 0):
            told = {str(batch): str(total) for batch, total in (refused | {pending.batch: pending.total}).items()}
            self._put(self.folder / "signed.json", json.dumps(told))
        self._drop("pending.json")

    def signed(self) -> dict[int, int]:
        """Return the most that was ever signed for, fee included, by batch."""
        found = self._refused()
        for batch, head in self.heads().items():
            found[batch] = max(found.get(batch, 0), head.voucher.amount + head.voucher.fee)
        if (pending := self.pending()) is not None:
            found[pending.batch] = max(found.get(pending.batch, 0), pending.total)
        return found

    def taken(self) -> int:
        """Return what the gateway took of what was signed, fees included."""
        return sum(it.voucher.amount + it.voucher.fee for it in self.heads().values())

    def take(self, pending: Pending, head: SignedHead, granted: Granted, *, again: bool) -> None:
        """Write down an access that was answered: its uses, the head with both signatures, what it grants.

        Args:
            pending: as it was sent.
            head: with both signatures.
            granted: what may be fetched.
            again: an earlier run may have got a part of it done.

        Raises:
            StorageError: the log of the batch is not what it was.
        """
        log, uses = self._log(pending.batch), pending.priced()
        count = self._count(pending.batch) if again else pending.before
        if count not in (pending.before, pending.before + len(uses)):
            raise _unreadable(log)
        self.renew(granted)
        if count == pending.before and append_log(log, uses) != pending.before + len(uses):
            raise _unreadable(log)
        self._write(self.folder / "batches" / f"{pending.batch}.json", head)
        self._drop("pending.json")

    def head(self, batch: int) -> SignedHead | None:
        """Return the newest head of a batch; None: it has none."""
        return self._read(SignedHead, self.folder / "batches" / f"{batch}.json")

    def heads(self) -> dict[int, SignedHead]:
        """Return the newest head of each batch by its number, ascending."""
        stems = [it.stem for it in (self.folder / "batches").glob("*.json")]
        numbers = sorted(int(it) for it in stems if it.isascii() and it.isdecimal())
        return {number: head for number in numbers if (head := self.head(number)) is not None}

    def uses(self, batch: int) -> Sequence[PricedUse]:
        """Return the uses of a batch that its head is of, in order."""
        head = self.head(batch)
        if head is None:
            return ()
        found = zip(range(head.voucher.calls), read_log(self._log(batch)), strict=False)
        return [it for _, it in found]

    def licenses(self) -> dict[tuple[int, bytes], int]:
        """Return under which licence items were used last, by dataset and leaf; the zero word is the whole dataset."""
        found = (it.use for number in self.heads() for it in self.uses(number))
        return {(it.dataset, it.item): it.license for it in found}

    def granted(self) -> list[Granted]:
        """Return what was granted, in order of the names; what was brought back comes last."""
        found = (self._read(Granted, it) for it in (self.folder / "accesses").glob("*.json"))
        return sorted((it for it in found if it is not None), key=lambda it: it.name)

    def renew(self, granted: Granted) -> None:
        """Write down an access as it is now."""
        self._write(self.folder / "accesses" / f"{granted.name}.json", granted)

    def _refused(self) -> dict[int, int]:
        path = self.folder / "signed.json"
        try:
            found = json.loads(read_file(path, _MOST))
            return {int(batch): int(total) for batch, total in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise _unreadable(path) from error

    def _log(self, batch: int) -> Path:
        return self.folder / "batches" / f"{batch}.jsonl"

    def _count(self, batch: int) -> int:
        log = self._log(batch)
        return sum(1 for _ in read_log(log)) if log.exists() else 0

    def _drop(self, name: str) -> None:
        path = self.folder / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritten(path, error) from error

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
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, [text.encode()])
        except OSError as error:
            raise _unwritten(path, error) from error


def _unreadable(path: Path) -> StorageError:
    return StorageError(f"{shown(str(path))} is not as it was written; restore it, or pull to another folder.")


def _unwritten(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{shown(str(path))} cannot be written ({error.strerror}); see to that, and run it again.")
