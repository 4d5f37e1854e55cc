"""Measures at scale: `python -m tests.scale` prints the table, `--write` writes it to docs/scale.md, too.

`python -m tests.scale soak --minutes 60` has everything serve and be killed for as long, and says whether it holds.
Cases that are named are run alone, and written in the place of their rows. Each runs in a process of its own, so that
its memory is its own. Nothing else should be busy.
"""

import platform
import subprocess
import sys

from tests.scale import (
    accesses,
    agents,
    audit,
    cases,
    grants,
    index,
    lasting,
    loader,
    peer,
    pull,
    search,
    signing,
    soak,
    spread,
)
from tests.scale.measure import Measured, cores, rows_of, table
from tests.support.places import DOCS

CASES = {
    **cases.CASES,
    **index.CASES,
    **peer.CASES,
    **search.CASES,
    **accesses.CASES,
    **lasting.CASES,
    **agents.CASES,
    **grants.CASES,
    **signing.CASES,
    **pull.CASES,
    **loader.CASES,
    **spread.CASES,
    **audit.CASES,
}
PAGE = DOCS / "scale.md"
INTRODUCTION = """# At scale

Written by `make bench`; run it on your own machine. A ratio is the time taken over that of the floor: the least that
any program would need that does the same with the same library. Each time is the best of several runs, and floor and
figure take turns. Hashing and scanning use all cores.

Beyond decoding, a scan hashes each file and its samples, holds FLAC to its MD5 and Ogg and MP3 to their checksums, and
reads tags: most for FLAC and WAV, which decode fastest. What it costs that processes with limits read the files is a
row of its own. A tree's leaves are sorted by hash, so they lie scattered in memory; the floor's do not. An index is
measured from a node to its tables, raw logs and all; its decoder, a part of the floor, is thirty times as fast as
the client's. A search is a page and its facets, of every kind of question alike, among rows that are made up.

Ponder (https://ponder.sh) is measured where `npm ci --prefix tools/peer` has installed it, by the time that it takes by
its own account, without its start. It keeps each event decoded as JSON, and datasets, licences and credits as rows;
ours keeps raw logs that it can be rebuilt from, and every table of pages and search. Ponder keeps blocks and
transactions too, and begins with 20 requests a second of whatever node, which it raises.

An access looks up licence, item and deposit, recomputes the head from its uses, recovers one signature and makes
another, and is on the disk before it is answered; its floor is the hashing, the recovering and the disk alone. The
server of x402 recovers one signature and adds one price, in a file that need not outlive a power cut, and knows no
licence, no item and no use. Nothing is settled meanwhile. Then a thousand accesses of one channel, or any number, take
63,112 gas to settle, and 127,000 to bring what one dataset earned to all who have a share in it; x402's contract takes
91,580 to claim them and to pay one receiver ([costs](costs.md)). A grant is looked at anew after a
second: nginx alone asks nobody who may have an object. Presigned URLs are asked for 1,024 at a time, the next of them
while the last are used; that is part of their time.

`python -m tests.scale soak --minutes 60` has everything serve at once for an hour: a chain with the suite, an index
that follows it, three gateways over one PostgreSQL (`--sqlite`: one, over SQLite), and a settler. Payers buy licences,
pay in, take accesses, fetch, ask again, withdraw; musicians upload and register. All but the first gateway are killed
with nine at random (`--kills 40`: seconds between two) and started again. `--rate 20` is the requests a second of all
payers. Each minute tells speed, delays and memory. At the end every head that a payer holds has to be settled as it is
held, once, collected and paid out, every channel to balance, and every upload to be there; no process may have grown by
more than a quarter, and nothing may have answered 500.

"""


def main() -> int:
    """Runs each case named on the command line, or all of them, and prints the table."""
    if "--case" in sys.argv:
        print(CASES[sys.argv[-1]]().json())
        return 0
    if sys.argv[1:2] == ["soak"]:
        minutes, rate, kills = (
            float(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else usual
            for name, usual in (("--minutes", 60), ("--rate", 20), ("--kills", 40))
        )
        return soak.run(minutes, rate, kills, sqlite="--sqlite" in sys.argv)
    found = []
    for name in [it for it in CASES if it in sys.argv] or CASES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        run = subprocess.run(
            [sys.executable, "-m", "tests.scale", "--case", name], check=True, stdout=subprocess.PIPE, text=True
        )
        found.append(Measured.read(run.stdout))
    rows = {it.what: it.row for it in found}
    print(table(rows.values()))
    if "--write" in sys.argv:
        shown = table((rows_of(PAGE.read_text("utf-8")) | rows).values() if len(found) < len(CASES) else rows.values())
        machine = f"Measured with Python {platform.python_version()} on {cores()} cores of {platform.machine()}.\n"
        PAGE.write_text(f"{INTRODUCTION}{shown}\n\n{machine}", encoding="utf-8")
    return int(any(not it.holds for it in found))


if __name__ == "__main__":
    sys.exit(main())
