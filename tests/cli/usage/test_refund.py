"""`usage refund`, and where money goes of who is paid elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from eth_typing import ChecksumAddress

from audiera.cli.usage import channel as usage_channel
from tests.cli.commands import CommandLine
from tests.cli.conftest import Sessions
from tests.cli.deals import Out, told

Mint = Callable[[str, int], None]

DAY = 86_400  # seconds
DEVELOPER, GATEWAY, STRANGER = (
    "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
)


def test_a_gateway_gives_a_deposit_back_at_once(line: CommandLine) -> None:
    line("developer", "usage", "deposit", GATEWAY, "0.5 ETH")

    given = line("gateway", "usage", "refund", DEVELOPER, "0.2 ETH")
    shown = line("stranger", "usage", "show", "channel", DEVELOPER, GATEWAY, "ETH")

    assert given.endswith(f"0.2 ETH went to {DEVELOPER}; the channel has 0.3 ETH now.\n")
    assert "  balance  0.3 ETH\n" in shown


def test_no_more_is_given_back_than_there_is_and_by_nobody_else(line: CommandLine) -> None:
    """Attack: a cooperative close that the payer did not sign, by somebody who is not the gateway."""
    line("developer", "usage", "deposit", GATEWAY, "0.5 ETH")

    much = line("gateway", "usage", "refund", DEVELOPER, "0.6 ETH", fails=True)
    nothing = line("gateway", "usage", "refund", DEVELOPER, "0 ETH", fails=True)
    strange = line("stranger", "usage", "refund", DEVELOPER, "0.1 ETH", fails=True)

    assert much == f"Error: The channel of {DEVELOPER} with {GATEWAY} has 0.5 ETH; give back that much at most.\n"
    assert nothing == "Error: A refund of nothing changes nothing; write an amount above zero.\n"
    assert strange == f"Error: The channel of {DEVELOPER} with {STRANGER} has 0 ETH; give back that much at most.\n"


def test_what_comes_back_goes_to_where_the_payer_is_paid_and_says_so(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    payer, gateway, safe = session("developer"), session("gateway"), session("safe").me
    mint(payer.me, 5_000_000)
    usage_channel.deposit(payer, payer.me, gateway.me, payer.book.amount("5 USDC"))
    payer.signing_client().royalty.set_recipient(safe)
    usage_channel.start_withdrawal(payer, gateway.me, usdc, "3 USDC")
    told(capsys)

    usage_channel.refund(gateway, payer.me, gateway.book.amount("2 USDC"))
    refunded = told(capsys)
    payer.client.node.request("evm_increaseTime", DAY)
    payer.client.node.request("evm_mine")
    usage_channel.withdraw(payer, gateway.me, usdc)
    withdrawn = told(capsys)

    assert f"  to         {safe} (chosen by {payer.me})\n" in refunded.err
    assert refunded.out == f"2 USDC went to {safe}; the channel has 3 USDC now.\n"
    assert f"  to       {safe} (chosen by {payer.me})\n" in withdrawn.err
    assert withdrawn.out == f"3 USDC went to {safe}.\n"
    assert payer.client.token(usdc).balance_of(safe) == 5_000_000
