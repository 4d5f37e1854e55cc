from __future__ import annotations

import pytest

from audiera.client.journal.entries import State
from tests.client.journal.pages import an_entry


@pytest.mark.parametrize(("state", "living"), [(it, it in ("signed", "sent")) for it in State])
def test_what_was_signed_or_sent_may_still_be_mined(state: State, living: bool) -> None:
    assert an_entry(state=state).is_living is living


def test_the_most_that_gas_may_cost_is_all_of_it_at_the_highest_fee() -> None:
    assert an_entry(gas=21_000, max_fee=3 * 10**9).most == 63 * 10**12
