"""`dataset transfer`: what is said before and after, and what follows from it."""

from __future__ import annotations

import json

import pytest

from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset import transfer as dataset_transfer
from audiera.cli.dataset.offers import plan_offers
from audiera.errors import InputError, RevertError
from audiera.operations.offers import offers_in_force
from audiera.protocol.ids import ETHER
from tests.cli.commands import CommandLine
from tests.cli.conftest import Album, Sessions
from tests.cli.deals import Out, make_terms, register, sell, told
from tests.cli.works import new

DEVELOPER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_the_plan_names_the_offers_that_lapse_and_what_stays(pair: Album, session: Sessions, capsys: Out) -> None:
    label, heir = session("label"), session("heir")
    dataset_register.register(label, new(pair), plan_offers(label, ["open"], ["1 USDC"], [], "perpetual"))
    shares = label.client.royalty.current_split(label.client.datasets.account_of(1)).shares
    told(capsys)

    dataset_transfer.transfer(label, 1, heir.me)

    printed = told(capsys)
    assert printed.out == f"Dataset 1 belongs to {heir.me} now.\n"
    lines = printed.err.splitlines()
    assert lines[:3] == ["To transfer dataset 1:", f"  from  {label.me}", f"  to    {heir.me}"]
    assert lines[3:5] == ["These offers lapse:", "  text  price   to      left        rights"]
    assert lines[5].startswith("  open  1 USDC  anyone  any number  DataMining, Inference, Training")
    assert lines[6:9] == [
        "A membership that only one owner has agreed to lapses too; one that has begun stays.",
        "Everybody's share of the income stays as it is, yours too, and licences that were bought stay as they are.",
        "Only the new owner offers it, publishes versions, withdraws and revokes from then on, or can give it back.",
    ]
    assert label.client.datasets.owner_of(1) == heir.me
    assert list(offers_in_force(label.client, label.book, datasets=[1])) == []
    assert label.client.royalty.current_split(label.client.datasets.account_of(1)).shares == shares


def test_a_licence_that_was_bought_stays(session: Sessions, capsys: Out) -> None:
    label, buyer, heir = session("label", as_json=True), session("developer"), session("heir")
    dataset = register(label)
    license_id = sell(label, dataset, make_terms(), buyer)
    epoch = label.client.datasets.dataset_of(dataset).epoch

    dataset_transfer.transfer(label, dataset, heir.me)

    done = told(capsys).json
    assert {name: done[name] for name in ("dataset", "from", "to", "epoch")} == {
        "dataset": dataset,
        "from": label.me,
        "to": heir.me,
        "epoch": epoch + 1,
    }
    assert label.client.licenses.covers(license_id, dataset, label.client.node.timestamp())


def test_a_dataset_without_offers_is_said_to_have_none(session: Sessions, capsys: Out) -> None:
    label, heir = session("label"), session("heir")
    dataset = register(label)
    told(capsys)

    dataset_transfer.transfer(label, dataset, heir.me)

    assert told(capsys).err.splitlines()[3] == "No offer is in force that would lapse."


def test_only_its_owner_transfers_a_dataset_and_to_somebody_else(session: Sessions) -> None:
    label, stranger = session("label"), session("stranger")
    dataset = register(label)

    with pytest.raises(InputError, match=f"^Dataset {dataset} belongs to {label.me}; use that account\\.$"):
        dataset_transfer.transfer(stranger, dataset, stranger.me)
    with pytest.raises(InputError, match=f"^Dataset {dataset} belongs to {label.me} already; name another account\\.$"):
        dataset_transfer.transfer(label, dataset, label.me)
    with pytest.raises(RevertError, match="Registry_UnknownDataset"):
        dataset_transfer.transfer(label, dataset + 1, stranger.me)


@pytest.mark.parametrize("receiver", ["nobody", "the registry", "a contract that takes no tokens"])
def test_a_receiver_that_would_lose_it_is_refused_before_anything_is_sent(session: Sessions, receiver: str) -> None:
    label = session("label")
    dataset, client = register(label), label.client
    nonce = client.node.nonce(label.me)
    to, error = {
        "nobody": (ETHER, "TransferToZeroAddress.*another receiver"),
        "the registry": (client.datasets.address, "Token_HeldByItself"),
        "a contract that takes no tokens": (client.royalty.address, "NonERC721Receiver.*a contract that takes tokens"),
    }[receiver]

    with pytest.raises(RevertError, match=error):
        dataset_transfer.transfer(label, dataset, to)

    assert client.node.nonce(label.me) == nonce


def test_the_new_owner_sees_it_in_the_list(line: CommandLine) -> None:
    line("label", "dataset", "catalogue", "Small Sounds")

    shown = line("label", "dataset", "transfer", "1", DEVELOPER)

    assert shown.splitlines()[-1] == f"Dataset 1 belongs to {DEVELOPER} now."
    (theirs,) = json.loads(line("developer", "dataset", "list", "--json"))["datasets"]
    assert (theirs["dataset"], theirs["name"]) == (1, "Small Sounds")
    assert json.loads(line("label", "dataset", "list", "--json"))["datasets"] == []


def test_a_transfer_cannot_be_relayed(line: CommandLine) -> None:
    refused = line("label", "dataset", "transfer", "1", DEVELOPER, "--relay", fails=True)

    assert "No such option: --relay" in refused
