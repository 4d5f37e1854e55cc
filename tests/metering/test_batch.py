from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError, UseError
from audiera.metering.batch import MAX_STATEMENTS, Batch, PricedUse, UseLog
from audiera.protocol.hashing import keccak
from audiera.protocol.structs import Use
from audiera.protocol.sumtree import Node, SumTree, verify_sum_proof

PAYER, GATEWAY, TOKEN = ("0x" + digit * 40 for digit in "abc")


def priced(license_: int = 1, dataset: int = 1, units: int = 1, price: int = 10, nonce: int = 0) -> PricedUse:
    use = Use(
        license=license_,
        dataset=dataset,
        version=1,
        right=2,
        units=units,
        at=1_700_000_000,
        nonce=nonce.to_bytes(32, "big"),
    )
    return PricedUse(use, price)


USES = st.builds(
    priced,
    license_=st.integers(1, 4),
    dataset=st.integers(1, 3),
    units=st.integers(0, 1_000),
    price=st.integers(0, 2**64),
    nonce=st.integers(0, 2**32),
)
LOGS = st.lists(USES, min_size=1, max_size=40)


def test_a_use_is_one_call_at_its_price() -> None:
    leaf = priced(price=25).node()

    assert leaf == Node.of(priced().use.struct_hash(), 25, 1)


def test_a_statement_sums_the_uses_of_its_line() -> None:
    uses = [priced(7, 3, units=2, price=20, nonce=i) for i in range(3)]

    line = UseLog(7, 3).extend(uses).statement()

    assert line.line == (7, 3)
    assert (line.statement.units, line.statement.calls, line.amount) == (6, 3, 60)
    assert line.uses_root() == SumTree.of([use.node() for use in uses]).root
    assert line.node() == Node.of(line.statement.struct_hash(), 60, 3)


def test_a_use_of_another_line_is_refused() -> None:
    with pytest.raises(UseError, match=r"A use of \(7, 4\) is not of \(7, 3\)"):
        UseLog(7, 3).extend([priced(7, 4)])


def test_an_empty_log_has_no_statement() -> None:
    with pytest.raises(UseError, match="add a use first"):
        UseLog(7, 3).statement()


@given(LOGS)
def test_a_batch_is_the_sum_of_its_calls_at_both_levels(uses: list[PricedUse]) -> None:
    """P11 and the voucher's promise: the payment is, provably, the sum of its calls."""
    batch = Batch().extend(uses)
    statements = batch.statements()

    assert [line.line for line in statements] == sorted({use.line for use in uses})
    assert batch.root() == SumTree.of([line.node() for line in statements]).root
    assert batch.root().amount == sum(use.price for use in uses)
    assert batch.root().calls == len(uses)
    for line in statements:
        mine = [use for use in uses if use.line == line.line]
        assert line.uses_root() == SumTree.of([use.node() for use in mine]).root
        assert line.statement.units == sum(use.use.units for use in mine)
        assert verify_sum_proof(batch.root(), len(statements), line.node(), batch.proof(line.line))


@given(LOGS, st.data())
def test_a_batch_grown_in_steps_is_the_batch_made_at_once(uses: list[PricedUse], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(uses)), max_size=4)))
    batch = Batch()
    for start, end in zip([0, *cuts], [*cuts, len(uses)], strict=True):
        batch = batch.extend(uses[start:end])

    whole = Batch().extend(uses)

    assert batch.root() == whole.root()
    assert batch.statements() == whole.statements()


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was hashed since, oldest first."""
    made: list[bytes] = []

    def counted(data: bytes) -> bytes:
        made.append(data)
        return keccak(data)

    monkeypatch.setattr("audiera.protocol.hashing.keccak", counted)  # structs
    monkeypatch.setattr("audiera.protocol.sumtree.keccak", counted)  # nodes
    return made


def test_a_use_more_hashes_itself_its_statement_and_the_path_above_them(hashes: list[bytes]) -> None:
    batch = Batch().extend(priced(line, nonce=nonce) for line in range(1, 65) for nonce in range(16))
    hashes.clear()

    batch.extend([priced(7, nonce=99)])

    use, root_of_log, statement, path = 1, 1, 1, 6  # sixteen uses stand under one node already; 64 are 2 to the sixth
    assert len(hashes) == use + root_of_log + statement + path


def test_a_statement_more_hashes_no_other_statement_anew(hashes: list[bytes]) -> None:
    batch = Batch().extend(priced(line, nonce=nonce) for line in range(2, 65) for nonce in range(16))
    hashes.clear()

    batch.extend([priced(1)])

    use, statement, tree = 1, 1, 63  # it comes first, so that every node of the tree is another
    assert len(hashes) == use + statement + tree


def test_a_head_can_be_tried_and_dropped() -> None:
    batch = Batch().extend([priced(nonce=1)])
    root = batch.root()

    batch.extend([priced(nonce=2), priced(2, 1)])

    assert batch.root() == root
    assert batch.lines == ((1, 1),)
    assert batch.extend([]) is batch


def test_a_voucher_states_the_batch() -> None:
    batch = Batch().extend([priced(1, 1, price=10), priced(2, 1, price=5), priced(1, 1, price=1, nonce=1)])

    voucher = batch.voucher(payer=PAYER, gateway=GATEWAY, token=TOKEN, batch=4, fee=3)

    assert (voucher.amount, voucher.calls, voucher.statements) == (16, 3, 2)
    assert (voucher.batch, voucher.fee, voucher.root) == (4, 3, batch.root().hash)
    assert batch.voucher(payer=PAYER, gateway=GATEWAY, token=TOKEN, batch=4).fee == 0


def test_free_data_is_recorded_too() -> None:
    batch = Batch().extend([priced(price=0)])

    assert (batch.root().amount, batch.root().calls) == (0, 1)


def test_an_empty_batch_has_no_head() -> None:
    with pytest.raises(UseError, match="The batch is empty"):
        Batch().root()
    with pytest.raises(UseError, match="The batch is empty"):
        Batch().voucher(payer=PAYER, gateway=GATEWAY, token=TOKEN, batch=1)


def test_a_batch_with_too_many_statements_has_no_voucher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.metering.batch.MAX_STATEMENTS", 2)
    batch = Batch().extend([priced(1), priced(2)])
    batch.voucher(payer=PAYER, gateway=GATEWAY, token=TOKEN, batch=1)

    with pytest.raises(UseError, match="3 statements are too many"):
        batch.extend([priced(3)]).voucher(payer=PAYER, gateway=GATEWAY, token=TOKEN, batch=1)


def test_the_most_statements_are_those_of_the_ledger() -> None:
    assert MAX_STATEMENTS == 2**20


def test_a_line_that_was_not_used_has_no_proof() -> None:
    with pytest.raises(UseError, match=r"no statement of \(license, dataset\) = \(9, 9\)"):
        Batch().extend([priced()]).proof((9, 9))


def test_a_use_out_of_range_is_refused() -> None:
    wrong = replace(priced(), use=replace(priced().use, version=2**16))

    with pytest.raises(InputError, match="version = 65536 is not a uint16"):
        Batch().extend([wrong])
