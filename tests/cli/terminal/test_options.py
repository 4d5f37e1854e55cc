"""Which account acts, and how it is unlocked, for commands under Ape."""

from __future__ import annotations

import os

import pytest
from ape.exceptions import AccountsError

from audiera.cli.terminal.options import find_account, unlock
from audiera.client import NoSignerError
from audiera.client.accounts.ape import ApeSigner


def test_test_accounts_are_named_by_their_number() -> None:
    # the first account of the mnemonic that Ape and Anvil share
    assert str(find_account("test::0").address) == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        (None, "Say who acts with --account ALIAS"),
        ("nobody-of-that-name", "Ape knows no account 'nobody-of-that-name'"),
        ("TEST::x", "Ape knows no account 'TEST::x'"),
        ("TEST::99", "There is no test account TEST::99"),
    ],
)
def test_an_account_that_is_not_there_is_refused(alias: str | None, message: str) -> None:
    with pytest.raises(NoSignerError, match=message):
        find_account(alias)


VARIABLE = "APE_ACCOUNTS_vault_PASSPHRASE"


class Keyfile:
    """As much of a keystore account as is looked at before it is opened."""

    alias = "vault"
    keyfile_path = "vault.json"
    address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

    def __init__(self) -> None:
        self.signs_by_itself = False

    def set_autosign(self, enabled: bool) -> None:
        if os.environ[VARIABLE] != "secret":
            raise AccountsError("Invalid password")
        self.signs_by_itself = enabled


def test_a_keystore_takes_its_passphrase_from_the_environment_or_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Keyfile()
    with pytest.raises(NoSignerError, match="set APE_ACCOUNTS_vault_PASSPHRASE"):
        unlock(account)
    assert not account.signs_by_itself
    monkeypatch.setenv(VARIABLE, "secret")

    signer = unlock(account)

    assert isinstance(signer, ApeSigner)
    assert (signer.address, account.signs_by_itself) == (Keyfile.address, True)
    monkeypatch.setenv(VARIABLE, "wrong")
    with pytest.raises(NoSignerError, match="The passphrase does not open vault"):
        unlock(account)


def test_an_empty_passphrase_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")

    with pytest.raises(NoSignerError) as refused:
        unlock(Keyfile())

    assert str(refused.value) == (
        f"An empty passphrase cannot be given by {VARIABLE}; give vault another with "
        "`ape accounts change-password vault`."
    )
