"""Three files of 1, 3 and 6 seconds, and who made them, for tests of who is paid."""

from pathlib import Path

import pytest

from audiera.credits.contributors import Contributors, ContributorsError, read_contributors
from audiera.credits.divide import Credits, ShareRule, divide
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow
from tests.support.music import ADA, BEN, CARA, write_contributors

__all__ = ["ROWS", "by_file", "ppm", "problems", "row"]


def row(path: str, milliseconds: int) -> TableRow:
    metadata = Metadata(path=path, media_type="audio/flac", duration_ms=milliseconds or None)
    return TableRow(Item.of(path.encode().ljust(32, b"\0"), 1, metadata), metadata)


ROWS = (row("a.flac", 1_000), row("b.flac", 3_000), row("c.flac", 6_000))


def ppm(divided: Credits) -> dict[str, int]:
    return {" & ".join(payout.names): payout.ppm for payout in divided.payouts}


def problems(contributors: Contributors, rule: ShareRule | None = None) -> tuple[str, ...]:
    with pytest.raises(ContributorsError) as caught:
        divide(contributors, ROWS, rule=rule)
    return caught.value.problems


def by_file(path: Path) -> Contributors:
    lines = [f"a.flac,Ada,{ADA}", f"b.flac,Ben,{BEN}", f"c.flac,Ada,{ADA}", f"c.flac,Cara,{CARA}"]
    return read_contributors(write_contributors(path, "file,composer,address", *lines))
