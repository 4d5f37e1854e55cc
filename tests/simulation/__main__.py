"""Simulates a year: `python -m tests.simulation` writes docs/simulation.md and its plots (seconds)."""

import sys
import zlib
from collections.abc import Mapping, Sequence
from textwrap import fill

from audiera.metering.batch import PricedUse
from audiera.metering.files import use_line
from audiera.protocol.hashing import keccak
from audiera.protocol.structs import Use
from tests.simulation.sampled import AT_ONCE, Sampled, sample
from tests.simulation.year import PERIODS, Period, World, Year, draw, dust, splits, waiting, worth
from tests.support.places import DOCS
from tools.costs import QUIET
from tools.plots import lines
from tools.rollups import CHAINS, Call, cost

_NAMES: Mapping[int, str] = {1: "day", 7: "week", 28: "four weeks", 91: "quarter"}
_PAYEES, _PART = 5, 0.1
_DAY, _BLOCK, _GAS_LIMIT = 86_400, 12, 36_000_000
_PEAK = 3
"""How many times the average the busiest hour of a day is taken to be."""


def main() -> int:
    """Draws, samples, writes. The exit code is 0."""
    world = World()
    year, sampled = draw(world), sample()
    text, plots = _page(world, year, sampled)
    (DOCS / "simulation.md").write_text(text, "utf-8")
    for name, plot in plots.items():
        (DOCS / "pictures" / name).write_text(plot, "utf-8")
    return 0


def _page(world: World, year: Year, sampled: Sampled) -> tuple[str, Mapping[str, str]]:
    money = int(year.by_dataset.sum())
    usd = {it.days: {chain: _of_period(chain, it, sampled) for chain in CHAINS} for it in year.periods}
    each = {chain: [(it.days, sum(usd[it.days][chain]) / world.uses) for it in year.periods] for chain in CHAINS}
    waits = {
        chain: [(waiting(year.by_day, it.days)[0], sum(usd[it.days][chain]) * 1e8 / money) for it in year.periods]
        for chain in CHAINS
    }
    plots = {
        "simulation-use.svg": lines("USD on chain for one use", "days between settlements", "$", each),
        "simulation-wait.svg": lines("% of the money that goes to chains", "days that a use waits", "", waits),
    }
    costs = _table(
        (
            "settled every",
            "batches",
            "statements",
            "in one, on average",
            "gas a use",
            *(f"USD on {it}" for it in CHAINS),
        ),
        [
            (
                _NAMES[it.days],
                f"{it.batches:,}",
                f"{it.statements:,}",
                f"{it.statements / it.batches:,.0f}",
                f"{_gas(it, sampled) / world.uses:,.2f}",
                *(
                    f"{sum(usd[it.days][chain]):,.0f} ({sum(usd[it.days][chain]) * 1e8 / money:,.3g} %)"
                    for chain in CHAINS
                ),
            )
            for it in year.periods
        ],
    )
    policies = _table(
        ("settled and collected every", "waits, on average", "nine in ten", *CHAINS),
        [
            (
                _NAMES[it.days],
                *(f"{days:,.1f} days" for days in waiting(year.by_day, it.days)),
                *(_worth(chain, it, sampled) for chain in CHAINS),
            )
            for it in year.periods
        ],
    )
    paid = _table(
        ("payout to", *CHAINS),
        [
            ("a contributor, a claim", *(f"{_usd(chain, sampled.claim):.2g} USD" for chain in CHAINS)),
            (
                "all, once a quarter",
                *(f"{_usd(chain, sampled.claim) * world.datasets * _PAYEES * 4:,.0f} USD" for chain in CHAINS),
            ),
        ],
    )
    parts = (
        "# A year, simulated",
        _say(
            f"Written by `make simulate`; the seed is {world.seed}, so it is the same year each",
            "time. Uses are drawn, gas is that of transactions on a real Anvil, and prices are those of",
            "[costs.md](costs.md) in quiet times.",
        ),
        "## What is drawn",
        _say(
            f"{world.datasets:,} datasets of {_PAYEES} payees each, {world.licensees:,} licensees, {world.uses:,} uses",
            f"in {world.days} days.",
        ),
        _listed(
            _say(
                "- A dataset's popularity falls with its rank to the power of 0.9; a price for a use is",
                "lognormal about",
                "0.001 USD, sigma 1.",
            ),
            _say(
                "- A licensee takes a number of licences that is lognormal about 60, sigma 1, by popularity:",
                f"{year.licences:,} in all. How much it uses is lognormal, sigma 1.5, and so is each licence within,",
                "sigma 1. A day of a weekend has 0.6 of the uses of another.",
            ),
            _say(
                "- The uses of each day fall on licences multinomially. That makes",
                f"{money / 1e6:,.0f} USD; the busiest licensee has {year.busiest:,} uses.",
            ),
        ),
        _say(
            "A gateway settles each licensee's channel every so many days, a batch with a statement",
            "for each licence that",
            f"was used, and collects {AT_ONCE} statements a transaction. Gas: {sampled.settle.gas:,.0f} to settle,",
            f"{sampled.collected(AT_ONCE):,.0f} for each statement of a batch of {AT_ONCE} and",
            f"{sampled.level:,.0f} more",
            f"whenever it has twice as many, {sampled.collected(1):,.0f} for one alone,",
            f"{sampled.claim.gas:,.0f} to claim. All is paid in ETH, which takes less than the ERC-20 of",
            "[costs.md](costs.md).",
        ),
        "## What a year costs",
        "To settle and to collect everything, and which part of the money that is:",
        costs,
        "![USD on chain for one use](pictures/simulation-use.svg)",
        paid,
        "## How long contributors wait",
        _say(
            "A use can be claimed once it is collected. To collect only what is worth it leaves out",
            "each statement whose",
            f"collection costs more than {_PART:.0%} of it; what is left out stays collectable. Which",
            "part of the money is",
            "worth it, and of the statements:",
        ),
        policies,
        "![Part of the money that goes to chains](pictures/simulation-wait.svg)",
        _say(
            "It is the time between settlements that counts, since a statement is collected once,",
            "however much it sums:",
            "where gas is dear, settle less often; where it is cheap, there is no reason for anybody to wait.",
        ),
        "## Dust and bytes",
        _listed(
            _say(
                f"- What is rounded down in splits of {_PAYEES}, once everybody has claimed all:",
                f"{dust(year.by_dataset, splits(world.datasets, _PAYEES, world.seed)):,} millionths of a USD.",
            ),
            _bytes(year, sampled, world),
        ),
        "## Where one machine ends",
        _listed(*_machine(year, sampled, world)),
    )
    return "\n\n".join(parts) + "\n", plots


def _say(*parts: str) -> str:
    indent = "  " if parts[0].startswith("- ") else ""
    return fill(" ".join(parts), 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _listed(*lines: str) -> str:
    return "\n".join(lines)


def _statement(period: Period, sampled: Sampled) -> Call:
    """Return what a statement takes in batches of average size."""
    size = period.statements / period.batches
    return Call(sampled.collected(size), **_sizes(sampled.collect))


def _sizes(call: Call) -> dict[str, int]:
    return {"operations": call.operations, "size": call.size, "fastlz": call.fastlz, "brotli": call.brotli}


def _gas(period: Period, sampled: Sampled) -> float:
    return period.batches * sampled.settle.gas + period.statements * _statement(period, sampled).gas


def _of_period(chain: str, period: Period, sampled: Sampled) -> tuple[float, float]:
    """Return USD for all settlements and all collections."""
    statement = _statement(period, sampled)
    return period.batches * _usd(chain, sampled.settle), period.statements * _usd(chain, statement)


def _worth(chain: str, period: Period, sampled: Sampled) -> str:
    count, part = worth(period.amounts, _usd(chain, _statement(period, sampled)) * 10**6, _PART)
    return f"{part:.1%} of {count / period.statements:.0%}"


def _usd(chain: str, call: Call) -> float:
    return cost(chain, call, QUIET) / 10**18 * QUIET.eth


def _bytes(year: Year, sampled: Sampled, world: World) -> str:
    def use(number: int) -> str:
        nonce = keccak(b"%d" % number)
        made = Use(
            license=number % 100,
            dataset=number % 100,
            version=1,
            item=nonce,
            right=2,
            units=3,
            at=1_800_000_000 + number,
            nonce=nonce,
        )
        return use_line(PricedUse(made, 1_000))

    log = "".join(map(use, range(1_000))).encode()
    line, packed = len(log) / 1_000, len(zlib.compress(log)) / 1_000
    weekly = next(it for it in year.periods if it.days == PERIODS[1])
    calldata = (
        weekly.batches * sampled.settle.size + weekly.statements * sampled.collect.size / sampled.collect.operations
    )
    return _say(
        f"- Use logs have {line:,.0f} bytes a use, {packed:,.0f} packed: {line * world.uses / 1e9:,.0f} GB a year,",
        f"{packed * world.uses / 1e9:,.0f} GB packed. Settled weekly, {calldata / 1e9:,.2f} GB of calldata reach the",
        f"chain: {calldata / world.uses:,.2f} bytes a use.",
    )


def _machine(year: Year, sampled: Sampled, world: World) -> tuple[str, ...]:
    busiest = int(year.by_day.max())
    mean, peak = busiest / _DAY, busiest / _DAY * _PEAK
    daily, weekly = year.periods[0], year.periods[1]
    chain = _DAY / _BLOCK * _GAS_LIMIT
    days = [_gas(it, sampled) / world.days / chain for it in (daily, weekly)]
    logged = 3 * daily.statements / world.days + daily.batches / world.days
    return (
        _say(
            f"- **Serving.** The busiest day has {mean:,.0f} uses a second, its busiest hour {peak:,.0f} if that is",
            f"{_PEAK} times the average. [scale.md](scale.md) has how many accesses a second one machine serves; an",
            "access may be of 256 items. Where it",
            "ends, each gateway has channels and batches of its own: put licensees on several, by account.",
        ),
        _say(
            f"- **Indexing.** Settled daily, a day has about {logged:,.0f} events, three for each",
            f"statement, and a year {logged * world.days / 1e6:,.0f} million, all of which an index that is lost reads",
            "again. [scale.md](scale.md) has how many it reads a second.",
        ),
        _say(
            f"- **The chain.** With {_GAS_LIMIT / 1e6:,.0f} million gas every {_BLOCK} seconds, a",
            "day that is settled and",
            f"collected daily takes {days[0]:.1%} of Ethereum, one of a year of weeks {days[1]:.1%}.",
            "This is what ends first:",
            "more uses are hardly more statements under the same licences, but ten times as many",
            "licensees are ten times the",
            "gas. Then settle less often, or on a rollup.",
        ),
        _say(
            f"- **One batch** has up to {1 << 20:,} statements; the largest here has",
            f"{max(it.largest for it in year.periods):,}.",
        ),
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    made = [heads, ("---", *("---:" for _ in heads[1:])), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in made)


if __name__ == "__main__":
    sys.exit(main())
