"""Accesses over HTTP: what is granted, what is refused in which words, and what is on the record after either."""

from tests.support.gateway import DEPOSIT, PRICE, Payer


def test_an_item_is_granted_against_the_voucher_for_it(payer: Payer) -> None:
    status, answer = payer.access([0])

    assert status == 200, answer
    assert answer["price"] == str(PRICE)
    assert [it["item"] for it in answer["granted"]] == [f"0x{payer.venue.leaf(0).hex()}"]


def test_without_a_voucher_the_head_to_sign_comes_with_a_402(payer: Payer) -> None:
    request = payer.request([0, 1])

    status, answer = payer.post("/v1/access", request)

    assert (status, answer["code"]) == (402, "payment_required")
    expected = payer.sign(payer.kept.extend(payer.uses(request)))["voucher"]
    assert answer["quote"]["voucher"] == expected
    assert answer["quote"]["available"] == str(DEPOSIT)
