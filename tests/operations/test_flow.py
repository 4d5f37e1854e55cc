from __future__ import annotations

import pytest

from audiera.errors import InputError
from audiera.operations.flow import Flow
from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.splits import Split, payee_of
from audiera.text import short
from tests.support.studio import As, Studio

KEY, WHOLE = b"\x01" * 32, 1_000_000


def test_a_split_is_its_own_account(as_: As) -> None:
    singer = as_("singer")
    choir = Split.of({payee_of(singer.account): WHOLE})
    whole = Split.of({choir.id(): WHOLE})
    for split in (choir, whole):
        singer.royalty.create_split(split)

    flow = Flow.read(singer)

    assert flow.current(choir.id()) == choir.id()
    assert list(flow.accounts_of(choir.id())) == [choir.id()]
    assert list(flow.shared_by(choir.id())) == [whole.id()]
    assert flow.name(choir.id()) == flow.name_split(choir.id()) == f"split {short(choir.id())}"


def test_a_split_goes_by_the_dataset_that_is_assigned_to_it(studio: Studio) -> None:
    number = studio.dataset()
    split_id = studio.split().id()

    flow = Flow.read(studio.creator)

    account = studio.creator.datasets.account_of(number)
    assert flow.current(account) == split_id
    assert list(flow.accounts_of(split_id)) == [account, split_id]
    assert flow.name_split(split_id) == flow.name(split_id) == flow.name(account) == f"dataset {number}"


def test_an_account_is_where_it_was_last_assigned(as_: As) -> None:
    custodian = as_("custodian")
    first, second = (Split.of({payee_of(as_(role).account): WHOLE}) for role in ("composer", "singer"))
    account = account_id(custodian.account, KEY)
    for split in (first, second, first):
        custodian.royalty.create_split(split)
        custodian.royalty.assign(KEY, split.id())

    flow = Flow.read(custodian)

    assert flow.history[account] == (second.id(), first.id())
    assert flow.current(account) == first.id()
    assert list(flow.accounts_of(second.id())) == [second.id()]
    assert flow.name_split(second.id()).startswith("earlier split of account 0x")


def test_what_nobody_created_or_assigned_is_not_there(as_: As) -> None:
    flow = Flow.read(as_("reader"))

    assert flow.current(b"\x09" * 32) is None
    assert flow.name(b"\x09" * 32) == f"account 0x{'09' * 32} (not assigned)"
    with pytest.raises(InputError, match="There is no split 0x0909"):
        flow.split(b"\x09" * 32)


def test_tokens_are_those_that_a_split_was_credited_in(as_: As) -> None:
    fan = as_("fan")
    choir = Split.of({payee_of(as_("singer").account): WHOLE})
    whole = Split.of({choir.id(): WHOLE})
    for split in (choir, whole):
        fan.royalty.create_split(split)
    fan.royalty.pay(whole.id(), ETHER, 5)
    assert Flow.read(fan).tokens == {whole.id(): (ETHER,)}

    fan.royalty.claim(whole, ETHER, choir.id())

    assert Flow.read(fan).tokens == {whole.id(): (ETHER,), choir.id(): (ETHER,)}
