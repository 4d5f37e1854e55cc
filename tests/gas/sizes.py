"""How long transactions are, as they are signed, and what compression leaves of them: what rollups charge for."""

import json
import subprocess
from collections.abc import Mapping

from eth_account import Account

from tests.gas.cases import Measured
from tools.rollups import fastlz_size

__all__ = ["sizes_of"]

_USUAL = {"chainId": 10, "nonce": 100, "gas": 250_000, "maxFeePerGas": 10**9, "maxPriorityFeePerGas": 10**6, "value": 0}
_TO = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
_BROTLI = """
const zlib = require("zlib"), lowest = {params: {[zlib.constants.BROTLI_PARAM_QUALITY]: 0}};
const given = JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(given.map((it) => zlib.brotliCompressSync(Buffer.from(it, "hex"), lowest).length)));
"""


def sizes_of(operations: Mapping[str, Measured]) -> dict[str, dict[str, int]]:
    """Bytes of each operation's transaction: as it is signed, after FastLZ, and after brotli at its lowest level."""
    key = Account.from_key(b"\1" * 32)
    signed = {
        name: bytes(key.sign_transaction({**_USUAL, "to": _TO, "data": it.data}).raw_transaction)
        for name, it in operations.items()
    }
    told = json.dumps([it.hex() for it in signed.values()])
    run = subprocess.run(["node", "-e", _BROTLI], input=told, check=True, stdout=subprocess.PIPE, text=True)
    brotli = dict(zip(signed, json.loads(run.stdout), strict=True))
    return {
        name: {
            "operations": operations[name].operations,
            "size": len(it),
            "fastlz": fastlz_size(it),
            "brotli": brotli[name],
        }
        for name, it in signed.items()
    }
