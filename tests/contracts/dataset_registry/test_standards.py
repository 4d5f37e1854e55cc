"""DatasetRegistry: what wallets, marketplaces and other contracts ask."""

import json

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.cid import cid_of
from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import MANIFEST, content, register
from tests.support.splits import owed


@pytest.mark.parametrize("digest", [MANIFEST, b"\x00" * 31 + b"\x01", b"\xff" * 32], ids=bytes.hex)
def test_the_token_names_its_manifest_on_ipfs(
    chain: Chain, datasets: Deployed, alice: LocalAccount, trio: Split, digest: bytes
) -> None:
    """P12."""
    dataset = register(chain, datasets, alice, trio, content(manifest=digest))

    assert datasets.tokenURI(dataset).call() == f"ipfs://{cid_of(digest)}"


def test_an_unknown_token_names_nothing(datasets: Deployed) -> None:
    with reverts("Registry_UnknownDataset", id=3):
        datasets.tokenURI(3).call()


@pytest.mark.parametrize(("price", "royalty"), [(0, 0), (19, 0), (20, 1), (10**18, 5 * 10**16), (2**250, 2**250 // 20)])
def test_a_resale_owes_five_percent_to_the_payment_address(
    datasets: Deployed, splitter: Deployed, dataset: int, price: int, royalty: int
) -> None:
    """ERC-2981, rounded down."""
    address = splitter.addressOf(datasets.accountOf(dataset).call()).call()

    assert datasets.royaltyInfo(dataset, price).call() == [address, royalty]


def test_a_price_beyond_all_money_overflows(datasets: Deployed, dataset: int) -> None:
    with reverts("Panic", code=0x11):
        datasets.royaltyInfo(dataset, 2**256 - 1).call()


def test_a_resale_royalty_reaches_the_payees(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, trio: Split, alice: LocalAccount
) -> None:
    address, royalty = datasets.royaltyInfo(dataset, 20_000).call()
    chain.send_raw(address, sender=alice, value=royalty)

    chain.send(splitter.sweep(datasets.accountOf(dataset).call(), ETHER))

    assert owed(splitter, trio, ETHER, alice) == 600


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
    assert (datasets.name().call(), datasets.symbol().call()) == ("Audiera Dataset", "AUDIO")


def test_the_registry_takes_no_money(chain: Chain, datasets: Deployed, alice: LocalAccount) -> None:
    with reverts(""):
        chain.send_raw(datasets.address, sender=alice, value=1)
