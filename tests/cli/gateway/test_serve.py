"""`audiera gateway serve`, as people type it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiera.cli.main import main
from audiera.gateway import Limits, Settings, Uploading

WHERE = ("--database", "sqlite:///index.db", "--journal", "sqlite:///journal.db", "--store", ".", "--port", "0")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """With what gateways were started that serve nothing."""
    started = list[Settings]()
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", "11" * 32)
    monkeypatch.setattr("audiera.cli.gateway.serve.create_app", started.append)
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: None)
    return started


def typed(*words: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(main, ["gateway", "serve", *WHERE, *words])


@pytest.mark.parametrize("words", [[], ["--any-creator", "--creator", f"0x{'1' * 40}"]])
def test_a_gateway_does_not_start_unless_it_is_told_whose_datasets_it_serves(words: list[str]) -> None:
    result = typed(*words)

    assert (result.exit_code, result.stderr) == (
        1,
        "Error: Say whose datasets are served: by --creator, or everybody's by --any-creator, and not both.\n",
    )


def test_the_secret_of_nginx_is_taken_from_the_environment_and_not_told(
    started: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "0123456789-abcdefghijklmnopqrstuv"
    monkeypatch.setenv("AUDIERA_PRESIGN_SECRET", secret)
    words = ["--any-creator", "--accel", "/objects", "--presign", "60"]

    result = typed(*words)

    assert result.exit_code == 0, result.output
    assert [(it.presign_secret, it.presign, it.accel) for it in started] == [(secret, 60, "/objects")]
    assert secret not in result.output + result.stderr + repr(started)


def test_bounds_are_moved_by_their_names(started: list[Settings], tmp_path: Path) -> None:
    begun = ("--any-creator", "--uploads", str(tmp_path))

    result = typed(*begun, "--limit", "rate=60/minute", "--limit", "items=10", "--limit", "uploads.open=5")

    (settings,) = started
    assert result.exit_code == 0, result.output
    assert settings.limits == Limits(rate="60/minute", items=10)
    assert settings.uploading == Uploading(folder=tmp_path, open=5)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("rates=1/minute", "'rates=1/minute' is not NAME=VALUE with one of the names items, body, "),
        ("rate", "'rate' is not NAME=VALUE"),
        ("items=0", "items is a whole number above zero, and not '0'."),
        ("items=65537", "items is from 1 to 65536, and not 65537, or clients fail; docs/gateway.md says why."),
        ("body=1000", "body is 131072 at least, and not 1000, or clients fail"),
        (
            "body=200000",
            "body=200000 has no room for an access of 4,096 items; give body=331776 or more, or fewer items.",
        ),
        (
            "items=20000",
            "body=1048576 has no room for an access of 20,000 items; give body=1604096 or more, or fewer items.",
        ),
        ("grant=1", "grant is 120 at least, and not 1, or clients fail"),
        ("uploads.expiry=100000000000000000", "uploads.expiry is from 600 to 1000000000, and not 100000000000000000,"),
        ("uploads.open=1e3", "uploads.open is a whole number above zero, and not '1e3'."),
        ("relay.cost=5", "relay.cost: "),
        ("relay.gas=5", "Error: --limit relay.gas bounds what --relay begins; give that option, too.\n"),
        ("uploads.open=5", "Error: --limit uploads.open bounds what --uploads begins; give that option, too.\n"),
    ],
    ids=[
        *(
            "unknown",
            "no value",
            "zero",
            "too many",
            "too few bytes",
            "too few for an access",
            "too many for a request",
        ),
        *("too short", "too long", "no number", "no amount", "no relay", "no uploads"),
    ],
)
@pytest.mark.usefixtures("started")
def test_a_limit_that_cannot_be_meant_is_refused(limit: str, said: str) -> None:
    result = typed("--any-creator", "--limit", limit)

    assert result.exit_code != 0
    assert said in result.stderr
