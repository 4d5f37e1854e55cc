"""DatasetRegistry: registering several datasets under one split."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER, dataset_account, dataset_key
from audiera.protocol.kinds import Kind
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import content
from tests.support.splits import shares_of

CONTENTS = [
    content(root=b"\x01" * 32, manifest=b"\x02" * 32),
    content(Kind.Stems, flags=2, root=b"\x03" * 32, manifest=b"\x04" * 32),
    content(Kind.Catalogue, manifest=b"\x05" * 32),
]


def test_register_many_registers_each_in_order(
    chain: Chain, datasets: Deployed, splitter: Deployed, alice: LocalAccount, trio: Split, dataset: int
) -> None:
    second = chain.now() + 100
    chain.at_time(second)
    assert datasets.registerMany(CONTENTS, shares_of(trio)).call() == dataset + 1 == 2

    sent = chain.send(datasets.registerMany(CONTENTS, shares_of(trio)), alice)

    numbered = list(enumerate(CONTENTS, 2))
    registered = [
        event
        for number, each in numbered
        for event in (
            datasets.event("Transfer", **{"from": ETHER, "to": alice.address, "id": number}),
            datasets.event("DatasetRegistered", id=number, creator=alice.address, content=each),
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
    assert sent.events == [*registered, *assigned]
    assert datasets.datasetCount().call() == 4
    assert datasets.datasetOf(3).call() == (alice.address, second, 1, Kind.Stems, 2, 0)
    assert datasets.contentOf(3, 1).call() == [b"\x03" * 32, b"\x04" * 32]
    assert datasets.balanceOf(alice.address).call() == 4


def test_register_many_creates_a_new_split_once(
    chain: Chain, datasets: Deployed, splitter: Deployed, alice: LocalAccount, trio: Split
) -> None:
    sent = chain.send(datasets.registerMany(CONTENTS, shares_of(trio)), alice)

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
