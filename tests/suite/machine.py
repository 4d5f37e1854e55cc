"""Random lives of the whole suite: people do as they please, and the model says what comes of it (P1 to P17)."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from random import Random
from typing import ClassVar

from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from web3.contract.contract import ContractFunction

from tests.suite.hashes import account_of, share_proof, split_id, word
from tests.suite.model import (
    CATALOGUE,
    ENDLESS,
    ETH,
    Batch,
    Campaign,
    Leaf,
    Line,
    Model,
    Terms,
    require,
)  # fmt: skip
from tests.suite.stage import DAY, Question, Stage
from tests.support.chain import Deployed

__all__ = ["SuiteMachine"]

Expected = tuple[Question, object]

OWNERS = ("creator", "remixer", "label")
PAYERS = ("licensee", "second licensee")
GATEWAYS = ("gateway", "second gateway")

AMOUNTS = st.one_of(st.integers(0, 4), st.integers(1, 10**21))
NUMBERS = st.integers(0, 2**32)
ROLES = st.sampled_from([*OWNERS, *PAYERS, "custodian", "sponsor", "attacker"])
TOKENS = st.integers(0, 4)
RELAY = st.booleans()
LINES = st.tuples(NUMBERS, NUMBERS, st.integers(0, 60), st.integers(1, 9), AMOUNTS)


class SuiteMachine(RuleBasedStateMachine):
    """Which one of many is meant, numbers say; who acts is mostly one who may, and else anyone."""

    base: ClassVar[Stage]
    isolate: ClassVar[Callable[[], AbstractContextManager[None]]]
    steps: ClassVar[int] = 0
    outcomes: ClassVar[Counter[tuple[str, str]]] = Counter()  # of calls: the function, and the refusal or nothing

    def __init__(self) -> None:
        super().__init__()
        self._isolation = type(self).isolate()
        self._isolation.__enter__()
        self.stage = self.base.copy()
        self.model: Model = self.stage.model
        self.suite = self.stage.suite
        self._random = Random(0)  # which leaves are asked after a step; the chain is asked for all of them at the end
        self._clearances = dict(self.model.clearances)

    def teardown(self) -> None:
        try:
            if not self.stage.differs:
                self._end()
        finally:
            self._isolation.__exit__(None, None, None)

    # Time and royalties

    @rule(seconds=st.one_of(st.integers(1, DAY), st.integers(DAY, 60 * DAY)))
    def wait(self, seconds: int) -> None:
        self.stage.wait(seconds)

    @rule(by=ROLES, account=NUMBERS, token=TOKENS, amount=AMOUNTS, relay=RELAY)
    def pay(self, by: str, account: int, token: int, amount: int, relay: bool) -> None:
        to, money = self._account(account), self.stage.tokens[token]
        call = self.suite.splitter.pay(to, money, amount)
        self._act(by, self.suite.splitter, call, lambda: self.model.credit(to, money, amount), money, amount, relay)

    @rule(account=NUMBERS, token=TOKENS, amount=st.integers(1, 10**21))
    def pay_by_transfer(self, account: int, token: int, amount: int) -> None:
        to, money = self._account(account), self.stage.tokens[token]
        self.stage.transfer("sponsor", money, self.suite.splitter.addressOf(to).call(), amount)
        self.model.lying[to, self.model.same[money]] += amount

    @rule(which=NUMBERS, token=TOKENS)
    def sweep(self, which: int, token: int) -> None:
        lying = sorted(self.model.lying)
        to, money = lying[which % len(lying)] if lying else (self._account(which), self.stage.tokens[token])
        self._act("attacker", None, self.suite.splitter.sweep(to, money), lambda: self.model.sweep(to, money))

    @rule(which=NUMBERS)
    def claim(self, which: int) -> None:
        owed = [leaf for leaf in self.model.leaves() if self.model.owed(leaf)]
        leaves = owed if owed and which % 8 else list(self.model.leaves())
        self._claim(leaves[which % len(leaves)])

    @rule(by=ROLES, number=NUMBERS, to=NUMBERS, relay=RELAY)
    def move_share(self, by: str, number: int, to: int, relay: bool) -> None:
        it = self._dataset(number)
        target = self._trust() if to % 3 == 0 else word(self._person(to))
        shares = self.model.splits[self.model.assigned[self.model.account(it)]]
        call = self.suite.datasets.moveShare(it, shares, target)
        address = self._address(by)
        self._act(by, self.suite.datasets, call, lambda: self.model.move_share(address, it, target), relay=relay)

    @rule(by=st.sampled_from(["custodian", "custodian", "attacker"]), split=NUMBERS, relay=RELAY)
    def assign(self, by: str, split: int, relay: bool) -> None:
        """The account in trust; an attacker assigns one of its own under the same key."""
        splits = [*self.model.splits, bytes(31) + b"\1"]
        to = splits[split % len(splits)]
        address = self._address(by)
        call = self.suite.splitter.assign(bytes(32), to)
        self._act(by, self.suite.splitter, call, lambda: self.model.assign(address, bytes(32), to), relay=relay)

    @rule(person=NUMBERS, split=st.integers(1, 999_999))
    def create_split(self, person: int, split: int) -> None:
        payees = sorted({word(self._person(person)): split, word(self._person(person + 1)): 1_000_000 - split}.items())
        self._act("attacker", None, self.suite.splitter.createSplit(payees), lambda: self.model.add_split(payees))

    @rule(by=ROLES, to=NUMBERS)
    def set_recipient(self, by: str, to: int) -> None:
        recipient = ETH if to % 3 == 0 else to_checksum_address(f"0x{0xBEEF + to % 2:040x}")
        self._act(by, None, self.suite.splitter.setRecipient(recipient), lambda: self._set_recipient(by, recipient))

    # Datasets

    @precondition(lambda self: len(self.model.datasets) < 12)
    @rule(by=st.sampled_from(OWNERS), first=NUMBERS, ppm=st.integers(0, 450_000), wrong=st.integers(0, 7))
    def register(self, by: str, first: int, ppm: int, wrong: int) -> None:
        parents = sorted({self._dataset(first): ppm, len(self.model.datasets): ppm // 2}.items())
        shares = {self.model.account(parent): share for parent, share in parents if share}
        if wrong == 0 and parents[0][1] > 1:
            shares[self.model.account(parents[0][0])] -= 1
        shares[word(self._address(by))] = 1_000_000 - sum(shares.values())
        self.stage.register(by, 0, parents, sorted(shares.items()))

    @rule(by=ROLES, number=NUMBERS, version=st.integers(-1, 3), relay=RELAY)
    def publish_version(self, by: str, number: int, version: int, relay: bool) -> None:
        it = self._dataset(number)
        by = self._owner(it) if version else by
        address, given = self._address(by), self.model.datasets[it].version + min(max(version, 0), 1)
        synthetic = self.model.datasets[it].kind != CATALOGUE
        if not synthetic:
            call = self.suite.datasets.publishVersion(it, given, 0, bytes(32), b"\3" * 32, 0)
        else:
            call = self.suite.datasets.publishVersion(it, given, 4, b"\2" * 32, b"\3" * 32, 2)
        self._act(
            by,
            self.suite.datasets,
            call,
            lambda: self.model.publish_version(address, it, given, synthetic=synthetic),
            relay=relay,
        )

    @rule(by=ROLES, number=NUMBERS, to=st.sampled_from(OWNERS), who=st.integers(0, 3))
    def give_dataset(self, by: str, number: int, to: str, who: int) -> None:
        it = self._dataset(number)
        owner = self._owner(it)
        by = owner if who else by
        call = self.suite.datasets.transferFrom(self._address(owner), self._address(to), it)
        self._act(by, None, call, lambda: self.model.give_dataset(self._address(by), it, self._address(to)))

    @rule(by=ROLES, number=NUMBERS, who=st.integers(0, 3), relay=RELAY)
    def withdraw_all(self, by: str, number: int, who: int, relay: bool) -> None:
        it = self._dataset(number)
        by = self._owner(it) if who else by
        call, address = self.suite.datasets.withdrawAll(it), self._address(by)
        self._act(by, self.suite.datasets, call, lambda: self.model.withdraw_all(address, it), relay=relay)

    # Licences

    @rule(by=ROLES, number=NUMBERS, terms=NUMBERS, price=AMOUNTS, left=st.integers(0, 4), who=NUMBERS, relay=RELAY)
    def offer(self, by: str, number: int, terms: int, price: int, left: int, who: int, relay: bool) -> None:
        it, under = self._dataset(number), self._terms(terms)
        by = self._owner(it) if who % 5 else by
        licensee = self._address(PAYERS[who % 2]) if who % 3 == 0 else ETH
        count, address = (ENDLESS if left == 4 else left), self._address(by)
        call = self.suite.licenses.offer(it, under.id, licensee, price, count)
        effect = lambda: self.model.offer(address, it, under, licensee, price, count)  # noqa: E731
        self._act(by, self.suite.licenses, call, effect, relay=relay)

    @rule(which=NUMBERS, by=ROLES, who=st.integers(0, 3), relay=RELAY)
    def withdraw_offer(self, which: int, by: str, who: int, relay: bool) -> None:
        it, under, licensee = self._offer(which)
        by = self._owner(it) if who else by
        call, address = self.suite.licenses.withdrawOffer(it, under.id, licensee), self._address(by)
        effect = lambda: self.model.withdraw_offer(address, it, under, licensee)  # noqa: E731
        self._act(by, self.suite.licenses, call, effect, relay=relay)

    @rule(which=NUMBERS, by=ROLES, to=st.sampled_from([*OWNERS, *PAYERS]), short=st.integers(0, 6), relay=RELAY)
    def acquire(self, which: int, by: str, to: str, short: int, relay: bool) -> None:
        it, under, licensee = self._offer(which)
        if licensee != ETH and short != 1:
            to = next(role for role in PAYERS if self._address(role) == licensee)
        buyer, holder = self._address(by if short > 3 else to), self._address(to)
        price = self.model.price_of(buyer, it, under, holder)
        most = max(0, price - (short == 0))
        call = self.suite.licenses.acquire(it, under.id, most, holder, bytes(32))
        effect = lambda: self.model.acquire(buyer, it, under, most, holder)  # noqa: E731
        role = by if short > 3 else to
        self._act(role, self.suite.licenses, call, effect, under.token, price, relay)

    @rule(which=NUMBERS, by=ROLES, relay=RELAY)
    def renew(self, which: int, by: str, relay: bool) -> None:
        number = self._licence(which)
        it = self.model.licenses[number]
        price = self.model.price_of(self._address(by), it.dataset, it.terms, it.holder)
        call, address = self.suite.licenses.renew(number, price), self._address(by)
        effect = lambda: self.model.renew(address, number, price)  # noqa: E731
        self._act(by, self.suite.licenses, call, effect, it.terms.token, price, relay)

    @rule(which=NUMBERS, by=ROLES, who=st.integers(0, 3), relay=RELAY)
    def revoke(self, which: int, by: str, who: int, relay: bool) -> None:
        number = self._licence(which)
        by = self._owner(self.model.licenses[number].dataset) if who else by
        call, address = self.suite.licenses.revoke(number), self._address(by)
        self._act(by, self.suite.licenses, call, lambda: self.model.revoke(address, number), relay=relay)

    @rule(which=NUMBERS, by=ROLES, to=st.sampled_from([*OWNERS, *PAYERS]), who=st.integers(0, 3))
    def give_license(self, which: int, by: str, to: str, who: int) -> None:
        number = self._licence(which)
        holder = self.model.licenses[number].holder
        by = self._role(holder) if who else by
        call = self.suite.licenses.transferFrom(holder, self._address(to), number)
        self._act(by, None, call, lambda: self.model.give_license(self._address(by), number, self._address(to)))

    @rule(which=st.integers(2, 12), by=ROLES, licences=st.lists(NUMBERS, min_size=2, max_size=2), relay=RELAY)
    def clear(self, which: int, by: str, licences: list[int], relay: bool) -> None:
        derived = [it.number for it in self.model.datasets.values() if it.parents or it.number == 7]
        number = derived[which % len(derived)]
        it = self.model.datasets[number]
        by = self._owner(number) if licences[0] % 6 else by
        chosen = [
            self._licence_for(parent, it.owner, seed) for (parent, _), seed in zip(it.parents, licences, strict=False)
        ]
        call, address = self.suite.licenses.clear(number, it.parents, chosen), self._address(by)
        self._act(by, self.suite.licenses, call, lambda: self.model.clear(address, number, chosen), relay=relay)

    @rule(number=NUMBERS, terms=NUMBERS, by=ROLES, who=st.integers(0, 9), both=RELAY, relay=RELAY)
    def agree(self, number: int, terms: int, by: str, who: int, both: bool, relay: bool) -> None:
        catalogue = self._dataset(number) if who == 9 else 8
        member, under = self._dataset(number), self._terms(terms)
        for joins in [True, False] if both else [who % 2 == 0]:
            role = by if who == 8 else self._owner(member if joins else catalogue)
            address, method = self._address(role), "join" if joins else "admit"
            call = getattr(self.suite.licenses, method)(catalogue, under.id, member)
            effect = lambda a=address, j=joins: self.model.agree(a, catalogue, under, member, joins=j)  # noqa: E731
            self._act(role, self.suite.licenses, call, effect, relay=relay)

    @rule(which=NUMBERS, by=ROLES, who=st.integers(0, 5), relay=RELAY)
    def leave(self, which: int, by: str, who: int, relay: bool) -> None:
        known = sorted(self.model.members)
        catalogue, terms_id, number = known[which % len(known)] if known else (8, self.model.terms[0].id, 1)
        under = next(it for it in self.model.terms if it.id == terms_id)
        by = self._owner(number) if who > 2 else self._owner(catalogue) if who else by
        call, address = self.suite.licenses.leave(catalogue, terms_id, number), self._address(by)
        effect = lambda: self.model.leave(address, catalogue, under, number)  # noqa: E731
        self._act(by, self.suite.licenses, call, effect, relay=relay)

    @rule(by=st.sampled_from([*PAYERS, *GATEWAYS, "hot key"]), scopes=st.integers(0, 7), days=st.integers(-1, 20))
    def set_signer(self, by: str, scopes: int, days: int) -> None:
        key, until = self._address("hot key"), self.model.now + days * DAY
        call = self.suite.licenses.setSigner(key, scopes, until)
        self._act(by, None, call, lambda: self.model.set_signer(self._address(by), key, scopes, until))

    # Channels and batches

    @rule(channel=NUMBERS, by=ROLES, amount=AMOUNTS, relay=RELAY)
    def deposit(self, channel: int, by: str, amount: int, relay: bool) -> None:
        payer, gateway, money = self._channel(channel)
        call = self.suite.ledger.deposit(payer, gateway, money, amount)
        effect = lambda: self.model.deposit(payer, gateway, money, amount)  # noqa: E731
        self._act(by, self.suite.ledger, call, effect, money, amount, relay)

    @rule(channel=NUMBERS, amount=AMOUNTS, relay=RELAY)
    def start_withdrawal(self, channel: int, amount: int, relay: bool) -> None:
        payer, gateway, money = self._channel(channel)
        call = self.suite.ledger.startWithdrawal(gateway, money, amount)
        effect = lambda: self.model.start_withdrawal(payer, gateway, money, amount)  # noqa: E731
        self._act(self._role(payer), self.suite.ledger, call, effect, relay=relay)

    @rule(channel=NUMBERS, by=ROLES, who=st.integers(0, 3))
    def withdraw(self, channel: int, by: str, who: int) -> None:
        thawing = sorted(key for key, it in self.model.channels.items() if it.thaws_at)
        payer, gateway, money = thawing[channel % len(thawing)] if thawing else self._channel(channel)
        by = self._role(payer) if who else by
        to = self.model.recipient(self._address(by))
        call = self.suite.ledger.withdraw(gateway, money)
        self._paid(by, call, lambda: self.model.withdraw(self._address(by), gateway, money), money, to)

    @rule(channel=NUMBERS, by=ROLES, amount=AMOUNTS, who=st.integers(0, 3))
    def refund(self, channel: int, by: str, amount: int, who: int) -> None:
        payer, gateway, money = self._channel(channel)
        by = self._role(gateway) if who else by
        to, call = self.model.recipient(payer), self.suite.ledger.refund(payer, money, amount)

        def effect() -> int:
            self.model.refund(self._address(by), payer, money, amount)
            return amount

        self._paid(by, call, effect, money, to)

    @rule(
        channel=NUMBERS, by=ROLES, number=st.integers(0, 3), fee=st.integers(0, 50), who=st.integers(0, 9),
        lines=st.lists(LINES, min_size=1, max_size=4),
    )  # fmt: skip
    def settle(
        self, channel: int, by: str, number: int, fee: int, who: int, lines: list[tuple[int, int, int, int, int]]
    ) -> None:
        payer, gateway, money = self._channel(channel)
        batch = Batch(payer, gateway, money, number, fee, [self._line(payer, money, *line) for line in lines])
        short = batch.amount + fee - self.model.channels[payer, gateway, money].balance
        if who > 1 and short > 0:
            self._top_up(payer, gateway, money, short)
        signer = {0: "attacker", 9: "hot key"}.get(who, self._role(payer))
        by = {1: by, 8: "hot key"}.get(who, self._role(gateway))
        self._settle(batch, by, signer)

    @precondition(lambda self: self.model.batches)
    @rule(which=NUMBERS, change=st.integers(0, 2))
    def settle_again(self, which: int, change: int) -> None:
        """The same voucher again changes nothing; another under its number is refused (P9)."""
        known = self._batch(which)
        fee = known.fee + 1 if change == 0 else known.fee
        again = Batch(known.payer, known.gateway, known.token, known.number, fee, known.lines)
        self._settle(again, self._role(known.gateway), self._role(known.payer))

    @precondition(lambda self: self.model.batches)
    @rule(which=NUMBERS, indices=st.lists(NUMBERS, min_size=1, max_size=5), everything=RELAY)
    def collect(self, which: int, indices: list[int], everything: bool) -> None:
        batch = self._batch(which)
        chosen = [index % len(batch.lines) for index in indices]
        if everything:
            chosen = list(range(len(batch.lines)))
        values, at = self.stage.voucher(batch), batch.settled_at
        statements = [self.stage.statement(batch.lines[index]) for index in chosen]
        proofs = [self.stage.proof(batch, index) for index in chosen]
        call = self.suite.ledger.collect(values, at, statements, proofs)
        self._act("attacker", None, call, lambda: self.model.collect(batch, chosen))

    @precondition(lambda self: self.model.batches)
    @rule(which=NUMBERS)
    def release_fee(self, which: int) -> None:
        batch = self._batch(which)
        to = self.model.recipient(batch.gateway)
        call = self.suite.ledger.releaseFee(self.stage.voucher(batch), batch.settled_at)
        self._paid("attacker", call, lambda: self.model.release(batch), batch.token, to)

    @rule(
        which=NUMBERS,
        by=ROLES,
        number=NUMBERS,
        right=st.integers(0, 9),
        units=st.integers(0, 40),
        who=st.integers(0, 9),
    )
    def record(self, which: int, by: str, number: int, right: int, units: int, who: int) -> None:
        licence = self._licence(which)
        it = self.model.licenses[licence]
        covered = self._dataset(number) if who < 3 else it.dataset
        by = by if who == 9 else "hot key" if who == 8 else self._role(it.holder)
        amount = units * it.terms.unit_price
        call = self.suite.ledger.record(licence, covered, right, units, bytes(32))
        effect = lambda: self.model.record(self._address(by), licence, covered, right, units)  # noqa: E731
        self._act(by, self.suite.ledger, call, effect, it.terms.token, amount, relay=who % 2 == 0)

    # Rewards

    @precondition(lambda self: len(self.model.campaigns) < 4)
    @rule(reward=TOKENS, channel=NUMBERS, days=st.integers(1, 20))
    def open_campaign(self, reward: int, channel: int, days: int) -> None:
        _, gateway, money = self._channel(channel)
        start, end = self.model.now, self.model.now + days * DAY
        made = Campaign(self.stage.tokens[reward], money, [gateway], start, end)
        call = self.suite.incentives.open((made.reward, money, [gateway], start, end))
        self._act("sponsor", None, call, lambda: self.model.campaigns.append(made))

    @precondition(lambda self: self.model.campaigns)
    @rule(which=NUMBERS, by=st.sampled_from(["sponsor", "label"]), amount=AMOUNTS, relay=RELAY)
    def fund(self, which: int, by: str, amount: int, relay: bool) -> None:
        number, it = self._campaign(which)
        call, address = self.suite.incentives.fund(number, amount), self._address(by)
        effect = lambda: self.model.fund(address, it, amount)  # noqa: E731
        self._act(by, self.suite.incentives, call, effect, it.reward, amount, relay)

    @precondition(lambda self: self.model.campaigns and self.model.batches)
    @rule(which=NUMBERS, batch=NUMBERS, fits=st.integers(0, 4))
    def enter(self, which: int, batch: int, fits: int) -> None:
        number, it = self._campaign(which)
        chosen = self._batch(batch)
        for other in self.model.batches.values() if fits else ():
            if (other.gateway, other.token) == (it.gateways[0], it.token) and it.start <= other.settled_at < it.end:
                chosen = other
        indices = [*range(len(chosen.lines)), 0]
        statements = [self.stage.statement(chosen.lines[index]) for index in indices]
        proofs = [self.stage.proof(chosen, index) for index in indices]
        call = self.suite.incentives.enter(number, self.stage.voucher(chosen), chosen.settled_at, statements, proofs)
        self._act("attacker", None, call, lambda: self.model.enter(it, chosen, indices))

    @precondition(lambda self: self.model.campaigns)
    @rule(which=NUMBERS, number=NUMBERS, wait=st.integers(0, 3))
    def reward(self, which: int, number: int, wait: int) -> None:
        campaign, it = self._campaign(which)
        if wait == 0 and it.weight and self.model.now < it.closes:
            self.stage.wait(it.closes - self.model.now)
        weighed = sorted(it.weights)
        dataset = weighed[number % len(weighed)] if weighed and number % 4 else self._dataset(number)
        call = self.suite.incentives.credit(campaign, dataset)
        self._act("attacker", None, call, lambda: self.model.reward(it, dataset))

    @precondition(lambda self: self.model.campaigns)
    @rule(which=NUMBERS, funder=st.sampled_from(["sponsor", "label", "attacker"]))
    def return_funding(self, which: int, funder: str) -> None:
        campaign, it = self._campaign(which)
        address = self._address(funder)
        to, call = self.model.recipient(address), self.suite.incentives.refund(campaign, address)
        self._paid("attacker", call, lambda: self.model.return_funding(it, address), it.reward, to)

    # An attacker

    @rule(which=NUMBERS, how=st.integers(0, 5), token=st.integers(1, 4))
    def attack(self, which: int, how: int, token: int) -> None:
        """What nobody may do; the errors are as exact as everywhere."""
        leaves = list(self.model.leaves())
        split, money, payee = leaf = leaves[which % len(leaves)]
        shares = self.model.splits[split]
        place = next(i for i, (it, _) in enumerate(shares) if it == payee)
        victim = self._address("licensee")
        more = self.model.ppm(leaf) + 1
        licence = self._licence(which)
        money_of = self.stage.tokens[token]
        splitter, datasets, licenses, ledger = (
            self.suite.splitter, self.suite.datasets, self.suite.licenses, self.suite.ledger,
        )  # fmt: skip
        inflated = splitter.claim(split, money, payee, more, share_proof(shares, place))
        moved = licenses.transferFrom(self.model.licenses[licence].holder, victim, licence)
        unpaid = splitter.creditOne(self.model.account(1), money_of, 0, b"")
        calls: list[tuple[ContractFunction, str, bool, Deployed]] = [
            (inflated, "Splitter_InvalidProof", True, splitter),
            (licenses.sendRoyalties(money_of, 1, word(victim)), "Payments_NotSplitter", True, licenses),
            (ledger.sendRoyalties(money_of, 1, word(ledger.address)), "Payments_NotSplitter", False, ledger),
            (moved, "Relay_NotRelayable", True, licenses),
            (datasets.setApprovalForAll(victim, True), "Relay_NotRelayable", True, datasets),
            (unpaid, "Splitter_NothingPaid", False, splitter),
        ]
        call, error, relay, contract = calls[how]
        self._act("attacker", contract, call, lambda: require(False, error), relay=relay)

    # What holds after every step

    @invariant()
    def the_chain_is_as_the_model_has_it(self) -> None:
        """Of money all of it, and of the rest a sample; the chain is asked for all of that at the end of a life."""
        SuiteMachine.steps += 1
        model, draw = self.model, self._random
        expected = [*self._balances(), *self._clearances_of(list(model.datasets))]
        for leaf in draw.sample(list(model.leaves()), 3):
            expected += self._leaf(leaf)
        expected += self._dataset_of(draw.choice(list(model.datasets)))
        expected += self._licence_of(draw.choice(list(model.licenses)))
        if model.channels:
            expected += self._channel_of(draw.choice(list(model.channels)))
        self._compare(expected)

    @invariant()
    def clearances_only_widen(self) -> None:
        """P16"""
        for number, (rights, until) in self._clearances.items():
            now_rights, now_until = self.model.clearances[number]
            assert until <= self.model.now or (not rights & ~now_rights and now_until >= until)
        self._clearances = dict(self.model.clearances)

    @invariant()
    def licences_stay_within_their_clearance(self) -> None:
        """P8"""
        for it in self.model.licenses.values():
            if self.model.datasets[it.dataset].parents and it.expires > self.model.now:
                ceiling, until = self.model.clearances[it.dataset]
                assert not it.terms.rights & ~ceiling
                assert until >= it.expires

    @invariant()
    def children_pay_their_parents(self) -> None:
        """P6"""
        for it in self.model.datasets.values():
            shares = dict(self.model.splits[self.model.assigned[self.model.account(it.number)]])
            assert all(shares.get(self.model.account(parent), 0) >= ppm for parent, ppm in it.parents)

    def _balances(self) -> Iterator[Expected]:
        """P1, P5, P9, P10, P15, P17: no money appears or vanishes, under whichever name of its balance."""
        model = self.model
        for balance in dict.fromkeys(model.same.values()):
            same = {token for token, first in model.same.items() if first == balance}
            splitter = model.paid_in[balance] - model.paid_out[balance]
            channels = sum(it.balance for (_, _, token), it in model.channels.items() if token in same)
            batches = sum(it.held for it in model.batches.values() if it.token in same)
            pots = sum(it.pot - it.paid for it in model.campaigns if it.reward in same)
            yield self.stage.balance_of(balance, self.suite.splitter.address), splitter
            yield self.stage.balance_of(balance, self.suite.ledger.address), channels + batches
            yield self.stage.balance_of(balance, self.suite.incentives.address), pots

    def _leaf(self, leaf: Leaf) -> Iterator[Expected]:
        """P2, P4, P13: nobody else's doing shows in it."""
        split, token, payee = leaf
        yield self.suite.splitter.owedOf(split, token, payee, self.model.ppm(leaf)), self.model.owed(leaf)
        yield self.suite.splitter.receivedOf(split, token), self.model.received[split, token]

    def _dataset_of(self, number: int) -> Iterator[Expected]:
        """P14"""
        it, account = self.model.datasets[number], self.model.account(number)
        flags = (1 if it.parents else 0) | (2 if it.synthetic else 0)
        state = it.owner, it.registered_at, it.version, it.kind, flags, it.epoch
        yield self.suite.datasets.datasetOf(number), state
        yield self.suite.datasets.creatorOf(number), it.creator
        yield self.suite.datasets.contentOf(number, 1), (it.root, keccak(text="manifest"))
        lineage = keccak(encode(["(uint32,uint32)[]"], [it.parents])) if it.parents else bytes(32)
        yield self.suite.datasets.lineageOf(number), lineage
        yield self.suite.splitter.splitOf(account), self.model.assigned[account]

    def _clearances_of(self, numbers: Sequence[int]) -> Iterator[Expected]:
        """P16: the model's only widen, and these are the model's."""
        for number in numbers:
            yield self.suite.licenses.clearanceOf(number), self.model.clearances.get(number, (0, 0))

    def _licence_of(self, licence: int) -> Iterator[Expected]:
        """P7"""
        it, draw = self.model.licenses[licence], self._random
        values = it.holder, it.dataset, it.expires, it.terms.id, it.revoked, it.locked
        yield self.suite.licenses.licenseOf(licence), values
        yield self.suite.ledger.usageOfLicense(licence), (*self.model.used[licence], self.model.last[licence])
        for number in (draw.choice(list(self.model.datasets)), it.dataset):
            who = draw.choice([it.holder, it.holder, self._address("hot key"), self._address("attacker")])
            rights = draw.choice([1, 4, 1 << 6, 0x07, 0x3FF])
            asked = licence, who, number, rights
            yield self.suite.licenses.statusOf(*asked), self.model.status(*asked)
            yield self.suite.ledger.statusOf(*asked), self.model.metered_status(*asked)

    def _channel_of(self, key: tuple[str, str, str]) -> Iterator[Expected]:
        """P9"""
        it = self.model.channels[key]
        yield self.suite.ledger.channelOf(*key), (it.balance, it.thawing, it.thaws_at)

    def _campaign_of(self, place: int) -> Iterator[Expected]:
        """P17"""
        it = self.model.campaigns[place]
        values = it.reward, it.token, it.start, it.end, it.closes, it.pot, it.weight
        yield self.suite.incentives.campaignOf(place + 1), values
        for number in self.model.datasets:
            weight = it.weights.get(number, 0), number in it.credited
            yield self.suite.incentives.weightOf(place + 1, number), weight

    def _compare(self, expected: Sequence[Expected]) -> None:
        found = self.stage.ask([question for question, _ in expected])
        wrong = [
            (question, answer, value)
            for (question, value), answer in zip(expected, found, strict=True)
            if answer != value
        ]
        assert wrong == []

    def _end(self) -> None:
        """All is as the model has it; then all is claimed that can be, in any order. P2, P3, P5: dust is left."""
        model = self.model
        expected = [*self._balances()]
        for leaf in model.leaves():
            expected += self._leaf(leaf)
        for number in model.datasets:
            expected += self._dataset_of(number)
        for licence in model.licenses:
            expected += self._licence_of(licence)
        for key in model.channels:
            expected += self._channel_of(key)
        for place in range(len(model.campaigns)):
            expected += self._campaign_of(place)
        self._compare(expected)
        self._claim_everything()

    def _claim_everything(self) -> None:
        model = self.model
        if self._trust() not in model.assigned:
            alone = [(word(self._address("creator")), 1_000_000)]
            self._act("custodian", None, self.suite.splitter.createSplit(alone), lambda: model.add_split(alone))
            to = split_id(alone)
            call = self.suite.splitter.assign(bytes(32), to)
            self._act("custodian", None, call, lambda: model.assign(self._address("custodian"), bytes(32), to))
        for _ in range(4 if model.circular else 20):
            owed = [leaf for leaf in model.leaves() if model.owed(leaf)]
            self._random.shuffle(owed)
            if not owed:
                break
            calls = [bytes.fromhex(self._claiming(leaf)._encode_transaction_data()[2:]) for leaf in owed[:60]]
            call = self.suite.splitter.multicall(calls)
            self._act("attacker", None, call, partial(self._claimed, owed[:60]))
        self._compare([*self._balances()])
        for split, shares in model.splits.items():
            for token in self.stage.tokens:
                claimed = sum(model.claimed[split, token, payee] for payee, _ in shares)
                left = model.received[split, token] - claimed
                assert left >= 0
                assert model.circular or left < len(shares)

    # Doing

    def _act(
        self,
        by: str,
        contract: Deployed | None,
        call: ContractFunction,
        effect: Callable[[], object],
        money: str | None = None,
        amount: int = 0,
        relay: bool = False,
    ) -> None:
        value = amount if money == ETH else 0
        _, refusal = self.stage.act(by, call, effect, value=value, relay=relay, contract=contract)
        self.outcomes[call.fn_name, refusal] += 1

    def _paid(self, by: str, call: ContractFunction, effect: Callable[[], int], money: str, to: str) -> None:
        """An act that pays somebody exactly what the model says."""
        before = self.stage.balance(money, to)
        amount, refusal = self.stage.act(by, call, effect)
        self.outcomes[call.fn_name, refusal] += 1
        assert self.stage.balance(money, to) == before + (amount or 0)

    def _claim(self, leaf: Leaf) -> None:
        _, token, payee = leaf
        call = self._claiming(leaf)
        if payee[:12] != bytes(12):
            self._act("attacker", None, call, lambda: self.model.claim(leaf))
        else:
            to = self.model.recipient(self._checksum(payee))
            self._paid("attacker", call, lambda: self.model.claim(leaf), token, to)

    def _claiming(self, leaf: Leaf) -> ContractFunction:
        split, token, payee = leaf
        shares = self.model.splits[split]
        place = next(i for i, (it, _) in enumerate(shares) if it == payee)
        return self.suite.splitter.claim(split, token, payee, shares[place][1], share_proof(shares, place))

    def _claimed(self, leaves: Sequence[Leaf]) -> int:
        return sum(self.model.claim(leaf) for leaf in leaves)

    def _settle(self, batch: Batch, by: str, signer: str) -> None:
        call = self.suite.ledger.settle(self.stage.voucher(batch), self.stage.signature(batch, signer))
        addresses = self._address(by), self._address(signer)
        self._act(by, None, call, lambda: self.model.settle(addresses[0], batch, addresses[1]))

    def _top_up(self, payer: str, gateway: str, money: str, amount: int) -> None:
        call = self.suite.ledger.deposit(payer, gateway, money, amount)
        self._act("sponsor", None, call, lambda: self.model.deposit(payer, gateway, money, amount), money, amount)

    def _set_recipient(self, by: str, recipient: str) -> None:
        if recipient == ETH:
            self.model.recipients.pop(self._address(by), None)
        else:
            self.model.recipients[self._address(by)] = recipient

    # Choosing

    def _address(self, role: str) -> str:
        return self.stage.address(role)

    def _person(self, seed: int) -> str:
        return self._address(OWNERS[seed % 3])

    def _role(self, address: str) -> str:
        return next(role for role, it in self.stage.people.items() if it.address == address)

    def _owner(self, number: int) -> str:
        return self._role(self.model.datasets[number].owner)

    def _checksum(self, payee: bytes) -> str:
        return to_checksum_address(payee[12:])

    def _trust(self) -> bytes:
        return account_of(self._address("custodian"), bytes(32))

    def _account(self, seed: int) -> bytes:
        if seed % 7 == 0:
            return self._trust()
        if seed % 7 == 1:
            return list(self.model.splits)[seed % len(self.model.splits)]
        return self.model.account(self._dataset(seed))

    def _dataset(self, seed: int) -> int:
        return 1 + seed % len(self.model.datasets)

    def _terms(self, seed: int) -> Terms:
        return self.model.terms[seed % len(self.model.terms)]

    def _licence(self, seed: int) -> int:
        return 1 + seed % len(self.model.licenses)

    def _licence_for(self, parent: int, owner: str, seed: int) -> int:
        """Mostly a licence of the owner's that covers the parent; else none, or any."""
        own = [n for n, it in self.model.licenses.items() if it.holder == owner and it.dataset in {parent, 8}]
        if own and seed % 4:
            return own[seed % len(own)]
        return 0 if seed % 3 else seed % (len(self.model.licenses) + 2)

    def _offer(self, seed: int) -> tuple[int, Terms, str]:
        known = list(self.model.offers) or [(1, 0, self.model.terms[0].id, ETH)]
        number, _, terms_id, licensee = known[seed % len(known)]
        return number, next(it for it in self.model.terms if it.id == terms_id), licensee

    def _channel(self, seed: int) -> tuple[str, str, str]:
        payer, gateway = PAYERS[seed % 2], GATEWAYS[seed // 2 % 8 == 0]
        return self._address(payer), self._address(gateway), self.stage.tokens[seed // 16 % 5]

    def _batch(self, seed: int) -> Batch:
        return list(self.model.batches.values())[seed % len(self.model.batches)]

    def _campaign(self, seed: int) -> tuple[int, Campaign]:
        place = seed % len(self.model.campaigns)
        return place + 1, self.model.campaigns[place]

    def _line(self, payer: str, money: str, licence: int, dataset: int, units: int, calls: int, amount: int) -> Line:
        """Mostly use under a licence of the payer's, at its price; else anything."""
        own = [n for n, it in self.model.licenses.items() if it.holder == payer and it.terms.token == money]
        number = own[licence % len(own)] if own and licence % 5 else licence % 30
        it = self.model.licenses.get(number)
        covered = it.dataset if it and dataset % 4 else self._dataset(dataset)
        due = units * it.terms.unit_price if it and amount % 3 else amount
        return Line(number, covered, units, calls, word(payer), due)
