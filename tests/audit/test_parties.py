"""Whose word counts in an audit, and what it takes to know that."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from audiera.audit import Subject, parties
from audiera.audit.granted import Granted, Grants
from audiera.audit.parties import Parties
from audiera.audit.scope import Scope
from audiera.protocol import ETHER, PERPETUAL, Meter

MANY = 1_000
CATALOGUE, TERMS = 1, "0x01"


@pytest.fixture
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No owner names a gateway."""
    monkeypatch.setattr(parties, "happened", lambda *_: iter(()))


def granted(number: int, *, dataset: int = CATALOGUE, terms: str = TERMS) -> Granted:
    """A licence that an account of the same number holds."""
    held = ((0, PERPETUAL, f"holder {number}"),)
    return Granted(number, dataset, terms, 0, Meter.Call, 0, ETHER, 0, 0, False, (0, 0), ((0, PERPETUAL),), held)


def known(licences: Iterator[Granted], members: dict[tuple[int, str, int], Any], sold: set[int]) -> Parties:
    scope = Scope(Subject("dataset", ()), frozenset(sold), frozenset(sold))
    return Parties(None, None, scope, Grants({it.license: it for it in licences}, members, {}))  # type: ignore[arg-type]


@pytest.mark.usefixtures("unnamed")
def test_licensees_of_a_large_catalogue_are_held_once_and_not_once_for_each_member() -> None:
    members = {(CATALOGUE, TERMS, it): ((0, PERPETUAL),) for it in range(2, MANY + 2)}
    licences = [granted(it) for it in range(1, MANY + 1)]
    tracemalloc.start()
    known(iter(licences), members, set(range(1, MANY + 2)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 1 << 20


@pytest.mark.usefixtures("unnamed")
def test_licensees_are_those_of_the_dataset_and_of_its_catalogues_under_the_terms_that_it_joined() -> None:
    members = {(CATALOGUE, TERMS, 7): ((0, PERPETUAL),), (9, TERMS, 8): ((0, PERPETUAL),)}
    licences = (granted(1), granted(2, terms="0x02"), granted(3, dataset=7, terms="0x03"), granted(4, dataset=9))

    of = known(iter(licences), members, {7})

    assert [of.concern(f"holder {it}", "gateway") for it in range(1, 5)] == [True, False, True, False]
    assert [of.near(f"holder {it}", "gateway") for it in range(1, 5)] == [1, None, 1, None]
