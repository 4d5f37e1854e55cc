"""The files of a batch: what is written is read again, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audiera.errors import InputError, StorageError, UseError
from audiera.metering.batch import Batch, PricedUse
from audiera.metering.files import Head, SignedVoucher, read_log, rebuild, write_log
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.structs import Use
from audiera.protocol.typed import Domain
from tests.support.places import DOCS

LEDGER = to_address("0x" + "11" * 20)
USES = tuple(
    PricedUse(
        Use(license=7, dataset=3, version=1, item=b"\x05" * 32, right=2, units=2**40, at=n, nonce=n.to_bytes(32)), 2**70
    )
    for n in range(3)
)
VOUCHER = (
    Batch().extend(USES).voucher(payer="0x" + "22" * 20, gateway="0x" + "33" * 20, token=ETHER, batch=2**60, fee=9)
)
SIGNED = SignedVoucher(525_252, LEDGER, VOUCHER, b"\x07" * 65)


def test_a_voucher_and_its_log_read_as_they_were_written(tmp_path: Path) -> None:
    voucher, log = tmp_path / "voucher.json", tmp_path / "uses.jsonl"

    voucher.write_text(SIGNED.to_json())
    write_log(log, USES)

    assert SignedVoucher.read(voucher) == SIGNED
    assert tuple(read_log(log)) == USES
    assert rebuild(VOUCHER, read_log(log)) == Batch().extend(USES)


def test_the_examples_of_the_formats_page_are_what_is_written(tmp_path: Path) -> None:
    """Names and their order as `docs/formats.md` shows them."""
    page = (DOCS / "formats.md").read_text("utf-8")
    log = tmp_path / "uses.jsonl"
    write_log(log, USES[:1])

    shown = page.split("## 9.")[1].replace("\n", " ").replace("{ ", "{")
    voucher = [part.split('"')[-1] for part in SIGNED.to_json().split('":')[:-1]]
    use = [part.split('"')[-1] for part in log.read_text().split('":')[:-1]]
    for names in (voucher, use):
        places = [shown.index(f'"{name}":') for name in names]
        assert len(places) == len(names)
    assert [name for name in use if name != "price"] == [str(name) for name in USES[0].use.abi()]


def test_a_voucher_for_another_ledger_or_chain_is_refused() -> None:
    SIGNED.check_for(Domain("UsageLedger", 525_252, LEDGER))

    for domain in (Domain("UsageLedger", 1, LEDGER), Domain("UsageLedger", 525_252, ETHER)):
        with pytest.raises(InputError, match=f"for the ledger {LEDGER} on chain 525252, and this is {domain.contract}"):
            SIGNED.check_for(domain)


def test_another_voucher_is_not_what_the_log_makes() -> None:
    for other in (replace(VOUCHER, amount=1), replace(VOUCHER, calls=4), replace(VOUCHER, root=bytes(32))):
        with pytest.raises(UseError, match="The use log is of another batch"):
            rebuild(other, USES)


@pytest.mark.parametrize("text", [" ", "[]", "{", '{"voucher": {}}', '{"voucher": {"payer": 7}}'])
def test_what_is_no_voucher_or_no_use_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file"

    path.write_text(text)
    with pytest.raises(InputError, match="is not a signed voucher"):
        SignedVoucher.read(path)
    path.write_text(f"\n{text.strip() or 7}\n")
    with pytest.raises(InputError, match=r"Line 2 of .* is not a use \("):
        list(read_log(path))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"units"', '"unit"', "no 'units'"),
        (f'"{2**40}"', '"-1"', "'-1' is not a whole number"),
        (f'"{2**40}"', f'"{2**64}"', f"Use cannot be hashed: units = {2**64} is not a uint64"),
    ],
    ids=["missing", "not a number", "too large"],
)
def test_what_is_wrong_with_a_use_is_said(tmp_path: Path, old: str, new: str, reason: str) -> None:
    path = tmp_path / "uses.jsonl"
    write_log(path, USES[:1])
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(InputError) as refused:
        list(read_log(path))

    assert str(refused.value) == f"Line 1 of {path} is not a use ({reason}); see docs/formats.md."


@pytest.mark.parametrize(
    ("old", "new"), [('"9"', '"-9"'), ('"9"', "9.5"), ('"9"', "true"), (f'"{2**60}"', f'"{2**64}"')]
)
def test_numbers_are_whole_and_fit(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "voucher.json"
    path.write_text(SIGNED.to_json().replace(old, new))

    with pytest.raises(InputError, match="is not a signed voucher"):
        SignedVoucher.read(path)


def test_plain_numbers_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "voucher.json"
    path.write_text(SIGNED.to_json().replace('"9"', "9").replace('"525252"', "525252"))

    assert SignedVoucher.read(path) == SIGNED


def test_files_that_are_not_there_or_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none\.json cannot be read"):
        SignedVoucher.read(tmp_path / "none.json")
    (tmp_path / "song.ogg").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"song\.ogg is not text"):
        list(read_log(tmp_path / "song.ogg"))


def test_a_head_is_a_voucher_without_its_signature(tmp_path: Path) -> None:
    path = tmp_path / "head.json"
    head = Head(SIGNED.chain_id, SIGNED.ledger, SIGNED.voucher)
    signed, unsigned = SIGNED.document(), head.document()

    path.write_text(head.to_json())

    assert {**unsigned, "signature": signed["signature"]} == signed
    assert Head.read(path) == head
    with pytest.raises(InputError, match="is not a signed voucher \\(no 'signature'\\)"):
        SignedVoucher.read(path)
    path.write_text(SIGNED.to_json())
    assert Head.read(path) == head
    path.write_text("[]")
    with pytest.raises(InputError, match="is not the head of a batch"):
        Head.read(path)


def test_a_log_is_read_line_by_line_and_none_beyond_its_bound(tmp_path: Path) -> None:
    """AUD-A54: three gibibytes without a line break."""
    log = tmp_path / "uses.jsonl"
    with log.open("wb") as file:
        file.truncate(3 << 30)

    with pytest.raises(StorageError, match=r"cannot be read \(A line is too long\); check the name"):
        list(read_log(log))
