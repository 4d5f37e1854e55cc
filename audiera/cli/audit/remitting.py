"""Remittances on the command line: written for some batches or days, and verified again against the chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from audiera.cli.terminal.output import print_json, print_lines
from audiera.errors import InputError, StorageError
from audiera.text import read_file, replace_file, shown

if TYPE_CHECKING:
    from audiera.audit import History, Remittance

__all__ = ["Remitting"]

_MOST: Final = 1 << 30  # bytes of a remittance that is verified


@dataclass(frozen=True, slots=True)
class Remitting:
    """What is asked of remittances: one to write, or one to verify."""

    file: Path
    verifies: bool
    batches: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None

    def carry_out(self, history: History, *, as_json: bool) -> int:
        """Write or verify it, tell of it, and return how much is wrong with it: 0 or 1."""
        from audiera.audit import first_difference, named_batches, remit, remit_all  # noqa: PLC0415  # of an extra

        if self.verifies:
            said = _read(self.file)
            made = remit(history, named_batches(said))
            line = first_difference(said, made.table)
            self._tell(history, made, line, as_json=as_json)
            return int(line is not None)
        made = (remit if self.batches else remit_all)(history, self._batches(history))
        try:
            replace_file(self.file, [made.table])
        except OSError as error:
            raise StorageError(f"{shown(str(self.file))} cannot be written ({error.strerror}); see to that.") from error
        self._tell(history, made, None, as_json=as_json)
        return 0

    def _batches(self, history: History) -> Sequence[str]:
        from audiera.audit import batches_between  # noqa: PLC0415  # of an extra

        if bool(self.batches) == bool(self.since or self.until):
            raise InputError("Say what the remittance is of: --batch ID, or the days --since and --until.")
        if self.batches:
            return [it.lower() for it in self.batches]
        last = history.place.time + 1
        since, until = (0 if it is None else int(it.replace(tzinfo=UTC).timestamp()) for it in (self.since, self.until))
        return batches_between(history, since, until if self.until else last)

    def _tell(self, history: History, made: Remittance, line: int | None, *, as_json: bool) -> None:
        place = history.place
        if as_json:
            print_json(
                {
                    "file": str(self.file),
                    "sha256": made.sha256,
                    "differsInLine": line,
                    "chainId": place.chain_id,
                    "block": place.block,
                    "batches": [
                        {
                            "batch": it.id,
                            "root": it.root,
                            "amount": str(it.amount),
                            "token": it.token,
                            "transaction": it.transaction,
                        }
                        for it in made.batches
                    ],
                    "leftOut": [{"batch": batch, "why": why} for batch, why in made.left_out],
                }
            )
            return
        name = shown(str(self.file))
        if line is not None:
            print_lines(
                f"{name} is not what the chain and the logs make of these batches: it differs in line {line:,}."
            )
        elif self.verifies:
            print_lines(f"{name} is to the last byte what the chain and the logs make of these batches.")
        print_lines(f"sha-256 {made.sha256}" + (", of what it should be" if line is not None else ""))
        for it in made.batches:
            worth = history.worth.of(it.amount, it.token)
            print_lines(f"batch {it.id} root {it.root}: {worth} ({it.amount}), settled in {it.transaction}")
        for batch, why in made.left_out:
            print_lines(f"Left out is batch {batch}: {why}")


def _read(file: Path) -> bytes:
    try:
        return read_file(file, _MOST)
    except OSError as error:
        raise StorageError(f"{shown(str(file))} cannot be read ({error.strerror}); check the name.") from error
