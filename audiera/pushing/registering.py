"""Having a dataset registered by a gateway that pays the gas."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Final

from audiera.client import Content, SignedCall
from audiera.client.contracts import Contract, artifact
from audiera.client.deployment import stated_domain
from audiera.errors import StorageError
from audiera.interface import Relayed
from audiera.protocol import Call, Split
from audiera.remote import RELAY_PATIENCE, Answer, Remote, outcome, submit
from audiera.text import hex_of, read_file, replace_file, shown

__all__ = ["register"]

_NAME: Final = "push.json"
_MOST: Final = 1 << 20  # bytes of that
_LIFETIME: Final = 3_600  # seconds


def register(remote: Remote, content: Content, split: Split, record: Path) -> tuple[int, bytes]:
    """Have the gateway register a dataset in the account's name; return its number and the transaction's hash.

    What is signed is written down first. The same again, after an answer that was lost, is the same call, which is
    carried out once.

    Raises:
        InputError: a deployment's file cannot be used.
        StorageError: the gateway refuses or cannot be reached, it takes too long, or the record cannot be written.
    """
    answer = _submit(remote, content, split, record)
    if answer.status == 409 and _reverted_with(answer) == "Relay_Expired":
        (record / _NAME).unlink(missing_ok=True)
        answer = _submit(remote, content, split, record)
    if answer.status != 200:
        raise remote.refusal(answer)
    found, ends = remote.read(Relayed, answer), time.monotonic() + RELAY_PATIENCE
    while found.state == "sent":
        if time.monotonic() > ends:
            told = hex_of(found.transaction)
            raise StorageError(f"Transaction {told} is not mined yet; run it again later, which sends nothing twice.")
        time.sleep(0.5)
        found = outcome(remote, found)
    if found.state == "mined" and found.events is None:
        told = f"{remote.url} does not tell any more what transaction {hex_of(found.transaction)} registered"
        raise StorageError(f"{told}; look at it on the chain, or delete {record / _NAME} to register once more.")
    (record / _NAME).unlink(missing_ok=True)
    numbers = [it.fields.get("id") for it in found.events or () if it.name == "DatasetRegistered"]
    if found.state != "mined" or len(numbers) != 1 or not str(numbers[0]).isdecimal():
        raise StorageError(f"Transaction {hex_of(found.transaction)} registered nothing; run it again.")
    return int(str(numbers[0])), found.transaction


def _submit(remote: Remote, content: Content, split: Split, record: Path) -> Answer:
    return submit(remote, _signed(remote, content, split, record))


def _reverted_with(answer: Answer) -> object:
    try:
        return json.loads(answer.body).get("error")
    except (ValueError, AttributeError):
        return None


def _signed(remote: Remote, content: Content, split: Split, record: Path) -> SignedCall:
    """Return the account's signed call, the one that the record has if it is for the same.

    It is for the registry where this release is on every chain, or where a deployment that was accepted here has it:
    what a gateway says is not asked.
    """
    domain = stated_domain("DatasetRegistry", remote.chain_id)
    registry = Contract(artifact("DatasetRegistry"), domain.contract, remote.chain_id)
    data, path = registry.request("register", (content, split.shares, ())).data, record / _NAME
    try:
        kept = SignedCall.from_json(read_file(path, _MOST).decode())
    except (OSError, ValueError):
        kept = None
    if kept and (kept.call.account, kept.call.data, kept.address) == (remote.key.address, data, domain.contract):
        return kept
    deadline = int(time.time()) + _LIFETIME
    call = Call(account=remote.key.address, data=data, nonce=secrets.randbits(256), deadline=deadline)
    signed = SignedCall(
        chain_id=remote.chain_id,
        contract="DatasetRegistry",
        address=domain.contract,
        call=call,
        signature=remote.key.sign_struct(domain, call),
    )
    try:
        replace_file(path, [signed.to_json().encode()])
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be written ({error.strerror}).") from error
    return signed
