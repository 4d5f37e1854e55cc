"""`ape run deploy`, below the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiera.cli.network.deploy import deploy_suite
from audiera.client import Signer
from audiera.client.deployment.deployments import Deployment
from tests.cli.conftest import Sessions


def nobody() -> Signer:
    raise AssertionError("nothing is to be signed")


def test_a_suite_that_is_there_is_found_and_written_down_without_a_signature(
    session: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    client = session("label").client

    deploy_suite(client.node, session("label").me, nobody, yes=False, as_json=True)

    printed = capsys.readouterr()
    found = Deployment.find(client.chain_id, tmp_path / "deployments")
    assert found is not None
    assert found.to_json() == printed.out
    assert found.addresses == {name: client.suite[name].address for name in found.contracts}
    assert printed.err.count("is there") == len(found.contracts) == 5


def test_a_file_of_addresses_that_cannot_be_read_is_written_anew(
    session: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    client = session("label").client
    path = tmp_path / "deployments" / f"{client.chain_id}.json"
    path.parent.mkdir()
    path.write_text("{half")

    deploy_suite(client.node, session("label").me, nobody, yes=False, as_json=True)

    printed = capsys.readouterr()
    assert f"deployments/{client.chain_id}.json cannot be read and is written anew.\n" in printed.err
    assert path.read_text() == printed.out
