"""Somebody who buys, pays for uses, fetches what was granted, and believes nothing that cannot be recomputed."""

import hashlib
import json
import random
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from audiera.client import events
from audiera.errors import InputError, SignatureError
from audiera.interface import Access, KeptRequest, Relayed
from audiera.metering import Batch, fee_of, log_name, read_uses, rebuild, uses_of
from audiera.protocol import LicenseRequest, Receipt, Right, Voucher, check_signer, right_bit
from audiera.remote import Remote
from tests.scale.soak.line import Answer, Line, insisted
from tests.scale.soak.town import FEE_PPM, PRICES, Client, Town, signer_of
from tests.support.gateway import written

__all__ = ["Payer"]

_SIZES: Final = (1, 1, 1, 1, 4, 16, 40)
_DEPOSIT: Final = 400  # uses that a deposit is for
_RELAYED: Final = 40  # of one account a day; the gateway takes 50
_ASKED: Final = 15  # of one address an hour; the gateway takes 20
_KEPT: Final = 10  # answers that may be asked for again, and are in the end
_READ: Final = 5  # logs, in the end
_PATIENCE: Final = 180.0  # seconds until the index has seen what was done on the chain


@dataclass(slots=True)
class Payer:
    """One payer with one channel, and all that it has signed and been told."""

    number: int
    town: Town
    line: Line
    chance: random.Random
    token: str = ""
    """The name of what it pays with."""
    client: Client = field(init=False)
    license: int = 0
    batch: int = 1
    kept: Batch = field(default_factory=Batch)
    heads: dict[int, tuple[Voucher, bytes]] = field(default_factory=dict)
    """Of each batch, the newest head that was granted, and the gateway's countersignature."""
    deposited: int = 0
    spent: int = 0
    """On licences."""
    requests: dict[int, bytes] = field(default_factory=dict)
    """What it asked for: the number, and the hash that was signed."""
    answers: deque[tuple[dict[str, Any], dict[str, str], bytes]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """Accesses, and what each was answered by."""
    relayed: int = 0

    def settle_in(self) -> None:
        """Buy a licence, and open a channel."""
        self.token = ("USDC", "ETH")[self.number % 2]
        self.client = self.town.client(f"payer {self.number}", self.address)
        self.client.approve("LicenseRegistry", self.address, 10**18)
        self.client.approve("UsageLedger", self.address, 10**18)
        self.buy()
        self.deposit()

    @property
    def address(self) -> str:
        """Of its token."""
        return self.town.tokens[self.token]

    @property
    def price(self) -> int:
        return PRICES[self.token][0]

    def live(self, until: float) -> None:
        """Do one thing after another until then."""
        ways: list[tuple[float, Callable[[], None]]] = [
            (0.80, self.access),
            (0.10, self.repeat),
            (0.04, self.look),
            (0.02, self.ask_for_license),
            (0.01, self.withdraw_some),
            (0.01, self.withdraw_by_relay),
            (0.01, self.stay),
            (0.01, self.buy),
        ]
        while time.monotonic() < until:
            self.chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()

    # On the chain

    def buy(self) -> None:
        """Take a licence at the price on offer, and use it from now on."""
        price, terms = PRICES[self.token][1], self.town.terms[self.token]
        receipt = self.client.licenses.acquire(self.town.dataset, terms, self.client.account, max_price=price)
        self.license = receipt.event(events.LicenseAcquired).license_id
        self.spent += price
        self.line.told.count("licences")

    def deposit(self) -> None:
        """Open the channel, or top it up."""
        amount = _DEPOSIT * self.price
        self.client.usage.deposit(self.client.account, self.town.gateway, self.address, amount)
        self.deposited += amount
        self.line.told.count("deposits")

    def withdraw_some(self) -> None:
        """Begin to take some of the deposit back."""
        self.client.usage.start_withdrawal(self.town.gateway, self.address, self._some())
        self.line.told.count("withdrawals begun")

    def stay(self) -> None:
        """Leave in the channel what was to be withdrawn."""
        self.client.usage.start_withdrawal(self.town.gateway, self.address, 0)

    def withdraw_by_relay(self) -> None:
        """The same with a call that the gateway carries out."""
        if self.relayed == _RELAYED:
            return
        self.relayed += 1
        amount = self._some()
        signed = self.client.signing().usage.start_withdrawal(self.town.gateway, self.address, amount)
        answer = self.line.post("/v1/relay", signed.to_json().encode())
        self._expect(answer, 200)
        found, end = Relayed.model_validate_json(answer.body), time.monotonic() + _PATIENCE
        while found.state == "sent" and time.monotonic() < end:
            time.sleep(1)
            again = self.line.get(f"/v1/relay/0x{found.transaction.hex()}")
            self._expect(again, 200)
            found = Relayed.model_validate_json(again.body)
        if found.state != "mined":
            self.line.told.fault(f"a call of payer {self.number} is {found.state}: {found}")
        channel = self.client.usage.channel_of(self.client.account, self.town.gateway, self.address)
        if channel.thawing > amount:  # a settlement may have taken some of it
            self.line.told.fault(f"{channel.thawing} thaws in the channel of payer {self.number}, and not {amount}")
        self.line.told.count("calls relayed")

    def _some(self) -> int:
        channel = self.client.usage.channel_of(self.client.account, self.town.gateway, self.address)
        return max(int(channel.balance * self.chance.uniform(0.01, 0.3)), 1)

    # At the gateway

    def access(self) -> None:
        """Take an access of one item or many, and fetch some of what it grants."""
        leaves = self.chance.sample([it.item.leaf() for it in self.town.rows], self.chance.choice(_SIZES))
        key, said = {"Idempotency_Key": secrets.token_hex(16)} if self.chance.random() < 0.5 else {}, b""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            body, after, voucher = self._signed(leaves)
            answer = self.line.post("/v1/access", body, **key)
            if answer.status == 200:
                self.line.told.access(answer.seconds)
                self._take(Access.model_validate_json(answer.body), after, voucher)
                self.answers.append((body, key, answer.body))
                self.fetch(Access.model_validate_json(answer.body))
                return
            said = answer.body
            key = {"Idempotency_Key": secrets.token_hex(16)} if key else {}  # it is another request from now on
            if answer.code == "batch_closed":
                self.batch, self.kept = self.batch + 1, Batch()
            elif answer.code == "deposit_too_small":
                self._top_up()
            elif answer.code in ("license_unknown", "not_holder"):  # the index has not seen it yet
                time.sleep(0.5)
            else:
                break
        self.line.told.fault(f"an access of payer {self.number} was refused: {said[:800]!r}")

    def _signed(self, leaves: list[bytes]) -> tuple[dict[str, Any], Batch, Voucher]:
        nonce, at = secrets.token_bytes(32), int(time.time())
        request: dict[str, Any] = {
            "payer": self.client.account,
            "license": str(self.license),
            "dataset": str(self.town.dataset),
            "version": "1",
            "right": "Training",
            "items": [f"0x{it.hex()}" for it in leaves],
            "at": str(at),
            "nonce": f"0x{nonce.hex()}",
        }
        uses = uses_of(
            [(it, 1) for it in leaves],
            license=self.license,
            dataset=self.town.dataset,
            version=1,
            right=right_bit(Right.Training),
            at=at,
            nonce=nonce,
            unit_price=self.price,
        )
        after = self.kept.extend(uses)
        voucher = after.voucher(
            payer=self.client.account,
            gateway=self.town.gateway,
            token=self.address,
            batch=self.batch,
            fee=fee_of(after.root().amount, FEE_PPM),
        )
        signature = self.client.sign_voucher(voucher)
        return {**request, "voucher": written(voucher), "signature": f"0x{signature.hex()}"}, after, voucher

    def _take(self, access: Access, after: Batch, voucher: Voucher) -> None:
        """Keep a head that the gateway signed as well."""
        if access.head.voucher.voucher() != voucher:
            self.line.told.fault(f"payer {self.number} was answered with another head than it signed")
        try:
            domain = self.town.domain(self.client)
            check_signer(domain.digest(Receipt(voucher.struct_hash())), access.head.receipt, self.town.gateway)
        except SignatureError as error:
            self.line.told.fault(f"the countersignature for payer {self.number} is not the gateway's: {error}")
        self.kept, self.heads[self.batch] = after, (voucher, access.head.receipt)
        self.line.told.count("uses", access.calls)

    def _top_up(self) -> None:
        """Pay in, and wait until that is enough: a withdrawal may have left less than nothing."""
        self.deposit()
        time.sleep(2)

    def repeat(self) -> None:
        """Ask for an access again that was granted, and get the same answer, free."""
        if self.answers:
            body, key, before = self.chance.choice(self.answers)
            answer = self.line.post("/v1/access", body, **key)
            if (answer.status, answer.body) != (200, before):
                self.line.told.fault(f"a repeat of payer {self.number} is answered otherwise: {answer.body[:800]!r}")
            self.line.told.count("repeats")

    def fetch(self, access: Access) -> None:
        """Fetch some of what was granted, whole or in part."""
        for granted in self.chance.sample(access.granted, min(2, len(access.granted))):
            whole = self.town.music[granted.item]
            start, stop = 0, len(whole)
            if self.chance.random() < 0.5:
                start = self.chance.randrange(len(whole))
                stop = self.chance.randrange(start, len(whole)) + 1
            is_part = (start, stop) != (0, len(whole))
            answer = self.line.get(granted.url, **({"Range": f"bytes={start}-{stop - 1}"} if is_part else {}))
            if (answer.status, answer.body) != (206 if is_part else 200, whole[start:stop]):
                self.line.told.fault(f"other bytes than those of {granted.path}, {start} to {stop}: {answer.status}")
            if granted.sha256 != hashlib.sha256(whole).digest():
                self.line.told.fault(f"another object than that of {granted.path} was granted")
            self.line.told.count("objects")

    def look(self) -> None:
        """Sign in, and look at the channel: what is held there is what the heads come to that are not settled."""
        channel = insisted(lambda: self.remote().get(f"/v1/channels/{self.address}"), self.line.told)
        self.line.told.count("looks at channels")
        for it in json.loads(channel.body)["batches"]:
            voucher = it["head"]["voucher"]
            if (known := self.heads.get(int(voucher["batch"]))) and written(known[0]) != voucher:
                self.line.told.fault(f"payer {self.number} holds another head of batch {voucher['batch']}")

    def ask_for_license(self) -> None:
        """Ask the owner for a licence that is not on offer, and look at what was said to those before."""
        if len(self.requests) == _ASKED:
            return
        request = LicenseRequest(
            gateway=self.town.gateway,
            asker=self.client.account,
            dataset=self.town.dataset,
            rights=Right.Training | Right.Inference,
            at=int(time.time()),
            nonce=secrets.token_bytes(32),
            purpose="A model of ferries.",
            extent="all items, for a year",
            who=f"Payer {self.number}",
            contact="payer@example.org",
        )
        signature = self.client.sign("LicenseRegistry", request)
        members = {it: f"0x{told.hex()}" if isinstance(told, bytes) else told for it, told in request.abi().items()}
        signed = {"request": {**members, "rights": ["Training", "Inference"]}, "signature": f"0x{signature.hex()}"}
        answer = self.line.post("/v1/requests", signed)
        self._expect(answer, 202)
        self.requests[int(answer.document["number"])] = request.struct_hash()
        self.line.told.count("licences asked for")

    def unanswered(self) -> list[int]:
        """Return the numbers of requests that are not on the record as they were signed, with an answer."""
        remote, found = self.remote(), []
        for number, signed in self.requests.items():
            kept = remote.read(KeptRequest, remote.get(f"/v1/requests/{number}"))  # nobody is killed by now
            kept.check()
            if kept.id != signed or kept.answer is None:
                found.append(number)
        return found

    def unpublished(self) -> list[int]:
        """Return the numbers of batches whose log, as anybody reads it, does not give the head that was signed."""
        found = []
        for number in self.chance.sample(sorted(self.heads), min(_READ, len(self.heads))):
            head, _ = self.heads[number]
            name = log_name(head.root)
            try:
                rebuild(head, read_uses(self.line.get(f"/{name}").body, name))
            except InputError:
                found.append(number)
        return found

    def remote(self) -> Remote:
        """Return a gateway, as one who signs in."""
        return Remote(f"http://127.0.0.1:{self.chance.choice(self.line.ports)}", signer_of(f"payer {self.number}"))

    def _expect(self, answer: Answer, status: int) -> None:
        if answer.status != status:
            self.line.told.fault(f"payer {self.number} was answered by {answer.status}: {answer.body[:800]!r}")
