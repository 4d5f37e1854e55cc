from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3

from audiera.client import Audiera, KeySigner, NoSignerError, ReadOnly
from audiera.client.deployment.deployments import Deployment
from audiera.errors import InputError
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.signing import recover
from audiera.protocol.structs import Call, Receipt
from audiera.protocol.typed import Domain
from tests.client.conftest import As, Studio

KEY = "0x" + "4b" * 32
ADDRESS = to_address(Account.from_key(KEY).address)
DOMAIN = Domain("UsageLedger", 31337, ETHER)


@pytest.mark.parametrize("key", [KEY, KEY.removeprefix("0x"), bytes.fromhex(KEY[2:])], ids=["0x", "bare", "bytes"])
def test_a_key_signs_structs_as_wallets_do(key: str | bytes) -> None:
    signer, receipt = KeySigner.from_key(key), Receipt(b"\x01" * 32)

    signature = signer.sign_struct(DOMAIN, receipt)

    by_wallet = Account.from_key(KEY).sign_message(encode_typed_data(full_message=DOMAIN.typed_message(receipt)))
    assert signature == by_wallet.signature == signer.sign_message(DOMAIN.typed_message(receipt))
    assert recover(DOMAIN.digest(receipt), signature) == signer.address == ADDRESS


def test_a_struct_with_bytes_is_signed_alike_both_ways() -> None:
    signer = KeySigner.from_key(KEY)
    call = Call(account=ADDRESS, data=b"\x01\x02\x03\x04\x05", nonce=2**255, deadline=9)

    assert signer.sign_struct(DOMAIN, call) == signer.sign_message(DOMAIN.typed_message(call))


def test_a_keystore_opens_with_its_password(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    path.write_text(json.dumps(Account.encrypt(bytes.fromhex(KEY[2:]), "open sesame", iterations=2)))

    assert KeySigner.from_keystore(path, "open sesame").address == ADDRESS
    with pytest.raises(InputError, match="The password does not open"):
        KeySigner.from_keystore(path, "open barley")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 9}'], ids=["nothing", "a list", "empty", "a version"])
def test_a_file_that_is_no_keystore_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "store.json"
    path.write_text(text)

    with pytest.raises(InputError, match=r"store\.json"):
        KeySigner.from_keystore(path, "x")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("kdf", "costs"),
    [
        ("pbkdf2", {"c": 10**9}),
        ("pbkdf2", {"c": 10**20}),
        ("pbkdf2", {"dklen": 1 << 40}),
        ("pbkdf2", {"prf": []}),
        ("pbkdf2", {"prf": "mac-sha256"}),
        ("scrypt", {"n": 1 << 40}),
        ("scrypt", {"r": 1 << 20}),
        ("scrypt", {"p": 1 << 20}),
    ],
    ids=str,
)
def test_a_keystore_that_takes_hours_or_is_not_one_is_refused(
    tmp_path: Path, kdf: Literal["pbkdf2", "scrypt"], costs: dict[str, object]
) -> None:
    """AUD-A54"""
    path = tmp_path / "store.json"
    store = Account.encrypt(bytes.fromhex(KEY[2:]), "x", kdf=kdf, iterations=2)
    store["crypto"]["kdfparams"] |= costs
    path.write_text(json.dumps(store))

    with pytest.raises(InputError, match=r"store\.json"):
        KeySigner.from_keystore(path, "x")


def test_a_missing_keystore_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="check the file"):
        KeySigner.from_keystore(tmp_path / "none.json", "x")


def test_a_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", f" {KEY}\n")
    assert KeySigner.from_env().address == ADDRESS

    monkeypatch.delenv("AUDIERA_PRIVATE_KEY")

    with pytest.raises(InputError, match="AUDIERA_PRIVATE_KEY is not set"):
        KeySigner.from_env()


@pytest.mark.parametrize("key", ["", "secret words", "0x" + "00" * 32, "0x" + "ff" * 32, b"\x4b" * 31])
def test_an_unusable_key_is_refused_without_being_repeated(key: str | bytes) -> None:
    with pytest.raises(InputError) as refused:
        KeySigner.from_key(key)

    assert str(refused.value).startswith("The private key is not usable")
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_a_signer_never_shows_its_key() -> None:
    shown = repr(KeySigner.from_key(KEY))

    assert ADDRESS in shown
    assert "4b4b" not in shown.lower()


def test_who_cannot_sign_can_look_and_try(w3: Web3, deployment: Deployment, studio: Studio) -> None:
    watcher = Audiera.connect(w3, ReadOnly(studio.creator.account), deployment)

    assert watcher.preview().datasets.withdraw_all(studio.dataset()).outputs == ()
    with pytest.raises(NoSignerError, match=f"Nobody here can sign for {studio.creator.account}"):
        watcher.datasets.withdraw_all(1)
    with pytest.raises(NoSignerError, match="Nobody here can sign"):
        watcher.signing().datasets.withdraw_all(1)
    with pytest.raises(NoSignerError, match="Nobody here can sign"):
        watcher.sign("UsageLedger", Receipt(bytes(32)))
    with pytest.raises(NoSignerError, match="Nobody here can sign"):
        ReadOnly(ETHER).sign_message({})
    with pytest.raises(NoSignerError, match="Nobody here can sign"):
        ReadOnly(ETHER).sign_text("Sign in.")


def test_without_a_signer_only_views_work(w3: Web3, deployment: Deployment) -> None:
    reader = Audiera.connect(w3, None, deployment)

    assert reader.datasets.dataset_count() == 0
    for act in (
        lambda: reader.royalty.set_recipient(ETHER),
        lambda: reader.signing().royalty.set_recipient(ETHER),
        lambda: reader.preview().royalty.set_recipient(ETHER),
        lambda: reader.account,
    ):
        with pytest.raises(NoSignerError, match="Nobody is there to sign"):
            act()


def test_another_account_acts_on_the_same_connection(as_: As, new_account: Callable[[str], LocalAccount]) -> None:
    first, second = as_("first"), KeySigner(new_account("second"))

    receipt = first.acting_as(second).royalty.set_recipient(first.account)

    assert receipt.sender == second.address
    assert first.royalty.recipient_of(second.address) == first.account
