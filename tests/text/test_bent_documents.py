"""Every reader of documents that strangers write, against documents that are bent on purpose."""

import json
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.cli.network.relay import read_calls
from audiera.cli.terminal.parse import parse_split
from audiera.client.accounts.signers import KeySigner
from audiera.client.calls.relay import SignedCall
from audiera.client.deployment.deployments import Deployed, Deployment
from audiera.credits.addressbook import read_address_book
from audiera.credits.contributors import read_contributors
from audiera.credits.people import Party
from audiera.dataset.record import read_registrations
from audiera.dataset.registration import Registration
from audiera.errors import AudieraError
from audiera.manifest.description import Description
from audiera.manifest.documents import build_documents
from audiera.manifest.manifest import read_commitments, read_description
from audiera.metering.batch import Batch, PricedUse
from audiera.metering.files import Head, SignedVoucher, read_log, use_line
from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Call, Use
from audiera.protocol.table import read_table
from audiera.protocol.typed import CONTRACTS
from tests.support.credits import ROWS
from tests.support.mutation import bent_text

EXAMPLES = getattr(settings.default, "max_examples", 60) // 3
ROOT = b"\3" * 32
ADA, BO = "0x" + "11" * 20, "0x" + "22" * 20
PER_DATASET = f'name,address,share,role,isni\nAda,{ADA},60 %,composer,0000000121032683\nBo,{BO},40 %,"singer; mixer",\n'
PER_FILE = 'file;composer;title\na.flac;Ada;"A\nB"\nb.flac;-;C\nc.flac;Bo;D\n'
YAML = f"people:\n  Ada: {{address: '{ADA}', isni: 0000000121032683}}\n"
YAML += "contributors:\n  - Ada\n  - {name: Bo, role: [a, b]}\n"
FILES = "files:\n  a.flac: [Ada, {name: Bo, role: singer}]\n  b.flac: []\n"
USE = PricedUse(Use(license=7, dataset=3, version=1, item=b"\5" * 32, right=2, units=2**40, at=1, nonce=b"\1" * 32), 9)
VOUCHER = Batch().extend([USE]).voucher(payer=ADA, gateway=BO, token=ETHER, batch=1, fee=9)
HEAD = Head(1, ETHER, VOUCHER)
CALL = SignedCall(
    chain_id=1,
    contract="LicenseRegistry",
    address=ETHER,
    call=Call(account=ETHER, data=b"\1\2", nonce=5, deadline=9),
    signature=b"\7" * 65,
)
KEYSTORE = Account.encrypt(b"\x42" * 32, "open", kdf="pbkdf2", iterations=1)
REGISTRATION = Registration(
    chain_id=1, registry=ETHER, dataset=7, version=1, transaction=ZERO_WORD, content_root=ROOT, manifest_digest=ROOT
)


def from_bytes(read: Callable[[bytes], object]) -> Callable[[Path], object]:
    return lambda path: read(path.read_bytes())


def from_text(read: Callable[[str], object]) -> Callable[[Path], object]:
    return lambda path: read(path.read_text("utf-8", "replace"))


READERS: Mapping[str, tuple[str, Callable[[Path], object]]] = {
    "csv": ("people.csv", read_contributors),
    "yaml": ("people.yaml", read_contributors),
    "aliases.csv": ("book.csv", read_address_book),
    "aliases.yaml": ("book.yml", read_address_book),
    "split": ("split.csv", lambda path: parse_split([str(path)], ETHER)),
    "table": ("items.json", from_bytes(read_table)),
    "commitments": ("manifest.json", from_bytes(read_commitments)),
    "description": ("manifest.json", from_bytes(read_description)),
    "record": ("record.json", lambda path: read_registrations(path.parent)),
    "deployment": ("1.json", Deployment.read),
    "head": ("head.json", Head.read),
    "voucher": ("voucher.json", SignedVoucher.read),
    "log": ("uses.jsonl", lambda path: list(read_log(path))),
    "calls": ("calls.jsonl", from_text(read_calls)),
    "keystore": ("key.json", lambda path: KeySigner.from_keystore(path, "open")),
}
"""By kind: what a file of it may be called, and what reads it."""


class Wholes(dict[str, list[bytes]]):
    def __repr__(self) -> str:  # a finding is shown with its input, and not with all that might have been bent
        return "the documents"


@pytest.fixture(scope="module")
def wholes() -> Wholes:
    """Small documents of each kind that are right."""
    said = Description(name="Tides", description="d", creators=(Party("Ada"),), date="2026-01-01", keywords=("sea",))
    documents = build_documents(said, ROWS)
    deployed = {name: Deployed(ETHER, ROOT, None) for name in CONTRACTS}
    return Wholes(
        {
            "csv": [PER_DATASET.encode(), PER_FILE.encode()],
            "yaml": [YAML.encode(), FILES.encode()],
            "aliases.csv": [f"alias,address\nada,{ADA}\nbo,{BO}\n".encode()],
            "aliases.yaml": [f"ada: '{ADA}'\nbo: {BO}\n".encode()],
            "split": [f"payee,share\n{ADA},60%\ndataset:7,2/5\n".encode()],
            "table": [documents.files["items.json"]],
            "commitments": [documents.manifest],
            "description": [documents.manifest],
            "record": [json.dumps({"format": 1, "registrations": [REGISTRATION.json()]}, indent=2).encode()],
            "deployment": [Deployment(1, 2, deployed).to_json().encode()],
            "head": [HEAD.to_json().encode()],
            "voucher": [SignedVoucher(1, ETHER, VOUCHER, b"\7" * 65).to_json().encode()],
            "log": [(use_line(USE) * 2).encode()],
            "calls": [CALL.to_json().encode()],
            "keystore": [json.dumps(KEYSTORE).encode()],
        }
    )


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_no_bent_document_makes_a_reader_fall_over_or_take_more_than_it_is_worth(
    tmp_path: Path, wholes: Wholes, kind: str, data: st.DataObject
) -> None:
    """AUD-A54"""
    name, read = READERS[kind]
    path = tmp_path / name
    path.write_bytes(data.draw(bent_text(wholes[kind])))

    tracemalloc.start()
    with suppress(AudieraError):  # any other error is one that nobody states
        read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak <= 256 * path.stat().st_size + (1 << 23)


def test_the_documents_that_are_bent_are_right(tmp_path: Path, wholes: Wholes) -> None:
    for kind, (name, read) in READERS.items():
        for whole in wholes[kind]:
            (tmp_path / name).write_bytes(whole)

            read(tmp_path / name)
