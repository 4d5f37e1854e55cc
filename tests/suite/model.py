"""What the suite must do, said once more in plain integers: who owns what, who is owed what, and what is refused.

It knows the rules of docs/spec.md and nothing of the package or of the contracts' code. Every method either raises
`Refused` with the name of the contract's error and changes nothing, or changes the model as the contracts must change.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.suite.hashes import account_of, split_id, word

__all__ = [
    "ACCESS", "CATALOGUE", "DERIVATION", "ENDLESS", "ETH", "PAY", "PERPETUAL", "SETTLE", "Batch", "Campaign", "Dataset",
    "License", "Line", "Model", "Refused", "Terms",
]  # fmt: skip

WHOLE = 1_000_000
PERPETUAL = ENDLESS = 2**32 - 1
DAY = 86_400
ALL_RIGHTS = 2**10 - 1
DERIVATION = 1 << 6
ACCESS, PAY, SETTLE = 1, 2, 4
REVOCABLE, SURVIVE = 2, 4
TRANSFERABLE = 1
CATALOGUE = 7
NOBODY = ETH = "0x" + "0" * 40

VALID, UNKNOWN, NOT_HOLDER, EXPIRED, NOT_COVERED, NOT_GRANTED, EXHAUSTED = range(7)

Share = tuple[bytes, int]
Leaf = tuple[bytes, str, bytes]  # split, token, payee


def _nothing() -> tuple[int, int]:
    return 0, 0


class Refused(Exception):  # noqa: N818  # what the contracts do, not what went wrong here
    """The contracts refuse, by this error."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def require(condition: bool, error: str) -> None:
    if not condition:
        raise Refused(error)


@dataclass
class Dataset:
    number: int
    owner: str
    creator: str
    kind: int
    parents: list[tuple[int, int]]
    registered_at: int
    root: bytes
    synthetic: bool = False
    version: int = 1
    epoch: int = 0


@dataclass(frozen=True)
class Terms:
    id: bytes
    token: str
    rights: int
    meter: int = 0
    unit_price: int = 0
    duration: int = 0
    notice: int = 0
    max_units: int = 0
    derivative_ppm: int = 0
    flags: int = 0


@dataclass
class License:
    holder: str
    dataset: int
    terms: Terms
    expires: int
    revoked: bool = False
    locked: bool = False


@dataclass
class Membership:
    since: int = 0
    until: int = 0
    joined: bool = False
    admitted: bool = False
    epochs: tuple[int, int] = (0, 0)


@dataclass
class Channel:
    deposited: int = 0
    settled: int = 0
    withdrawn: int = 0
    refunded: int = 0
    thawing: int = 0
    thaws_at: int = 0

    @property
    def balance(self) -> int:
        """P9."""
        return self.deposited - self.settled - self.withdrawn - self.refunded


@dataclass(frozen=True)
class Line:
    """A statement with its amount."""

    license: int
    dataset: int
    units: int
    calls: int
    uses: bytes
    amount: int


@dataclass
class Batch:
    payer: str
    gateway: str
    token: str
    number: int
    fee: int
    lines: list[Line]
    settled_at: int = 0
    collected: set[int] = field(default_factory=set)
    released: bool = False

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.payer, self.gateway, self.token, self.number

    @property
    def held(self) -> int:
        """P10: what the ledger still has of it."""
        left = sum(line.amount for index, line in enumerate(self.lines) if index not in self.collected)
        return left + (0 if self.released else self.fee)


@dataclass
class Campaign:
    reward: str
    token: str
    gateways: list[str]
    start: int
    end: int
    funding: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pot: int = 0
    weights: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    entered: set[tuple[tuple[str, str, str, int], int]] = field(default_factory=set)
    credited: set[int] = field(default_factory=set)
    paid: int = 0

    @property
    def weight(self) -> int:
        return sum(self.weights.values())

    @property
    def closes(self) -> int:
        return self.end + 30 * DAY


@dataclass
class Model:
    """`registry` is the address that controls datasets' accounts; `same` names one of the addresses of each balance."""

    registry: str
    same: dict[str, str]
    now: int = 0
    splits: dict[bytes, list[Share]] = field(default_factory=dict)
    assigned: dict[bytes, bytes] = field(default_factory=dict)
    received: dict[tuple[bytes, str], int] = field(default_factory=lambda: defaultdict(int))
    claimed: dict[Leaf, int] = field(default_factory=lambda: defaultdict(int))
    lying: dict[tuple[bytes, str], int] = field(default_factory=lambda: defaultdict(int))
    recipients: dict[str, str] = field(default_factory=dict)
    paid_in: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    paid_out: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    datasets: dict[int, Dataset] = field(default_factory=dict)
    terms: list[Terms] = field(default_factory=list)
    offers: dict[tuple[int, int, bytes, str], list[int]] = field(default_factory=dict)  # price, left
    licenses: dict[int, License] = field(default_factory=dict)
    clearances: dict[int, tuple[int, int]] = field(default_factory=dict)
    members: dict[tuple[int, bytes, int], Membership] = field(default_factory=lambda: defaultdict(Membership))
    signers: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    channels: dict[tuple[str, str, str], Channel] = field(default_factory=lambda: defaultdict(Channel))
    batches: dict[tuple[str, str, str, int], Batch] = field(default_factory=dict)
    campaigns: list[Campaign] = field(default_factory=list)
    used: dict[int, tuple[int, int]] = field(default_factory=lambda: defaultdict(_nothing))  # calls, units
    last: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    circular: bool = False

    # Royalties

    def account(self, dataset: int) -> bytes:
        return account_of(self.registry, dataset.to_bytes(32, "big"))

    def split_of(self, account: bytes) -> bytes | None:
        return self.assigned.get(account) or (account if account in self.splits else None)

    def add_split(self, shares: Sequence[Share]) -> bytes:
        found = split_id(shares)
        self.splits[found] = list(shares)
        return found

    def recipient(self, payee: str) -> str:
        return self.recipients.get(payee, payee)

    def credit(self, account: bytes, token: str, amount: int) -> None:
        """Money arrived from outside."""
        split = self.split_of(account)
        require(split is not None, "Splitter_UnassignedAccount")
        assert split
        require(amount != 0, "Splitter_NothingPaid")
        self.received[split, token] += amount
        self.paid_in[self.same[token]] += amount

    def sweep(self, account: bytes, token: str) -> int:
        require(self.split_of(account) is not None, "Splitter_UnassignedAccount")
        amount = self.lying.pop((account, self.same[token]), 0)
        if amount:
            self.credit(account, token, amount)
        return amount

    def ppm(self, leaf: Leaf) -> int:
        return next(ppm for payee, ppm in self.splits[leaf[0]] if payee == leaf[2])

    def owed(self, leaf: Leaf) -> int:
        return self.received[leaf[0], leaf[1]] * self.ppm(leaf) // WHOLE - self.claimed[leaf]

    def claim(self, leaf: Leaf) -> int:
        """What leaves the splitter, or moves within."""
        _, token, payee = leaf
        amount = self.owed(leaf)
        if not amount:
            return 0
        if payee[:12] == bytes(12):
            self.paid_out[self.same[token]] += amount
        else:
            to = self.split_of(payee)
            require(to is not None, "Splitter_UnassignedAccount")
            assert to
            self.received[to, token] += amount
        self.claimed[leaf] += amount
        return amount

    def leaves(self) -> Iterator[Leaf]:
        for split, shares in self.splits.items():
            for token in self.same:
                for payee, _ in shares:
                    yield split, token, payee

    def assign(self, controller: str, key: bytes, split: bytes) -> None:
        require(split in self.splits, "Splitter_UnknownSplit")
        if any(payee[:12] != bytes(12) for payee, _ in self.splits[split]):
            self.circular = True
        self.assigned[account_of(controller, key)] = split

    # Datasets

    def register(self, by: str, kind: int, parents: list[tuple[int, int]], shares: list[Share], root: bytes) -> int:
        number = len(self.datasets) + 1
        ppm = dict(shares)
        for parent, share in parents:
            require(self.datasets[parent].kind != CATALOGUE, "Registry_CatalogueAsParent")
            require(ppm.get(self.account(parent), 0) == share, "Registry_ParentShare")
        self.datasets[number] = Dataset(number, by, by, kind, parents, self.now, root)
        self.assigned[self.account(number)] = self.add_split(shares)
        return number

    def publish_version(self, by: str, number: int, version: int, *, synthetic: bool) -> None:
        it = self.datasets[number]
        require(it.owner == by, "Registry_NotOwner")
        require(version == it.version + 1, "Registry_WrongVersion")
        it.version, it.synthetic = version, synthetic

    def give_dataset(self, by: str, number: int, to: str) -> None:
        it = self.datasets[number]
        require(it.owner == by, "NotOwnerNorApproved")
        it.owner, it.epoch = to, it.epoch + 1

    def withdraw_all(self, by: str, number: int) -> None:
        it = self.datasets[number]
        require(it.owner == by, "Registry_NotOwner")
        it.epoch += 1

    def move_share(self, by: str, number: int, to: bytes) -> None:
        account, payee = self.account(number), word(by)
        shares = dict(self.splits[self.assigned[account]])
        require(to not in {payee, account}, "Registry_InvalidPayee")
        require(payee in shares, "Registry_NotPayee")
        shares[to] = shares.get(to, 0) + shares.pop(payee)
        self.assigned[account] = self.add_split(sorted(shares.items()))

    # Licences

    def until(self, account: str, key: str, scope: int) -> int:
        return 2**64 - 1 if account == key else self.signers.get((account, key), {}).get(scope, 0)

    def is_signer(self, account: str, key: str, scope: int) -> bool:
        return self.until(account, key, scope) > self.now

    def set_signer(self, by: str, key: str, scopes: int, until: int) -> None:
        require(by != key, "Signer_Invalid")
        kept = self.signers.setdefault((by, key), {ACCESS: 0, PAY: 0, SETTLE: 0})
        for scope, old in kept.items():
            least = min(old, self.now + DAY) if old > self.now else 0
            kept[scope] = max(until if scopes & scope else 0, least)

    def offer(self, by: str, number: int, terms: Terms, licensee: str, price: int, left: int) -> None:
        it = self._owned(by, number)
        require(left != 0, "License_NoneLeft")
        if it.kind == CATALOGUE:
            self._check_catalogue_terms(terms)
        if it.parents:
            self._check_clearance(number, terms.rights, self._end(self.now, terms))
        self.offers[number, it.epoch, terms.id, licensee] = [price, left]

    def withdraw_offer(self, by: str, number: int, terms: Terms, licensee: str) -> None:
        key = number, self._owned(by, number).epoch, terms.id, licensee
        require(self.offers.get(key, [0, 0])[1] != 0, "License_NotOffered")
        del self.offers[key]

    def price_of(self, by: str, number: int, terms: Terms, to: str) -> int:
        """What `by` would pay for a licence of `to` now; zero if there is none."""
        return self._best(by, number, terms, to)[0]

    def acquire(self, by: str, number: int, terms: Terms, most: int, to: str) -> tuple[int, int]:
        """The licence, and what it cost."""
        price, end = self._take(by, number, terms, most, to, self.now)
        licence = len(self.licenses) + 1
        self.licenses[licence] = License(to, number, terms, end)
        self._pay_dataset(number, terms.token, price)
        return licence, price

    def renew(self, by: str, licence: int, most: int) -> int:
        it = self.licenses[licence]
        require(not it.revoked, "License_Revoked")
        require(it.expires != PERPETUAL, "License_Perpetual")
        price, it.expires = self._take(by, it.dataset, it.terms, most, it.holder, max(it.expires, self.now))
        self._pay_dataset(it.dataset, it.terms.token, price)
        return price

    def revoke(self, by: str, licence: int) -> None:
        it = self.licenses[licence]
        self._owned(by, it.dataset)
        require(bool(it.terms.flags & REVOCABLE), "License_Irrevocable")
        require(not it.revoked, "License_Revoked")
        it.revoked, it.expires = True, min(it.expires, self.now + it.terms.notice)

    def give_license(self, by: str, licence: int, to: str) -> None:
        it = self.licenses[licence]
        require(bool(it.terms.flags & TRANSFERABLE) and not it.locked, "License_NotTransferable")
        require(it.holder == by, "NotOwnerNorApproved")
        it.holder = to

    def clear(self, by: str, number: int, licences: Sequence[int]) -> None:
        owner = self._owned(by, number).owner
        parents = self.datasets[number].parents
        require(bool(parents), "Clearance_NotDerived")
        rights, until = ALL_RIGHTS, PERPETUAL
        for (parent, ppm), licence in zip(parents, licences, strict=True):
            above = self.datasets[parent]
            require(bool(licence) or above.owner == owner, "Clearance_NeedsLicense")
            if above.parents:
                ceiling, end = self.clearances.get(parent, (0, 0))
                require(end > self.now, "Clearance_Missing")
                rights, until = rights & ceiling, min(until, end)
            if licence:
                ceiling, end = self._cleared_by(licence, parent, ppm, owner)
                rights, until = rights & ceiling, min(until, end)
        old_rights, old_until = self.clearances.get(number, (0, 0))
        narrower = old_rights & ~rights or until < old_until
        require(old_until <= self.now or not narrower, "Clearance_Narrower")
        self.clearances[number] = rights, until
        for licence in filter(None, licences):
            self.licenses[licence].locked = True

    def agree(self, by: str, catalogue: int, terms: Terms, number: int, *, joins: bool) -> None:
        self._owned(by, number if joins else catalogue)
        host, member = self.datasets[catalogue], self.datasets[number]
        require(host.kind == CATALOGUE, "Catalogue_NotCatalogue")
        require(member.kind != CATALOGUE, "Catalogue_JoinsNothing")
        self._check_catalogue_terms(terms)
        if member.parents:
            self._check_clearance(number, terms.rights, PERPETUAL)
        it = self.members[catalogue, terms.id, number]
        require(it.until != PERPETUAL, "Catalogue_AlreadyMember")
        if it.epochs != (member.epoch, host.epoch):
            it.joined = it.admitted = False
            it.epochs = member.epoch, host.epoch
        it.joined, it.admitted = it.joined or joins, it.admitted or not joins
        if it.joined and it.admitted:
            it.since = self.now if it.until <= self.now else it.since
            it.until, it.joined, it.admitted = PERPETUAL, False, False

    def leave(self, by: str, catalogue: int, terms: Terms, number: int) -> None:
        require(by in {self.datasets[catalogue].owner, self.datasets[number].owner}, "Catalogue_NotParty")
        it = self.members[catalogue, terms.id, number]
        require(it.until > self.now or it.joined or it.admitted, "Catalogue_NotMember")
        it.joined = it.admitted = False
        it.until = min(it.until, self.now + terms.notice)

    def coverage(self, licence: int, number: int, time: int) -> tuple[int, int]:
        """Until when it covers the dataset, and until when the membership lasts by which it does; else zeros."""
        it = self.licenses[licence]
        if time >= it.expires:
            return 0, 0
        if it.dataset == number:
            return it.expires, PERPETUAL
        member = self.members.get((it.dataset, it.terms.id, number), Membership())
        if not member.since or not member.since <= time < member.until:
            return 0, 0
        return min(it.expires, member.until), member.until

    def status(self, licence: int, account: str, number: int, rights: int) -> int:
        """P7, of the registry."""
        it = self.licenses.get(licence)
        if it is None:
            return UNKNOWN
        if not self.is_signer(it.holder, account, ACCESS):
            return NOT_HOLDER
        if self.now >= it.expires:
            return EXPIRED
        if not self.coverage(licence, number, self.now)[0]:
            return NOT_COVERED
        return NOT_GRANTED if rights & ~it.terms.rights else VALID

    def metered_status(self, licence: int, account: str, number: int, rights: int) -> int:
        """P7, of the ledger."""
        found = self.status(licence, account, number, rights)
        quota = self.licenses[licence].terms.max_units if licence in self.licenses else 0
        return EXHAUSTED if found == VALID and quota and self.used[licence][1] >= quota else found

    # Use

    def deposit(self, payer: str, gateway: str, token: str, amount: int) -> None:
        require(amount != 0, "Ledger_NoAmount")
        self.channels[payer, gateway, token].deposited += amount

    def start_withdrawal(self, by: str, gateway: str, token: str, amount: int) -> None:
        it = self.channels[by, gateway, token]
        it.thawing, it.thaws_at = amount, self.now + DAY if amount else 0

    def withdraw(self, by: str, gateway: str, token: str) -> int:
        it = self.channels[by, gateway, token]
        require(0 < it.thaws_at <= self.now, "Ledger_NotThawed")
        amount = min(it.thawing, it.balance)
        it.withdrawn, it.thawing, it.thaws_at = it.withdrawn + amount, 0, 0
        return amount

    def refund(self, by: str, payer: str, token: str, amount: int) -> None:
        require(amount != 0, "Ledger_NoAmount")
        it = self.channels[payer, by, token]
        require(amount <= it.balance, "Ledger_Shortfall")
        it.refunded += amount

    def settle(self, by: str, batch: Batch, signer: str) -> None:
        require(self.is_signer(batch.gateway, by, SETTLE), "Ledger_NotGateway")
        known = self.batches.get(batch.key)
        if known:
            require((known.lines, known.fee) == (batch.lines, batch.fee), "Ledger_BatchTaken")
            return
        require(self.is_signer(batch.payer, signer, PAY), "Ledger_InvalidSignature")
        it = self.channels[batch.payer, batch.gateway, batch.token]
        require(batch.amount + batch.fee <= it.balance, "Ledger_Shortfall")
        it.settled += batch.amount + batch.fee
        batch.settled_at = self.now
        self.batches[batch.key] = batch

    def collect(self, batch: Batch, indices: Sequence[int]) -> int:
        total = 0
        for index in indices:
            if index in batch.collected:
                continue
            batch.collected.add(index)
            line = batch.lines[index]
            total += line.amount
            if line.amount:
                self.credit(self.account(line.dataset), batch.token, line.amount)
            if self._counts(batch, line):
                self._count(line.license, min(line.calls, line.units), line.units, batch.settled_at)
        return total

    def release(self, batch: Batch) -> int:
        require(len(batch.collected) == len(batch.lines), "Ledger_NotAllCollected")
        fee = 0 if batch.released else batch.fee
        batch.released = True
        return fee

    def record(self, by: str, licence: int, number: int, right: int, units: int) -> int:
        require(units != 0, "Ledger_InvalidUnits")
        require(self.status(licence, by, number, 1 << right) == VALID, "Ledger_NotAuthorized")
        terms = self.licenses[licence].terms
        require(not terms.max_units or self.used[licence][1] + units <= terms.max_units, "Ledger_QuotaExceeded")
        self._count(licence, 1, units, self.now)
        self._pay_dataset(number, terms.token, units * terms.unit_price)
        return units * terms.unit_price

    # Rewards

    def fund(self, by: str, campaign: Campaign, amount: int) -> None:
        require(self.now < campaign.end, "Pool_Ended")
        require(amount != 0, "Pool_NoAmount")
        campaign.pot += amount
        campaign.funding[by] += amount

    def enter(self, campaign: Campaign, batch: Batch, indices: Sequence[int]) -> int:
        require(self.now < campaign.closes, "Pool_Closed")
        require(batch.gateway in campaign.gateways, "Pool_WrongGateway")
        require(batch.token == campaign.token, "Pool_WrongToken")
        require(campaign.start <= batch.settled_at < campaign.end, "Pool_OutsideWindow")
        added = 0
        for index in indices:
            if (batch.key, index) not in campaign.entered:
                campaign.entered.add((batch.key, index))
                campaign.weights[batch.lines[index].dataset] += batch.lines[index].amount
                added += batch.lines[index].amount
        return added

    def reward(self, campaign: Campaign, number: int) -> int:
        require(self.now >= campaign.closes, "Pool_NotClosed")
        weight = campaign.weights.get(number, 0)
        amount = campaign.pot * weight // campaign.weight if weight and number not in campaign.credited else 0
        if amount:
            campaign.credited.add(number)
            campaign.paid += amount
            self._pay_dataset(number, campaign.reward, amount)
        return amount

    def return_funding(self, campaign: Campaign, funder: str) -> int:
        require(self.now >= campaign.closes, "Pool_NotClosed")
        require(campaign.weight == 0, "Pool_HasWeight")
        amount = campaign.funding.pop(funder, 0)
        campaign.paid += amount
        return amount

    # What several of them ask

    def _owned(self, by: str, number: int) -> Dataset:
        require(self.datasets[number].owner == by, "License_NotOwner")
        return self.datasets[number]

    def _check_catalogue_terms(self, terms: Terms) -> None:
        require(bool(terms.flags & REVOCABLE) and terms.notice <= 366 * DAY, "Catalogue_UnfitTerms")

    def _check_clearance(self, number: int, rights: int, end: int) -> None:
        """P8."""
        ceiling, until = self.clearances.get(number, (0, 0))
        require(until > self.now, "Clearance_Missing")
        require(not rights & ~ceiling, "Clearance_BeyondCeiling")
        require(end <= until, "Clearance_Outlived")

    def _cleared_by(self, licence: int, parent: int, ppm: int, owner: str) -> tuple[int, int]:
        require(licence in self.licenses, "Clearance_LicenseInvalid")
        it = self.licenses[licence]
        until, member_until = self.coverage(licence, parent, self.now)
        require(it.holder == owner and until != 0, "Clearance_LicenseInvalid")
        require(member_until == PERPETUAL and not it.revoked, "Clearance_LicenseEnding")
        require(it.terms.flags & (REVOCABLE | SURVIVE) != REVOCABLE, "Clearance_Revocable")
        require(bool(it.terms.rights & DERIVATION), "Clearance_NoDerivationRight")
        require(ppm >= it.terms.derivative_ppm, "Clearance_ShareTooSmall")
        return it.terms.rights, PERPETUAL if it.terms.flags & SURVIVE else until

    def _end(self, start: int, terms: Terms) -> int:
        return start + terms.duration if terms.duration else PERPETUAL

    def _best(self, by: str, number: int, terms: Terms, to: str) -> list[int]:
        epoch = self.datasets[number].epoch
        own = self.offers.get((number, epoch, terms.id, to), [0, 0])
        if own[1] and self.is_signer(to, by, PAY):
            return own
        return self.offers.get((number, epoch, terms.id, NOBODY), [0, 0])

    def _take(self, by: str, number: int, terms: Terms, most: int, to: str, start: int) -> tuple[int, int]:
        best = self._best(by, number, terms, to)
        require(best[1] != 0, "License_NotOffered")
        require(best[0] <= most, "License_PriceAbove")
        end = self._end(start, terms)
        if self.datasets[number].parents:
            self._check_clearance(number, terms.rights, end)
        if best[1] != ENDLESS:
            best[1] -= 1
        return best[0], end

    def _pay_dataset(self, number: int, token: str, amount: int) -> None:
        if amount:
            self.credit(self.account(number), token, amount)

    def _counts(self, batch: Batch, line: Line) -> bool:
        it = self.licenses.get(line.license)
        if it is None or it.holder != batch.payer or it.terms.token != batch.token:
            return False
        covered = self.coverage(line.license, line.dataset, batch.settled_at)[0] != 0
        return covered and line.amount >= line.units * it.terms.unit_price

    def _count(self, licence: int, calls: int, units: int, time: int) -> None:
        before = self.used[licence]
        self.used[licence] = before[0] + calls, before[1] + units
        self.last[licence] = max(self.last[licence], time)
