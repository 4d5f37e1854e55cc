"""What docs/datasets.md says of keystore files."""

import re
import subprocess
import sys
from pathlib import Path

from audiera.client import KeySigner

_PAGE = Path(__file__).parents[2] / "docs/datasets.md"


def test_the_command_that_makes_a_keystore_makes_one_that_is_opened(tmp_path: Path) -> None:
    (code,) = re.findall(r'python -c "(.*)" > ada.json', _PAGE.read_text())
    asking = code.replace("getpass.getpass()", "input()")

    made = subprocess.run(
        [sys.executable, "-c", asking], input="a password\n", capture_output=True, text=True, check=True
    )
    (tmp_path / "ada.json").write_text(made.stdout)

    assert asking != code
    assert KeySigner.from_keystore(tmp_path / "ada.json", "a password").address.startswith("0x")
