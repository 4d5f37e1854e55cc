"""The open batch against a payer who means no good: whatever he sends, the journal holds what he signed, and no more.

The chain moves meanwhile, as an index would tell it: money is withdrawn, the licence changes hands, a signer is let in
and cut off. What is taken is compared with a model that knows only what the ledger would settle.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, update

from audiera.errors import InputError
from audiera.gateway.access import Desk
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS
from audiera.gateway.taken import uses_in
from audiera.indexer.tables import CHAIN, LICENSES
from audiera.indexer.tables import CHANNELS as ON_CHAIN
from audiera.interface import AccessRequest, QuoteRequest
from audiera.metering import Batch
from audiera.protocol import recover
from tests.support.explorer import Explorer
from tests.support.gateway import PRICE, Payer, Venue

BALANCE = 12 * PRICE
"""So little that it matters."""

steps = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.sampled_from([(0,), (1, 2), (0, 0), (2, 1, 0)]), st.integers(1, 2)),
        st.tuples(st.just("repeat"), st.integers(0, 5)),
        st.tuples(st.just("stale"), st.integers(0, 5)),
        st.tuples(st.just("reorder")),
        st.tuples(
            st.just("alter"), st.sampled_from(["amount", "calls", "fee", "statements", "root", "batch", "payer"])
        ),
        st.tuples(st.just("cheat"), st.sampled_from(["dataset", "license", "right", "items"])),
        st.tuples(st.just("strange key")),
        st.tuples(st.just("thaw"), st.integers(0, BALANCE)),
        st.tuples(st.just("sell"), st.booleans()),
    ),
    min_size=1,
    max_size=14,
)


@dataclass
class World:
    """A desk, its chain, and what the ledger would settle."""

    venue: Venue
    desk: Desk
    folder: Path
    kept: dict[int, Batch] = field(default_factory=dict)
    sent: list[AccessRequest] = field(default_factory=list)
    thawing: int = 0
    sold: bool = False

    def payer(self, number: int) -> Payer:
        return Payer(self.venue, Explorer("", None), number, self.kept.get(number, Batch()))  # type: ignore[arg-type]

    def chain(self, table: Any, **values: object) -> None:  # noqa: ANN401
        """The chain moves on by a block in which something is otherwise."""
        engine = create_engine(f"sqlite:///{self.folder / 'index.db'}")
        with engine.begin() as connection:
            connection.execute(update(table).values(**values))
            connection.execute(update(CHAIN).values(next_block=CHAIN.c.next_block + 1))
        engine.dispose()

    def ask(self, body: dict[str, Any]) -> Code | None:
        """The code of a refusal, none if it was granted."""
        code = Code.MALFORMED
        try:
            request = AccessRequest.model_validate(body)
            self.desk.access(request, None, lambda _: None, lambda _: None)
        except Problem as problem:
            code = problem.code
        except InputError:
            pass
        else:
            self.sent.append(request)
            return None
        assert code not in (Code.INTERNAL, Code.UNAVAILABLE, Code.INDEX_BEHIND)
        return code


@contextmanager
def world(venue: Venue) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(venue.folder / "index.db", folder / "index.db")
        own = replace(venue, folder=folder)
        desk = Desk(own.settings(folder / "journal.db", store=venue.store), venue.domain)
        made = World(venue, desk, folder)
        made.chain(ON_CHAIN, balance=BALANCE)
        try:
            yield made
        finally:
            desk.close()


def test_an_access_is_weighed_once_though_the_index_moves_on_while_it_is_looked_for(venue: Venue) -> None:
    weighed = list[int]()
    with world(venue) as it:
        payer = it.payer(1)
        use(it, (0,), 1)  # what all accesses look at is in memory
        request = payer.request((1, 2))

        def weigh(count: int) -> None:
            weighed.append(count)
            it.chain(ON_CHAIN, balance=BALANCE)

        quote = it.desk.quote(QuoteRequest.model_validate(request), weigh, None)

    assert (weighed, quote.units) == ([2], 2)


def carry_out(world: World, step: tuple[Any, ...]) -> None:
    action = step[0]
    if action == "use":
        use(world, step[1], step[2])
    elif action == "repeat":
        if world.sent:
            assert world.ask(world.sent[step[1] % len(world.sent)].model_dump(mode="json")) is None
            world.sent.pop()
    elif action == "thaw":
        world.thawing = step[1]
        world.chain(ON_CHAIN, thawing=step[1])
    elif action == "sell":
        world.sold = step[1]
        world.chain(LICENSES, holder=world.venue.as_("stranger" if step[1] else "payer").account)
    elif (lie := lies(world, step)) is not None:
        assert world.ask(lie) is not None


def use(world: World, items: tuple[int, ...], number: int) -> None:
    payer = world.payer(number)
    request = payer.request(items)
    batch = payer.kept.extend(payer.uses(request))
    spoken = sum(it.root().amount for it in world.kept.values())
    fits = spoken + len(items) * PRICE <= BALANCE - world.thawing

    refused = world.ask({**request, **payer.sign(batch)})

    assert refused is (Code.NOT_HOLDER if world.sold else None if fits else Code.DEPOSIT_TOO_SMALL)
    if refused is None:
        world.kept[number] = batch


def lies(world: World, step: tuple[Any, ...]) -> dict[str, Any] | None:
    """A request that must be refused; none, if it would be an honest one as things are."""
    payer = world.payer(1)
    request, begun = payer.request((0, 1)), bool(payer.kept.lines)
    uses = payer.uses(request)
    batch = payer.kept.extend(uses)
    if step[0] == "stale":
        return {**request, **payer.sign(Batch().extend(uses))} if begun else None
    if step[0] == "reorder":
        return {**request, **payer.sign(payer.kept.extend(reversed(uses)))}
    if step[0] == "alter":
        values = {"root": secrets.token_bytes(32), "payer": world.venue.as_("stranger").account, "batch": 3}
        changed = {step[1]: values.get(step[1], 7 + 2**20)}
        return {**request, **payer.sign(batch, changed=changed)} if begun or step[1] != "batch" else None
    if step[0] == "cheat":
        said = {"dataset": "77", "license": "77", "right": "VoiceCloning", "items": [f"0x{'77' * 32}"]}
        return {**request, **payer.sign(batch), step[1]: said[step[1]]}
    return {**request, **payer.sign(batch, role="stranger")}


def check(world: World) -> None:
    domain, payer = world.venue.domain, world.venue.as_("payer").account
    engine = create_engine(f"sqlite:///{world.folder / 'journal.db'}")
    with engine.connect() as connection:
        batches = {int(it.number): it for it in connection.execute(select(BATCHES))}
        assert set(batches) == set(world.kept)
        for number, batch in world.kept.items():
            row, root = batches[number], batch.root()
            voucher = batch.voucher(
                payer=payer, gateway=world.venue.as_("gateway").account, token=world.venue.usdc, batch=number
            )
            assert (row.root, row.calls, row.amount) == (f"0x{root.hash.hex()}", root.calls, root.amount)
            assert recover(domain.digest(voucher), row.signature) == payer
        spoken = sum(it.root().amount for it in world.kept.values())
        held = [it.held for it in connection.execute(select(CHANNELS))]
        assert held in ([spoken], [])
        assert spoken <= BALANCE
        accesses = connection.execute(select(ACCESSES)).all()
        uses = [use for row in accesses for use in uses_in(row)]
        assert sum(it.price for it in uses) == spoken
        assert sum(connection.execute(select(ACCESSES.c["count"])).scalars()) == len(uses)
    engine.dispose()


@settings(max_examples=15)
@given(plan=steps)
def test_the_journal_holds_exactly_what_the_payer_signed_and_the_channel_covers(
    venue: Venue, plan: list[tuple[Any, ...]]
) -> None:
    with world(venue) as made:
        for step in plan:
            carry_out(made, step)
        check(made)


def test_the_model_notices_a_use_that_the_journal_lacks(venue: Venue) -> None:
    with world(venue) as made:
        for _ in range(4):
            carry_out(made, ("use", (0, 1), 1))
        check(made)
        made.kept[1] = made.kept[1].extend(made.payer(1).uses(made.payer(1).request((0,))))

        with pytest.raises(AssertionError):
            check(made)
