"""Tables, as commands print them."""

from __future__ import annotations

import pytest

from audiera.cli.terminal.output import print_table


def test_one_long_name_widens_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    name, digest = "a" * 255, f"0x{'5f' * 32}"

    print_table(("whatever it is", "hash"), [(name, digest), ("b", digest)], err=False)

    head, *lines = capsys.readouterr().out.splitlines()
    assert max(map(len, (head, *lines))) == 130 + 2 + len(digest)
    assert "".join(line[:130].rstrip() for line in lines) == f"{name}b"
    assert [digest in line for line in lines] == [True, False, True]
