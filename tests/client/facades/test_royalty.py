from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_typing import ChecksumAddress

from audiera.client.chain.node import Node
from audiera.client.contracts import events
from audiera.errors import InputError, RevertError, SplitError
from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.splits import Split, payee_of
from tests.client.conftest import As, Studio


def test_create_split_emits_the_list_from_which_it_is_read_again(as_: As) -> None:
    artist = as_("artist")
    split = Split.of({payee_of(artist.account): 400_000, b"\xee" * 32: 600_000})
    assert artist.royalty.payee_count_of(split.id()) == 0

    receipt = artist.royalty.create_split(split)

    assert receipt.event(events.SplitCreated) == events.SplitCreated(split.id(), split.shares)
    assert artist.royalty.payee_count_of(split.id()) == 2
    assert artist.royalty.split(split.id()) == split
    assert [it.event.split_id for it in artist.royalty.splits_created()] == [split.id()]


def test_money_paid_to_an_account_is_owed_and_claimed(as_: As) -> None:
    label, artist = as_("label"), as_("artist")
    key, payee = b"\x05" * 32, payee_of(artist.account)
    split = Split.of({payee: 1_000_000})
    label.royalty.create_split(split)
    account = label.royalty.account_of(label.account, key)
    assert account == account_id(label.account, key)
    assert label.royalty.split_of(account) == bytes(32)

    assigned = label.royalty.assign(key, split.id()).event(events.AccountAssigned)
    paid = label.royalty.pay(account, ETHER, 1_000).event(events.Credited)

    assert (assigned.account, assigned.split_id, assigned.controller, assigned.key) == (
        account,
        split.id(),
        label.account,
        key,
    )
    assert paid == events.Credited(account, split.id(), ETHER, label.account, 1_000)
    assert artist.royalty.current_split(account) == split
    assert artist.royalty.owed_of(split, ETHER, payee) == 1_000
    assert artist.royalty.received_of(split.id(), ETHER) == 1_000

    before = artist.token().balance_of(artist.account)
    claimed = label.royalty.claim(split, ETHER, payee).event(events.Claimed)

    assert claimed == events.Claimed(payee, split.id(), ETHER, artist.account, 1_000)
    assert artist.token().balance_of(artist.account) == before + 1_000
    assert artist.royalty.owed_of(split, ETHER, payee) == 0
    assert artist.royalty.claimed_of(split.id(), ETHER, payee) == 1_000


def test_a_split_is_paid_under_its_own_id(as_: As) -> None:
    fan, artist = as_("fan"), as_("artist")
    split = Split.of({payee_of(artist.account): 1_000_000})
    fan.royalty.create_split(split)

    paid = fan.royalty.pay(split.id(), ETHER, 7).event(events.Credited)

    assert (paid.account, paid.split_id) == (split.id(), split.id())
    assert fan.royalty.split_of(split.id()) == split.id()
    assert fan.royalty.current_split(split.id()) == split
    assert fan.royalty.owed_of(split, ETHER, payee_of(artist.account)) == 7


def test_a_split_that_is_created_again_says_its_list_again(as_: As) -> None:
    artist = as_("artist")
    split = Split.of({payee_of(artist.account): 1_000_000})
    first = artist.royalty.create_split(split).event(events.SplitCreated)

    again = artist.royalty.create_split(split).event(events.SplitCreated)

    assert again == first


def test_several_accounts_are_assigned_at_once(as_: As) -> None:
    label = as_("label")
    split = Split.of({payee_of(label.account): 1_000_000})
    label.royalty.create_split(split)
    keys = [b"\x01" * 32, b"\x02" * 32]

    receipt = label.royalty.assign_many(keys, split.id())

    assert [it.key for it in receipt.events(events.AccountAssigned)] == keys
    assert {label.royalty.split_of(account_id(label.account, key)) for key in keys} == {split.id()}


def test_a_payee_chooses_its_recipient(as_: As) -> None:
    artist, manager = as_("artist"), as_("manager")
    assert artist.royalty.recipient_of(artist.account) == artist.account

    receipt = artist.royalty.set_recipient(manager.account)

    assert receipt.event(events.RecipientSet) == events.RecipientSet(artist.account, manager.account)
    assert artist.royalty.recipient_of(artist.account) == manager.account

    split = Split.of({payee_of(artist.account): 1_000_000})
    artist.royalty.create_split(split)
    artist.royalty.pay(split.id(), ETHER, 7)
    claimed = artist.royalty.claim(split, ETHER, payee_of(artist.account)).event(events.Claimed)

    assert (claimed.payee, claimed.recipient) == (payee_of(artist.account), manager.account)


def test_a_plain_transfer_to_the_payment_address_is_swept(as_: As, studio: Studio, node: Node) -> None:
    fan = as_("fan")
    account = fan.datasets.account_of(studio.dataset())
    source = fan.royalty.address_of(account)
    node.request("anvil_setBalance", source, hex(700))

    receipt = fan.royalty.sweep(account, ETHER)

    assert receipt.event(events.Credited) == events.Credited(account, studio.split().id(), ETHER, source, 700)


def test_pay_pulls_a_token_that_was_approved(
    as_: As, studio: Studio, usdc: ChecksumAddress, mint: Callable[[str, int], None]
) -> None:
    payer = as_("payer")
    mint(payer.account, 50)
    payer.approve("RoyaltySplitter", usdc, 50)

    payer.royalty.pay(payer.datasets.account_of(studio.dataset()), usdc, 50)

    assert payer.token(usdc).balance_of(payer.royalty.address) == 50


def test_claim_refuses_who_has_no_share_before_anything_is_sent(as_: As, studio: Studio) -> None:
    stranger = as_("stranger")

    with pytest.raises(SplitError, match="has no share"):
        stranger.royalty.claim(studio.split(), ETHER, payee_of(stranger.account))


def test_pay_to_an_unassigned_account_reverts_with_the_account(as_: As) -> None:
    with pytest.raises(RevertError) as refused:
        as_("payer").royalty.pay(b"\x09" * 32, ETHER, 1)

    assert refused.value.name == "Splitter_UnassignedAccount"
    assert refused.value.fields == {"account": b"\x09" * 32}


def test_the_current_split_of_an_unassigned_account_is_refused(as_: As) -> None:
    with pytest.raises(InputError, match="its controller must assign it"):
        as_("anyone").royalty.current_split(b"\x09" * 32)
