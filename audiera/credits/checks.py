"""Compares a contributors file with the folder that it is of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from audiera.credits.contributors import Contributors
from audiera.credits.people import Person
from audiera.protocol import TableRow
from audiera.text import normal, plain, shown

__all__ = ["in_rows", "left_out_notes", "mismatches", "unpaid"]


def in_rows(paths: Iterable[str]) -> frozenset[str]:
    """Return paths in the form that the rows of a contributors file have them in, which know no backslash."""
    return frozenset(normal(path).replace("\\", "/") for path in paths)


def mismatches(
    contributors: Contributors, files: Sequence[TableRow], left_out: Collection[str], passed_over: Mapping[str, str]
) -> Iterator[str]:
    """Yield which entries have no file, and which files no entry.

    Args:
        contributors: the contributors file, as read.
        files: the items.
        left_out: paths of files that are not taken by the user's choice.
        passed_over: why other files of the folder are no items, by path.
    """
    if not contributors.per_item:
        return
    present = {file.metadata.path for file in files}
    spelling = {path.casefold(): path for path in present}
    stated = [(f"line {credit.line}: ", credit.file) for credit in contributors.credits if credit.file]
    for where, file in (*stated, *(("", file) for file in contributors.uncredited)):
        if file in present or file in left_out:
            continue
        if file in passed_over:
            yield f"{where}{shown(file)} is passed over ({plain(passed_over[file])}); mend that or remove the row."
        else:
            hint = f"it has {near}" if (near := spelling.get(file.casefold())) else "correct it or remove the row"
            yield f"{where}{shown(file)} is not in the folder; {hint}."
    for file in sorted(present - {file for _, file in stated} - set(contributors.uncredited)):
        yield f"{shown(file)} is in the folder and has no row; add one, with - as composer for no credit."
    if not any(file in present for _, file in stated):
        yield "nobody is credited for any file that is taken; credit at least one."


def unpaid(people: Iterable[Person]) -> Iterator[str]:
    """Yield who cannot be paid without a custodian, in one sentence."""
    if names := sorted({person.name for person in people if person.address is None}):
        yield f"no address for {', '.join(names)}; add it, or name with --custodian who holds in trust for them."


def left_out_notes(contributors: Contributors, left_out: Collection[str]) -> Iterator[str]:
    """Yield who is not paid for what is left out, and who for nothing at all."""
    lost: defaultdict[str, dict[Person, None]] = defaultdict(dict)
    paid: set[Person] = set()
    for credit in contributors.credits:
        if credit.file is not None and credit.file in left_out:
            lost[credit.file][credit.person] = None
        else:
            paid.add(credit.person)
    for file, people in lost.items():
        yield f"{shown(file)} is left out, so it pays nothing to {', '.join(person.name for person in people)}."
    for person in dict.fromkeys(person for people in lost.values() for person in people):
        if person not in paid:
            yield f"{person.name} is credited only for what is left out, and gets no share."
