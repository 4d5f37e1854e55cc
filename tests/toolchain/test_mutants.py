"""`make mutants` tells what tests notice from what they do not, without touching the checkout."""

from pathlib import Path

import pytest

from tools import mutants
from tools.mutations import mutations

LIMITS = '''
"""How much is much."""

MOST = 3


def check(amount: int) -> bool:
    if amount > MOST:
        raise ValueError(f"{amount + 1} is too much")
    return amount != 0


def forgotten(amount: int) -> int:
    return amount
'''
TESTS = """
import pytest
from audiera.money.limits import check


def test_four_is_too_much():
    with pytest.raises(ValueError):
        check(4)


@pytest.mark.parametrize("amount", [1, 2])
def test_what_is_not_too_much_is_something(amount):
    assert check(amount)
"""
SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["."]
addopts = ["--import-mode=importlib", "-p", "xdist", "-p", "pytest_cov", "-p", "pytest_timeout"]
"""
Out = pytest.CaptureFixture[str]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose tests do not say where too much begins, and have forgotten a function."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # what takes most of the time of so few tests
    monkeypatch.setattr(mutants, "WORKERS", 0)
    files = {
        "audiera/__init__.py": "",
        "audiera/money/__init__.py": "",
        "audiera/money/limits.py": LIMITS,
        "tests/money/test_limits.py": TESTS,
        "pyproject.toml": SETTINGS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip())
    return tmp_path


@pytest.mark.heavy
def test_what_no_test_notices_is_told_and_fails(checkout: Path, capfd: Out) -> None:
    code = mutants.main(["--size", "50"], checkout)

    told = capfd.readouterr().out
    found = {line.split("limits.py:")[1]: line.split()[0] for line in told.splitlines() if "limits.py:" in line}
    assert found == {
        "3  3  ->  (4)": "killed",
        "7  amount > MOST  ->  (amount >= MOST)": "survived",
        "7  amount > MOST  ->  (not amount > MOST)": "killed",
        '8  raise ValueError(f"{amount + 1} is too much")  ->  pass': "killed",
        "9  0  ->  (1)": "killed",
        "9  amount != 0  ->  (amount == 0)": "killed",
        "9  return amount != 0  ->  return None": "killed",
        "13  return amount  ->  return None": "survived",
    }  # fmt: skip
    assert told.splitlines()[-1] == "Seed 1: 6 of 8 killed, 75.0 %; 8 could be drawn."
    assert code == 1
    assert (checkout / "audiera/money/limits.py").read_text() == LIMITS.lstrip()


@pytest.mark.heavy
def test_a_seed_draws_the_same_sample_and_nothing_is_tried_twice(
    checkout: Path, capfd: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutants.main(["--seed", "7", "--size", "2", "--least", "0"], checkout)
    first = capfd.readouterr().out.splitlines()

    monkeypatch.setattr(mutants.Checkout, "_pytest", None)
    code = mutants.main(["--seed", "7", "--size", "2", "--least", "0"], checkout)

    again = capfd.readouterr().out.splitlines()
    assert code == 0
    assert [line.split(" s  ")[-1] for line in again] == [line.split(" s  ")[-1] for line in first[1:]]


def test_tests_that_fail_by_themselves_judge_no_mutant(checkout: Path) -> None:
    (checkout / "tests/money/test_limits.py").write_text("def test_nothing():\n    raise ValueError\n")

    with pytest.raises(SystemExit, match="The tests do not pass as they are"):
        mutants.main(["--size", "1"], checkout)


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a = b < c <= d", ["b < c < d", "b <= c <= d"]),
        ("a = b and not c", ["b or not c", "c"]),
        ("a = b if c else -1", ["not c", "1", "2"]),
        ("a = [b for b in c if b]", ["not b"]),
        ("while a:\n    a.b = 5", ["not a", "pass", "6"]),
        ("def a() -> tuple[1, 2]:\n    return b | c", ["return None", "b & c"]),
        ('"""Says."""\na: Final[3] = "words"', []),
        ("@dataclass(frozen=True)\nclass A:\n    b: int = field(default=3)", []),
        ("class A(TypedDict, total=False):\n    b: int", []),
        ("if TYPE_CHECKING:\n    a = 1\n__all__ = [b + c]", []),
    ],
)
def test_whatever_decides_something_is_changed(source: str, changed: list[str]) -> None:
    found = mutations(source)

    assert [it.after.removeprefix("(").removesuffix(")") for it in found] == changed


def test_a_change_is_made_in_its_place_whatever_stands_before_it() -> None:
    source = 'name = "日本"; size = 4\n'

    (found,) = mutations(source)

    assert found.applied(source) == 'name = "日本"; size = (5)\n'
    assert (found.line, found.before) == (1, "4")
