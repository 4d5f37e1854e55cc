from pathlib import Path

import pytest

from audiera.credits.addressbook import AddressBook, read_address_book
from audiera.errors import InputError
from audiera.protocol.ids import to_address
from tests.support.music import ADA, BEN

CHECKSUMMED = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def message(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_address_book(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("book.yaml", f"ada: {ADA}\nben öz: {CHECKSUMMED}\n"),
        ("book.YML", f"# ours\n'ada': '{ADA}'\nben  o\u0308z: \"{CHECKSUMMED}\"\n"),
        ("book.csv", f"alias,address\nada,{ADA}\nben öz,{CHECKSUMMED}\n"),
        ("book.txt", f"Address;Alias\r\n{ADA}; ada\r\n{CHECKSUMMED};ben öz\r\n"),
    ],
)
def test_an_address_book_is_yaml_or_csv(tmp_path: Path, name: str, text: str) -> None:
    path = written(tmp_path / name, text)

    assert read_address_book(path) == AddressBook(path, {"ada": to_address(ADA), "ben öz": to_address(CHECKSUMMED)})


def test_an_alias_stands_for_its_address(tmp_path: Path) -> None:
    book = read_address_book(written(tmp_path / "book.yaml", f"ada: {ADA}\n"))

    assert book.resolve("ada") == to_address(ADA)


@pytest.mark.parametrize(
    ("alias", "hint"),
    [("Ada", "did you mean ada?"), ("adaa", "did you mean ada or adab?"), ("zoe", "add it, or write the address.")],
)
def test_an_unknown_alias_is_refused_with_what_is_like_it(tmp_path: Path, alias: str, hint: str) -> None:
    book = read_address_book(written(tmp_path / "book.yaml", f"ada: {ADA}\nadab: {BEN}\nquentin: {BEN}\n"))

    with pytest.raises(InputError) as caught:
        book.resolve(alias)

    assert str(caught.value) == f"{alias!r} is not in book.yaml; {hint}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ada: 0x12\n", "line 1: '0x12' is not an address; "),
        (
            f"ada: {CHECKSUMMED.replace('d', 'D', 1)}\n",
            "line 1: 0xD8dA6BF26964aF9D7eEd9e03E53415D37aA96045 has a wrong",
        ),
        (f"ada: '0x{'0' * 40}'\n", "line 1: the address of ada is zero; give the address that is to be paid."),
        (f"{ADA}: {ADA}\n", f"line 1: {ADA} looks like an address; choose an alias that does not."),
        (f"{'ab' * 20}: {ADA}\n", f"line 1: {'ab' * 20} looks like an address; choose an alias that does not."),
        (
            f"vitalik.eth: {ADA}\n",
            "line 1: vitalik.eth looks like a name of ENS, which is not asked; choose an alias wi",
        ),
        (f"ada: {ADA}\nAda: {BEN}\n", "line 2: Ada is there already as ada; keep one."),
        (f"ada: {ADA}\nada: {BEN}\n", "line 2 has 'ada' again (line 1); keep one."),
        (f"ada: [{ADA}]\n", "line 1 gives ada more than one address; write one."),
        (f"'': {ADA}\n", "line 1: no alias is given; write one before the address."),
        (f"- {ADA}\n", "it needs an alias and its address in each line, like `ada: 0x…`."),
        ("{}\n", "it has no entry; give an alias and its address in each row."),
    ],
)
def test_what_is_wrong_with_an_address_book_is_said(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path / "book.yaml", text)

    assert message(path).startswith(f"{path}: {problem}")


def test_everything_that_is_wrong_with_an_address_book_is_said_at_once(tmp_path: Path) -> None:
    path = written(tmp_path / "book.csv", f"alias,address\nada,0x1\nben,{BEN}\nben,{ADA}\n")

    assert message(path) == (
        f"{path}: 2 things to put right."
        "\n  line 2: '0x1' is not an address; give 0x and 40 hexadecimal digits."
        "\n  line 4: ben is there already as ben; keep one."
    )


def test_a_table_of_other_columns_is_no_address_book(tmp_path: Path) -> None:
    path = written(tmp_path / "book.csv", f"name,address\nada,{ADA}\n")

    assert message(path) == f"{path}: it needs the columns `alias` and `address` and no other."
