"""`ape run incentive`: pots opened, filled, shared out by use, and returned where nothing counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.cli.incentive.campaign import fund, gateways_of, open_campaign
from audiera.cli.incentive.entry import enter_batch
from audiera.cli.incentive.reward import credit, refund
from audiera.cli.incentive.show import show_all, show_campaign
from audiera.cli.terminal.session import Session
from audiera.cli.usage import batch as usage_batch
from audiera.cli.usage import channel as usage_channel
from audiera.client import Campaign
from audiera.errors import ChainError, InputError, RevertError, UseError
from audiera.metering.batch import Batch
from audiera.metering.files import SignedVoucher, write_log
from audiera.protocol.ids import ETHER
from audiera.protocol.meters import Meter
from audiera.text.jsontypes import as_object
from tests.cli.commands import CommandLine
from tests.cli.conftest import Sessions
from tests.cli.deals import Out, make_terms, register, sell, told
from tests.support.usage import make_uses

Mint = Callable[[str, int], None]

GATEWAY = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
SPONSOR = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
MONTH = 30 * 86_400  # seconds
PRICE = 1_000


def pass_time(w3: Web3, seconds: int) -> None:
    w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [seconds])
    w3.provider.make_request(RPCEndpoint("evm_mine"), [])


def begin(sponsor: Session, gateway: str, reward: str, token: str) -> int:
    """Opens a campaign of a month, from now on; returns its number."""
    now = sponsor.client.node.timestamp()
    terms = Campaign(to(reward), to(token), gateways_of([gateway]), now, now + MONTH)
    open_campaign(sponsor, terms)
    return sponsor.client.incentives.campaign_count()


def to(token: str) -> ChecksumAddress:
    return ChecksumAddress(token)  # type: ignore[arg-type]  # is one


@dataclass(frozen=True, slots=True)
class Case:
    """Uses of two datasets, three parts to one, signed and settled in USDC."""

    sponsor: Session
    gateway: Session
    datasets: tuple[int, int]
    signed: SignedVoucher
    log: Path


MakeCase = Callable[..., Case]


@pytest.fixture
def make_case(session: Sessions, usdc: ChecksumAddress, mint: Mint, tmp_path: Path) -> MakeCase:
    """`make_case(strange=())`: settled, with a use of each strange dataset besides."""

    def create(*, strange: tuple[int, ...] = ()) -> Case:
        label, payer, gateway, sponsor = (session(it) for it in ("label", "developer", "gateway", "sponsor"))
        one, two = register(label), register(label)
        terms = make_terms(token=usdc, meter=Meter.Second, unit_price=PRICE)
        first, second = sell(label, one, terms, payer), sell(label, two, terms, payer)
        used = [(first, one, 3), (second, two, 1), *((first, it, 1) for it in strange)]
        uses = [it for licence, dataset, many in used for it in make_uses(licence, dataset, many, price=PRICE)]
        mint(payer.me, 10_000_000)
        mint(sponsor.me, 10_000_000)
        usage_channel.deposit(payer, payer.me, gateway.me, payer.book.amount("10 USDC"))
        voucher = Batch().extend(uses).voucher(payer=payer.me, gateway=gateway.me, token=usdc, batch=1)
        domain, log = payer.client.domain("UsageLedger"), tmp_path / "uses.jsonl"
        write_log(log, uses)
        signature = payer.signing_client().sign_voucher(voucher)
        signed = SignedVoucher(domain.chain_id, domain.contract, voucher, signature)
        return Case(sponsor, gateway, (one, two), signed, log)

    return create


def test_a_pot_is_shared_out_by_what_uses_paid(
    make_case: MakeCase, usdc: ChecksumAddress, w3: Web3, capsys: Out
) -> None:
    """P17: each statement counts once, a dataset is credited once, and no more than the pot."""
    case = make_case()
    sponsor, (one, two), voucher = case.sponsor, case.datasets, case.signed.voucher
    number = begin(sponsor, case.gateway.me, usdc, usdc)
    fund(sponsor, number, "1 USDC")
    fund(sponsor, number, "0.000002 USDC")
    usage_batch.settle(case.gateway, case.signed)
    waiting = show_campaign(sponsor, number)
    told(capsys)

    enter_batch(sponsor, number, voucher, case.log)
    enter_batch(sponsor, number, voucher, case.log)
    entered = told(capsys)
    with pytest.raises(InputError, match=r"Datasets are credited from .*, when campaign \d+ closes; come back then\."):
        credit(sponsor, number, ())
    before = show_campaign(sponsor, number)
    pass_time(w3, 2 * MONTH)
    credit(sponsor, number, [two])
    credit(sponsor, number, ())
    credit(sponsor, number, ())
    credited = told(capsys)

    assert "  to enter     1 settled batch, with voucher and use log" in waiting[1]
    assert waiting[0]["toEnter"] == [f"0x{voucher.batch_id().hex()}"]
    assert entered.out == "Entered 2 statements, worth 0.004 USDC, in 1 transaction.\nEverything is entered already.\n"
    assert f"  dataset {one}    its uses paid 0.003 USDC: 0.750001 USDC" in before[1]
    assert not any("to enter" in line for line in before[1])
    assert "Credited 0.25 USDC to 1 dataset; whoever shares in them claims it as ever.\n" in credited.out
    assert "Credited 0.750001 USDC to 1 dataset;" in credited.out
    assert credited.out.endswith("Everything is credited already.\n")
    account = sponsor.client.royalty.split_of(sponsor.client.datasets.account_of(one))
    assert sponsor.client.royalty.received_of(account, usdc) == 750_001 + 250_000  # the label's split is one
    assert sponsor.client.token(usdc).balance_of(sponsor.client.incentives.address) == 1  # what rounding left
    fields, lines = show_campaign(sponsor, number)
    text = "\n".join(lines)
    assert (fields["stage"], as_object(fields["pot"])["amount"]) == ("closed", "1.000002 USDC")
    assert text.count(", credited") == 2


def test_a_token_with_permits_fills_a_pot_in_one_transaction(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    sponsor = session("sponsor")
    number = begin(sponsor, session("gateway").me, usdc, ETHER)
    mint(sponsor.me, 3_000_000)
    nonce = sponsor.client.node.nonce(sponsor.me)
    told(capsys)

    fund(sponsor, number, "3 USDC")

    assert "approves 3 USDC to the IncentivePool, no more" in told(capsys).err
    assert sponsor.client.node.nonce(sponsor.me) == nonce + 1
    assert sponsor.client.token(usdc).allowance(sponsor.me, sponsor.client.incentives.address) == 0
    assert sponsor.client.incentives.funding_of(number, sponsor.me) == 3_000_000


def test_a_pot_is_filled_in_its_own_token_before_the_end(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, w3: Web3
) -> None:
    sponsor = session("sponsor")
    number = begin(sponsor, session("gateway").me, usdc, usdc)
    mint(sponsor.me, 1_000_000)

    with pytest.raises(InputError, match="The pot is in USDC; write the amount in it"):
        fund(sponsor, number, "1 ETH")
    with pytest.raises(InputError, match="Nothing put in changes nothing"):
        fund(sponsor, number, "0 USDC")
    pass_time(w3, MONTH)
    with pytest.raises(RevertError) as refused:
        fund(sponsor, number, "1 USDC")
    with pytest.raises(RevertError, match="Pool_UnknownCampaign"):
        fund(sponsor, number + 1, "1 USDC")

    assert refused.value.name == "Pool_Ended"


def test_what_does_not_count_is_refused_in_words(
    make_case: MakeCase, session: Sessions, usdc: ChecksumAddress, w3: Web3, capsys: Out
) -> None:
    case = make_case()
    sponsor, voucher = case.sponsor, case.signed.voucher
    early = begin(sponsor, case.gateway.me, usdc, usdc)
    with pytest.raises(InputError, match="is not settled yet; run `ape run usage settle` first"):
        enter_batch(sponsor, early, voucher, case.log)
    usage_batch.settle(case.gateway, case.signed)
    pass_time(w3, 1)
    late = begin(sponsor, case.gateway.me, usdc, usdc)
    elsewhere = begin(sponsor, session("other gateway").me, usdc, usdc)
    in_ether = begin(sponsor, case.gateway.me, ETHER, ETHER)

    with pytest.raises(InputError, match=f"does not count batches of {case.gateway.me}"):
        enter_batch(sponsor, elsewhere, voucher, case.log)
    with pytest.raises(InputError, match="counts uses paid in ETH, and these were paid in USDC"):
        enter_batch(sponsor, in_ether, voucher, case.log)
    with pytest.raises(InputError, match=f"Campaign {late} counts what was settled from .* and this was "):
        enter_batch(sponsor, late, voucher, case.log)
    write_log(case.log, make_uses(1, 1, 3))
    with pytest.raises(UseError, match="The use log is of another batch"):
        enter_batch(sponsor, early, voucher, case.log)
    pass_time(w3, 2 * MONTH)
    with pytest.raises(InputError, match=f"Campaign {early} closed .*; nothing more can be entered"):
        enter_batch(sponsor, early, voucher, case.log)

    assert "Entered" not in told(capsys).out


def test_a_use_of_no_dataset_keeps_no_other_out(make_case: MakeCase, usdc: ChecksumAddress, capsys: Out) -> None:
    """Attack: a statement that names a dataset which is not there yet is put into everybody's list."""
    case = make_case(strange=(4_000_000,))
    number = begin(case.sponsor, case.gateway.me, usdc, usdc)
    usage_batch.settle(case.gateway, case.signed)
    told(capsys)

    with pytest.raises(ChainError, match=r"Refused: 1 statement, first that of licence \d+ and dataset 4000000"):
        enter_batch(case.sponsor, number, case.signed.voucher, case.log)

    assert "Entered 2 statements, worth 0.004 USDC, in " in told(capsys).out


def test_only_what_counted_is_credited_and_then_nothing_is_returned(
    make_case: MakeCase, usdc: ChecksumAddress, w3: Web3
) -> None:
    case = make_case()
    counted, empty = (begin(case.sponsor, case.gateway.me, usdc, usdc) for _ in range(2))
    fund(case.sponsor, counted, "1 USDC")
    usage_batch.settle(case.gateway, case.signed)
    enter_batch(case.sponsor, counted, case.signed.voucher, case.log)
    with pytest.raises(InputError, match=r"What was put in is returned from .* closes; come back then\."):
        refund(case.sponsor, empty, case.sponsor.me)
    pass_time(w3, 2 * MONTH)

    with pytest.raises(InputError, match=f"Nothing of dataset 99 counted in campaign {counted}; leave it out"):
        credit(case.sponsor, counted, [99, case.datasets[0]])
    with pytest.raises(InputError, match=f"Nothing counted in campaign {empty}; each funder takes its own back"):
        credit(case.sponsor, empty, ())
    with pytest.raises(InputError, match=r"Uses counted in campaign \d+, so its pot goes to their datasets"):
        refund(case.sponsor, counted, case.sponsor.me)


def test_gateways_are_named_in_any_order_and_once() -> None:
    low, high = "0x" + "11" * 20, "0xaB" + "cd" * 19

    assert gateways_of([high.lower(), low, low]) == gateways_of([low, high.lower()])
    assert gateways_of([high.lower(), low])[0] == low


def test_funders_have_their_own_back_where_nothing_counted(line: CommandLine, w3: Web3) -> None:
    """The attack on co-funders: nobody's money goes to the sponsor."""
    none = line("stranger", "incentive", "show")
    opened = line(
        *("sponsor", "incentive", "open", GATEWAY, "--reward", "ETH", "--uses-in", "ETH"),
        *("--start", "1 day", "--end", "31 days"),
    )
    line("sponsor", "incentive", "fund", "1", "1 ETH")
    line("label", "incentive", "fund", "1", "0.5 ETH")
    listed = line("stranger", "incentive", "show")
    early = line("sponsor", "incentive", "refund", "1", fails=True)
    pass_time(w3, 62 * 86_400)

    own = line("sponsor", "incentive", "refund", "1")
    again = line("sponsor", "incentive", "refund", "1", fails=True)
    other = line("stranger", "incentive", "refund", "1", "--funder", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
    shown = line("stranger", "incentive", "show", "1")

    assert none == "There are no campaigns.\n"
    assert "Campaign 1 is open, and empty: `ape run incentive fund 1 AMOUNT` puts something in.\n" in opened
    assert "  campaign 1  1.5 ETH for uses in ETH, to begin " in listed
    assert early.startswith("Error: What was put in is returned from ")
    assert own.endswith(f"1 ETH went to {SPONSOR}.\n")
    assert again == f"Error: {SPONSOR} has nothing in campaign 1; name another with --funder.\n"
    assert other.endswith("0.5 ETH went to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266.\n")
    assert "  put in       nothing\n" in shown
    assert "  now          closed\n" in shown


def test_a_campaign_and_its_pot_can_be_signed_for_others_to_send(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    sponsor = session("poor sponsor", relay=True)
    now = sponsor.client.node.timestamp()
    terms = Campaign(usdc, usdc, gateways_of([session("gateway").me]), now, now + MONTH)

    open_campaign(sponsor, terms)

    signed = told(capsys).json
    assert (signed["account"], signed["contract"]) == (sponsor.me, "IncentivePool")
    number = begin(session("sponsor"), session("gateway").me, usdc, usdc)
    mint(sponsor.me, 1_000_000)
    told(capsys)
    fund(sponsor, number, "1 USDC")
    assert told(capsys).json["contract"] == "IncentivePool"


def test_a_window_that_cannot_be_is_refused(session: Sessions, usdc: ChecksumAddress) -> None:
    sponsor = session("sponsor")
    now = sponsor.client.node.timestamp()
    terms = Campaign(usdc, usdc, gateways_of([sponsor.me]), now, now + MONTH)

    with pytest.raises(RevertError, match="Pool_InvalidWindow"):
        open_campaign(sponsor, replace(terms, end=now + 400 * 86_400))
    with pytest.raises(RevertError, match="Pool_GatewayCount"):
        open_campaign(sponsor, replace(terms, gateways=()))


def test_all_campaigns_are_listed_the_newest_first(session: Sessions, usdc: ChecksumAddress) -> None:
    sponsor = session("sponsor")
    numbers = [begin(sponsor, session("gateway").me, usdc, ETHER) for _ in range(2)]

    fields, lines = show_all(sponsor)
    text = "\n".join(lines)

    listed = fields["campaigns"]
    assert isinstance(listed, list)
    assert [it["campaign"] for it in listed] == list(reversed(numbers))
    assert f"  campaign {numbers[1]}  0 USDC for uses in ETH, counting until " in text
