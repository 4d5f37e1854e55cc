"""Having a dataset, or a version of one, published by a gateway that pays the gas."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audiera.client import Content, SignedCall
from audiera.client.contracts import Contract, artifact, decode_fields
from audiera.client.deployment import stated_domain
from audiera.errors import InputError, StorageError
from audiera.interface import Relayed
from audiera.protocol import Call, Split, keccak, registration_nonce, word
from audiera.remote import RELAY_PATIENCE, Answer, Remote, outcome, submit
from audiera.text import hex_of, read_file, replace_file, shown

__all__ = ["Registered", "forget", "publish_version", "register", "signed_to_register"]

_NAME: Final = "push.json"
_MOST: Final = 1 << 21  # bytes of that
_KEPT: Final = 4  # calls in it, each of a quarter of a mebibyte at most
_LIFETIME: Final = 3_600  # seconds


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration that was carried out says, which an earlier run may have signed."""

    dataset: int
    content: Content
    split: Split
    transaction: bytes


def register(remote: Remote, content: Content, split: Split, record: Path) -> Registered:
    """Have the gateway register a dataset in the account's name.

    What is signed is written down first, and found again after an answer that was lost. However often the account signs
    for the same files, the registry takes one registration: what was registered may be what an earlier run signed, of
    another kind and with other shares. When it is in the record, `forget` what was written down.

    Raises:
        InputError: the account had them registered before, and the record does not say so; or a deployment's file
            cannot be used.
        StorageError: the gateway refuses or cannot be reached, it takes too long, or the record cannot be written.
    """
    calling = _Calling(remote, record, "register", registration_nonce(content.content_root))
    signed, done = calling.carried_out((content, split.shares, ()))
    numbers = [it.fields.get("id") for it in done.events or () if it.name == "DatasetRegistered"]
    if len(numbers) != 1 or not str(numbers[0]).isdecimal():
        raise StorageError(f"Transaction {hex_of(done.transaction)} registered nothing; run it again.")
    registered, shares, _ = _given(signed)["registration"]
    return Registered(int(str(numbers[0])), registered, Split(shares), done.transaction)


def publish_version(remote: Remote, dataset: int, version: int, content: Content, record: Path) -> bytes:
    """Have the gateway publish a version of a dataset of the account's, likewise; return the transaction's hash.

    When it is in the record, `forget` what was written down.

    Raises:
        InputError: the account published such a version before, and the record does not say so; or a deployment's file
            cannot be used.
        StorageError: the gateway refuses or cannot be reached, it takes too long, the record cannot be written, or an
            earlier run has published something else as this version.
    """
    calling = _Calling(remote, record, "publishVersion", _version_nonce(dataset, version))
    signed, done = calling.carried_out(
        *(dataset, version, content.item_count, content.content_root, content.manifest, content.flags)
    )
    if _given(signed)["manifest"] != content.manifest:
        raise StorageError(
            f"An earlier run has published version {version} of dataset {dataset} already; run it again, and what has "
            "changed since is published as the next."
        )
    return done.transaction


def signed_to_register(record: Path, content_root: bytes, registry: Contract) -> tuple[SignedCall, ...]:
    """Return what pushes have signed to register content, as long as what came of it is not known; oldest first.

    Raises:
        StorageError: it cannot be read.
    """
    ours = (registration_nonce(content_root), registry.address, registry.chain_id)
    return tuple(it for it in _written(record) if (it.call.nonce, it.address, it.chain_id) == ours)


def forget(record: Path) -> None:
    """Remove what was written down of calls, once the record says what came of them.

    Raises:
        StorageError: it cannot be removed.
    """
    path = record / _NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be removed ({error.strerror}); remove it.") from error


def _version_nonce(dataset: int, version: int) -> int:
    return int.from_bytes(keccak(b"publishVersion" + word(dataset) + word(version)))


def _given(signed: SignedCall) -> dict[str, Any]:
    """Return the arguments of what is signed."""
    entry = next(it for it in artifact(signed.contract).functions if it.selector == signed.call.data[:4])
    return decode_fields(entry, signed.call.data[4:])


@dataclass(frozen=True, slots=True)
class _Calling:
    """A call of the registry, of which one is ever carried out: its nonce follows from what it publishes."""

    remote: Remote
    record: Path
    function: str
    nonce: int

    @property
    def registry(self) -> Contract:
        """Where this release is on every chain, or a deployment that was accepted here has it: what a gateway says is
        not asked.
        """
        domain = stated_domain("DatasetRegistry", self.remote.chain_id)
        return Contract(artifact("DatasetRegistry"), domain.contract, self.remote.chain_id)

    @property
    def path(self) -> Path:
        """Where it is written down until what came of it is known."""
        return self.record / _NAME

    def carried_out(self, *given: object) -> tuple[SignedCall, Relayed]:
        """Hand the call over and wait until it is mined; return what was signed, and what came of it."""
        remote = self.remote
        signed, answer = self._handed_over(given)
        if answer.status != 200:
            raise remote.refusal(answer)
        found, ends = remote.read(Relayed, answer), time.monotonic() + RELAY_PATIENCE
        while found.state == "sent":
            if time.monotonic() > ends:
                told = f"Transaction {hex_of(found.transaction)} is not mined yet"
                raise StorageError(f"{told}; run it again later, which sends nothing twice.")
            time.sleep(0.5)
            found = outcome(remote, found)
        if found.state != "mined":
            self._keep([it for it in self._kept() if it != signed])
            raise StorageError(f"Transaction {hex_of(found.transaction)} published nothing; run it again.")
        if found.events is None:
            told = f"{remote.url} does not tell any more what transaction {hex_of(found.transaction)} published"
            raise StorageError(f"{told}; look at it on the chain, or ask the gateway's operator.")
        return signed, found

    def _handed_over(self, given: tuple[object, ...]) -> tuple[SignedCall, Answer]:
        """Hand over what is signed now; and if its like was carried out, what was signed before, to find which."""
        signed = self._signed(given, anew=False)
        answer = submit(self.remote, signed)
        if _reverted_with(answer, "Relay_Expired"):
            signed = self._signed(given, anew=True)
            answer = submit(self.remote, signed)
        if not _reverted_with(answer, "Relay_NonceUsed"):
            return signed, answer
        for kept in reversed(self._kept()):  # of those that the gateway knows, it tells what became
            if (told := submit(self.remote, kept)).status == 200:
                return kept, told
        raise InputError(
            f"{self.remote.key.address} has published this already, and {shown(str(self.record))} does not say so; "
            "name the record that does with --out, or say with --dataset which number it has: the gateway's pages show "
            "what the account owns."
        )

    def _signed(self, given: tuple[object, ...], *, anew: bool) -> SignedCall:
        """Return the account's signed call, the last that the record has if it is the same."""
        remote, registry, kept = self.remote, self.registry, self._kept()
        data = registry.request(self.function, *given).data
        if kept and kept[-1].call.data == data and not anew:
            return kept[-1]
        deadline = int(time.time()) + _LIFETIME
        call = Call(account=remote.key.address, data=data, nonce=self.nonce, deadline=deadline)
        signed = SignedCall(
            chain_id=remote.chain_id,
            contract=registry.name,
            address=registry.address,
            call=call,
            signature=remote.key.sign_struct(registry.domain, call),
        )
        self._keep([*kept, signed])
        return signed

    def _keep(self, calls: Sequence[SignedCall]) -> None:
        try:
            replace_file(self.path, [f"{it.to_json()}\n".encode() for it in calls[-_KEPT:]])
        except OSError as error:
            raise StorageError(f"{shown(str(self.path))} cannot be written ({error.strerror}).") from error

    def _kept(self) -> list[SignedCall]:
        """Return what was signed before for the same, oldest first."""
        ours = (self.remote.key.address, self.nonce, self.registry.address, self.remote.chain_id)
        return [it for it in _written(self.record) if (it.call.account, it.call.nonce, it.address, it.chain_id) == ours]


def _written(record: Path) -> list[SignedCall]:
    """Return what was signed and written down, oldest first.

    Raises:
        StorageError: it cannot be read, so that nobody knows what is signed.
    """
    path = record / _NAME
    try:
        return [SignedCall.from_json(it) for it in read_file(path, _MOST).decode().splitlines()]
    except (FileNotFoundError, ValueError):
        return []
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be read ({error.strerror}); mend its permissions.") from error


def _reverted_with(answer: Answer, error: str) -> bool:
    return answer.status == 409 and answer.member("error") == error
