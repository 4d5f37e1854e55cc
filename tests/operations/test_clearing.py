"""P8 and P16: what is chosen is what the contract takes, and what is shown before is what it fixes."""

from __future__ import annotations

import pytest

from audiera.client import Clearance
from audiera.client.contracts import events
from audiera.errors import InputError, RevertError
from audiera.operations.clearing import choose, result_of
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.protocol.rights import Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.studio import As, Studio, some_terms

DAY = 86_400

DERIVE = Right.Derivation
TRAIN = Right.Derivation | Right.Training
PLAY = Right.Derivation | Right.Playback


def model_of(lab: Studio, *parents: int) -> int:
    return lab.dataset(kind=Kind.Model, parents=tuple(Parent(it, 10_000) for it in parents))


def test_what_can_be_revoked_clears_only_if_what_was_derived_survives(as_: As, studio: Studio) -> None:
    lab, parent = Studio(as_("lab")), studio.dataset()
    model = model_of(lab, parent)
    lent = some_terms(rights=TRAIN, flags=TermsFlag.Revocable, notice=DAY)
    studio.license(parent, studio.offer(parent, lent), lab.creator)

    with pytest.raises(InputError, match="cannot be revoked or lets what was derived survive that"):
        choose(lab.creator, model)

    kept = some_terms(rights=TRAIN, flags=TermsFlag.Revocable | TermsFlag.DerivativesSurvive, notice=DAY)
    license_id = studio.license(parent, studio.offer(parent, kept), lab.creator)
    (choice,) = choose(lab.creator, model)

    assert (choice.license_id, choice.until) == (license_id, PERPETUAL)
    assert result_of(lab.creator, model, [choice]) == Clearance(TRAIN, PERPETUAL)


def test_a_licence_that_is_revoked_clears_nothing_even_while_it_lasts(as_: As, studio: Studio) -> None:
    lab, parent = Studio(as_("lab")), studio.dataset()
    model = model_of(lab, parent)
    kept = some_terms(rights=TRAIN, flags=TermsFlag.Revocable | TermsFlag.DerivativesSurvive, notice=DAY)
    license_id = studio.license(parent, studio.offer(parent, kept), lab.creator)

    studio.creator.licenses.revoke(license_id)

    assert lab.creator.licenses.covers(license_id, parent, lab.creator.node.timestamp())
    with pytest.raises(InputError, match=f"holds no licence that clears parent {parent}"):
        choose(lab.creator, model)


def test_a_catalogues_licence_clears_a_member_that_stays(as_: As, studio: Studio) -> None:
    """And none that leaves, from the moment in which it says so."""
    lab, label, parent = Studio(as_("lab")), Studio(as_("label")), studio.dataset()
    model, catalogue = model_of(lab, parent), label.dataset(kind=Kind.Catalogue)
    terms = some_terms(rights=TRAIN, flags=TermsFlag.Revocable | TermsFlag.DerivativesSurvive, notice=DAY)
    terms_id = label.offer(catalogue, terms)
    license_id = label.license(catalogue, terms_id, lab.creator)
    with pytest.raises(InputError, match="holds no licence"):
        choose(lab.creator, model)

    studio.creator.licenses.join(catalogue, terms_id, parent)
    label.creator.licenses.admit(catalogue, terms_id, parent)
    (choice,) = choose(lab.creator, model)

    assert choice.license_id == license_id
    assert result_of(lab.creator, model, [choice]) == Clearance(TRAIN, PERPETUAL)

    studio.creator.licenses.leave(catalogue, terms_id, parent)

    assert lab.creator.licenses.covers(license_id, parent, lab.creator.node.timestamp())
    with pytest.raises(InputError, match="holds no licence"):
        choose(lab.creator, model)


def test_licences_that_keep_the_clearance_in_force_come_first(as_: As, studio: Studio) -> None:
    lab, parent = Studio(as_("lab")), studio.dataset()
    model = model_of(lab, parent)

    def bought(rights: int, duration: int = 0) -> int:
        terms = some_terms(rights=rights, duration=duration, flags=0)
        return studio.license(parent, studio.offer(parent, terms), lab.creator)

    lasting = bought(DERIVE)
    (first,) = choose(lab.creator, model)
    lab.creator.licenses.clear(model, [first.parent], [first.license_id])
    bought(TRAIN | PLAY, duration=DAY)

    (again,) = choose(lab.creator, model)

    assert (first.license_id, again.license_id) == (lasting, lasting)

    wider = bought(TRAIN)
    (choice,) = choose(lab.creator, model)

    assert choice.license_id == wider
    assert result_of(lab.creator, model, [choice]) == Clearance(TRAIN, PERPETUAL)


def test_a_narrower_clearance_is_refused_with_what_both_allow(as_: As, studio: Studio) -> None:
    lab, parent = Studio(as_("lab")), studio.dataset()
    model = model_of(lab, parent)
    wide, other = (
        studio.license(parent, studio.offer(parent, some_terms(rights=rights)), lab.creator) for rights in (TRAIN, PLAY)
    )
    (choice,) = choose(lab.creator, model, [wide])
    lab.creator.licenses.clear(model, [choice.parent], [choice.license_id])

    with pytest.raises(InputError) as refused:
        result_of(lab.creator, model, choose(lab.creator, model, [other]))

    assert str(refused.value) == (
        f"Dataset {model} is cleared for Training, Derivation for ever, and a clearance in force only widens; these "
        "licences allow Playback, Derivation for ever. Show licences that allow at least as much."
    )


def test_once_a_clearance_has_ended_any_may_follow(as_: As, studio: Studio) -> None:
    lab, parent = Studio(as_("lab")), studio.dataset()
    model = model_of(lab, parent)
    short = some_terms(rights=TRAIN, duration=DAY, flags=0)
    license_id = studio.license(parent, studio.offer(parent, short), lab.creator)
    ended = lab.creator.licenses.clear(model, [Parent(parent, 10_000)], [license_id]).event(events.DatasetCleared)
    narrow = studio.license(parent, studio.offer(parent, some_terms(rights=DERIVE)), lab.creator)

    lab.creator.node.request("evm_setNextBlockTimestamp", ended.until)
    lab.creator.node.request("evm_mine")
    choices = choose(lab.creator, model)

    assert [it.license_id for it in choices] == [narrow]
    assert result_of(lab.creator, model, choices) == Clearance(DERIVE, PERPETUAL)


def test_a_derived_parent_of_ones_own_must_be_cleared_itself(as_: As, studio: Studio) -> None:
    lab, parent = Studio(as_("lab")), studio.dataset()
    model = model_of(lab, parent)
    grandchild = model_of(lab, model)

    (choice,) = choose(lab.creator, grandchild)

    assert (choice.license_id, choice.until) == (0, PERPETUAL)
    with pytest.raises(RevertError, match="Clear the dataset first") as refused:
        result_of(lab.creator, grandchild, [choice])
    assert refused.value.name == "Clearance_Missing"
