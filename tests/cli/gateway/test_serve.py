"""`audiera gateway serve`, as people type it."""

import pytest
from click.testing import CliRunner

from audiera.cli.main import main


@pytest.mark.parametrize("words", [[], ["--any-creator", "--creator", f"0x{'1' * 40}"]])
def test_a_gateway_does_not_start_unless_it_is_told_whose_datasets_it_serves(words: list[str]) -> None:
    where = ["--database", "sqlite:///index.db", "--journal", "sqlite:///journal.db", "--store", "store"]

    result = CliRunner(mix_stderr=False).invoke(main, ["gateway", "serve", *where, *words])

    assert (result.exit_code, result.stderr) == (
        1,
        "Error: Say whose datasets are served: by --creator, or everybody's by --any-creator, and not both.\n",
    )
