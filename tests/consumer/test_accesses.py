"""Accesses: what is signed for, put on record, and counted."""

from dataclasses import replace
from pathlib import Path

from audiera.consumer import Accesses, Deal, Keeping, Limits, Wanted
from audiera.protocol import Right, right_bit
from audiera.remote import Remote
from tests.support.gateway import PRICE, Payer
from tests.support.studio import some_terms


def test_uses_of_bytes_that_are_here_are_put_on_record_and_grant_nothing(payer: Payer, tmp_path: Path) -> None:
    venue = payer.venue
    client = venue.as_("payer")
    terms = some_terms(unit_price=PRICE, token=venue.usdc)
    twice = (venue.rows[0], venue.rows[1], venue.rows[0])
    wanted = Wanted(venue.dataset, 1, venue.license, terms, twice, whole=False, held=True)
    limits = Limits(spend=10 * PRICE, exposure=3 * PRICE)
    deal = Deal(
        gateway=venue.as_("gateway").account,
        payer=client.account,
        right=right_bit(Right.Training),
        fee_ppm=0,
        items=256,
        bought=0,
        limits=limits,
    )
    with Keeping.opened(tmp_path / "kept") as keeping:
        accesses = Accesses(client, Remote(payer.server.url, client.signer), keeping, deal)

        first, second = accesses.take(wanted), accesses.take(replace(wanted, rows=twice[:1]))

        assert [it.answer.granted for it in (first, second)] == [[], []]
        assert (first.delivered, second.delivered) == (True, True)
        assert (accesses.signed, accesses.owed) == (4 * PRICE, 0)
        ((_, head),) = keeping.heads().items()
        assert (head.voucher.calls, head.voucher.amount) == (4, 4 * PRICE)
        assert Accesses(client, accesses.remote, keeping, deal).owed == 0
