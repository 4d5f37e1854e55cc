"""DatasetRegistry: what wallets, marketplaces and other contracts ask."""

import json

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.cid import cid_of
from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import MANIFEST, content, register
from tests.support.splits import owed, shares_of


@pytest.mark.parametrize("digest", [MANIFEST, b"\x00" * 31 + b"\x01", b"\xff" * 32], ids=bytes.hex)
def test_the_token_names_its_manifest_on_ipfs(
    chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split, digest: bytes
) -> None:
    """P12."""
    dataset = register(chain, datasets, creator, trio, content(manifest=digest))

    assert datasets.tokenURI(dataset).call() == f"ipfs://{cid_of(digest)}"


def test_an_unknown_token_names_nothing(datasets: Deployed) -> None:
    with reverts("Registry_UnknownDataset", id=3):
        datasets.tokenURI(3).call()


@pytest.mark.parametrize(
    ("price", "royalty"), [(0, 0), (19, 0), (20, 1), (10**18, 5 * 10**16), (2**256 - 1, (2**256 - 1) // 20)]
)
def test_a_resale_owes_five_percent_to_the_payment_address(
    datasets: Deployed, splitter: Deployed, dataset: int, price: int, royalty: int
) -> None:
    """ERC-2981, rounded down, whatever the price."""
    address = splitter.addressOf(datasets.accountOf(dataset).call()).call()

    assert datasets.royaltyInfo(dataset, price).call() == [address, royalty]


def test_a_resale_royalty_reaches_the_payees(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, trio: Split, creator: LocalAccount
) -> None:
    address, royalty = datasets.royaltyInfo(dataset, 20_000).call()
    chain.send_raw(address, sender=creator, value=royalty)

    chain.send(splitter.sweep(datasets.accountOf(dataset).call(), ETHER))

    assert owed(splitter, trio, ETHER, creator) == 600


@pytest.mark.parametrize(
    ("interface", "answer"),
    [
        ("01ffc9a7", True),
        ("80ac58cd", True),
        ("5b5e139f", True),
        ("2a55205a", True),
        ("49064906", True),
        ("780e9d63", False),
        ("b45a3c0e", False),
        ("ffffffff", False),
    ],
    ids=["ERC-165", "ERC-721", "ERC-721 metadata", "ERC-2981", "ERC-4906", "enumerable", "ERC-5192", "invalid"],
)
def test_it_says_which_interfaces_it_has(datasets: Deployed, interface: str, answer: bool) -> None:
    assert datasets.supportsInterface(bytes.fromhex(interface)).call() is answer


def test_the_collection_describes_itself(datasets: Deployed) -> None:
    """ERC-7572."""
    head, document = datasets.contractURI().call().split(",", 1)

    assert head == "data:application/json;utf8"
    assert json.loads(document)["name"] == "Audiera Datasets"
    assert (datasets.name().call(), datasets.symbol().call()) == ("Audiera Dataset", "ADATA")


def test_explorers_find_the_number_of_datasets(
    chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split
) -> None:
    counts = [datasets.totalSupply().call()]

    for _ in range(2):
        register(chain, datasets, creator, trio)
        counts.append(datasets.totalSupply().call())
    chain.send(datasets.registerMany([content()] * 3, shares_of(trio)), creator)
    counts.append(datasets.totalSupply().call())

    assert counts == [0, 1, 2, 5]
    assert datasets.datasetCount().call() == 5


def test_the_registry_takes_no_money(chain: Chain, datasets: Deployed, creator: LocalAccount) -> None:
    with reverts(""):
        chain.send_raw(datasets.address, sender=creator, value=1)
