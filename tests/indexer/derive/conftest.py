"""The chain, the suite, and random lives of it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from audiera.indexer.derive import Deriver
from tests.suite.machine import SuiteMachine
from tests.suite.stage import Stage
from tests.support.chain import Chain
from tests.support.derived import Life, contracts_of, life_of
from tests.support.story import Story
from tests.support.suite import Suite, chain, deploy_suite, suite, token

__all__ = ["chain", "suite", "token"]

LIVES, STEPS = 2, 30
DEEP_LIVES, DEEP_STEPS = 3, 80  # of heavy runs


class LivedMachine(SuiteMachine):
    """Asks nothing of the model, which the suite's own test does; hands over what was written on the chain."""

    seen: ClassVar[list[Callable[[], object]]] = []

    def nothing(self) -> None:
        """Takes the place of an invariant."""

    the_chain_is_as_the_model_has_it = clearances_only_widen = nothing
    licences_stay_within_their_clearance = children_pay_their_parents = nothing

    def _end(self) -> None:
        for see in self.seen:
            see()


@pytest.fixture(scope="session")
def live(
    request: pytest.FixtureRequest,
    chain: Chain,
    suite: Suite,
    new_account: Callable[[str], LocalAccount],
    isolate: Callable[[], AbstractContextManager[None]],
) -> Callable[[Callable[[], object]], None]:
    """Lives some lives, and calls at the end of each. All of them begin with the same blocks."""
    stage = Stage.set(chain, suite, new_account)
    lives, steps = (DEEP_LIVES, DEEP_STEPS) if request.config.getoption("--heavy") else (LIVES, STEPS)

    def run(at_end: Callable[[], object]) -> None:
        LivedMachine.base, LivedMachine.isolate = stage, staticmethod(isolate)
        LivedMachine.seen = [at_end]
        limits = settings(max_examples=lives, stateful_step_count=steps, phases=[Phase.generate], derandomize=True)
        run_state_machine_as_test(LivedMachine, settings=limits)

    return run


@pytest.fixture(scope="session")
def deriver(chain: Chain, suite: Suite) -> Deriver:
    return Deriver(contracts_of(chain, suite))


@pytest.fixture(scope="session")
def lives(chain: Chain, suite: Suite, live: Callable[[Callable[[], object]], None]) -> Sequence[Life]:
    """What was written in some lives, the richest first."""
    found: list[Life] = []
    live(lambda: found.append(life_of(chain, suite)))
    return sorted(found, key=lambda it: -len(it.logs))


@pytest.fixture(scope="session")
def told(
    chain: Chain, new_account: Callable[[str], LocalAccount], isolate: Callable[[], AbstractContextManager[None]]
) -> tuple[Story, Life]:
    """A story with every event, of a suite of its own, and what was written of it."""
    with isolate():
        story = Story(chain, deploy_suite(chain), new_account)
        story.tell()
        return story, life_of(chain, story.suite)
