"""Opening a campaign: what it promises never changes, and its window is bounded."""

from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from audiera.protocol.ids import ETHER
from tests.support.campaigns import ENTERING, MOST_TIME, WINDOW, Campaign, Sponsoring
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY
from tests.support.relay import relayed

SOON = 100  # seconds until the block in which a campaign of these tests is opened


def address(number: int) -> ChecksumAddress:
    return to_checksum_address(f"0x{number:040x}")


def test_a_campaign_stands_as_it_was_opened(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, gateway: LocalAccount, stranger: LocalAccount,
    token: Deployed,
) -> None:  # fmt: skip
    """AUD-P1: Under the next number, for anybody; nothing in it, and nothing counted."""
    terms = replace(sponsoring.terms(), reward=token.address)
    assert incentives.campaignCount().call() == 0

    for number, sponsor in ((1, gateway), (2, stranger)):
        call = incentives.open(terms.values())
        assert call.call() == number
        sent = chain.send(call, sponsor)
        opened = incentives.event(
            "CampaignOpened",
            campaign=number,
            sponsor=sponsor.address,
            terms=terms.values(),
            closesAt=terms.end + 30 * DAY,
        )
        assert sent.events == [opened]
        assert incentives.campaignCount().call() == number
        standing = (token.address, ETHER, terms.start, terms.end, terms.closes_at, 0, 0)
        assert incentives.campaignOf(number).call() == standing
        assert incentives.countsGateway(number, gateway.address).call()
        assert not incentives.countsGateway(number, stranger.address).call()


def test_a_relayed_campaign_is_the_signers(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, stranger: LocalAccount
) -> None:
    sent = chain.send(relayed(chain, incentives, sponsor, incentives.open(sponsoring.terms().values())), stranger)

    assert sent.events[1].fields["sponsor"] == sponsor.address


WINDOWS = {
    "a second": (0, 1),
    "the last second alone": (-5, 1),
    "the longest": (7, 7 + WINDOW),
    "the longest, nearly over": (1 - WINDOW, 1),
    "of the future": (10 * DAY, 11 * DAY),
}


@pytest.mark.parametrize("window", WINDOWS)
def test_a_window_may_reach_its_bounds(chain: Chain, incentives: Deployed, sponsoring: Sponsoring, window: str) -> None:
    """It ends after it starts, at most 366 days later, and after now. `now` is the block that opens it."""
    now = chain.now() + SOON
    start, end = (now + offset for offset in WINDOWS[window])
    chain.at_time(now)

    chain.send(incentives.open(replace(sponsoring.terms(), start=start, end=end).values()))

    assert incentives.campaignOf(1).call()[2:5] == (start, end, end + ENTERING)


NO_WINDOWS = {
    "nothing": (5, 5),
    "backwards": (5, 4),
    "a second too long": (7, 8 + WINDOW),
    "long and nearly over": (-WINDOW, 1),
    "over this second": (-5, 0),
    "over": (-5, -4),
}


@pytest.mark.parametrize("window", NO_WINDOWS)
def test_a_window_beyond_its_bounds_is_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, window: str
) -> None:
    now = chain.now() + SOON
    start, end = (now + offset for offset in NO_WINDOWS[window])
    terms = replace(sponsoring.terms(), start=start, end=end)
    chain.at_time(now)

    with reverts("Pool_InvalidWindow", start=start, end=end, time=now):
        chain.send(incentives.open(terms.values()))
    assert incentives.campaignCount().call() == 0


@pytest.mark.parametrize(("start", "end"), [(0, MOST_TIME), (0, 2**32), (MOST_TIME, 0)])
def test_times_far_apart_do_not_wrap(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, start: int, end: int
) -> None:
    terms = replace(sponsoring.terms(), start=start, end=end)
    chain.at_time(now := chain.now() + SOON)

    with reverts("Pool_InvalidWindow", start=start, end=end, time=now):
        chain.send(incentives.open(terms.values()))


def test_a_campaign_closes_at_a_time_that_there_is(chain: Chain, incentives: Deployed, sponsoring: Sponsoring) -> None:
    """One whose close does not fit its field is refused; a second less, and it stands."""
    last = MOST_TIME - ENTERING
    terms = replace(sponsoring.terms(), start=last - DAY, end=last)

    with reverts("Panic", code=0x11):
        chain.send(incentives.open(replace(terms, end=last + 1).values()))
    chain.send(incentives.open(terms.values()))

    assert incentives.campaignOf(1).call()[4] == MOST_TIME


@pytest.mark.parametrize("word", [1, 2, 4, 5], ids=["reward", "token", "start", "end"])
def test_terms_with_bits_beyond_a_field_are_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, word: int
) -> None:
    """A time of 49 bits is not cut to one of 48."""
    data = bytearray.fromhex(incentives.open(sponsoring.terms().values())._encode_transaction_data()[2:])
    data[4 + 32 * word] |= 0x80

    with reverts(""):
        chain.send_raw(incentives.address, bytes(data))


@pytest.mark.parametrize("count", [1, 2, 64])
def test_a_campaign_names_up_to_64_gateways(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, count: int
) -> None:
    """Each campaign its own."""
    gateways = [address(7 * number) for number in range(1, count + 1)]

    chain.send(incentives.open(replace(sponsoring.terms(), gateways=gateways).values()))
    sponsoring.open(replace(sponsoring.terms(), gateways=[address(3)]))

    assert all(incentives.countsGateway(1, gateway).call() for gateway in (gateways[0], gateways[-1]))
    assert not any(incentives.countsGateway(1, other).call() for other in (address(3), ETHER, address(7 * count + 7)))
    assert not incentives.countsGateway(2, gateways[0]).call()


@pytest.mark.parametrize("count", [0, 65, 1_000])
def test_no_gateways_or_too_many_are_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, count: int
) -> None:
    gateways = [address(number) for number in range(1, count + 1)]

    with reverts("Pool_GatewayCount", count=count):
        chain.send(incentives.open(replace(sponsoring.terms(), gateways=gateways).values()))


@pytest.mark.parametrize(
    ("gateways", "index"),
    [([0], 0), ([0, 5], 0), ([5, 5], 1), ([5, 4], 1), ([5, 0], 1), ([1, 2, 4, 3], 3)],
    ids=["zero", "zero first", "twice", "descending", "zero last", "the last one"],
)
def test_gateways_are_ascending_and_not_zero(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, gateways: list[int], index: int
) -> None:
    terms = replace(sponsoring.terms(), gateways=[address(number) for number in gateways])

    with reverts("Pool_GatewayOrder", index=index, gateway=address(gateways[index])):
        chain.send(incentives.open(terms.values()))
    assert incentives.campaignCount().call() == 0


@pytest.mark.parametrize("number", [0, 2, 2**256 - 1])
def test_nothing_is_done_in_a_campaign_that_does_not_exist(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, dataset: int, number: int
) -> None:
    sponsoring.opened()
    batch = sponsoring.used((dataset, 10))
    calls = [
        incentives.fund(number, 5),
        sponsoring.entry(number, batch, 0),
        incentives.credit(number, dataset),
        incentives.refund(number, sponsor.address),
    ]

    for call in calls:
        with reverts("Pool_UnknownCampaign", campaign=number):
            chain.send(call, sponsor)
    with reverts("Pool_UnknownCampaign", campaign=number):
        incentives.campaignOf(number).call()
    assert incentives.weightOf(number, dataset).call() == [0, False]
    assert incentives.fundingOf(number, sponsor.address).call() == 0
    assert not incentives.countsGateway(number, sponsoring.gateway.address).call()
    assert not incentives.isEntered(number, batch.voucher.batch_id(), 0).call()


def test_the_pool_names_what_stands_below_it(
    incentives: Deployed, ledger: Deployed, datasets: Deployed, splitter: Deployed
) -> None:
    assert incentives.LEDGER().call() == ledger.address
    assert incentives.DATASETS().call() == datasets.address
    assert incentives.SPLITTER().call() == splitter.address


def test_campaigns_stand_apart(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, dataset: int, token: Deployed
) -> None:
    """Opening another changes nothing of the first, nor does anything done in it."""
    first = sponsoring.terms()
    sponsoring.open(first)
    before = incentives.campaignOf(1).call()
    batch = sponsoring.used((dataset, 10))

    second = sponsoring.open(Campaign(token.address, ETHER, first.gateways, first.start, first.end + DAY))
    sponsoring.enter(second, batch)

    assert incentives.campaignOf(1).call() == before
    assert incentives.campaignOf(second).call()[-1] == 10
    assert chain.ether(incentives) == 0
