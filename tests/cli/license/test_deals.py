"""The commands of `scripts/license.py` about what is left: renewals, ends, catalogues, clearances, keys."""

from __future__ import annotations

import pytest

from audiera.cli.license import acquire as license_acquire
from audiera.cli.license import clear as license_clear
from audiera.cli.license import deals as license_deals
from audiera.cli.license.show import show_dataset, show_license
from audiera.cli.license.terms import Draft
from audiera.cli.terminal.words import ends, parse_scopes, parse_until, terms_id_of, until
from audiera.errors import AmountError, InputError, RevertError
from audiera.operations.clearing import choose
from audiera.protocol.kinds import Kind
from audiera.protocol.licenses import SignerScope
from audiera.protocol.lineage import Parent
from audiera.protocol.rights import Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.cli.conftest import Sessions
from tests.cli.deals import MONTH, Out, make_terms, register, sell, told

DAY = 86_400  # seconds


def test_terms_are_named_by_id_or_number(session: Sessions) -> None:
    label, terms = session("label"), make_terms(max_units=99)
    label.signing_client().licenses.publish_terms(terms)
    number = label.client.licenses.terms_of(terms.id()).index

    assert terms_id_of(label, str(number)) == terms_id_of(label, f"0x{terms.id().hex()}") == terms.id()
    for wrong, message in (
        ("4000", "no terms number 4000"),
        ("0x12", "give 0x and 64"),
        ("0x" + "00" * 32, "No terms"),
    ):
        with pytest.raises(InputError, match=message):
            terms_id_of(label, wrong)


def test_a_quota_drops_the_transferability_that_only_the_template_suggests(session: Sessions) -> None:
    terms = Draft(template="open", max_units=5).terms(session("label").book)

    assert TermsFlag(terms.flags) == TermsFlag.DerivativesSurvive


def test_a_licence_is_renewed_at_the_price_that_stands(session: Sessions, capsys: Out) -> None:
    label, buyer, friend = session("label"), session("developer"), session("friend")
    dataset, terms = register(label), make_terms(duration=MONTH)
    license_id = sell(label, dataset, terms, buyer, price=9)
    before = buyer.client.licenses.license_of(license_id).expires_at

    license_acquire.renew(friend, license_id, "0.000000000000000009 ETH")

    assert buyer.client.licenses.license_of(license_id).expires_at == before + MONTH
    assert told(capsys).out == f"Licence {license_id} lasts {until(before + MONTH)}.\n"
    label.signing_client().licenses.withdraw_offer(dataset, terms.id())
    with pytest.raises(InputError, match=f"is not offered to {buyer.me}"):
        license_acquire.renew(friend, license_id, None)


def test_who_renews_the_licence_of_another_is_told_so(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer")
    license_id = sell(label, register(label), make_terms(duration=MONTH), buyer, price=9)
    another = "The licence is not yours: its holder will have what you pay for.\n"

    license_acquire.renew(session("friend"), license_id, None)
    of_another = told(capsys).err
    license_acquire.renew(buyer, license_id, None)

    assert (another in of_another, another in told(capsys).err) == (True, False)


def test_before_a_catalogue_without_members_is_licensed_it_is_told(session: Sessions, capsys: Out) -> None:
    curator, label, buyer = session("curator"), session("label"), session("developer")
    terms = make_terms(flags=TermsFlag.Revocable, notice=DAY)
    catalogue, dataset = register(curator, Kind.Catalogue), register(label)
    sell(curator, catalogue, terms, buyer)
    number = curator.client.licenses.terms_of(terms.id()).index
    empty = f"Catalogue {catalogue} has no members under terms {number}: a licence would cover nothing yet.\n"

    def told_to_buyers() -> bool:
        capsys.readouterr()
        license_acquire.acquire(buyer, [(catalogue, terms.id())], buyer.me, most=None, ref=b"")
        return empty in capsys.readouterr().err

    before = told_to_buyers()
    license_deals.act_on_membership(label, "join", catalogue, terms.id(), dataset)
    license_deals.act_on_membership(curator, "admit", catalogue, terms.id(), dataset)

    assert (before, told_to_buyers()) == (True, False)


def test_only_a_revocable_licence_is_revoked_and_it_says_until_when_it_lasts(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer")
    dataset = register(label)
    kept = sell(label, dataset, make_terms(), buyer)
    lent = sell(label, dataset, make_terms(flags=TermsFlag.Revocable, notice=MONTH), buyer)

    with pytest.raises(RevertError, match=f"License_Irrevocable\\(licenseId={kept}\\)"):
        license_deals.revoke(label, kept)
    license_deals.revoke(label, lent)

    end = label.client.licenses.license_of(lent).expires_at
    assert end == label.client.node.timestamp() + MONTH
    printed = told(capsys)
    assert "  notice   30 days\n" in printed.err
    assert printed.out == f"Licence {lent} ends {ends(end)} and cannot be renewed.\n"
    assert "revoked" in "\n".join(show_license(label, lent)[1])


def test_a_membership_takes_both_owners_and_covers_until_the_notice_is_over(session: Sessions, capsys: Out) -> None:
    curator, label, buyer = session("curator"), session("label"), session("developer")
    terms = make_terms(flags=TermsFlag.Revocable, notice=DAY)
    catalogue, dataset = register(curator, Kind.Catalogue), register(label)
    license_id = sell(curator, catalogue, terms, buyer)
    number = curator.client.licenses.terms_of(terms.id()).index

    license_deals.act_on_membership(label, "join", catalogue, terms.id(), dataset)
    asked = told(capsys)
    license_deals.act_on_membership(curator, "admit", catalogue, terms.id(), dataset)
    begun = told(capsys)

    assert f"`ape run license admit {catalogue} {number} {dataset}`" in asked.out
    assert begun.out == f"Licences of catalogue {catalogue} under terms {number} cover dataset {dataset} from now on.\n"
    assert show_license(buyer, license_id)[0]["covers"] == [dataset]
    member = {"termsId": f"0x{terms.id().hex()}", "index": number, "until": PERPETUAL}
    assert show_dataset(buyer, catalogue)[0]["members"] == [{"dataset": dataset, **member}]
    assert show_dataset(buyer, dataset)[0]["catalogues"] == [{"dataset": catalogue, **member}]

    license_deals.act_on_membership(label, "leave", catalogue, terms.id(), dataset)

    last = buyer.client.licenses.membership_of(catalogue, terms.id(), dataset).until
    covered = f"Licences of catalogue {catalogue} under terms {number} cover dataset {dataset} until {ends(last)}.\n"
    assert told(capsys).out == covered


def test_what_cannot_be_ended_is_refused_before_any_plan(session: Sessions, capsys: Out) -> None:
    curator, label, buyer = session("curator"), session("label"), session("developer")
    terms = make_terms()
    catalogue, dataset = register(curator, Kind.Catalogue), register(label)
    kept = sell(label, dataset, terms, buyer)
    told(capsys)

    with pytest.raises(RevertError, match="Catalogue_NotMember"):
        license_deals.act_on_membership(label, "leave", catalogue, terms.id(), dataset)
    with pytest.raises(RevertError, match="License_Irrevocable"):
        license_deals.revoke(label, kept)

    assert told(capsys).err == ""


def test_clearing_finds_for_each_parent_the_licence_that_allows_most(session: Sessions, capsys: Out) -> None:
    """P8: what is shown before is what the contract fixes."""
    label, maker = session("label"), session("developer")
    first, second, own = register(label), register(label), register(maker)
    few = make_terms(rights=Right.Derivation | Right.Playback, duration=MONTH, flags=TermsFlag.DerivativesSurvive)
    many = make_terms(rights=Right.Derivation | Right.Playback | Right.Training, duration=MONTH, derivative_ppm=50_000)
    dear = make_terms(rights=Right.Derivation | Right.Playback | Right.Training, derivative_ppm=200_000)
    lent = make_terms(flags=TermsFlag.Revocable)
    none = make_terms(rights=Right.Training | Right.Playback)
    small = sell(label, first, few, maker)
    for terms in (dear, lent, none):
        sell(label, first, terms, maker)
    best = sell(label, first, many, maker)
    other = sell(label, second, few, maker)
    model = register(maker, Kind.Model, (Parent(first, 100_000), Parent(second, 0), Parent(own, 0)))

    choices = choose(maker.client, model)
    narrower = choose(maker.client, model, [small, other])
    license_clear.clear(maker, model)

    expiry = maker.client.licenses.license_of(best).expires_at
    assert [it.license_id for it in choices] == [best, other, 0]
    assert [it.license_id for it in narrower] == [small, other, 0]
    found = maker.client.licenses.clearance_of(model)
    assert (found.rights_ceiling, found.until) == (Right.Derivation | Right.Playback, expiry)
    printed = told(capsys)
    assert "  may be licensed for  Playback, Derivation\n" in printed.err
    assert printed.out == f"Dataset {model} is cleared for Playback, Derivation, {until(expiry)}.\n"
    assert f"cleared for  Playback, Derivation; {until(expiry)}" in "\n".join(show_dataset(label, model)[1])
    assert "kept in place by a clearance" in "\n".join(show_license(label, best)[1])


def test_clearing_without_a_licence_says_what_is_missing(session: Sessions) -> None:
    label, maker = session("label"), session("developer")
    parent = register(label)
    model = register(maker, Kind.Model, (Parent(parent, 15_000),))

    with pytest.raises(InputError, match=f"no licence that clears parent {parent}; acquire one.*no more than 1.5 % of"):
        license_clear.clear(maker, model)
    with pytest.raises(InputError, match=f"Dataset {parent} has no parents"):
        license_clear.clear(label, parent)

    assert f"nothing; clear it with `ape run license clear {model}`" in "\n".join(show_dataset(label, model)[1])


def test_a_key_gets_its_scopes_and_keeps_them_a_day_longer(session: Sessions, capsys: Out) -> None:
    buyer, key = session("developer"), session("key").me
    now = buyer.client.node.timestamp()

    license_deals.set_signer(buyer, key, parse_scopes("access, pay"), parse_until("90 days", now))
    given = told(capsys)
    license_deals.set_signer(buyer, key, parse_scopes("none"), 0)
    taken = told(capsys)

    assert f"  access   until {ends(now + 90 * DAY)}\n" in given.err
    assert "  settle   not\n" in given.err
    assert f"access until {ends(now + 90 * DAY)}, pay until" in given.out
    kept = buyer.client.licenses.signer_until(buyer.me, key, SignerScope.Pay)
    assert kept == buyer.client.node.timestamp() + DAY
    assert f"  pay      until {ends(kept)} instead of until {ends(now + 90 * DAY)}\n" in taken.err
    assert f"pay until {ends(kept)}." in taken.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("perpetual", "It needs an end"),
        ("soon", "'soon' is not a duration"),
        ("2020-01-31", "2020-01-31 has passed already"),
    ],
)
def test_the_end_of_a_key_is_a_time_to_come(text: str, message: str) -> None:
    with pytest.raises(AmountError, match=message):
        parse_until(text, 1_700_000_000)


def test_days_and_scopes_are_read() -> None:
    assert parse_until("2027-01-31", 0) == 1_801_353_600
    assert parse_scopes("PAY,settle") == SignerScope.Pay | SignerScope.Settle
    with pytest.raises(InputError, match="'spend' is not a scope; choose from access, pay, settle, or none"):
        parse_scopes("spend")
