"""The tokens that a command's user may write: `5 USDC`, `0.1 ETH`, or an amount of any ERC-20 address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client import Audiera, TxReceipt
from audiera.client.deployment import FOLDER
from audiera.errors import AmountError, AudieraError, ChainError, InputError
from audiera.operations.memory import LOCAL, Fact, Memory
from audiera.protocol import ETHER, to_address
from audiera.quantities import KNOWN_TOKENS, Amount, UnitPrice, parse_amount, parse_unit_price
from audiera.text import as_object, as_text, read_file, read_json

__all__ = ["TOKENS_FILE", "TokenBook"]

TOKENS_FILE: Final = "tokens.json"
"""Beside the deployments, written by people: `{"<chain id>": {"USDC": "0x..."}}`."""

_SHOWN: Final = 16  # letters of a symbol; it is the token's own and may be anything
_LOOKED_AT: Final = 1_000  # letters of a symbol, which may be a megabyte


@dataclass(frozen=True, slots=True)
class TokenBook:
    """The tokens known by name on one chain. ETH is always known, and an address needs no name.

    A name means what the user says it means: a token that calls itself USDC is not found under that name. What a name
    meant, and what a token said of itself, when it was first seen is remembered: anything else is another amount.
    """

    client: Audiera[TxReceipt]
    names: Mapping[str, ChecksumAddress]
    memory: Memory
    _decimals: dict[str, int] = field(default_factory=dict, repr=False)
    _symbols: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, client: Audiera[TxReceipt], named: Sequence[str] = (), folder: Path = FOLDER) -> TokenBook:
        """Return the book of a chain: `NAME=ADDRESS` pairs, then what the tokens file says, then earlier pairs.

        Raises:
            InputError: if the file or a pair cannot be read, or a pair names another token than an earlier one.
        """
        memory, filed = Memory.of(client.node), _read(folder / TOKENS_FILE, client.chain_id)
        is_local = client.chain_id in LOCAL
        known = {} if is_local else _remembered(memory, client.chain_id)
        names = {**known, **filed}
        for pair in named:
            name, equals, address = (part.strip() for part in pair.partition("="))
            if not equals or not name or any(mark in name for mark in " /"):
                raise InputError(f"{pair!r} does not name a token; write it like USDC=0x1234....")
            names[name] = to_address(address)
            before = known.setdefault(name, names[name])
            if before != names[name] and name not in filed:
                raise InputError(
                    f"{name} was {before} when you first named it, and is {names[name]} now. Give one of them another "
                    f"name; if the new one is right, write it in {folder / TOKENS_FILE}, which comes first."
                )
            if not is_local:
                memory.keep(Fact.TOKEN, f"{client.chain_id}/{name}", before)
        if any(name.upper() == "ETH" for name in names):
            raise InputError("ETH is the chain's own money; give the token another name.")
        return cls(client, names, memory)

    def address(self, text: str) -> ChecksumAddress:
        """Return the token of a name or an address.

        Raises:
            AmountError: if the name is not known.
        """
        wanted = text.strip()
        if wanted.startswith("0x"):
            return to_address(wanted)
        known = {"ETH": ETHER, **self.names}
        alike = [name for name in known if name.lower() == wanted.lower()]
        if wanted in known or len(alike) == 1:
            return known[wanted if wanted in known else alike[0]]
        raise AmountError(
            f"Token {wanted!r} is not known here; write its address, add --token {wanted or 'NAME'}=ADDRESS, "
            f"or use one of {', '.join(sorted(known))}."
        )

    def amount(self, text: str) -> Amount:
        """Read `5 USDC`, or `5 0x...`.

        Raises:
            AmountError: if it is not an amount, the token is not known, or has fewer decimals.
            ChainError: if there is no token at the address.
        """
        read = parse_amount(text, self._spelled(text.strip().partition(" ")[2]))
        return replace(read, symbol=self.symbol(read.token))

    def unit_price(self, text: str) -> UnitPrice:
        """Read `0.001 USDC/second`.

        Raises:
            AmountError: if it is not a unit price, the token is not known, or has fewer decimals.
            ChainError: if there is no token at the address.
        """
        read = parse_unit_price(text, self._spelled(text.partition("/")[0].strip().partition(" ")[2]))
        return UnitPrice(replace(read.amount, symbol=self.symbol(read.amount.token)), read.meter)

    def of_value(self, value: int, token: str) -> Amount:
        """Return so many smallest units of a token, as an amount that writes itself exactly.

        A token that does not tell its decimals, or tells others than before, is counted in its smallest unit.
        """
        address = to_address(token)
        try:
            return Amount(value, address, self.symbol(address), self.decimals(address))
        except AudieraError:
            return Amount(value, address, f"smallest units of {self.symbol(address)}", 0)

    def totals(self, amounts: Iterable[tuple[str, int]]) -> list[Amount]:
        """Return the sum of each token, in the order in which they come first."""
        sums: dict[str, int] = {}
        for token, amount in amounts:
            sums[token] = sums.get(token, 0) + amount
        return [self.of_value(amount, token) for token, amount in sums.items()]

    def symbol(self, token: str) -> str:
        """Return a token's name: the user's, else its own followed by its address, since anybody may call one USDC."""
        address = to_address(token)
        if address == ETHER:
            return "ETH"
        for name, known in self.names.items():
            if known == address:
                return name
        if address not in self._symbols:
            self._symbols[address] = f"{self._own_symbol(address)}({address})"
        return self._symbols[address]

    def decimals(self, token: str) -> int:
        """Return how many decimals a token is written with.

        Raises:
            ChainError: if there is no token, or it claims more than anybody can write, or others than ever before.
        """
        address = to_address(token)
        if known := KNOWN_TOKENS.get((self.client.chain_id, address)):
            return known[1]  # whatever the node says
        if address not in self._decimals:
            # Ape makes eth_abi read "no answer" as 0, for the whole process: nobody home must not pass for a token.
            if address != ETHER and not self.client.node.code(address):
                raise ChainError(f"There is no ERC-20 token at {address}; check the address and the network.")
            found = self.client.token(address).decimals()
            if not 0 <= found <= 77:
                raise ChainError(f"Token {address} claims {found} decimals; it is not a token to pay with.")
            if (before := self._before(Fact.DECIMALS, address, str(found))) != str(found):
                raise ChainError(
                    f"Token {address} had {before} decimals when it was first seen from here, and the node says "
                    f"{found} now. Tokens do not change them, so ask another node; if this one is right, remove "
                    f"{self.memory.path}, and what is remembered begins anew."
                )
            self._decimals[address] = found
        return self._decimals[address]

    def _own_symbol(self, address: ChecksumAddress) -> str:
        """Return what a token calls itself, and what it did when it was first seen, if that was something else."""
        if known := KNOWN_TOKENS.get((self.client.chain_id, address)):
            return known[0]
        try:
            said = self.client.token(address).symbol()[:_LOOKED_AT]
        except AudieraError:
            return "token"
        symbol = "".join(filter(str.isprintable, said))[:_SHOWN].strip() or "token"
        before = self._before(Fact.SYMBOL, address, symbol)
        return symbol if before == symbol else f"{before}, now {symbol}"

    def _before(self, fact: Fact, address: ChecksumAddress, value: str) -> str:
        """Return what was said of a token when it was first seen: this, if that is now."""
        if address == ETHER or self.client.chain_id in LOCAL:
            return value
        of = f"{self.client.chain_id}/{address}"
        self.memory.keep(fact, of, value)
        return self.memory.get(fact, of) or value

    def _spelled(self, name: str) -> dict[str, tuple[str, int]]:
        """Only the token that the text names is asked for its decimals."""
        if not name.strip():
            return {}  # no token at all: the parser says how to write one
        address = self.address(name)
        return {name.strip(): (address, self.decimals(address))}


def _remembered(memory: Memory, chain_id: int) -> dict[str, ChecksumAddress]:
    """Return the tokens that were named on a chain before."""
    found = ((*of.split("/", 1), address) for of, address in memory.all(Fact.TOKEN).items())
    return {name: to_address(address) for chain, name, address in found if chain == str(chain_id)}


def _read(path: Path, chain_id: int) -> dict[str, ChecksumAddress]:
    if not path.exists():
        return {}
    try:
        listed = as_object(as_object(read_json(read_file(path))).get(str(chain_id), {}))
        return {name: to_address(as_text(address)) for name, address in listed.items()}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f'{path} cannot be read; it should be like {{"1": {{"USDC": "0x..."}}}}.') from error
