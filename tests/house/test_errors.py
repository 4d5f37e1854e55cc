import inspect
import pickle
import re

import pytest

from audiera import errors
from audiera.errors import AudieraError, ChainError, InputError, RevertError
from tests.support.house import modules
from tests.support.places import ROOT

NAMED = re.compile(r"\b[A-Z][A-Za-z]+_[A-Z][a-z][A-Za-z]+\b")
DECLARED = re.compile(r"^\s*error (\w+)\(", re.MULTILINE)


def test_every_error_descends_from_one_root_and_is_drawn_in_the_docstring() -> None:
    classes = [getattr(errors, name) for name in errors.__all__]

    assert all(issubclass(kind, AudieraError) for kind in classes)
    assert all(kind.__name__ in inspect.cleandoc(errors.__doc__ or "") for kind in classes)


@pytest.mark.parametrize("name", ["AmountError", "ItemError", "LineageError", "SplitError", "TermsError", "UseError"])
def test_every_wrong_input_is_also_a_value_error(name: str) -> None:
    kind = getattr(errors, name)

    assert issubclass(kind, InputError)
    assert issubclass(kind, ValueError)


def test_a_revert_names_the_error_and_its_fields() -> None:
    error = RevertError("Splitter_ShareSum", {"sum": 999_999, "id": b"\x01\x02"}, hint="Fix the shares.")

    assert isinstance(error, ChainError)
    assert error.name == "Splitter_ShareSum"
    assert error.fields == {"sum": 999_999, "id": b"\x01\x02"}
    assert str(error) == "The contract refused: Splitter_ShareSum(sum=999999, id=0x0102). Fix the shares."


def test_a_revert_without_fields_or_hint_is_one_sentence() -> None:
    assert str(RevertError("Splitter_PaysItself")) == "The contract refused: Splitter_PaysItself()."


def test_a_revert_tells_no_more_than_is_read_of_what_was_thrown() -> None:
    error = RevertError("Unknown", {"data": b"\xab" * 501, "message": "m" * 10**6, "text": "t" * 500})

    assert str(error) == (
        f"The contract refused: Unknown(data=0x{'ab' * 500}… (501 bytes), message={'m' * 500}… (1,000,000 letters), "
        f"text={'t' * 500})."
    )
    assert error.fields["data"] == b"\xab" * 501


def test_what_an_error_lists_is_a_line_each_and_no_other_break_is_one() -> None:
    """AUD-T2"""
    error = pickle.loads(pickle.dumps(InputError("2 things to put right.", "a: one\n  two", "b: three")))

    assert error.lines == ("2 things to put right.", "a: one\n  two", "b: three")
    assert str(error) == "2 things to put right.\n  a: one\n  two\n  b: three"


def test_every_error_of_a_contract_that_is_named_anywhere_is_one() -> None:
    sources = "\n".join(it.read_text() for it in sorted((ROOT / "contracts").rglob("*.sol")))
    pages = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]

    declared = set(DECLARED.findall(sources))
    named = [(path.name, it) for path in [*modules().values(), *pages] for it in NAMED.findall(path.read_text("utf-8"))]

    assert len(named) > 100
    assert [it for it in named if it[1] not in declared] == []
