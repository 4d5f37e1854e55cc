"""One state machine over the whole suite: P1 to P17, as far as each applies, after every step."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.suite.machine import SuiteMachine
from tests.suite.stage import Stage
from tests.support.chain import Chain
from tests.support.suite import Suite

LIVES = int(os.environ.get("AUDIERA_LIVES", "3"))


@pytest.fixture(scope="module")
def stage(chain: Chain, suite: Suite, new_account: Callable[[str], LocalAccount]) -> Stage:
    return Stage.set(chain, suite, new_account)


@pytest.mark.timeout(0)
def test_no_life_of_the_suite_differs_from_the_model(
    stage: Stage,
    isolate: Callable[[], AbstractContextManager[None]],
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    SuiteMachine.base, SuiteMachine.isolate = stage, staticmethod(isolate)
    SuiteMachine.steps = 0
    SuiteMachine.outcomes.clear()

    run_state_machine_as_test(SuiteMachine, settings=settings(max_examples=LIVES, stateful_step_count=60))

    record_testsuite_property("steps", SuiteMachine.steps)
    done = sum(count for (_, refusal), count in SuiteMachine.outcomes.items() if not refusal)
    record_testsuite_property("done", done)
    record_testsuite_property("refused", SuiteMachine.outcomes.total() - done)
    record_testsuite_property("kinds", len(SuiteMachine.outcomes))

    assert SuiteMachine.steps > 100
