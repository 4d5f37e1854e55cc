"""Entering what was used: each statement of a settled batch once, with what its uses paid as its weight. P17."""

from dataclasses import fields, replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Statement, Voucher
from tests.support.campaigns import Batch, Sponsoring
from tests.support.chain import Chain, Deployed, Sent, reverts
from tests.support.licensing import DAY, Market
from tests.support.money import Money
from tests.support.relay import relayed
from tests.support.usage import Book, altered, make_line


def entered(sent: Sent) -> list[object]:
    return [event.fields["index"] for event in sent.events]


def test_statements_weigh_what_their_uses_paid(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, stranger: LocalAccount, datasets_: list[int]
) -> None:
    """Anyone enters them, in any order, and no money moves."""
    campaign, terms = sponsoring.opened(pot=1_000)
    first, second, third = datasets_
    batch = sponsoring.used((first, 60), (second, 40), (first, 7), (third, 0))
    call = sponsoring.entry(campaign, batch, 3, 0, 2, 1)
    held = [chain.ether(each) for each in (incentives, sponsoring.suite.ledger, sponsoring.suite.splitter)]

    assert call.call() == 107
    sent = chain.send(call, stranger)

    assert sent.events == [
        incentives.event(
            "StatementEntered",
            campaign=campaign,
            dataset=dataset,
            batchId=batch.voucher.batch_id(),
            index=index,
            amount=amount,
        )
        for index, dataset, amount in ((3, third, 0), (0, first, 60), (2, first, 7), (1, second, 40))
    ]
    assert [incentives.weightOf(campaign, each).call() for each in datasets_] == [[67, False], [40, False], [0, False]]
    standing = (ETHER, ETHER, terms.start, terms.end, terms.closes_at, 1_000, 107)
    assert incentives.campaignOf(campaign).call() == standing
    marks = [incentives.isEntered(campaign, batch.voucher.batch_id(), index).call() for index in range(5)]
    assert marks == [True, True, True, True, False]
    assert [chain.ether(each) for each in (incentives, sponsoring.suite.ledger, sponsoring.suite.splitter)] == held


@pytest.mark.parametrize("collected", [False, True])
def test_it_does_not_matter_whether_a_statement_is_collected(
    sponsoring: Sponsoring, datasets_: list[int], collected: bool
) -> None:
    """Nor whether it counted: these name licences that nobody holds. What was paid was paid."""
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    if collected:
        sponsoring.metering.collect(batch.voucher, batch.at, batch.book)

    sponsoring.enter(campaign, batch)

    assert [sponsoring.weight(campaign, dataset) for dataset in datasets_] == [10, 10, 10]


def test_weights_of_several_batches_add_up(incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int]) -> None:
    campaign, _ = sponsoring.opened()
    for number, amounts in enumerate(([1, 2], [30, 40], [500, 600])):
        sponsoring.enter(campaign, sponsoring.used(*zip(datasets_, amounts, strict=False), batch=number))

    assert [sponsoring.weight(campaign, dataset) for dataset in datasets_] == [531, 642, 0]
    assert incentives.campaignOf(campaign).call()[6] == 531 + 642


def test_a_statement_counts_once_within_a_call_and_across_calls(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int]
) -> None:
    """AUD-P2, AUD-A23, AUD-A45: P17. Lineage: duplicate ids in a claim array."""
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))

    assert sponsoring.entry(campaign, batch, 1, 1, 0, 1).call() == 20
    assert entered(sponsoring.enter(campaign, batch, 1, 1, 0, 1)) == [1, 0]
    assert sponsoring.entry(campaign, batch, 0, 1, 2).call() == 10
    assert entered(sponsoring.enter(campaign, batch, 0, 1, 2)) == [2]
    assert sponsoring.entry(campaign, batch, 0, 1, 2).call() == 0
    assert sponsoring.enter(campaign, batch, 0, 1, 2).events == []

    assert [sponsoring.weight(campaign, dataset) for dataset in datasets_] == [10, 10, 10]
    assert incentives.campaignOf(campaign).call()[6] == 30
    assert chain.send(incentives.enter(campaign, batch.voucher.values(), batch.at, [], [])).events == []


def test_nobody_spoils_anothers_list_by_entering_a_part_of_it_first(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, stranger: LocalAccount, datasets_: list[int]
) -> None:
    """AUD-A12, AUD-A45: Front-running: what is entered is skipped before it is looked at, and the rest goes on."""
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    mine = sponsoring.entry(campaign, batch, 0, 1, 2)

    chain.send(sponsoring.entry(campaign, batch, 1), stranger)
    sent = chain.send(mine)

    assert entered(sent) == [0, 2]
    assert incentives.campaignOf(campaign).call()[6] == 30


def test_a_statement_counts_in_every_campaign_that_wants_it(
    incentives: Deployed, sponsoring: Sponsoring, dataset: int
) -> None:
    campaigns = [sponsoring.opened()[0] for _ in range(2)]
    batch = sponsoring.used((dataset, 10))

    for campaign in campaigns:
        sponsoring.enter(campaign, batch)

    assert [incentives.campaignOf(campaign).call()[6] for campaign in campaigns] == [10, 10]


def test_the_same_statement_in_another_batch_is_another(sponsoring: Sponsoring, dataset: int) -> None:
    """AUD-A52"""
    campaign, _ = sponsoring.opened()

    for number in range(3):
        sponsoring.enter(campaign, sponsoring.used((dataset, 10), batch=number))

    assert sponsoring.weight(campaign, dataset) == 30


def test_marks_are_kept_across_words(incentives: Deployed, sponsoring: Sponsoring, dataset: int) -> None:
    """256 to a word: those around its end, and none for another."""
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 1 + index) for index in range(258)))

    sponsoring.enter(campaign, batch, 255, 256)
    sponsoring.enter(campaign, batch, 254, 255, 256, 257)

    batch_id = batch.voucher.batch_id()
    marks = {index for index in range(259) if incentives.isEntered(campaign, batch_id, index).call()}
    assert marks == {254, 255, 256, 257}
    assert sponsoring.weight(campaign, dataset) == 255 + 256 + 257 + 258


@pytest.mark.parametrize("who", ["stranger", "payer", "sponsor"])
def test_only_batches_of_the_named_gateways_count(
    request: pytest.FixtureRequest, sponsoring: Sponsoring, payer: LocalAccount, dataset: int, who: str
) -> None:
    """AUD-P2: Trust, sponsor: chooses which gateways' use counts."""
    other: LocalAccount = request.getfixturevalue(who)
    campaign, _ = sponsoring.opened()
    book = Book.of(make_line(1, dataset))
    batch = Batch(*sponsoring.metering.settled(book, payer, other), book)

    with reverts("Pool_WrongGateway", campaign=campaign, gateway=other.address):
        sponsoring.enter(campaign, batch)
    terms = sponsoring.terms()
    both = sorted({sponsoring.gateway.address, other.address}, key=lambda it: int(it, 16))
    wider = sponsoring.open(replace(terms, gateways=both, start=terms.start - DAY))
    sponsoring.enter(wider, batch)
    assert sponsoring.weight(wider, dataset) == 10


@pytest.mark.parametrize("paid_in", ["ETH", "token"])
def test_only_uses_paid_in_the_campaigns_token_count(
    chain: Chain, sponsoring: Sponsoring, payer: LocalAccount, gateway: LocalAccount, dataset: int, token: Deployed,
    paid_in: str,
) -> None:  # fmt: skip
    """AUD-P2: Whatever the reward is in: worthless tokens weigh nothing."""
    moneys = {"ETH": Money(chain), "token": Money(chain, token)}
    other = moneys[paid_in]
    (wanted,) = (money for money in moneys.values() if money != other)
    campaign = sponsoring.open(sponsoring.terms(other, token=wanted.address))
    book = Book.of(make_line(1, dataset))
    wrong = Batch(*sponsoring.metering.settled(book, payer, gateway, other.token), book)
    right = Batch(*sponsoring.metering.settled(book, payer, gateway, wanted.token), book)

    with reverts("Pool_WrongToken", campaign=campaign, token=other.address):
        sponsoring.enter(campaign, wrong)
    sponsoring.enter(campaign, right)

    assert sponsoring.weight(campaign, dataset) == 10


@pytest.mark.parametrize(
    ("edge", "off", "counts"), [("start", -1, False), ("start", 0, True), ("end", -1, True), ("end", 0, False)]
)
def test_a_batch_counts_if_it_was_settled_within_the_window(
    chain: Chain, sponsoring: Sponsoring, dataset: int, edge: str, off: int, counts: bool
) -> None:
    """AUD-P2: To the second: start <= settledAt < end."""
    usual = sponsoring.terms()
    terms = replace(usual, start=usual.start + DAY)
    campaign = sponsoring.open(terms)
    at = (terms.start if edge == "start" else terms.end) + off
    sponsoring.metering.deposit(sponsoring.payer, sponsoring.gateway, 10)
    book = Book.of(make_line(1, dataset))
    voucher = book.voucher(sponsoring.payer, sponsoring.gateway)
    chain.at_time(at)
    batch = Batch(voucher, sponsoring.metering.settle(voucher, sponsoring.payer, sponsoring.gateway), book)
    assert batch.at == at

    if counts:
        sponsoring.enter(campaign, batch)
    else:
        with reverts("Pool_OutsideWindow", campaign=campaign, settledAt=at):
            sponsoring.enter(campaign, batch)

    assert sponsoring.weight(campaign, dataset) == (10 if counts else 0)


def test_a_time_within_the_window_does_not_make_a_batch_of_another(
    chain: Chain, sponsoring: Sponsoring, dataset: int
) -> None:
    """Settled before the start, or never: whatever time is claimed for it."""
    early = sponsoring.used((dataset, 10))
    chain.mine_at(early.at + 10)
    campaign, terms = sponsoring.opened()
    never = replace(early, voucher=replace(early.voucher, batch=9))

    for batch in (early, never):
        for claimed in (terms.start, terms.end - 1):
            with reverts("Pool_InvalidStatement", batchId=batch.voucher.batch_id(), index=0):
                sponsoring.enter(campaign, replace(batch, at=claimed))
    assert sponsoring.weight(campaign, dataset) == 0


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_statements_are_entered_until_the_campaign_closes(
    chain: Chain, sponsoring: Sponsoring, dataset: int, late: int
) -> None:
    """AUD-P2, AUD-A45: So that all weight stands still before anything is shared out."""
    campaign, terms = sponsoring.opened()
    batch = sponsoring.used((dataset, 10))
    chain.at_time(at := terms.closes_at + late)

    if late < 0:
        sponsoring.enter(campaign, batch)
    else:
        with reverts("Pool_Closed", campaign=campaign, closesAt=terms.closes_at, time=at):
            sponsoring.enter(campaign, batch)

    assert sponsoring.weight(campaign, dataset) == (10 if late < 0 else 0)


def test_a_dataset_has_to_be_registered(
    incentives: Deployed, sponsoring: Sponsoring, market: Market, owner: LocalAccount, dataset: int
) -> None:
    """Or it would weigh down the others with a part that nobody can be credited. Once it is there, it counts."""
    campaign, _ = sponsoring.opened()
    unborn = dataset + 1
    batch = sponsoring.used((dataset, 10), (unborn, 20))

    for indices in ((1,), (0, 1)):
        with reverts("Registry_UnknownDataset", id=unborn):
            sponsoring.enter(campaign, batch, *indices)
    assert incentives.campaignOf(campaign).call()[6] == 0
    assert market.dataset(owner) == unborn
    sponsoring.enter(campaign, batch)

    assert sponsoring.weight(campaign, unborn) == 20


@pytest.mark.parametrize("field", [it.name for it in fields(Statement)])
def test_an_altered_statement_is_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int], field: str
) -> None:
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    forged = altered(batch.book.lines[1].statement, field)

    with reverts("Pool_InvalidStatement", batchId=batch.voucher.batch_id(), index=1):
        call = incentives.enter(campaign, batch.voucher.values(), batch.at, [forged.values()], [batch.book.proof(1)])
        chain.send(call)
    assert not incentives.isEntered(campaign, batch.voucher.batch_id(), 1).call()


@pytest.mark.parametrize("field", [it.name for it in fields(Voucher) if it.name not in ("gateway", "token")])
def test_an_altered_voucher_is_refused(
    incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int], field: str
) -> None:
    """Those that name the gateway and the token are refused for what they name."""
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    other = altered(batch.voucher, field)

    with reverts("Pool_InvalidStatement", batchId=other.batch_id(), index=1):
        sponsoring.enter(campaign, replace(batch, voucher=other), 1)
    assert incentives.campaignOf(campaign).call()[6] == 0


@pytest.mark.parametrize("change", ["more", "less", "index", "no siblings", "a sibling more", "swapped"])
def test_an_altered_proof_is_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int], change: str
) -> None:
    """A weight is never more than what was paid."""
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    index, amount, siblings = batch.book.proof(1)
    proof = {
        "more": (index, amount + 1, siblings),
        "less": (index, amount - 1, siblings),
        "index": (0, amount, siblings),
        "no siblings": (index, amount, []),
        "a sibling more": (index, amount, [*siblings, (bytes(32), 0)]),
        "swapped": (index, amount, siblings[::-1]),
    }[change]

    with reverts("Pool_InvalidStatement", batchId=batch.voucher.batch_id(), index=proof[0]):
        chain.send(incentives.enter(campaign, batch.voucher.values(), batch.at, [batch.book.statement(1)], [proof]))
    assert incentives.campaignOf(campaign).call()[6] == 0


@pytest.mark.parametrize("index", [3, 2**64 - 1])
def test_an_index_out_of_range_is_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int], index: int
) -> None:
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    proof = (index, *batch.book.proof(2)[1:])

    with reverts("SumTree_IndexOutOfRange", index=index, count=3):
        chain.send(incentives.enter(campaign, batch.voucher.values(), batch.at, [batch.book.statement(2)], [proof]))


def test_one_wrong_statement_undoes_the_others(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int]
) -> None:
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    statements = [batch.book.statement(0), batch.book.statement(2)]
    call = incentives.enter(
        campaign, batch.voucher.values(), batch.at, statements, [batch.book.proof(0), batch.book.proof(1)]
    )

    with reverts("Pool_InvalidStatement", batchId=batch.voucher.batch_id(), index=1):
        chain.send(call)
    assert not incentives.isEntered(campaign, batch.voucher.batch_id(), 0).call()
    assert incentives.campaignOf(campaign).call()[6] == 0


@pytest.mark.parametrize(("statements", "proofs"), [(1, 0), (0, 1), (2, 3)])
def test_there_is_one_proof_for_each_statement(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, datasets_: list[int], statements: int, proofs: int
) -> None:
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used(*((dataset, 10) for dataset in datasets_))
    given = (
        [batch.book.statement(index) for index in range(statements)],
        [batch.book.proof(index) for index in range(proofs)],
    )

    with reverts("Pool_LengthMismatch", statements=statements, proofs=proofs):
        chain.send(incentives.enter(campaign, batch.voucher.values(), batch.at, *given))


def test_weights_may_exceed_what_a_voucher_can_pay(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, payer: LocalAccount, gateway: LocalAccount,
    dataset: int,
) -> None:  # fmt: skip
    """In a token whose amounts mean nothing, several batches of 2^128 - 1 add up."""
    coin = chain.deploy("MockToken", "WILD", 0)
    campaign = sponsoring.open(sponsoring.terms(token=coin.address))
    most = 2**128 - 1
    book = Book.of(make_line(1, dataset, amount=most))

    for number in range(3):
        batch = Batch(*sponsoring.metering.settled(book, payer, gateway, coin, batch=number), book)
        sponsoring.enter(campaign, batch)

    assert sponsoring.weight(campaign, dataset) == 3 * most
    assert incentives.campaignOf(campaign).call()[6] == 3 * most


def test_a_relayed_entry_is_anybodys(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, stranger: LocalAccount,
    dataset: int,
) -> None:  # fmt: skip
    campaign, _ = sponsoring.opened()
    batch = sponsoring.used((dataset, 10))

    sent = chain.send(relayed(chain, incentives, sponsor, sponsoring.entry(campaign, batch, 0)), stranger)

    assert [event.name for event in sent.events] == ["CallRelayed", "StatementEntered"]
