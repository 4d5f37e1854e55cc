"""DatasetRegistry: registering several datasets under one split."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER, dataset_account, dataset_key
from audiera.protocol.kinds import Kind
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import content
from tests.support.splits import equal_split, shares_of, split_of

CONTENTS = [
    content(root=b"\x01" * 32, manifest=b"\x02" * 32),
    content(Kind.Stems, flags=2, root=b"\x03" * 32, manifest=b"\x04" * 32),
    content(Kind.Catalogue, manifest=b"\x05" * 32),
]


def test_register_many_registers_each_in_order(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, trio: Split, dataset: int
) -> None:
    second = chain.now() + 100
    chain.at_time(second)
    assert datasets.registerMany(CONTENTS, shares_of(trio)).call() == dataset + 1 == 2

    sent = chain.send(datasets.registerMany(CONTENTS, shares_of(trio)), creator)

    numbered = list(enumerate(CONTENTS, 2))
    registered = [
        event
        for number, each in numbered
        for event in (
            datasets.event("Transfer", **{"from": ETHER, "to": creator.address, "id": number}),
            datasets.event("DatasetRegistered", id=number, creator=creator.address, content=each),
        )
    ]
    assigned = [
        splitter.event(
            "AccountAssigned",
            account=dataset_account(datasets.address, number),
            splitId=trio.id(),
            controller=datasets.address,
            key=dataset_key(number),
        )
        for number, _ in numbered
    ]
    listed = splitter.event("SplitCreated", splitId=trio.id(), shares=tuple(shares_of(trio)))
    assert sent.events == [*registered, listed, *assigned]
    assert datasets.datasetCount().call() == 4
    assert datasets.datasetOf(3).call() == (creator.address, second, 1, Kind.Stems, 2, 0)
    assert datasets.contentOf(3, 1).call() == [b"\x03" * 32, b"\x04" * 32]
    assert datasets.balanceOf(creator.address).call() == 4


def test_register_many_creates_a_new_split_once(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, trio: Split
) -> None:
    sent = chain.send(datasets.registerMany(CONTENTS, shares_of(trio)), creator)

    assert [event.name for event in sent.of(splitter)] == ["SplitCreated", *["AccountAssigned"] * 3]


def test_register_many_of_nothing_is_refused(chain: Chain, datasets: Deployed, trio: Split) -> None:
    with reverts("Registry_NothingToRegister"):
        chain.send(datasets.registerMany([], shares_of(trio)))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_dataset_spoils_all(chain: Chain, datasets: Deployed, trio: Split, place: int) -> None:
    contents = [*CONTENTS]
    contents[place] = content(flags=1)

    with reverts("Registry_UnknownFlags", flags=1):
        chain.send(datasets.registerMany(contents, shares_of(trio)))

    assert datasets.datasetCount().call() == 0


def test_bad_shares_spoil_all(chain: Chain, datasets: Deployed) -> None:
    with reverts("Splitter_PayeeCount", count=0):
        chain.send(datasets.registerMany(CONTENTS, []))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_none_of_the_datasets_pays_itself(
    chain: Chain, datasets: Deployed, creator: LocalAccount, dataset: int, place: int
) -> None:
    """Each of the batch is asked for: the account of any would be in the split of all."""
    number = dataset + 1 + place
    own = dataset_account(datasets.address, number)

    with reverts("Registry_InvalidPayee", id=number, to=own):
        chain.send(datasets.registerMany(CONTENTS, shares_of(split_of((creator, 999_999), (own, 1)))), creator)

    assert datasets.datasetCount().call() == dataset


@pytest.mark.parametrize("other", [1, 5], ids=["the one before", "the one after"])
def test_they_may_all_pay_another(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, dataset: int, other: int
) -> None:
    split = split_of((creator, 500_000), (dataset_account(datasets.address, other), 500_000))

    chain.send(datasets.registerMany(CONTENTS, shares_of(split)), creator)

    assert dataset == 1
    assert [splitter.splitOf(dataset_account(datasets.address, it)).call() for it in (2, 3, 4)] == [split.id()] * 3


def test_a_list_of_addresses_is_not_searched_for_accounts(
    chain: Chain, datasets: Deployed, creator: LocalAccount
) -> None:
    """A batch under a split that pays no account costs less by a search for each dataset."""
    count, payees = 30, 64
    addresses = equal_split(payees)
    ppm = {share.payee: share.ppm for share in addresses.shares}
    last = max(ppm)
    with_account = Split.of({payee: share for payee, share in ppm.items() if payee != last} | {b"\xff" * 32: ppm[last]})

    plain, searched = (
        chain.send(datasets.registerMany([content()] * count, shares_of(split)), creator)
        for split in (addresses, with_account)
    )

    assert searched.gas - plain.gas > count * 500
