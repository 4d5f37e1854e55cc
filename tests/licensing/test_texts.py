from __future__ import annotations

import re
from hashlib import sha256

import pytest

from audiera.errors import TermsError
from audiera.licensing.drafting import quota_of, terms_of
from audiera.licensing.texts import TEMPLATES, check_rights, template, template_of
from audiera.protocol.ids import ETHER
from audiera.protocol.meters import Meter
from audiera.protocol.rights import ALL_RIGHTS, Right, describe_rights

NAMES = pytest.mark.parametrize("name", TEMPLATES)


@NAMES
def test_a_template_sorts_every_right_exactly_once(name: str) -> None:
    text = template(name)

    assert text.granted | text.optional | text.withheld == ALL_RIGHTS
    assert not text.granted & text.optional
    assert not (text.granted | text.optional) & text.withheld


@NAMES
def test_the_prose_grants_and_withholds_what_the_head_says(name: str) -> None:
    text = template(name)
    prose = text.text.decode()
    may = prose.partition("## 2.")[2].partition("## 3.")[0]
    always, _, if_recorded = may.partition("If, and only if")
    withheld = prose.partition("## 3.")[2].partition("## 4.")[0]

    def named(part: str) -> str:
        found = {Right[it] for it in re.findall(r"^- \*\*(\w+)\*\*", part, re.MULTILINE)}
        return describe_rights(sum(found))

    assert named(always) == describe_rights(text.granted)
    assert named(if_recorded) == describe_rights(text.optional)
    assert named(withheld) == describe_rights(text.withheld)


@NAMES
def test_a_template_says_that_it_is_no_legal_advice(name: str) -> None:
    assert b"It is not legal advice" in template(name).text


@NAMES
def test_terms_name_a_template_by_the_hash_of_its_bytes(name: str) -> None:
    text = template(name.upper())

    assert text.digest == sha256(text.text).digest()
    assert template_of(text.digest) == text


def test_a_text_of_ones_own_is_no_template() -> None:
    assert template_of(b"\x07" * 32) is None


def test_a_template_that_is_not_there_is_refused_with_the_list() -> None:
    with pytest.raises(
        TermsError, match="'fair' is not a licence text; choose from open, research, training, generative, mod"
    ):
        template("fair")


@NAMES
def test_rights_within_the_text_agree_with_it(name: str) -> None:
    text = template(name)

    check_rights(text, text.granted)
    check_rights(text, text.granted | text.optional)


def test_a_right_that_the_text_withholds_contradicts_it() -> None:
    text = template("training")

    with pytest.raises(TermsError, match="The text 'training' withholds GenerativeTraining, WeightRelease; leave"):
        check_rights(text, text.granted | Right.GenerativeTraining | Right.WeightRelease)


def test_a_right_that_the_text_grants_may_not_be_missing() -> None:
    text = template("research")

    with pytest.raises(TermsError, match="The text 'research' grants Training; add that"):
        check_rights(text, text.granted & ~Right.Training)


def test_a_bit_that_is_no_right_is_refused() -> None:
    text = template("open")

    with pytest.raises(TermsError, match="0x400 has bits that are not rights"):
        check_rights(text, text.granted | 0x400)


def test_a_licence_of_one_model_allows_one_call_unless_told_otherwise() -> None:
    text = template("model")

    assert (quota_of(text, Meter.Call), quota_of(text, Meter.Second, 60), quota_of(text, Meter.Call, 0)) == (1, 60, 0)
    assert terms_of(text, token=ETHER).max_units == 1
    with pytest.raises(TermsError, match="The text 'model' counts calls; write the unit price by the call, or say"):
        quota_of(text, Meter.Second)


def test_other_texts_say_nothing_of_a_number() -> None:
    assert [quota_of(template(it), Meter.Second) for it in TEMPLATES if it != "model"] == [0] * (len(TEMPLATES) - 1)
    assert quota_of(None, Meter.Call) == 0
