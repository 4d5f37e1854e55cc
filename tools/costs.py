"""Writes what each operation costs on Ethereum and three rollups: `docs/costs.md` and its plot.

Run as `python -m tools.costs`; `--check` fails if they are not what the snapshots make. With any price, such as
`--gas 5 --blob 1 --eth 4000`, the table of that price is printed instead. No network is asked.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.compiler import ROOT
from tools.plots import bars
from tools.rollups import ARBITRUM, BASE, CHAINS, OPTIMISM, Call, Prices, cost

__all__ = ["BUSY", "QUIET", "calls", "main", "pages"]

GWEI = 10**9
PAGE, PLOT = Path("docs/costs.md"), Path("docs/pictures/costs.svg")
QUIET = Prices(GWEI, GWEI // 100, 3_000, {OPTIMISM: GWEI // 1_000, BASE: GWEI // 200, ARBITRUM: GWEI // 100})
BUSY = Prices(20 * GWEI, 5 * GWEI, 3_000, {OPTIMISM: GWEI // 20, BASE: GWEI // 20, ARBITRUM: GWEI // 10})
PEERS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "register, new split of 5": (("Story, register and mint, no split", 328_031), ("Ocean", 1_034_837)),
    "registerMany x50, shared split, each": (("Vana addFile, no split", 136_804),),
    "create split of 10": (("0xSplits Push", 167_535), ("PaymentSplitter", 1_245_179)),
    "pay a dataset, ERC-20": (("0xSplits distribute to 10", 149_746),),
    "claim, later": (("0xSplits withdraw, after a distribution", 49_199), ("MerkleDistributor", 63_443)),
    "publish terms": (("Story register terms", 361_523),),
    "offer": (("Story attach terms", 283_751),),
    "acquire, ERC-20, steady": (("Ocean startOrder", 126_994), ("Story", 693_418)),
    "settle a batch of 512 statements": (
        # x402BatchSettlement.sol of github.com/x402-foundation/x402 at 3d73f63, one channel, not its first time; of ten
        # that are claimed together each takes 21,684
        ("x402 batch-settlement, claim and settle, one sum", 91_580),
        ("TAP redeem, one sum", 114_949),
        ("GraphTally collect", 143_524),
    ),
    "settle 100,000 calls over 500 licences, each call": (("EAS multiTimestamp", 24_999), ("Ocean reuseOrder", 41_649)),
}
"""Gas of the nearest thing that others have, measured on one machine with their own code."""
SOURCES = """\
- **OP Mainnet and Base**, the OP Stack since Fjord: gas at the rollup's price, and
  `max(100, -42.5856 + 0.8365 * fastlz) * (16 * baseFeeScalar * baseFee + blobScalar * blobBaseFee)` for posting. The
  [specification](https://docs.base.org/base-chain/specs/upgrades/fjord/exec-engine) has the formula and its numbers.
  The scalars are those of the chains' own blocks: 5,227 and 1,014,213 millionths on OP Mainnet
  ([124665056](https://optimistic.etherscan.io/tx/0x312e290cf36df704a2217b015d6455396830b0ce678b860ebfcc30f41403d7b1)),
  2,269 and 1,055,762 on Base. Operators change them: `baseFeeScalar()` and `blobBaseFeeScalar()` of
  `0x420000000000000000000000000000000000000F` tell today's. What an operator adds since Isthmus is taken to be zero.
- **Arbitrum One**: gas at the rollup's price, and 16 units for each byte that brotli leaves at its lowest level, at a
  price that [ArbOS](https://docs.arbitrum.io/how-arbitrum-works/l1-gas-pricing) moves until it covers what posting
  costs. It is taken to be where it comes to rest if batches are full blobs: 131,072 gas of blobs and, an assumption,
  150,000 gas of Ethereum for 126,976 bytes.
- **Ethereum**: [EIP-1559](https://eips.ethereum.org/EIPS/eip-1559), calldata as part of the gas
  ([EIP-2028](https://eips.ethereum.org/EIPS/eip-2028)); no operation is so much calldata and so little work that
  the floor of [EIP-7623](https://eips.ethereum.org/EIPS/eip-7623) would count."""


def calls(root: Path = ROOT) -> dict[str, Call]:
    """Return the transaction of each operation, from the snapshots."""
    snapshots = root / "tests" / "snapshots"
    gas = json.loads((snapshots / "gas.json").read_text("utf-8"))
    sizes = json.loads((snapshots / "calldata.json").read_text("utf-8"))
    return {name: Call(each, **sizes[name]) for name, each in gas.items()}


def pages() -> dict[Path, str]:
    """Return the page and its plot."""
    measured = calls()
    plotted = {name: {chain: _usd(chain, it, QUIET) for chain in CHAINS} for name, it in measured.items()}
    text = f"""# What it costs

Written by `make costs` from the gas snapshot and the bytes of real transactions; `make fresh` holds it to both. Prices
are given, not asked of anybody: gas of Ethereum, of blobs and of each rollup, and ETH at ${QUIET.eth:,}. For others,
`python -m tools.costs --gas 5 --blob 1 --eth 4000` prints the same table.

![USD for one operation, in quiet times](pictures/costs.svg)

## In quiet times

{_stated(QUIET)}

{_table(measured, QUIET)}

## In busy times

{_stated(BUSY)}

{_table(measured, BUSY)}

## Beside others

Gas of one operation, and of the nearest thing that others have, measured on one machine with their own code. Theirs do
less or more: what each leaves out is in its name. The last column is USD on Ethereum in quiet times, ours and theirs.

{_beside(measured)}

## The formulas

A transaction is what is signed: type 2, with a signature. Where one does several operations, each bears its part.

{SOURCES}
"""
    return {PAGE: text, PLOT: bars("USD for one operation, in quiet times", "$", plotted)}


def main(arguments: list[str] | None = None) -> int:
    """Write the page, check it, or print a table at other prices. The exit code is 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m tools.costs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is stale")
    parser.add_argument("--gas", type=float, help="gwei for gas of Ethereum")
    parser.add_argument("--blob", type=float, help="gwei for gas of blobs")
    parser.add_argument("--eth", type=int, help="USD for ETH")
    said = parser.parse_args(arguments)
    if any(it is not None for it in (said.gas, said.blob, said.eth)):
        gas = QUIET.gas if said.gas is None else round(said.gas * GWEI)
        blob = QUIET.blob if said.blob is None else round(said.blob * GWEI)
        print(_table(calls(), Prices(gas, blob, said.eth or QUIET.eth, QUIET.rollups)))
        return 0
    made = pages()
    if said.check:
        stale = [str(path) for path, text in made.items() if _current(path) != text]
        if stale:
            print(f"These are not what the snapshots make; run `make costs`: {', '.join(stale)}.", file=sys.stderr)
        return int(bool(stale))
    for path, text in made.items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text, "utf-8")
    return 0


def _current(path: Path) -> str | None:
    return (ROOT / path).read_text("utf-8") if (ROOT / path).exists() else None


def _usd(chain: str, call: Call, prices: Prices) -> float:
    return cost(chain, call, prices) / 10**18 * prices.eth


def _stated(prices: Prices) -> str:
    rollups = ", ".join(f"{price / GWEI:g} on {name}" for name, price in prices.rollups.items())
    return f"Gas at {prices.gas / GWEI:g} gwei on Ethereum, {rollups}; blobs at {prices.blob / GWEI:g} gwei."


def _table(measured: Mapping[str, Call], prices: Prices) -> str:
    heads = ("operation", "gas", "bytes", "ETH on Ethereum", *(f"USD on {chain}" for chain in CHAINS))
    rows = []
    for name, call in measured.items():
        eth = cost(CHAINS[0], call, prices) / 10**18
        size = f"{call.size / call.operations:,.3g}" if call.operations > 1 else f"{call.size:,}"
        usd = [_money(_usd(chain, call, prices)) for chain in CHAINS]
        rows.append((name, f"{call.gas:,.2f}".removesuffix(".00"), size, f"{eth:.3g}", *usd))
    return _markdown(heads, rows)


def _beside(measured: Mapping[str, Call]) -> str:
    rows = []
    for name, peers in PEERS.items():
        ours = measured[name].gas
        for peer, gas in peers:
            usd = [_money(it * QUIET.gas / 10**18 * QUIET.eth) for it in (ours, gas)]
            rows.append(
                (name, f"{ours:,.2f}".removesuffix(".00"), peer, f"{gas:,}", f"{ours / gas:.2g}", " / ".join(usd))
            )
    return _markdown(("operation", "gas", "peer", "its gas", "ours of it", "USD"), rows)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ("---", *("---:" for _ in heads[1:])), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _money(usd: float) -> str:
    return f"{usd:,.2f}" if usd >= 1 else f"{usd:.3g}" if usd >= 0.001 else f"{usd:.2e}".replace("e-0", "e-")


if __name__ == "__main__":
    sys.exit(main())
