from __future__ import annotations

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

    def seen(**of: int) -> list[tuple[int, bytes, int]]:
        return [(it.catalogue, it.terms_id, it.dataset) for it, _ in memberships_in_force(reader, **of)]

    assert seen(catalogue=catalogue) == [(catalogue, terms, stays), (catalogue, terms, leaves)]
    assert seen(dataset=leaves) == [(catalogue, terms, leaves)]

    studio.creator.licenses.leave(catalogue, terms, leaves)

    assert seen(catalogue=catalogue) == [(catalogue, terms, stays)]
    assert seen(dataset=leaves) == []


def test_the_members_of_a_catalogue_are_named_up_to_ten(as_: As, studio: Studio) -> None:
    reader = as_("reader")
    catalogue, _, members = gather(studio, 12)
    few, _, (one,) = gather(studio, 1)

    first = ", ".join(map(str, members[:10]))
    assert members_named(reader, catalogue) == (
        f"its members: {first} and 2 more, all listed by `ape run license show dataset {catalogue}`"
    )
    assert members_named(reader, few) == f"its members: {one}"
    assert members_named(reader, studio.dataset(kind=Kind.Catalogue)) == "other datasets, since none has joined it"
