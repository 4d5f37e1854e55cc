"""`audiera usage`: logs, heads and vouchers by command, as their payer and their gateway type it."""

from __future__ import annotations

import io
import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result
from eth_account import Account
from eth_typing import HexStr

from audiera.cli.terminal.keys import open_key
from audiera.client.deployment.create2 import predict
from audiera.metering.files import SignedVoucher, read_log
from audiera.protocol.signing import MAX_S
from audiera.work import audiera_command
from tests.support.console import audiera
from tests.support.music import write_album, write_contributors

PAYER: Final = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
KEY: Final = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
GATEWAY: Final = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
GATEWAY_KEY: Final = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
"""Of Anvil's own accounts, which everybody knows."""
LEAF: Final = "0x" + "11" * 32
NONCE: Final = "0x" + "22" * 32
UNASKED: Final = "No node was asked for balance, licences and signers; name one with --node URL.\n"
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and the payer's key in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", KEY)
    monkeypatch.delenv("AUDIERA_KEYSTORE_PASSWORD", raising=False)


def usage(*words: str) -> Result:
    return audiera("usage", *words)


def log(*words: str, rate: str = "1000/second", version: str = "1") -> Result:
    told = ("--license", "7", "--dataset", "3", "--right", "training", "--version", version, "--unit-price", rate)
    return usage("log", "uses.jsonl", *words, *told)


def head(*words: str) -> Result:
    told = ("--payer", PAYER, "--gateway", GATEWAY, "--token", "ETH", "--batch", "1", "--chain-id", "1")
    return usage("head", "uses.jsonl", *told, *words)


def sign(*words: str) -> Result:
    return usage("sign", "head.json", "uses.jsonl", "--out", "voucher.json", "--yes", *words)


def check(*words: str) -> Result:
    return usage("check", "voucher.json", "uses.jsonl", *words)


def sign_two_uses() -> None:
    """A log of two uses, its head, and the voucher for it."""
    log(LEAF, "--units", "3", "--at", "5", "--nonce", NONCE)
    log(LEAF, "--units", "4", "--at", "6", "--nonce", NONCE)
    head("--fee", "9", "--out", "head.json")
    sign()


@pytest.fixture
def table(tmp_path: Path) -> str:
    """The item table of an album: half a second, a quarter and three quarters of tones."""
    folder = write_album(tmp_path / "Tones")
    people = write_contributors(tmp_path / "people.csv", "name,address,share", f"Ada,{PAYER},1")
    packed = audiera("pack", folder, "--contributors", people)
    assert packed.exit_code == 0, packed.output
    (found,) = (tmp_path / "Tones.audiera").glob("*/items.json")
    return str(found)


# LOG


def test_a_use_is_logged_as_it_is_told() -> None:
    done = log(LEAF, "--units", "214", "--at", "1700000002", "--nonce", NONCE)

    assert (done.stdout, done.stderr) == (
        "Logged 1 use of 214 seconds for 214000 of the token's smallest unit; uses.jsonl has 1 use now.\n",
        "",
    )
    assert Path("uses.jsonl").read_text() == (
        f'{{"license":"7","dataset":"3","version":"1","item":"{LEAF}","right":"2","units":"214","at":"1700000002",'
        f'"nonce":"{NONCE}","price":"214000"}}\n'
    )


def test_the_whole_dataset_is_used_by_a_call_and_an_ether_price_is_written_as_one() -> None:
    log(rate="0/call")
    done = log(rate="0.001 ETH/call")

    assert done.stdout == "Logged 1 use of 1 call for 0.001 ETH; uses.jsonl has 2 uses now.\n"
    one, other = read_log(Path("uses.jsonl"))
    assert (one.use.item, one.price, other.price) == (bytes(32), 0, 10**15)
    assert one.use.nonce != other.use.nonce


def test_json_has_each_use_as_its_line_has_it() -> None:
    done = log(LEAF, LEAF, "--units", "2", "--json")

    told = json.loads(done.stdout)
    lines = [json.loads(line) for line in Path("uses.jsonl").read_text().splitlines()]
    assert told == {"log": "uses.jsonl", "logged": lines, "value": "4000", "useCount": 2}


def test_units_are_counted_from_the_item_table_by_the_meter(table: str) -> None:
    """Files by their bytes, items by their path or leaf, or all of them."""
    rows = {it["path"]: it for it in json.loads(Path(table).read_text())}
    Path("renamed.flac").write_bytes((Path("Tones") / "a.flac").read_bytes())

    seconds = log("renamed.flac", "side 2/c.wav", "--items", table)
    megabytes = log("b.ogg", "--items", table, rate="5/megabyte")
    whole = log("--items", table, rate="7/second")
    leaf = next(read_log(Path("uses.jsonl"))).use.item.hex()
    again = log(f"0x{leaf}", "--items", table)

    units = sum(-(-it["duration_ms"] // 1_000) for it in rows.values())
    assert seconds.stdout.startswith("Logged 2 uses of 2 seconds for 2000 of")
    assert megabytes.stdout.startswith("Logged 1 use of 1 megabyte for 5 of")
    assert whole.stdout.startswith(f"Logged 1 use of {units} seconds for {7 * units} of")
    assert again.stdout.startswith("Logged 1 use of 1 second for 1000 of")


@pytest.mark.parametrize(
    ("words", "rate", "said"),
    [
        (
            [LEAF],
            "1000/second",
            (
                "How many seconds it is, nothing here says; give them with --units, or name the dataset's --record, or "
                "its item table with --items."
            ),
        ),
        (
            [LEAF, "--units", "1"],
            "0.001 USDC/second",
            (
                "How many decimals USDC has, only its chain says; write the price in its smallest unit, such as "
                "1000/second, or name --node URL."
            ),
        ),
        ([LEAF, "--units", "1"], "1000", "'' is not a meter; choose from Call, Second, Megabyte."),
        ([LEAF, "--units", "1"], "1.5/second", "'1.5' is not an amount; write it like 5 USDC or 0.1 ETH."),
        (
            [LEAF, LEAF, "--units", "1", "--nonce", NONCE],
            "1/call",
            "One nonce is of one use, and these are 2; name one ITEM, or leave --nonce out.",
        ),
        ([LEAF, "--nonce", "7"], "1/call", "'7' is not a nonce; give 0x and 64 hex digits."),
        (
            ["none.flac"],
            "1/call",
            "No folder above none.flac has a record beside it; name the record with --record.",
        ),
        (
            [LEAF, "--record", "none"],
            "1/call",
            (
                "The record none knows no version 1 of dataset 3; name another with --record, or its item table with "
                "--items and --version."
            ),
        ),
    ],
    ids=["units", "decimals", "meter", "price", "nonces", "nonce", "file", "record"],
)
def test_what_cannot_be_logged_is_refused_and_nothing_is_begun(words: list[str], rate: str, said: str) -> None:
    done = log(*words, rate=rate)

    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"Error: {said}\n")
    assert not Path("uses.jsonl").exists()


def test_what_is_used_has_a_version_a_price_and_one_right() -> None:
    told = ("log", "uses.jsonl", "--license", "7", "--dataset", "3", "--right")

    unpriced = usage(*told, "Training", "--version", "1")
    unversioned = usage(*told, "Training", "--unit-price", "1/call")
    wrong = usage(*told, "Humming", "--version", "1", "--unit-price", "1/call")

    assert unpriced.stderr == (
        'Error: Say what a unit costs: with --unit-price, such as "1000/second" in the smallest unit of the token, or '
        "with --node URL, which knows the licence's terms.\n"
    )
    assert unversioned.stderr == "Error: Say which version was used, with --version; only a record would know.\n"
    assert wrong.stderr.startswith("Error: 'Humming' is not a right; choose from DataMining, ")


def test_an_item_of_another_version_is_refused(table: str) -> None:
    """Attack: a use of something that the dataset does not have."""
    Path("other.flac").write_bytes(b"fLaC of somebody else")

    leaf = log(LEAF, "--items", table)
    file = log("other.flac", "--items", table)
    path = log("a.flak", "--items", table)

    assert leaf.stderr == (
        f"Error: No item of dataset 3, version 1 has the leaf {LEAF}; check it, or name another with --version.\n"
    )
    assert file.stderr.startswith("Error: other.flac is not in dataset 3, version 1: none of its 3 items has these")
    assert path.stderr.endswith("no item at that path in dataset 3, version 1; did you mean a.flac?\n")


def test_a_price_beyond_what_a_sum_holds_is_refused() -> None:
    done = log(LEAF, "--units", str(2**64 - 1), rate=f"{2**130}/call")

    assert done.exit_code == 1
    assert done.stderr == f"Error: {(2**64 - 1) * 2**130} for 1 calls does not fit a sum; start a new batch.\n"


# HEAD


def test_a_head_sums_a_log_up() -> None:
    sign_two_uses()

    done, file = head("--fee", "0.5 ETH"), head("--fee", "9", "--json")

    ledger = predict()["UsageLedger"]
    (root,) = re.findall(r"root +(0x[0-9a-f]{64})\n", done.stdout)
    assert done.stdout == (
        "Head of uses.jsonl\n"
        f"  payer         {PAYER}\n"
        f"  gateway       {GATEWAY}\n"
        "  batch number  1\n"
        "  calls         2 in 1 statement\n"
        "  amount        0.000000000000007 ETH\n"
        "  fee           0.5 ETH\n"
        f"  root          {root}\n"
        "  chain         1\n"
        f"  ledger        {ledger}\n"
    )
    assert file.stdout == Path("head.json").read_text()
    assert json.loads(file.stdout) == {
        "chainId": "1",
        "ledger": ledger,
        "voucher": {
            "payer": PAYER,
            "gateway": GATEWAY,
            "token": "0x" + "00" * 20,
            "batch": "1",
            "amount": "7000",
            "fee": "9",
            "calls": "2",
            "statements": "1",
            "root": root,
        },
    }


def test_amounts_of_a_token_are_whole_numbers_where_no_node_knows_its_decimals() -> None:
    sign_two_uses()
    token = "0x" + "33" * 20

    done = head("--token", token)
    fee = head("--token", token, "--fee", "1 USDC")

    assert f"  amount        7000 of {token}\n  fee           0 of {token}\n" in done.stdout
    assert fee.stderr == (
        "Error: How many decimals the token has, only its chain says; write '1 USDC' in its smallest unit, as a whole "
        "number, or name --node URL.\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--token", "USDC"], "Token 'USDC' is not known without a node; write its address, or name --node URL."),
        (["--fee", "1 USDC"], "Token 'USDC' is not known here; use one of ETH."),
        (["--fee", str(2**128)], f"Voucher cannot be hashed: fee = {2**128} is not a uint128"),
        (["--payer", "0x12"], "'0x12' is not an address"),
        (
            ["--node", "http://127.0.0.1:1"],
            "The node at http://127.0.0.1:1 cannot be reached for eth_chainId (Connection refused)",
        ),
    ],
    ids=["token", "fee", "large", "payer", "node"],
)
def test_what_makes_no_head_is_refused(words: list[str], said: str) -> None:
    sign_two_uses()

    done = head(*words, "--out", "other.json")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {said}")
    assert not Path("other.json").exists()


def test_a_head_that_cannot_be_written_is_said() -> None:
    sign_two_uses()

    assert head("--out", "none/head.json").stderr == (
        "Error: none/head.json cannot be written (No such file or directory); choose another --out.\n"
    )


def test_the_commands_are_listed_in_the_order_of_their_use() -> None:
    listed = usage("--help").stdout.partition("Commands:\n")[2].splitlines()

    assert [line.split()[0] for line in listed] == ["log", "head", "sign", "check"]


def test_a_log_that_is_empty_missing_or_of_no_chain_makes_no_head() -> None:
    missing = head()
    Path("uses.jsonl").touch()
    empty = head()
    nowhere = usage("head", "uses.jsonl", "--payer", PAYER, "--gateway", GATEWAY, "--token", "ETH", "--batch", "1")

    assert missing.stderr == "Error: uses.jsonl cannot be read (No such file or directory); check the name.\n"
    assert empty.stderr == "Error: The batch is empty; add a use first.\n"
    assert nowhere.stderr == (
        "Error: Say which chain it is for: its number with --chain-id, or a node to ask with --node.\n"
    )


# SIGN


def test_the_payer_signs_what_its_own_log_makes() -> None:
    sign_two_uses()
    Path("voucher.json").unlink()

    done = sign()

    signed = SignedVoucher.read(Path("voucher.json"))
    assert done.stdout == f"Signed by {PAYER}; the voucher is in voucher.json.\n"
    assert done.stderr.startswith(f"To sign for uses.jsonl\n  payer         {PAYER}\n")
    assert (signed.voucher.amount, signed.voucher.fee, signed.domain.chain_id) == (7_000, 9, 1)
    assert sign("--json").stdout == Path("voucher.json").read_text() == signed.to_json()


def test_a_head_that_the_payers_log_does_not_make_is_not_signed() -> None:
    """Attack: a gateway's head for one use more than the payer has counted."""
    sign_two_uses()
    Path("voucher.json").unlink()
    first, *_ = Path("uses.jsonl").read_text().splitlines(keepends=True)
    Path("uses.jsonl").write_text(first)

    done = sign()

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: The use log is of another batch: it has 1 call in 1 statement with root 0x")
    assert not Path("voucher.json").exists()


def test_a_head_for_another_ledger_is_not_signed() -> None:
    """Attack: a signature for a contract of a stranger's, which has the same name."""
    sign_two_uses()
    Path("voucher.json").unlink()
    strange, ledger = "0x" + "44" * 20, predict()["UsageLedger"]
    Path("head.json").write_text(Path("head.json").read_text().replace(ledger, strange))

    done = sign()

    assert done.stderr == (
        f"Error: The voucher is for the ledger {strange} on chain 1, and this is {ledger} on chain 1; choose the other "
        "network, or have it signed for this.\n"
    )
    assert not Path("voucher.json").exists()


def test_only_the_payers_key_signs_where_nobody_knows_another(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_two_uses()
    Path("voucher.json").unlink()
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", GATEWAY_KEY)
    strange = sign()
    monkeypatch.delenv("AUDIERA_PRIVATE_KEY")
    keyless = sign()

    assert strange.stderr.endswith(
        f"Error: The key is that of {GATEWAY}, and the payer is {PAYER}; sign with the payer's key, or name --node "
        "URL, which knows whom the payer lets sign.\n"
    )
    assert keyless.stderr.endswith(
        "Error: AUDIERA_PRIVATE_KEY is not set; put the private key there, or name a keystore file.\n"
    )
    assert not Path("voucher.json").exists()


@pytest.mark.parametrize("password", ["correct horse", ""], ids=["a password", "an empty one"])
def test_a_keystore_signs_with_its_password(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    sign_two_uses()
    expected = Path("voucher.json").read_text()
    Path("payer.json").write_text(json.dumps(Account.encrypt(HexStr(KEY), password, kdf="pbkdf2", iterations=10)))
    monkeypatch.delenv("AUDIERA_PRIVATE_KEY")

    unasked = sign("--keystore", "payer.json")
    monkeypatch.setenv("AUDIERA_KEYSTORE_PASSWORD", f"{password}?")
    wrong = sign("--keystore", "payer.json")
    monkeypatch.setenv("AUDIERA_KEYSTORE_PASSWORD", password)
    Path("voucher.json").unlink()
    right = sign("--keystore", "payer.json")

    assert unasked.stderr.endswith(
        "Error: There is no terminal to ask for the password of payer.json; set AUDIERA_KEYSTORE_PASSWORD.\n"
    )
    assert wrong.stderr.endswith("Error: The password does not open payer.json; check both.\n")
    assert right.exit_code == 0
    assert Path("voucher.json").read_text() == expected


def test_the_password_is_asked_for_where_there_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("payer.json").write_text(json.dumps(Account.encrypt(HexStr(KEY), "correct", kdf="pbkdf2", iterations=10)))
    asked: list[str] = []

    def prompt(text: str, **how: object) -> str:
        assert (how["hide_input"], how["err"]) == (True, True)
        asked.append(text)
        return "correct"

    monkeypatch.setattr("sys.stdin", AtTerminal())
    monkeypatch.setattr("click.prompt", prompt)

    assert open_key(Path("payer.json")).address == PAYER
    assert asked == ["Password of payer.json"]


class AtTerminal(io.StringIO):
    """Standard input with somebody at it."""

    def isatty(self) -> bool:
        return True


def test_nothing_is_signed_unasked() -> None:
    sign_two_uses()
    Path("voucher.json").unlink()

    done = usage("sign", "head.json", "uses.jsonl", "--out", "voucher.json")

    assert done.stderr.endswith(
        "Error: There is no terminal to ask in, so nothing was done; read the plan and add --yes.\n"
    )
    assert not Path("voucher.json").exists()


def test_what_is_no_head_is_not_signed() -> None:
    log(LEAF, "--units", "3")
    Path("head.json").write_text("{}")

    assert sign().stderr == "Error: head.json is not the head of a batch (no 'voucher'); see docs/formats.md.\n"


# CHECK


def test_a_good_voucher_is_said_to_be_good() -> None:
    sign_two_uses()

    done = check("--payer", PAYER, "--gateway", GATEWAY, "--chain-id", "1")
    told = check("--payer", PAYER, "--chain-id", "1", "--json")

    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        (
            f"voucher.json is good: {PAYER} signed for 2 calls in 1 statement, 0.000000000000007 ETH and a fee of "
            "0.000000000000000009 ETH.\n"
        ),
        UNASKED,
    )
    assert told.exit_code == 0
    assert json.loads(told.stdout) == {
        "good": True,
        "signer": PAYER,
        "voucher": json.loads(Path("voucher.json").read_text())["voucher"],
        "objections": [],
    }


def test_all_that_is_wrong_is_told_at_once() -> None:
    sign_two_uses()
    log(LEAF, "--units", "1")
    ledger = predict()["UsageLedger"]

    done = check("--payer", GATEWAY, "--gateway", PAYER, "--chain-id", "2")
    told = check("--payer", GATEWAY, "--chain-id", "1", "--json")

    first, *problems = done.stdout.splitlines()
    assert done.exit_code == 1
    assert first == "voucher.json is not good to serve on:"
    assert problems[:3] == [
        f"  The payer is {PAYER}, and not {GATEWAY}; ask for a voucher of that channel.",
        f"  The gateway is {GATEWAY}, and not {PAYER}; ask for a voucher of that channel.",
        (
            f"  The voucher is for the ledger {ledger} on chain 1, and this is {ledger} on chain 2; choose the other "
            "network, or have it signed for this."
        ),
    ]
    assert problems[3].startswith("  The use log is of another batch: it has 3 calls in 1 statement with root 0x")
    assert len(problems) == 4
    assert told.exit_code == 1
    assert (json.loads(told.stdout)["good"], len(json.loads(told.stdout)["objections"])) == (False, 2)


def resigned(signature: bytes) -> str:
    """What is said of the voucher with another signature."""
    file = Path("voucher.json")
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "signature": f"0x{signature.hex()}"}))
    done = check("--payer", PAYER, "--chain-id", "1")
    assert done.exit_code == 1
    return done.stdout.partition("voucher.json is not good to serve on:\n  ")[2].rstrip("\n")


def test_a_signature_in_any_other_form_than_the_ledger_takes_is_refused() -> None:
    """AUD-A8: Attack: a signature that recovers to the payer here, and that `settle` refuses."""
    sign_two_uses()
    good = SignedVoucher.read(Path("voucher.json")).signature
    r, s, v = good[:32], int.from_bytes(good[32:64], "big"), good[64]
    high = r + (ORDER - s).to_bytes(32, "big") + bytes([55 - v])

    assert s <= MAX_S
    assert resigned(high) == "The signature has a high s and could be forged twice; sign again."
    assert resigned(good[:64] + bytes([v - 27])) == f"A signature ends in 27 or 28, this in {v - 27}; sign again."
    assert resigned(good[:64]) == "A signature has 65 bytes, this has 64; sign again."
    assert resigned(bytes(64) + b"\x1b") == "The signature is not by any key; sign the digest again."


def test_whose_signature_it_is_is_told() -> None:
    """Attack: a voucher of the payer's that a stranger has signed."""
    sign_two_uses()
    file = Path("voucher.json")
    file.write_text(file.read_text().replace('"fee": "9"', '"fee": "8"'))
    altered = check("--payer", PAYER, "--chain-id", "1")

    (signer,) = re.findall(r"^  (0x[0-9a-fA-F]{40}) signed, and not the payer", altered.stdout, re.MULTILINE)

    assert signer not in (PAYER, GATEWAY)
    assert altered.stdout == (
        "voucher.json is not good to serve on:\n"
        f"  {signer} signed, and not the payer {PAYER}; ask for the payer's signature, or name --node URL, which knows "
        "whom the payer lets sign.\n"
    )


@pytest.mark.heavy
def test_two_programs_of_the_command_line_lose_nothing_of_each_other() -> None:
    """The real program, twice at once: each appends sixty uses in one call."""
    told = ("--license", "7", "--dataset", "3", "--right", "Training", "--version", "1", "--unit-price", "1/call")

    programs = [
        subprocess.Popen(audiera_command("usage", "log", "uses.jsonl", *[leaf] * 60, *told)) for leaf in (LEAF, NONCE)
    ]

    assert [program.wait(timeout=120) for program in programs] == [0, 0]
    items = [priced.use.item.hex() for priced in read_log(Path("uses.jsonl"))]
    assert sorted(items) == ["11" * 32] * 60 + ["22" * 32] * 60
    assert len(set(pairwise(items))) == 3  # one after the other, and not mixed
