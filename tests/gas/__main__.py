"""Measures gas: `python -m tests.gas` checks it against the snapshot, `--write` writes the snapshot first."""

import os
import sys

import pytest

if "--write" in sys.argv[1:]:
    os.environ["AUDIERA_WRITE_GAS"] = "1"
sys.exit(pytest.main(["-q", "-s", "-p", "no:cacheprovider", "tests/gas"]))
