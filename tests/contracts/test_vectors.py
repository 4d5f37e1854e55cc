"""P12: every vector on disk that a contract of registration, splits, terms or relaying can answer is answered alike.

What the usage ledger answers is checked beside its own tests.
"""

import json
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from web3.types import RPCEndpoint

from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import ETHER
from audiera.protocol.items import Item
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Share, Split, payee_address, payee_of
from audiera.protocol.structs import Call
from tests.support.chain import Chain, Deployed, reverts
from tests.support.codec import decode_revert
from tests.support.datasets import child_split, content, register
from tests.support.places import VECTORS
from tests.support.relay import call_for, data_of
from tests.support.splits import equal_split, shares_of
from tests.support.suite import NewAccount, Suite

SPLITS, ITEMS, TERMS, CIDS, LINEAGES, IDS, STRUCTS = (
    json.loads((VECTORS / f"{name}.json").read_text())
    for name in ("splits", "items", "terms", "cids", "lineage", "ids", "structs")
)


Vector = dict[str, Any]  # JSON, as `tests/vectors/make.py` writes it


@pytest.fixture(scope="session")
def creator(new_account: NewAccount) -> LocalAccount:
    """Registers the datasets of the vectors."""
    return new_account("creator")


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def split_from(shares: list[Vector]) -> Split:
    return Split(tuple(Share(raw(it["payee"]), int(it["ppm"])) for it in shares))


def item_from(it: Vector) -> Item:
    return Item(raw(it["sha256"]), int(it["size"]), int(it["durationMs"]), raw(it["metadata"]))


@pytest.mark.parametrize("vector", SPLITS["splits"], ids=lambda it: f"{len(it['shares'])} payees")
def test_splits_have_the_ids_and_proofs_of_the_vectors(chain: Chain, splitter: Deployed, vector: Vector) -> None:
    split, split_id = split_from(vector["shares"]), raw(vector["id"])

    assert splitter.createSplit(shares_of(split)).call() == split_id
    chain.send(splitter.createSplit(shares_of(split)))
    for proof in vector["proofs"]:
        share = split.shares[proof["index"]]
        siblings = [raw(it) for it in proof["siblings"]]
        assert splitter.claim(split_id, ETHER, share.payee, share.ppm, siblings).call() == 0
        with reverts("Splitter_InvalidProof", splitId=split_id, payee=share.payee, ppm=share.ppm - 1):
            splitter.claim(split_id, ETHER, share.payee, share.ppm - 1, siblings).call()


@pytest.mark.parametrize("vector", SPLITS["weights"], ids=lambda it: f"{len(it['weights'])} weights")
def test_rounded_weights_make_the_splits_of_the_vectors(splitter: Deployed, vector: Vector) -> None:
    split = split_from(vector["split"]["shares"])

    assert splitter.createSplit(shares_of(split)).call() == raw(vector["split"]["id"])


@pytest.mark.parametrize("vector", SPLITS["moves"], ids=lambda it: it["case"])
def test_moved_shares_make_the_splits_of_the_vectors(
    chain: Chain, splitter: Deployed, datasets: Deployed, creator: LocalAccount, vector: Vector
) -> None:
    before = split_from(vector["before"]["shares"])
    dataset = register(chain, datasets, creator, before)
    payee = chain.at("MockToken", payee_address(raw(vector["payee"])))

    chain.send(datasets.moveShare(dataset, shares_of(before), raw(vector["to"])), payee)

    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == raw(vector["after"]["id"])


def test_accounts_have_the_ids_of_the_vectors(splitter: Deployed) -> None:
    account = IDS["account"]
    assert splitter.accountOf(account["controller"], raw(account["key"])).call() == raw(account["id"])

    for it in IDS["datasetAccounts"]:
        key = int(it["dataset"]).to_bytes(32, "big")
        assert splitter.accountOf(it["registry"], key).call() == raw(it["id"])


@pytest.mark.parametrize("vector", ITEMS["trees"], ids=lambda it: f"{len(it['leaves'])} items")
def test_items_are_proven_by_the_proofs_of_the_vectors(
    chain: Chain, datasets: Deployed, creator: LocalAccount, vector: Vector
) -> None:
    """Of leaves whose item is not among the vectors only the root is known."""
    known = {it["leaf"]: item_from(it["item"]) for it in ITEMS["items"]}
    root = raw(vector["root"])
    dataset = register(chain, datasets, creator, equal_split(2), content(items=len(vector["leaves"]), root=root))

    for proof in vector["proofs"]:
        item = known.get(vector["leaves"][proof["index"]])
        if item is not None:
            siblings = [raw(it) for it in proof["siblings"]]
            assert datasets.verifyItem(dataset, 1, item.values(), siblings).call()
            assert not datasets.verifyItem(dataset, 1, item.values(), [*siblings, root]).call()


@pytest.mark.parametrize("vector", TERMS["terms"], ids=lambda it: it["rights"])
def test_terms_have_the_ids_of_the_vectors(chain: Chain, licenses: Deployed, vector: Vector) -> None:
    terms = tuple(_value(value) for value in vector["terms"].values())

    sent = chain.send(licenses.publishTerms(terms))

    assert sent.events == [licenses.event("TermsPublished", termsId=raw(vector["id"]), index=1, terms=terms)]


@pytest.mark.parametrize("vector", LINEAGES["lineages"], ids=lambda it: f"{len(it['parents'])} parents")
def test_lineages_have_the_hashes_of_the_vectors(
    chain: Chain, datasets: Deployed, creator: LocalAccount, vector: Vector
) -> None:
    parents = [Parent(int(it["dataset"]), int(it["ppm"])) for it in vector["parents"]]
    for start in range(0, len(parents), 64):
        contents = [content()] * len(parents[start : start + 64])
        chain.send(datasets.registerMany(contents, shares_of(equal_split(1))), creator)
    split = child_split(datasets, parents, payee_of(creator.address))

    child = register(chain, datasets, creator, split, parents=parents)

    assert datasets.lineageOf(child).call() == raw(vector["hash"])


@pytest.mark.parametrize("vector", CIDS["cids"], ids=lambda it: it["cid"][-8:])
def test_documents_have_the_names_of_the_vectors(
    chain: Chain, datasets: Deployed, creator: LocalAccount, vector: Vector
) -> None:
    manifest = raw(vector["sha256"])
    if manifest == ZERO_WORD:  # which Python can name, and the registry takes for a missing manifest
        with reverts("Registry_NoManifest"):
            register(chain, datasets, creator, equal_split(2), content(manifest=manifest))
        return

    dataset = register(chain, datasets, creator, equal_split(2), content(manifest=manifest))

    assert datasets.tokenURI(dataset).call() == f"ipfs://{vector['cid']}"


@pytest.mark.parametrize("vector", [it for it in STRUCTS["structs"] if it["type"].startswith("Call(")], ids=str)
def test_signed_calls_of_the_vectors_are_accepted(chain: Chain, suite: Suite, vector: Vector) -> None:
    """The contract is put where the vector has it, and a wallet of the signer where the vector has the account.

    What the vectors sign is no call that any contract knows, so that it reverts without data once it is believed.
    """
    contracts = (suite.splitter, suite.datasets, suite.licenses, suite.ledger, suite.incentives)
    contract = next(it for it in contracts if it.artifact == vector["domain"])
    there = next(it["verifyingContract"] for it in STRUCTS["domains"] if it["name"] == vector["domain"])
    wallet = chain.deploy("Wallet1271", vector["signer"])
    values = vector["values"]
    call = Call(
        account=values["account"],
        data=raw(values["data"]),
        nonce=int(values["nonce"]),
        deadline=int(values["deadline"]),
    )
    codes = {
        there: {"code": _code(chain, contract)},
        call.account: {"code": _code(chain, wallet)},
    }
    altered = raw(vector["signature"])[::-1]

    for signature, error in ((raw(vector["signature"]), ""), (altered, "Relay_InvalidSignature")):
        data = f"0x{data_of(call_for(contract, call, signature)).hex()}"
        request = [{"to": there, "data": data}, "latest", codes, {"time": hex(call.deadline)}]
        answer = chain.w3.provider.make_request(RPCEndpoint("eth_call"), request)
        assert decode_revert(raw(answer["error"].get("data", "0x"))).name == error


def _value(text: str) -> int | str | bytes:
    """A member of a struct: hashes and addresses are hex, numbers decimal."""
    if not text.startswith("0x"):
        return int(text)
    return raw(text) if len(text) == 66 else text


def _code(chain: Chain, contract: Deployed) -> str:
    return f"0x{chain.w3.eth.get_code(contract.address).hex().removeprefix('0x')}"
