"""The house: lengths and sizes are written in one form, that of `audiera.quantities`."""

import re

from tests.support.house import modules

OTHERWISE = re.compile(
    r"\} (?:h|min|s|sec)\b"  # a length that is not written as a clock does
    r"|\} (?:kB|KB|MB|GB)\b"  # a size that is not in bytes; limits are whole MiB or GiB
    r"|\{[^{}:]+\} bytes\b"  # thousands that are not set off
)


def test_no_module_writes_lengths_or_sizes_in_a_form_of_its_own() -> None:
    found = [
        (name, line.strip())
        for name, path in modules().items()
        for line in path.read_text(encoding="utf-8").splitlines()
        if OTHERWISE.search(line)
    ]

    assert found == []
