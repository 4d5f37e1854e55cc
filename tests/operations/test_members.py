from __future__ import annotations

from typing import Any

import pytest

from audiera.client import Membership
from audiera.operations.members import members_named, memberships_in_force
from audiera.protocol import Kind, TermsFlag
from tests.support.studio import As, Studio, some_terms


def gather(studio: Studio, count: int, *, notice: int = 0) -> tuple[int, bytes, list[int]]:
    """A catalogue that so many datasets have joined."""
    catalogue, members = studio.dataset(kind=Kind.Catalogue), [studio.dataset() for _ in range(count)]
    terms = studio.offer(catalogue, some_terms(flags=TermsFlag.Revocable, notice=notice))
    for member in members:
        studio.creator.licenses.join(catalogue, terms, member)
        studio.creator.licenses.admit(catalogue, terms, member)
    return catalogue, terms, members


def test_memberships_in_force_are_seen_from_either_side_until_they_end(as_: As, studio: Studio) -> None:
    reader = as_("reader")
    catalogue, terms, (stays, leaves) = gather(studio, 2)

    def seen(catalogue: int | None = None, dataset: int | None = None) -> list[tuple[int, bytes, int]]:
        held = memberships_in_force(reader, catalogue=catalogue, dataset=dataset)
        return [(it.catalogue, it.terms_id, it.dataset) for it, _ in held]

    assert seen(catalogue=catalogue) == [(catalogue, terms, stays), (catalogue, terms, leaves)]
    assert seen(dataset=leaves) == [(catalogue, terms, leaves)]

    studio.creator.licenses.leave(catalogue, terms, leaves)

    assert seen(catalogue=catalogue) == [(catalogue, terms, stays)]
    assert seen(dataset=leaves) == []


def test_a_member_that_came_back_keeps_its_place(as_: As, studio: Studio) -> None:
    catalogue, terms, (back, other) = gather(studio, 2)
    studio.creator.licenses.leave(catalogue, terms, back)
    studio.creator.licenses.join(catalogue, terms, back)
    studio.creator.licenses.admit(catalogue, terms, back)

    def seen(*, newest_first: bool) -> list[int]:
        held = memberships_in_force(as_("reader"), catalogue=catalogue, newest_first=newest_first)
        return [it.dataset for it, _ in held]

    assert seen(newest_first=False) == [back, other]
    assert seen(newest_first=True) == [other, back]


def test_the_newest_members_of_a_catalogue_are_named_up_to_ten(as_: As, studio: Studio) -> None:
    reader = as_("reader")
    catalogue, terms, members = gather(studio, 13)
    studio.creator.licenses.leave(catalogue, terms, members.pop())
    few, _, (one,) = gather(studio, 1)
    ten, _, all_ = gather(studio, 10)

    newest = ", ".join(map(str, members[2:]))
    assert members_named(reader, catalogue) == (
        f"its members: {newest} and more, all listed by `ape run license show dataset {catalogue}`"
    )
    assert members_named(reader, ten) == f"its members: {', '.join(map(str, all_))}"
    assert members_named(reader, few) == f"its members: {one}"
    assert members_named(reader, studio.dataset(kind=Kind.Catalogue)) == "other datasets, since none has joined it"


def test_no_more_members_are_asked_for_than_it_takes_to_name_ten(as_: As, studio: Studio) -> None:
    reader, (catalogue, *_) = as_("reader"), gather(studio, 14)
    asked = list[tuple[object, ...]]()
    kind = type(reader.licenses)
    membership_of = kind.membership_of

    def counted(*given: Any) -> Membership:  # noqa: ANN401  # as it is called
        asked.append(given)
        return membership_of(*given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kind, "membership_of", counted)
        members_named(reader, catalogue)

    assert len(asked) == 11
