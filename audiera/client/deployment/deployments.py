"""Where the contracts are, chain by chain: `deployments/<chain id>.json`, written by `deploy`, read by everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import InputError
from audiera.protocol import CONTRACTS, to_address
from audiera.text import as_hash, as_int, as_object, as_text, read_file, read_json, replace_file

__all__ = ["FOLDER", "SHIPPED", "Deployed", "Deployment"]

FOLDER: Final = Path("deployments")
"""Where deployments are kept, below the working directory."""

SHIPPED: Final = Path(__file__).parents[2] / "networks"
"""Those that a release knew of."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One contract of a deployment."""

    address: ChecksumAddress
    code_hash: bytes
    """keccak-256 of the creation code, constructor arguments included."""
    transaction: bytes | None
    """What created it; None if it was found there."""

    @classmethod
    def parse(cls, fields: Mapping[str, object]) -> Deployed:
        """Read one contract."""
        transaction = fields["transaction"]
        return cls(
            to_address(as_text(fields["address"])),
            as_hash(fields["creationCodeHash"]),
            as_hash(transaction) if transaction else None,
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """The suite on one chain."""

    chain_id: int
    block: int
    """No contract of the suite is older: the first block worth reading for events."""
    contracts: Mapping[str, Deployed]
    """By name."""

    @property
    def addresses(self) -> dict[str, ChecksumAddress]:
        """The contracts' addresses by name."""
        return {name: it.address for name, it in self.contracts.items()}

    @classmethod
    def find(cls, chain_id: int, folder: Path = FOLDER) -> Deployment | None:
        """Return the deployment on a chain, as written in the folder; None if none is.

        Raises:
            InputError: if the file is there and cannot be read, or is about another chain.
        """
        path = folder / f"{chain_id}.json"
        found = cls.read(path) if path.exists() else None
        if found and found.chain_id != chain_id:
            raise InputError(f"{path} is about chain {found.chain_id}; run `ape run deploy` again to write it.")
        return found

    @classmethod
    def read(cls, path: Path) -> Deployment:
        """Return the deployment in a file.

        Raises:
            InputError: if it is not one.
        """
        try:
            fields = as_object(read_json(read_file(path)))
            listed = as_object(fields["contracts"])
            contracts = {name: Deployed.parse(as_object(listed[name])) for name in CONTRACTS}
            return cls(as_int(fields["chainId"]), as_int(fields["block"]), contracts)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} does not describe a deployment; run `ape run deploy` again to write it."
            ) from error

    def to_json(self) -> str:
        """Return the file's text."""
        contracts = {
            name: {
                "address": it.address,
                "creationCodeHash": f"0x{it.code_hash.hex()}",
                "transaction": f"0x{it.transaction.hex()}" if it.transaction else None,
            }
            for name, it in self.contracts.items()
        }
        return json.dumps({"chainId": self.chain_id, "block": self.block, "contracts": contracts}, indent=2) + "\n"

    def write(self, folder: Path = FOLDER) -> Path:
        """Write the file at once: whoever reads meanwhile, or an interruption, meets the old file or the new one."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.chain_id}.json"
        replace_file(path, [self.to_json().encode()], mode=0o666)
        return path
