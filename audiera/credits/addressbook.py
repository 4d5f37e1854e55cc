"""An address book: short names of one's own for addresses, to write in a contributors file instead of them.

A CSV table with the columns ``alias`` and ``address``, or a YAML mapping of aliases to addresses. It is used
only where it is named. What the chain sees, and what is shown before anything is signed, is the address.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import InputError
from audiera.protocol import ETHER, to_address
from audiera.text import Branch, Leaf, read_spreadsheet, read_text, read_yaml, tidy

__all__ = ["AddressBook", "read_address_book"]


_COLUMNS: Final = ("alias", "address")
_LIKE_AN_ADDRESS: Final = re.compile(r"0x.*|[0-9a-f]{40}", re.IGNORECASE)
_NAME_SERVICE: Final = ".eth"


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Addresses by alias."""

    path: Path
    addresses: Mapping[str, ChecksumAddress]

    def resolve(self, alias: str) -> ChecksumAddress:
        """Return the address of an alias, written exactly as in the book.

        Raises:
            InputError: the book does not have it; the message names what is like it.
        """
        if alias in self.addresses:
            return self.addresses[alias]
        folded = {known.casefold(): known for known in self.addresses}
        fold = alias.casefold()
        near = [folded[it] for it in ([fold] if fold in folded else get_close_matches(fold, folded))]
        hint = f"did you mean {' or '.join(near)}?" if near else "add it, or write the address."
        raise InputError(f"{alias!r} is not in {self.path.name}; {hint}")


def read_address_book(path: Path) -> AddressBook:
    """Read an address book: YAML if its name ends in .yaml or .yml, else CSV.

    Raises:
        InputError: everything that is wrong with it, by line.
    """
    addresses: dict[str, ChecksumAddress] = {}
    spelling: dict[str, str] = {}
    problems: list[str] = []
    try:
        is_yaml = path.suffix.lower() in (".yaml", ".yml")
        lines = list(_yaml_lines(path) if is_yaml else _csv_lines(path, problems))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    for line, alias, address in lines:
        try:
            if (other := spelling.setdefault(alias.casefold(), alias)) != alias or alias in addresses:
                raise InputError(f"{alias} is there already as {other}; keep one.")
            addresses[_alias(alias)] = _address(alias, address)
        except InputError as error:
            problems.append(f"line {line}: {error}")
    if not (lines or problems):
        problems.append("it has no entry; give an alias and its address in each row.")
    if len(problems) == 1:
        raise InputError(f"{path}: {problems[0]}")
    if problems:
        raise InputError(f"{path}: {len(problems)} things to put right.", *problems)
    return AddressBook(path, addresses)


def _csv_lines(path: Path, problems: list[str]) -> Iterator[tuple[int, str, str]]:
    table = read_spreadsheet(path, frozenset(_COLUMNS))
    if sorted(table.columns) != sorted(_COLUMNS):
        raise InputError("it needs the columns `alias` and `address` and no other.")
    problems += table.problems
    for line, cells in table.rows:
        row = dict(zip(table.columns, cells, strict=True))
        yield line, tidy(row["alias"]), tidy(row["address"])


def _yaml_lines(path: Path) -> Iterator[tuple[int, str, str]]:
    book = read_yaml(read_text(path))
    if not isinstance(book, Branch):
        raise InputError("it needs an alias and its address in each line, like `ada: 0x…`.")
    for alias, address in book.entries:
        if not isinstance(address, Leaf):
            raise InputError(f"line {alias.line} gives {alias.text} more than one address; write one.")
        yield alias.line, tidy(alias.text), tidy(address.text)


def _alias(text: str) -> str:
    if not text:
        raise InputError("no alias is given; write one before the address.")
    if _LIKE_AN_ADDRESS.fullmatch(text):
        raise InputError(f"{text} looks like an address; choose an alias that does not.")
    if text.casefold().endswith(_NAME_SERVICE):
        raise InputError(
            f"{text} looks like a name of ENS, which is not asked; choose an alias without {_NAME_SERVICE}."
        )
    return text


def _address(alias: str, text: str) -> ChecksumAddress:
    address = to_address(text)
    if address == ETHER:
        raise InputError(f"the address of {alias} is zero; give the address that is to be paid.")
    return address
