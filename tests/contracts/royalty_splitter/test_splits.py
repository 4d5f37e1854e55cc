"""RoyaltySplitter: creating splits."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.splits import equal_split, shares_of


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize("count", [1, 2, 3, 7, 1_000])
def test_a_split_is_named_by_its_merkle_root_and_announced_whole(chain: Chain, splitter: Deployed, count: int) -> None:
    """AUD-R2"""
    split = equal_split(count)
    assert splitter.payeeCountOf(split.id()).call() == 0

    sent = chain.send(splitter.createSplit(shares_of(split)))

    assert sent.events == [splitter.event("SplitCreated", splitId=split.id(), shares=tuple(shares_of(split)))]
    assert splitter.payeeCountOf(split.id()).call() == count


def test_create_split_answers_with_the_id(splitter: Deployed) -> None:
    split = equal_split(5)

    assert splitter.createSplit(shares_of(split)).call() == split.id()


def test_creating_a_split_again_finds_it_and_announces_it_again(
    chain: Chain, splitter: Deployed, stranger: LocalAccount
) -> None:
    """AUD-R2: By anyone: a list that was lost with old logs can be had back."""
    split = equal_split(3)
    first = chain.send(splitter.createSplit(shares_of(split)))

    again = chain.send(splitter.createSplit(shares_of(split)), stranger)

    assert again.events == first.events
    assert again.events == [splitter.event("SplitCreated", splitId=split.id(), shares=tuple(shares_of(split)))]
    assert splitter.createSplit(shares_of(split)).call() == split.id()
    assert splitter.payeeCountOf(split.id()).call() == 3


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_split_of_nobody_or_of_more_than_a_thousand_is_refused(chain: Chain, splitter: Deployed, count: int) -> None:
    """AUD-R1, AUD-A15: Attack: more recipients than a transaction can pay (M-01)."""
    shares = [(word(number), 1) for number in range(1, count + 1)]

    with reverts("Splitter_PayeeCount", count=count):
        chain.send(splitter.createSplit(shares))


def test_a_zero_payee_is_refused(chain: Chain, splitter: Deployed) -> None:
    """AUD-R1"""
    with reverts("Splitter_PayeeOrder", index=0, payee=word(0)):
        chain.send(splitter.createSplit([(word(0), 1_000_000)]))


@pytest.mark.parametrize(("first", "second"), [(8, 7), (7, 7)], ids=["descending", "listed twice"])
def test_payees_out_of_order_are_refused(chain: Chain, splitter: Deployed, first: int, second: int) -> None:
    """AUD-R1, AUD-A23, AUD-A25: Attack: a duplicate payee that is paid twice."""
    with reverts("Splitter_PayeeOrder", index=1, payee=word(second)):
        chain.send(splitter.createSplit([(word(first), 500_000), (word(second), 500_000)]))


LEFT_ALIGNED = 0xA11CE << 96


@pytest.mark.parametrize(
    "payee",
    [LEFT_ALIGNED, 2**96, 2**255, 2**256 - 2**96],
    ids=["an address to the left", "below 2^160", "the top bit", "all of the left"],
)
def test_a_payee_written_to_the_left_of_its_word_is_refused(chain: Chain, splitter: Deployed, payee: int) -> None:
    """AUD-R1, AUD-A26: A left-aligned address, which would pass for an account that nobody could ever claim for."""
    with reverts("Splitter_LeftAlignedPayee", index=1, payee=word(payee)):
        chain.send(splitter.createSplit([(word(1), 500_000), (word(payee), 500_000)]))


@pytest.mark.parametrize("payee", [LEFT_ALIGNED + 1, LEFT_ALIGNED + 2**95, 2**96 - 1, 2**96 + 1])
def test_any_bit_on_the_right_makes_a_payee(chain: Chain, splitter: Deployed, payee: int) -> None:
    split = Split.of({word(1): 500_000, word(payee): 500_000})

    chain.send(splitter.createSplit(shares_of(split)))

    assert splitter.payeeCountOf(split.id()).call() == 2


def test_the_splitter_cannot_be_a_payee(chain: Chain, splitter: Deployed) -> None:
    """AUD-R1"""
    with reverts("Splitter_PaysItself"):
        chain.send(splitter.createSplit([(word(1), 500_000), (payee_of(splitter.address), 500_000)]))


def test_a_share_of_nothing_is_refused(chain: Chain, splitter: Deployed) -> None:
    """AUD-R1, AUD-A25"""
    with reverts("Splitter_ZeroShare", index=1, payee=word(2)):
        chain.send(splitter.createSplit([(word(1), 1_000_000), (word(2), 0)]))


@pytest.mark.parametrize(
    "ppm",
    [(999_999,), (1_000_001,), (500_000, 499_999), (500_000, 500_001), (2**32 - 1, 1_000_001)],
    ids=["one too little", "one too much", "two too little", "two too much", "a sum that wraps 32 bits"],
)
def test_shares_that_do_not_sum_to_a_million_are_refused(
    chain: Chain, splitter: Deployed, ppm: tuple[int, ...]
) -> None:
    """AUD-R1, AUD-A25: Attack: allocation overflow (L-01)."""
    shares = [(word(number), part) for number, part in enumerate(ppm, 1)]

    with reverts("Splitter_ShareSum", sum=sum(ppm)):
        chain.send(splitter.createSplit(shares))


def test_a_share_wider_than_its_type_is_refused(chain: Chain, splitter: Deployed) -> None:
    """Attack: dirty bits that would be announced and not counted."""
    data = bytearray.fromhex(splitter.createSplit([(word(1), 1_000_000)])._encode_transaction_data()[2:])
    data[-5] = 1  # above the 32 bits of the only ppm

    with reverts(""):
        chain.send_raw(splitter.address, bytes(data))


def test_the_same_payees_with_other_shares_are_another_split(splitter: Deployed) -> None:
    first = splitter.createSplit([(word(1), 400_000), (word(2), 600_000)]).call()
    second = splitter.createSplit([(word(1), 600_000), (word(2), 400_000)]).call()

    assert first != second
