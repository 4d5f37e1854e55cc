"""Terms: published once, by anyone, for any dataset; never changed."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import Value
from audiera.protocol.ids import ETHER
from audiera.protocol.meters import Meter
from audiera.protocol.rights import ALL_RIGHTS
from audiera.protocol.terms import PERPETUAL, Terms, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import fields_of, make_terms

EXTREMES = make_terms(
    rights=ALL_RIGHTS,
    meter=Meter.Megabyte,
    unit_price=2**128 - 1,
    token="0x" + 20 * "fe",
    duration=PERPETUAL,
    notice=PERPETUAL,
    max_units=2**48 - 1,
    derivative_ppm=900_000,
    flags=TermsFlag.Revocable | TermsFlag.DerivativesSurvive,
    text=b"\xff" * 32,
)
LEAST = make_terms(rights=1, unit_price=0, duration=0, notice=0, text=bytes(32))
EVERY_FLAG = make_terms(flags=TermsFlag.Transferable | TermsFlag.Revocable | TermsFlag.DerivativesSurvive)


NOTHING = {
    "token": ETHER,
    "index": 0,
    "duration": 0,
    "rights": 0,
    "meter": 0,
    "flags": 0,
    "unitPrice": 0,
    "maxUnits": 0,
    "notice": 0,
    "derivativePpm": 0,
}


def stored(terms: Terms, index: int) -> dict[str, object]:
    """Terms as `termsOf` gives them: all but the text, and their number."""
    return {**{name: value for name, value in terms.abi().items() if name != "text"}, "index": index}


@pytest.mark.parametrize(
    "terms", [make_terms(), EXTREMES, LEAST, EVERY_FLAG], ids=["usual", "extremes", "least", "flags"]
)
def test_published_terms_are_named_by_their_struct_hash(
    chain: Chain, licenses: Deployed, stranger: LocalAccount, terms: Terms
) -> None:
    """AUD-L1: P12."""
    assert fields_of(licenses.termsOf(terms.id())) == NOTHING
    assert licenses.termsIdAt(1).call() == bytes(32)
    assert licenses.publishTerms(terms.values()).call() == terms.id()

    sent = chain.send(licenses.publishTerms(terms.values()), stranger)

    assert sent.events == [licenses.event("TermsPublished", termsId=terms.id(), index=1, terms=terms.values())]
    assert fields_of(licenses.termsOf(terms.id())) == stored(terms, 1)
    assert licenses.termsIdAt(1).call() == terms.id()


def test_terms_are_numbered_in_the_order_of_their_publication(chain: Chain, licenses: Deployed) -> None:
    chain.send(licenses.publishTerms(make_terms().values()))
    chain.send(licenses.publishTerms(LEAST.values()))

    assert [licenses.termsIdAt(index).call() for index in (0, 1, 2, 3)] == [
        bytes(32),
        make_terms().id(),
        LEAST.id(),
        bytes(32),
    ]
    assert fields_of(licenses.termsOf(LEAST.id())) == stored(LEAST, 2)


def test_publishing_again_finds_the_same_terms_whoever_does_it(
    chain: Chain, licenses: Deployed, owner: LocalAccount, stranger: LocalAccount
) -> None:
    terms = make_terms()
    chain.send(licenses.publishTerms(terms.values()), owner)

    answer = licenses.publishTerms(terms.values()).call()
    sent = chain.send(licenses.publishTerms(terms.values()), stranger)

    assert answer == terms.id()
    assert sent.events == []
    assert fields_of(licenses.termsOf(terms.id())) == stored(terms, 1)
    assert licenses.termsIdAt(2).call() == bytes(32)


FIELDS = ["rights", "meter", "unitPrice", "token", "duration", "notice", "maxUnits", "derivativePpm", "flags", "text"]
OTHER: list[Value] = [1, 1, 11, "0x" + 20 * "01", 1, 1, 5, 1, 2, bytes(32)]


@pytest.mark.parametrize("place", range(len(FIELDS)), ids=FIELDS)
def test_terms_that_differ_in_one_field_are_other_terms(chain: Chain, licenses: Deployed, place: int) -> None:
    """AUD-A1: Vouchers / EIP-712: a struct field missing from its hash."""
    values = list(make_terms().values())
    chain.send(licenses.publishTerms(values))
    values[place] = OTHER[place]

    other: bytes = licenses.publishTerms(values).call()
    chain.send(licenses.publishTerms(values))

    assert other != make_terms().id()
    assert licenses.termsIdAt(2).call() == other


@pytest.mark.parametrize("rights", [0, ALL_RIGHTS + 1, 0xFFFF, 1 << 15 | 1])
def test_terms_are_refused_without_rights_or_with_unknown_ones(chain: Chain, licenses: Deployed, rights: int) -> None:
    values = (rights, *make_terms().values()[1:])

    with reverts("Terms_InvalidRights", rights=rights):
        chain.send(licenses.publishTerms(values))


@pytest.mark.parametrize("flags", [8, 255])
def test_terms_are_refused_with_unknown_flags(chain: Chain, licenses: Deployed, flags: int) -> None:
    values = (*make_terms().values()[:8], flags, bytes(32))

    with reverts("Terms_UnknownFlags", flags=flags):
        chain.send(licenses.publishTerms(values))


@pytest.mark.parametrize("quota", [1, 2**48 - 1])
def test_terms_with_a_quota_cannot_be_transferable(chain: Chain, licenses: Deployed, quota: int) -> None:
    values = (*make_terms().values()[:6], quota, 0, int(TermsFlag.Transferable), bytes(32))

    with reverts("Terms_TransferableQuota", maxUnits=quota):
        chain.send(licenses.publishTerms(values))


def test_terms_cannot_ask_more_for_a_derivative_than_parents_may_receive(chain: Chain, licenses: Deployed) -> None:
    values = (*make_terms().values()[:7], 900_001, 0, bytes(32))

    with reverts("Terms_DerivativeShare", derivativePpm=900_001):
        chain.send(licenses.publishTerms(values))


def test_terms_with_a_meter_that_does_not_exist_are_refused(chain: Chain, licenses: Deployed) -> None:
    values = (make_terms().rights, 3, *make_terms().values()[2:])

    with reverts(""):
        chain.send(licenses.publishTerms(values))
