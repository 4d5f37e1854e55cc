"""The five contracts, moneys and people on a private chain, with the model beside them: each act is done on both."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import TypeVar

from eth_abi import decode, encode
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_checksum_address
from eth_utils.abi import collapse_if_tuple
from web3.contract.contract import ContractFunction

from audiera.errors import RevertError
from tests.suite.hashes import SumProof, account_of, digest, sign, struct, sum_proof, sum_root, word
from tests.suite.model import CATALOGUE, DERIVATION, ENDLESS, ETH, Batch, Line, Model, Refused, Share, Terms
from tests.support.chain import Chain, Deployed
from tests.support.suite import Suite

__all__ = ["DAY", "PEOPLE", "Question", "Stage"]

PEOPLE = (
    "creator", "remixer", "label", "custodian", "licensee", "second licensee", "hot key", "gateway", "second gateway",
    "sponsor", "attacker",
)  # fmt: skip

VOUCHER = (
    "Voucher(address payer,address gateway,address token,uint64 batch,uint128 amount,uint128 fee,uint64 calls,"
    "uint32 statements,bytes32 root)"
)
STATEMENT = "Statement(uint64 license,uint32 dataset,uint64 units,uint64 calls,bytes32 uses)"
TERMS = (
    "Terms(uint16 rights,uint8 meter,uint128 unitPrice,address token,uint32 duration,uint32 notice,uint48 maxUnits,"
    "uint32 derivativePpm,uint8 flags,bytes32 text)"
)
CALL = "Call(address account,bytes data,uint256 nonce,uint256 deadline)"
DAY = 86_400
PLENTY = 10**40

T = TypeVar("T")
Question = ContractFunction | str  # a view, or an address whose ETH is asked for


@dataclass
class Stage:
    """Where everything happens. `tokens` are ETH, an ordinary one, one like USDT, and one under both its addresses."""

    chain: Chain
    suite: Suite
    people: dict[str, LocalAccount]
    tokens: list[str]
    minted: dict[str, Deployed]  # by token: the contract that mints it
    model: Model
    node: HTTPConnection
    nonce: int = 0
    differs: bool = False  # an act came out differently, and the rest makes no sense

    @classmethod
    def set(cls, chain: Chain, suite: Suite, new_account: Callable[[str], LocalAccount]) -> "Stage":
        """Deploys the moneys, gives everyone plenty, and registers a lineage six deep, of which some is cleared."""
        people = {role: new_account(role) for role in PEOPLE}
        plain = chain.deploy("MockToken", "USDC", 6)
        silent = chain.deploy("NoReturnToken")
        double = chain.deploy("DoubleEntryToken")
        second: str = double.SECOND().call()
        minted = {plain.address: plain, silent.address: silent, double.address: double, second: double}
        same = {ETH: ETH, **{token: contract.address for token, contract in minted.items()}}
        node = HTTPConnection(str(chain.w3.provider.endpoint_uri).removeprefix("http://"))  # type: ignore[attr-defined]
        stage = cls(chain, suite, people, list(same), minted, Model(suite.datasets.address, same), node)
        stage.model.now = chain.now()
        stage._give()
        stage._open()
        return stage

    def copy(self) -> "Stage":
        """For one example: the chain is put back, the model copied."""
        return replace(self, model=deepcopy(self.model))

    # Doing

    def address(self, role: str) -> str:
        return str(self.people[role].address)

    def act(
        self,
        by: str,
        call: ContractFunction,
        effect: Callable[[], T],
        *,
        value: int = 0,
        relay: bool = False,
        contract: Deployed | None = None,
    ) -> tuple[T | None, str]:
        """Does it on the chain and in the model a second later: both take it, or both refuse, by the same error.

        Returns:
            What the model answers, and the error's name, empty where there is none.
        """
        self.model.now += 1
        try:
            done = effect()
            refusal = ""
        except Refused as refused:
            done, refusal = None, refused.name
        if relay and contract and not value:
            call, by = self._relayed(by, call, contract), "attacker"
        self.chain.at_time(self.model.now)
        self.differs = True
        found = self._refusal(call, by, value)
        assert found == refusal
        self.differs = False
        return done, refusal

    def _refusal(self, call: ContractFunction, by: str, value: int) -> str:
        try:
            self.chain.send(call, self.people[by], value=value)
        except RevertError as error:
            return error.name
        return ""

    def wait(self, seconds: int) -> None:
        self.model.now += seconds
        self.chain.mine_at(self.model.now)

    def _relayed(self, by: str, call: ContractFunction, contract: Deployed) -> ContractFunction:
        """The same call, signed by the one who acts, carried out by somebody."""
        self.nonce += 1
        data = bytes.fromhex(call._encode_transaction_data()[2:])
        account = self.people[by]
        deadline = self.model.now + DAY
        message = keccak(
            encode(
                ["bytes32", "address", "bytes32", "uint256", "uint256"],
                [keccak(text=CALL), account.address, keccak(data), self.nonce, deadline],
            )
        )
        signature = sign(account, digest(contract.artifact, self.chain.w3.eth.chain_id, contract.address, message))
        return contract.callFor(account.address, data, self.nonce, deadline, signature)

    # What calls take

    def statement(self, line: Line) -> tuple[object, ...]:
        return line.license, line.dataset, line.units, line.calls, line.uses

    def voucher(self, batch: Batch) -> tuple[object, ...]:
        root, _ = sum_root(self._nodes(batch))
        calls = sum(line.calls for line in batch.lines)
        counts = batch.amount, batch.fee, calls, len(batch.lines)
        return batch.payer, batch.gateway, batch.token, batch.number, *counts, root

    def proof(self, batch: Batch, index: int) -> SumProof:
        return index, batch.lines[index].amount, sum_proof(self._nodes(batch), index)

    def signature(self, batch: Batch, signer: str) -> bytes:
        message = struct(VOUCHER, *self.voucher(batch))
        ledger = self.suite.ledger
        return sign(self.people[signer], digest("UsageLedger", self.chain.w3.eth.chain_id, ledger.address, message))

    def _nodes(self, batch: Batch) -> list[tuple[bytes, int]]:
        return [(struct(STATEMENT, *self.statement(it)), it.amount << 64 | it.calls) for it in batch.lines]

    def balance_of(self, token: str, holder: str) -> Question:
        """The question for a balance."""
        return holder if token == ETH else self.minted[token].balanceOf(holder)

    def balance(self, token: str, holder: str) -> int:
        (balance,) = self.ask([self.balance_of(token, holder)])
        assert isinstance(balance, int)
        return balance

    def ask(self, questions: Sequence[Question]) -> list[object]:
        """What views answer, and the ETH of addresses: in one request, since dozens are asked after each step."""
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": "eth_getBalance", "params": [it, "latest"]}
            if isinstance(it, str)
            else {
                "jsonrpc": "2.0",
                "id": number,
                "method": "eth_call",
                "params": [{"to": it.address, "data": it._encode_transaction_data()}, "latest"],
            }
            for number, it in enumerate(questions)
        ]
        self.node.request("POST", "/", json.dumps(requests), {"Content-Type": "application/json"})
        answers = {it["id"]: it["result"] for it in json.loads(self.node.getresponse().read())}
        return [_answer(it, answers[number]) for number, it in enumerate(questions)]

    def transfer(self, by: str, token: str, to: str, amount: int) -> None:
        self.model.now += 1
        self.chain.at_time(self.model.now)
        if token == ETH:
            self.chain.send_raw(to, sender=self.people[by], value=amount)
        else:
            self.chain.send(self.minted[token].transfer(to, amount), self.people[by])

    # The opening

    def register(self, by: str, kind: int, parents: Sequence[tuple[int, int]], shares: list[Share]) -> None:
        root = bytes(32) if kind == CATALOGUE else keccak(text=f"{by} {kind} {len(self.model.datasets)}")
        content = kind, 0, 0 if kind == CATALOGUE else 3, root, keccak(text="manifest")
        self.act(
            by,
            self.suite.datasets.register((content, shares, list(parents))),
            lambda: self.model.register(self.address(by), kind, list(parents), shares, root),
        )

    def publish(self, **fields: object) -> Terms:
        draft = Terms(id=b"", **fields)  # type: ignore[arg-type]  # by name, from a table of fields
        terms = Terms(struct(TERMS, *_terms_values(draft)), **fields)  # type: ignore[arg-type]
        self.model.now += 1
        self.chain.at_time(self.model.now)
        self.chain.send(self.suite.licenses.publishTerms(_terms_values(terms)))
        self.model.terms.append(terms)
        return terms

    def _give(self) -> None:
        spenders = [self.suite.splitter, self.suite.licenses, self.suite.ledger, self.suite.incentives]
        for contract in {it.address: it for it in self.minted.values()}.values():
            for person in self.people.values():
                self.chain.send(contract.mint(person.address, PLENTY))
                for spender in spenders:
                    self.chain.send(contract.approve(spender.address, PLENTY), person)
        self.model.now = self.chain.now()

    def _open(self) -> None:
        """Datasets 1 to 6 each derive from the one before, 7 is free, 8 a catalogue; 2 and 3 are cleared."""
        model, owners = self.model, ["creator", "remixer", "label"]
        trust = account_of(self.address("custodian"), bytes(32))
        for number in range(1, 9):
            kind, owner = CATALOGUE if number == 8 else 0, owners[number % 3]
            parents = [(number - 1, 100_000 * (number % 4))] if 1 < number < 7 else []
            shares = {model.account(parent): ppm for parent, ppm in parents if ppm}
            rest = 1_000_000 - sum(shares.values())
            shares |= {word(self.address(role)): rest // 4 for role in owners} | {trust: rest - rest // 4 * 3}
            self.register(owner, kind, parents, sorted(shares.items()))
        for index, token in enumerate(self.tokens):
            self.publish(token=token, rights=0x3FF, unit_price=index, flags=0)
            self.publish(
                token=token, rights=0x07, duration=30 * DAY, notice=5 * DAY, flags=2, max_units=50, unit_price=3
            )
        self.publish(token=ETH, rights=DERIVATION | 0x0F, duration=400 * DAY, derivative_ppm=100_000, flags=1)
        self.publish(token=ETH, rights=DERIVATION | 0x0F, duration=20 * DAY, notice=400 * DAY, flags=6)
        self.publish(token=self.tokens[1], rights=DERIVATION | 0x07, notice=9 * DAY, flags=6)
        for parent in (1, 2):
            seller, buyer = (owners[number % 3] for number in (parent, parent + 1))
            terms = model.terms[0]
            self.act(
                seller,
                self.suite.licenses.offer(parent, terms.id, ETH, 5, ENDLESS),
                lambda s=seller, p=parent, t=terms: model.offer(self.address(s), p, t, ETH, 5, ENDLESS),  # type: ignore[misc]
            )
            self.act(
                buyer,
                self.suite.licenses.acquire(parent, terms.id, 5, self.address(buyer), bytes(32)),
                lambda b=buyer, p=parent, t=terms: model.acquire(self.address(b), p, t, 5, self.address(b)),  # type: ignore[misc]
                value=5,
            )
            child = parent + 1
            self.act(
                buyer,
                self.suite.licenses.clear(child, model.datasets[child].parents, [parent]),
                lambda b=buyer, c=child, p=parent: model.clear(self.address(b), c, [p]),  # type: ignore[misc]
            )


def _answer(question: Question, result: str) -> object:
    if isinstance(question, str):
        return int(result, 16)
    outputs = question.abi["outputs"]
    types = [collapse_if_tuple(it) for it in outputs]
    values = [_checksummed(it) for it in decode(types, bytes.fromhex(result[2:]))]
    return values[0] if len(values) == 1 else tuple(values)


def _checksummed(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(_checksummed, value))
    return to_checksum_address(value) if isinstance(value, str) and value.startswith("0x") else value


def _terms_values(it: Terms) -> tuple[object, ...]:
    money = it.unit_price, it.token, it.duration, it.notice, it.max_units
    return it.rights, it.meter, *money, it.derivative_ppm, it.flags, bytes(32)
