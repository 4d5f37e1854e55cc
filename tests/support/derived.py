"""Derived tables beside the chain that they are of: logs as nodes give them, all rows at once, what views answer."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import requests
from eth_abi import decode, encode
from eth_utils import keccak
from eth_utils.abi import collapse_if_tuple
from sqlalchemy import Connection, RowMapping, Table, func, select
from web3.contract.contract import ContractFunction

from audiera.client.contracts import Suite as Contracts
from audiera.indexer.derive import Deriver
from audiera.indexer.rawlog import RawLog
from audiera.indexer.tables import (
    ACCOUNTS,
    BATCHES,
    CAMPAIGN_DATASETS,
    CAMPAIGN_ENTRIES,
    CAMPAIGN_FUNDERS,
    CAMPAIGNS,
    CHANNEL_MOVES,
    CHANNELS,
    CLAIMED,
    CLAIMS,
    CLEARANCES,
    CREDITS,
    DATASET_USAGE,
    DATASETS,
    DERIVED,
    FORWARDS,
    LICENSE_USAGE,
    LICENSES,
    MEMBERSHIPS,
    OFFERS,
    PARENTS,
    PURCHASES,
    RECEIVED,
    RECIPIENTS,
    SHARES,
    SIGNERS,
    SPLITS,
    STATEMENTS,
    TERMS,
    VERSIONS,
)
from audiera.protocol.ids import ETHER, commitment, to_address
from audiera.protocol.splits import Split
from tests.support.chain import Chain
from tests.support.suite import Suite
from tests.support.totals import totals_of

__all__ = ["Life", "answers", "apply", "contracts_of", "life_of", "rows"]

ENDLESS = 2**32 - 1
SCOPES = {"access_until": 1, "pay_until": 2, "settle_until": 4}
Expected = tuple[ContractFunction, object]


@dataclass(frozen=True, slots=True)
class Life:
    """What was written on a chain."""

    logs: Sequence[RawLog]
    times: Mapping[int, int]

    @property
    def blocks(self) -> list[int]:
        """The numbers of those that have logs."""
        return sorted({it.block for it in self.logs})

    def between(self, first: int, last: int) -> list[RawLog]:
        """The logs of some blocks, both ends included."""
        return [it for it in self.logs if first <= it.block <= last]


def contracts_of(chain: Chain, suite: Suite) -> Contracts:
    """The suite as the client has it."""
    parts = (suite.splitter, suite.datasets, suite.licenses, suite.ledger, suite.incentives)
    return Contracts.at(chain.w3.eth.chain_id, {it.artifact: it.address for it in parts})


def life_of(chain: Chain, suite: Suite) -> Life:
    """All that happened to a suite so far."""
    addresses = [it.address for it in contracts_of(chain, suite).contracts.values()]
    found = chain.w3.eth.get_logs({"fromBlock": 0, "toBlock": "latest", "address": addresses})
    logs = [
        RawLog(
            it["blockNumber"],
            bytes(it["blockHash"]),
            it["logIndex"],
            bytes(it["transactionHash"]),
            to_address(it["address"]),
            tuple(map(bytes, it["topics"])),
            bytes(it["data"]),
        )
        for it in found
    ]
    numbers = sorted({it.block for it in logs})
    blocks = _batch(chain, [("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    times = {number: int(str(it["timestamp"]), 16) for number, it in zip(numbers, blocks, strict=True)}  # type: ignore[index]
    return Life(logs, times)


def apply(connection: Connection, deriver: Deriver, life: Life, ends: Iterable[int], after: int = -1) -> None:
    """Derives from a life after a block, a batch up to each of these; all of it can be undone."""
    for before, last in pairwise([after, *ends]):
        deriver.apply(connection, life.between(before + 1, last), life.times, 0)


def rows(connection: Connection) -> dict[str, list[RowMapping]]:
    """Every derived row of every table."""
    return {it.name: list(_all(connection, it)) for it in DERIVED}


def answers(chain: Chain, suite: Suite, connection: Connection) -> int:
    """Holds every derived number to what the contracts' views answer; returns how many there were."""
    expected = [
        *_datasets(suite, connection),
        *_licenses(suite, connection),
        *_royalties(suite, connection),
        *_usage(suite, connection),
        *_campaigns(suite, connection),
    ]
    _check_sums(connection)
    questions: list[tuple[str, list[object]]] = [
        ("eth_call", [{"to": it.address, "data": it._encode_transaction_data()}, "latest"]) for it, _ in expected
    ]
    found = [_answer(it, str(answer)) for (it, _), answer in zip(expected, _batch(chain, questions), strict=True)]
    wrong = [
        (question, answer, value) for (question, value), answer in zip(expected, found, strict=True) if answer != value
    ]
    assert wrong == []
    return len(expected)


def _datasets(suite: Suite, connection: Connection) -> Iterator[Expected]:
    datasets = suite.datasets
    parents = defaultdict(list)
    for it in _all(connection, PARENTS):
        parents[it["dataset"]].append((it["parent"], it["ppm"]))
    yield datasets.datasetCount(), connection.scalar(select(func.count()).select_from(DATASETS))
    for it in _all(connection, DATASETS):
        state = to_address(it["owner"]).lower(), it["at"], it["version"], it["kind"], it["flags"], it["epoch"]
        yield datasets.datasetOf(it["id"]), state
        yield datasets.creatorOf(it["id"]), it["creator"].lower()
        yield datasets.accountOf(it["id"]), _bytes(it["account"])
        yield datasets.contentOf(it["id"], it["version"]), (_bytes(it["content_root"]), _bytes(it["manifest"]))
        yield suite.splitter.splitOf(_bytes(it["account"])), _bytes(it["split"])
        lineage = keccak(encode(["(uint32,uint32)[]"], [parents[it["id"]]])) if parents[it["id"]] else bytes(32)
        yield datasets.lineageOf(it["id"]), lineage
    for it in _all(connection, VERSIONS):
        content = _bytes(it["content_root"]), _bytes(it["manifest"])
        yield datasets.contentOf(it["dataset"], it["version"]), content


def _licenses(suite: Suite, connection: Connection) -> Iterator[Expected]:
    licenses = suite.licenses
    epochs = {it["id"]: it["epoch"] for it in _all(connection, DATASETS)}
    offers = {(it["dataset"], it["terms"], it["licensee"]): it for it in _all(connection, OFFERS)}
    holders = {it["holder"] for it in _all(connection, LICENSES)} | {licensee for *_, licensee in offers} | {ETHER}
    for it in _all(connection, TERMS):
        money = it["token"].lower(), it["index"], it["duration"], it["rights"], it["meter"], it["flags"]
        stored = *money, it["unit_price"], it["max_units"], it["notice"], it["derivative_ppm"]
        yield licenses.termsOf(_bytes(it["id"])), stored
        yield licenses.termsIdAt(it["index"]), _bytes(it["id"])
        for dataset, holder in product(epochs, holders):
            offer = offers.get((dataset, it["id"], holder))
            in_force = offer is not None and offer["epoch"] == epochs[dataset]
            left = (ENDLESS if offer["left"] is None else offer["left"]) if offer and in_force else 0
            price = offer["price"] if offer and in_force else 0
            yield licenses.offerOf(dataset, _bytes(it["id"]), holder), (price, left)
    yield licenses.licenseCount(), connection.scalar(select(func.count()).select_from(LICENSES))
    for it in _all(connection, LICENSES):
        state = it["holder"].lower(), it["dataset"], it["expires_at"], _bytes(it["terms"]), it["revoked"], it["locked"]
        yield licenses.licenseOf(it["id"]), state
    for it in _all(connection, SIGNERS):
        for column, scope in SCOPES.items():
            yield licenses.signerUntil(it["account"], it["signer"], scope), it[column]
    for it in _all(connection, MEMBERSHIPS):
        key = it["catalogue"], _bytes(it["terms"]), it["dataset"]
        consents = it["joined"], it["admitted"], it["member_epoch"], it["host_epoch"]
        yield licenses.membershipOf(*key), (it["since"], it["until"], *consents)
    cleared = {it["dataset"]: it for it in _all(connection, CLEARANCES)}
    for dataset in epochs:
        clearance = cleared.get(dataset)
        expected = (clearance["rights_ceiling"], clearance["until"]) if clearance else (0, 0)
        yield licenses.clearanceOf(dataset), expected


def _royalties(suite: Suite, connection: Connection) -> Iterator[Expected]:
    splitter = suite.splitter
    received = {(it["split"], it["token"]): it["amount"] for it in _all(connection, RECEIVED)}
    claimed = {(it["split"], it["token"], it["payee"]): it["amount"] for it in _all(connection, CLAIMED)}
    tokens = {token for _, token in received}
    shares = defaultdict(list)
    for it in sorted(_all(connection, SHARES), key=lambda it: (it["split"], it["position"])):
        shares[it["split"]].append((it["payee"], it["ppm"]))
    for it in _all(connection, SPLITS):
        split = it["id"]
        assert Split.of({_bytes(payee): ppm for payee, ppm in shares[split]}).id() == _bytes(split)
        yield splitter.payeeCountOf(_bytes(split)), it["payees"]
        for token, (payee, ppm) in product(tokens, shares[split]):
            all_of = received.get((split, token), 0)
            had = claimed.get((split, token, payee), 0)
            yield splitter.receivedOf(_bytes(split), token), all_of
            yield splitter.claimedOf(_bytes(split), token, _bytes(payee)), had
            yield splitter.owedOf(_bytes(split), token, _bytes(payee), ppm), all_of * ppm // 1_000_000 - had
    for it in _all(connection, ACCOUNTS):
        yield splitter.splitOf(_bytes(it["id"])), _bytes(it["split"])
        yield splitter.accountOf(it["controller"], _bytes(it["key"])), _bytes(it["id"])
    recipients = {it["payee"]: it["recipient"] for it in _all(connection, RECIPIENTS)}
    for person in recipients.keys() | {it["owner"] for it in _all(connection, DATASETS)}:
        yield splitter.recipientOf(person), recipients.get(person, person).lower()


def _usage(suite: Suite, connection: Connection) -> Iterator[Expected]:
    ledger = suite.ledger
    for it in _all(connection, CHANNELS):
        key = it["payer"], it["gateway"], it["token"]
        yield ledger.channelOf(*key), (it["balance"], it["thawing"], it["thaws_at"])
        assert it["deposited"] == it["balance"] + it["settled"] + it["withdrawn"] + it["refunded"]
    collected = defaultdict(set)
    for it in _all(connection, STATEMENTS):
        collected[it["batch"]].add(it["index"])
    for it in _all(connection, BATCHES):
        batch = _bytes(it["id"])
        kept = commitment(_bytes(it["voucher"]), it["settled_at"])[:28], it["settled_at"]
        yield ledger.batchOf(batch), kept
        yield ledger.isCollected(batch, it["statements"]), it["fee_released"]
        for index in range(min(it["statements"], 64)):
            yield ledger.isCollected(batch, index), index in collected[it["id"]]
        assert it["collected"] == len(collected[it["id"]])
    uses = {it["dataset"]: it for it in _all(connection, DATASET_USAGE)}
    units = ("calls", "call_units", "second_units", "megabyte_units", "last_at")
    for it in _all(connection, DATASETS):
        used = uses.get(it["id"])
        yield ledger.usageOf(it["id"]), tuple(used[name] if used else 0 for name in units)
    under = {it["license"]: it for it in _all(connection, LICENSE_USAGE)}
    for it in _all(connection, LICENSES):
        used = under.get(it["id"])
        expected = tuple(used[name] if used else 0 for name in ("calls", "units", "last_at"))
        yield ledger.usageOfLicense(it["id"]), expected


def _campaigns(suite: Suite, connection: Connection) -> Iterator[Expected]:
    pool = suite.incentives
    yield pool.campaignCount(), connection.scalar(select(func.count()).select_from(CAMPAIGNS))
    for it in _all(connection, CAMPAIGNS):
        times = it["start"], it["end"], it["closes_at"]
        standing = it["reward"].lower(), it["token"].lower(), *times, it["pot"], it["weight"]
        yield pool.campaignOf(it["id"]), standing
        for gateway in json.loads(it["gateways"]):
            yield pool.countsGateway(it["id"], gateway), True
    for it in _all(connection, CAMPAIGN_FUNDERS):
        yield pool.fundingOf(it["campaign"], it["funder"]), it["amount"] - it["returned"]
    for it in _all(connection, CAMPAIGN_DATASETS):
        yield pool.weightOf(it["campaign"], it["dataset"]), (it["weight"], it["settled"])
    for it in _all(connection, CAMPAIGN_ENTRIES):
        yield pool.isEntered(it["campaign"], _bytes(it["batch"]), it["index"]), True


def _check_sums(connection: Connection) -> None:
    """Histories add up to what stands."""
    received: dict[object, int] = defaultdict(int)
    claimed: dict[object, int] = defaultdict(int)
    for it in _all(connection, CREDITS):
        received[it["split"], it["token"]] += it["amount"]
    for it in _all(connection, FORWARDS):
        received[it["to_split"], it["token"]] += it["amount"]
        claimed[it["split"], it["token"], it["payee"]] += it["amount"]
    for it in _all(connection, CLAIMS):
        claimed[it["split"], it["token"], it["payee"]] += it["amount"]
    assert received == {(it["split"], it["token"]): it["amount"] for it in _all(connection, RECEIVED)}
    assert claimed == {(it["split"], it["token"], it["payee"]): it["amount"] for it in _all(connection, CLAIMED)}
    moved: dict[object, int] = defaultdict(int)
    for it in _all(connection, CHANNEL_MOVES):
        moved[it["payer"], it["gateway"], it["token"], it["move"]] += it["amount"]
    for it in _all(connection, CHANNELS):
        for move in ("deposited", "withdrawn", "refunded"):
            assert moved[it["payer"], it["gateway"], it["token"], move] == it[move]
    settled: dict[object, int] = defaultdict(int)
    for it in _all(connection, STATEMENTS):
        settled[it["batch"]] += it["amount"]
    for it in _all(connection, BATCHES):
        assert settled[it["id"]] == it["collected_amount"]
    bought = [it for it in _all(connection, PURCHASES) if not it["renewal"]]
    assert [it["license"] for it in bought] == [it["id"] for it in _all(connection, LICENSES)]
    for table, counted in totals_of(connection).items():
        assert _all(connection, table) == counted


def _all(connection: Connection, table: Table) -> Sequence[RowMapping]:
    return connection.execute(select(table).order_by(*table.primary_key)).mappings().all()


def _bytes(digits: str) -> bytes:
    return bytes.fromhex(digits[2:])


def _batch(chain: Chain, asked: Sequence[tuple[str, list[object]]]) -> list[object]:
    """What the node answers, a thousand questions in one request."""
    url = str(chain.w3.provider.endpoint_uri)  # type: ignore[attr-defined]
    found: list[object] = []
    for start in range(0, len(asked), 1_000):
        some = asked[start : start + 1_000]
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(some)
        ]
        replies = {it["id"]: it["result"] for it in requests.post(url, json=body, timeout=60).json()}
        found += [replies[number] for number in range(len(some))]
    return found


def _answer(question: ContractFunction, result: str) -> object:
    outputs = question.abi["outputs"]
    values = decode([collapse_if_tuple(it) for it in outputs], bytes.fromhex(result[2:]))
    return values[0] if len(values) == 1 else tuple(values)
