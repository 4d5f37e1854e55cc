"""Musicians without ETH, who bring files and have datasets registered, and the owner, who answers requests."""

import hashlib
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audiera.client import Content
from audiera.interface import RequestPage
from audiera.protocol import ZERO_WORD, Kind, LicenseAnswer, Split, payee_of
from audiera.pushing import bring, lacking, register
from audiera.remote import Remote
from audiera.storage import StoredObject
from tests.scale.soak.line import insisted
from tests.scale.soak.told import Told
from tests.scale.soak.town import Town, signer_of

__all__ = ["Owner", "Publisher"]

_SIZES: Final = (1, 40_000, 300_000, 2_500_000)
_REGISTERED: Final = 40  # of one account a day; the gateway carries out 50


@dataclass(slots=True)
class Publisher:
    """One account, which has no ETH."""

    number: int
    town: Town
    told: Told
    chance: random.Random
    brought: dict[bytes, int] = field(default_factory=dict)
    """Bytes of each object that was taken, by its sha-256."""
    registered: dict[int, bytes] = field(default_factory=dict)
    """The content root of each dataset, by its number."""

    def live(self, until: float, gap: float) -> None:
        """Bring some objects, and have a dataset registered, every so many seconds on average."""
        while time.monotonic() < until:
            objects = [self._made() for _ in range(self.chance.randint(1, 3))]
            insisted(lambda objects=objects: self._push(objects), self.told)  # type: ignore[misc]
            if len(self.registered) < _REGISTERED:
                insisted(self._register, self.told)
            time.sleep(min(self.chance.expovariate(1 / gap), max(until - time.monotonic(), 0)))

    def _push(self, objects: Sequence[StoredObject]) -> None:
        remote = self._remote()
        bring(remote, lacking(remote, objects))
        if left := lacking(self._remote(), objects):
            self.told.fault(f"{len(left)} objects of publisher {self.number} were brought, and are missing")
        self.brought |= {it.sha256: it.size for it in objects}
        self.told.count("uploads", len(objects))

    def _register(self) -> None:
        root = hashlib.sha256(b"%d %d" % (self.number, len(self.registered))).digest()
        content = Content(Kind.Samples, 0, 1, root, root)
        split = Split.of({payee_of(signer_of(f"publisher {self.number}").address): 1_000_000})
        folder = self.town.folder / f"publisher {self.number}"
        folder.mkdir(exist_ok=True)
        number = register(self._remote(signed_in=True), content, split, Path(folder)).dataset
        if number in self.registered:
            self.told.fault(f"dataset {number} of publisher {self.number} was registered twice")
        self.registered[number] = root
        self.told.count("datasets registered")

    def _remote(self, *, signed_in: bool = False) -> Remote:
        url = f"http://127.0.0.1:{self.chance.choice(self.town.ports)}"
        remote = Remote(url, signer_of(f"publisher {self.number}"))
        if signed_in:
            remote.sign_in()
        return remote

    def _made(self) -> StoredObject:
        data = self.chance.randbytes(self.chance.choice(_SIZES) + self.chance.randrange(64))
        return StoredObject(hashlib.sha256(data).digest(), len(data), data)


@dataclass(slots=True)
class Owner:
    """Who owns the album, and says no to whoever asks for more."""

    town: Town
    told: Told
    chance: random.Random

    def live(self, until: float, gap: float) -> None:
        """Look for requests every so many seconds, and answer them."""
        while time.monotonic() < until:
            time.sleep(min(gap, max(until - time.monotonic(), 0)))
            insisted(self.answer, self.told)

    def answer(self) -> None:
        """Answer what is not answered yet."""
        client = self.town.client("creator")
        remote = Remote(f"http://127.0.0.1:{self.chance.choice(self.town.ports)}", signer_of("creator"))
        cursor, waiting = "", []
        while True:
            page = remote.read(RequestPage, remote.get(f"/v1/requests{cursor}"))
            waiting += [it for it in page.requests if it.answer is None]
            if page.next is None:
                break
            cursor = f"?cursor={page.next}"
        for it in waiting:
            answer = LicenseAnswer(
                request=it.id,
                owner=client.account,
                terms=ZERO_WORD,
                price=0,
                count=0,
                reason="The ferry is full.",
                at=int(time.time()),
            )
            signature = client.sign("LicenseRegistry", answer)
            members = {k: f"0x{v.hex()}" if isinstance(v, bytes) else v for k, v in answer.abi().items()}
            body = {"answer": members, "signature": f"0x{signature.hex()}"}
            remote.post(f"/v1/requests/{it.number}/answer", json.dumps(body).encode())
            self.told.count("requests answered")
