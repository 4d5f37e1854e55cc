"""P12: Solidity and Python give the same ids, roots, proofs, amounts and times, whatever they are given."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.protocol.ids import ETHER
from audiera.protocol.items import ContentTree, Item, verify_item
from audiera.protocol.meters import Meter
from audiera.protocol.rights import ALL_RIGHTS
from audiera.protocol.splits import WHOLE, Split, from_weights, is_account, move_share, payee_of
from audiera.protocol.terms import MAX_DERIVATIVE_PPM, Terms, TermsFlag
from tests.support.chain import Chain, Deployed
from tests.support.datasets import content, register
from tests.support.licensing import DAY
from tests.support.money import Money
from tests.support.splits import assigned, claim, owed, shares_of
from tests.support.suite import Suite

Isolate = Callable[[], AbstractContextManager[None]]

EXAMPLES = settings(max_examples=max(5, settings().max_examples // 4))
WORDS = st.binary(min_size=32, max_size=32)
ADDRESSES = st.integers(0xFFFF, 2**160 - 1)
# Above any address; of neither are the last 96 bits empty, as of an address at the left end of its word.
ACCOUNTS = st.builds(lambda high, low: high << 96 | low, st.integers(2**64, 2**160 - 1), st.integers(1, 2**96 - 1))
PAYEES = st.one_of(ADDRESSES, ACCOUNTS).filter(lambda it: it % 2**96).map(lambda it: it.to_bytes(32, "big"))
WEIGHTED = st.dictionaries(PAYEES, st.integers(1, 10_000), min_size=1, max_size=12)
ITEMS = st.builds(Item, WORDS, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), WORDS)
CHANGES = st.tuples(
    st.integers(0, 7), st.integers(-2 * DAY, 4 * DAY), st.sampled_from([1, 600, DAY // 2, DAY, 2 * DAY])
)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    quota = draw(st.one_of(st.just(0), st.integers(1, 2**48 - 1)))
    return Terms(
        rights=draw(st.integers(1, ALL_RIGHTS)),
        meter=draw(st.sampled_from(Meter)),
        unit_price=draw(st.integers(0, 2**128 - 1)),
        token=draw(st.one_of(st.just(ETHER), ADDRESSES.map(lambda it: to_checksum_address(f"0x{it:040x}")))),
        duration=draw(st.integers(0, 2**32 - 1)),
        notice=draw(st.integers(0, 2**32 - 1)),
        max_units=quota,
        derivative_ppm=draw(st.integers(0, MAX_DERIVATIVE_PPM)),
        flags=draw(st.integers(0, 7)) & ~(TermsFlag.Transferable if quota else 0),
        text=draw(WORDS),
    )


@EXAMPLES
@given(weights=WEIGHTED, amount=st.integers(1, 2**120))
def test_random_splits_have_one_id_and_pay_one_amount(
    *, weights: dict[bytes, int], amount: int, chain: Chain, suite: Suite, token: Deployed, creator: LocalAccount,
    isolate: Isolate,
) -> None:  # fmt: skip
    split, money, splitter = from_weights(weights), Money(chain, token), suite.splitter
    with isolate():
        assert splitter.createSplit(shares_of(split)).call() == split.id()
        money.pay(splitter, assigned(chain, splitter, creator, b"\x01" * 32, split), amount, creator)

        for share in split.shares:
            due = amount * share.ppm // WHOLE
            assert owed(splitter, split, token.address, share.payee) == due
            if not is_account(share.payee):
                chain.send(claim(splitter, split, token.address, share.payee))
                assert money.of(to_checksum_address(share.payee[12:])) == due


@EXAMPLES
@given(items=st.lists(ITEMS, min_size=1, max_size=12, unique=True), data=st.data())
def test_random_content_trees_prove_their_items_and_no_others(
    *, items: list[Item], data: st.DataObject, chain: Chain, datasets: Deployed, creator: LocalAccount, isolate: Isolate
) -> None:
    tree = ContentTree.of(items)
    whole = Split.of({payee_of(creator.address): WHOLE})
    with isolate():
        dataset = register(chain, datasets, creator, whole, content(items=len(items), root=tree.root))

        for item in items:
            assert verify_item(tree.root, item, tree.proof(item))
            assert datasets.verifyItem(dataset, 1, item.values(), tree.proof(item)).call()
        item = data.draw(st.sampled_from(items))
        altered = replace(item, size=item.size ^ 1 << data.draw(st.integers(0, 63)))
        assert not verify_item(tree.root, altered, tree.proof(item))
        assert not datasets.verifyItem(dataset, 1, altered.values(), tree.proof(item)).call()


@EXAMPLES
@given(weights=WEIGHTED, own=st.integers(1, 10_000), data=st.data())
def test_moved_shares_make_the_same_split(
    *, weights: dict[bytes, int], own: int, data: st.DataObject, chain: Chain, datasets: Deployed,
    creator: LocalAccount, isolate: Isolate,
) -> None:  # fmt: skip
    """To somebody new, whose place in the order is anywhere, or to one who has a share already."""
    payee = payee_of(creator.address)
    split = from_weights({**weights, payee: own})
    to = data.draw(st.one_of(PAYEES, st.sampled_from(sorted(weights))).filter(lambda it: it != payee))
    with isolate():
        dataset = register(chain, datasets, creator, split)

        moved: bytes = datasets.moveShare(dataset, shares_of(split), to).call({"from": creator.address})

        assert moved == move_share(split, payee, to).id()


@EXAMPLES
@given(made=terms())
def test_random_terms_have_one_id(made: Terms, licenses: Deployed) -> None:
    assert licenses.publishTerms(made.values()).call() == made.id()


@EXAMPLES
@given(changes=st.lists(CHANGES, min_size=1, max_size=5))
def test_signers_last_as_long_as_the_rule_says(
    *, changes: list[tuple[int, int, int]], chain: Chain, licenses: Deployed, creator: LocalAccount,
    signer: LocalAccount, isolate: Isolate,
) -> None:  # fmt: skip
    """Stored is max(new, min(old, now + 1 day)), where an old one that has expired counts as nothing."""
    untils = [0, 0, 0]
    with isolate():
        for scopes, offset, wait in changes:
            now = chain.now() + wait
            chain.at_time(now)
            chain.send(licenses.setSigner(signer.address, scopes, now + offset), creator)
            for scope, old in enumerate(untils):
                new = now + offset if scopes >> scope & 1 else 0
                untils[scope] = max(new, min(old, now + DAY) if old > now else 0)

            stored = [licenses.signerUntil(creator.address, signer.address, 1 << scope).call() for scope in range(3)]
            assert stored == untils
        now = chain.now()
        for asked in range(1, 8):
            until = min(untils[scope] for scope in range(3) if asked >> scope & 1)
            assert licenses.signerUntil(creator.address, signer.address, asked).call() == until
            assert licenses.isSigner(creator.address, signer.address, asked).call() is (until > now)
