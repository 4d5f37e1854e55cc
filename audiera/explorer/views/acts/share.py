"""Giving a share away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Row

from audiera.errors import InputError
from audiera.explorer.asked import Reading
from audiera.explorer.calling import (
    ActView,
    Call,
    Field,
    address_in,
    contracts,
    name_of,
    payee_in,
    prepare,
    read_within,
)
from audiera.explorer.commands import ape
from audiera.explorer.refusals import RefusalError
from audiera.explorer.registered import dataset_row
from audiera.explorer.sharing import split_of
from audiera.explorer.words import counted
from audiera.protocol import Split, move_share, payee_of
from audiera.quantities import format_ppm
from audiera.text import from_hex

__all__ = ["ShareView"]


@dataclass(frozen=True, slots=True)
class ShareView(ActView):
    """The whole share of whoever signs, given to another payee."""

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the move of a share of a dataset.

        Raises:
            RefusalError: there is no such dataset.
        """
        row, asked = dataset_row(reading), reading.asked
        split = split_of(reading, row.split)
        account, problem = read_within(lambda: address_in(asked.text("account")))
        to, call = asked.text("to"), None
        ppm = split.ppm_of(payee_of(account)) if account else 0
        if account and not ppm:
            problem = f"{account} has no share of dataset {row.id} to give."
        elif account and to:
            try:
                call = _move(reading, row, split, account)
            except (InputError, RefusalError) as error:
                problem = str(error)
        return cls(
            index=reading.index,
            what="Give your share away",
            dataset=row.id,
            name=name_of(reading, row.id),
            account=account,
            command=ape(
                reading.index.chain_id, f"dataset move-share {row.id}", f"--to {to if call else 'ADDRESS'}", acts=True
            ),
            fields=(
                Field("account", "Account whose share it is", asked.text("account"), "0x…"),
                Field("to", "Who gets it", to, "An address, or the id of a royalty account"),
            ),
            problem=problem,
            calls=(call,) if call else (),
            costs="Nothing but gas, and the share itself.",
            effects=(
                f"All of {f'the {format_ppm(ppm)}' if ppm else 'the share'} of dataset {row.id} goes over.",
                "What came in before stays claimable by whoever had the share then. Nobody else's share changes.",
                "Nobody can undo this, neither you nor the dataset's owner.",
            ),
        )


def _move(reading: Reading, row: Row[*tuple[object, ...]], split: Split, account: str) -> Call:
    suite, payee, typed = contracts(reading), payee_of(account), reading.asked.text("to")
    to = payee_in(typed)
    after = move_share(split, payee, to, from_hex(row.account))
    after.refuse(payee_of(suite["RoyaltySplitter"].address), "it is the contract that pays")
    told = (
        (row.id, f"dataset {row.id}"),
        (split.shares, f"the split as it is now, {counted(len(split.shares), 'payee')}"),
        (to, f"who gets the share: {typed}"),
    )
    title = f"Give {format_ppm(split.ppm_of(payee))} of dataset {row.id} to {typed}"
    return prepare(title, suite["DatasetRegistry"], "moveShare", told)
