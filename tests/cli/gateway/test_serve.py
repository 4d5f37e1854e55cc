"""`audiera gateway serve`, as people type it."""

import pytest
from click.testing import CliRunner

from audiera.cli.main import main
from audiera.gateway import Settings


@pytest.mark.parametrize("words", [[], ["--any-creator", "--creator", f"0x{'1' * 40}"]])
def test_a_gateway_does_not_start_unless_it_is_told_whose_datasets_it_serves(words: list[str]) -> None:
    where = ["--database", "sqlite:///index.db", "--journal", "sqlite:///journal.db", "--store", "store"]

    result = CliRunner(mix_stderr=False).invoke(main, ["gateway", "serve", *where, *words])

    assert (result.exit_code, result.stderr) == (
        1,
        "Error: Say whose datasets are served: by --creator, or everybody's by --any-creator, and not both.\n",
    )


def test_the_secret_of_nginx_is_taken_from_the_environment_and_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    secret, started = "0123456789-abcdefghijklmnopqrstuv", list[Settings]()
    monkeypatch.setenv("AUDIERA_PRESIGN_SECRET", secret)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", "11" * 32)
    monkeypatch.setattr("audiera.cli.gateway.serve.create_app", started.append)
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: None)
    where = ["--database", "sqlite:///index.db", "--journal", "sqlite:///journal.db", "--store", "store"]
    words = ["--any-creator", "--accel", "/objects", "--presign", "60"]

    result = CliRunner(mix_stderr=False).invoke(main, ["gateway", "serve", *where, *words])

    assert result.exit_code == 0, result.output
    assert [(it.presign_secret, it.presign, it.accel) for it in started] == [(secret, 60, "/objects")]
    assert secret not in result.output + result.stderr + repr(started)
