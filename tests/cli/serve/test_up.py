"""`audiera up`: a whole network, as people start and stop it."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

import audiera as audiera_package
from audiera.cli.main import main
from audiera.cli.serve.up import _await_pages
from audiera.client import Audiera, KeySigner
from audiera.work import audiera_command
from tests.support.music import write_contributors, write_tone
from tests.support.places import ROOT

AUDIERA = audiera_command()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the package alone, as a wheel installs it: nothing else of the project is beside it."""
    shutil.copytree(Path(audiera_package.__file__).parent, tmp_path / "site" / "audiera")
    return tmp_path / "site"


@contextmanager
def network(folder: Path, port: int, installed: Path) -> Iterator[str]:
    """The network while it runs, by what it printed; ended by Ctrl-C."""
    words = ["up", "--folder", str(folder), "--port", str(port), "--node-port", str(free_port())]
    said = folder.with_suffix(".said")
    with said.open("wb") as output:
        env = {**os.environ, "HOME": str(folder.parent), "PYTHONPATH": str(installed)}
        process = subprocess.Popen([*AUDIERA, *words], stdout=output, stderr=output, cwd=installed, env=env)
    try:
        deadline = time.monotonic() + 300
        while "Ctrl-C ends everything" not in said.read_text():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.2)
        yield said.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    assert "Stopping." in said.read_text()


def page(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def uses_on(port: int, path: str) -> set[tuple[str, str]]:
    """The days on which a dataset was used, each with the right, as far as logs say it."""
    return {(it["day"], it["right"]) for it in json.loads(page(port, f"{path}.json"))["uses"] if it["right"]}


def audiera(*words: str) -> dict[str, object]:
    done = subprocess.run([*AUDIERA, *words], capture_output=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def typed(printed: str, name: str, *more: str, cwd: Path) -> str:
    """What a command that was printed says when it is typed, with the key that was."""
    lines = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in printed.splitlines() if " " in line}
    key, _, value = lines["Key"].removeprefix("export ").partition("=")
    words = shlex.split(lines[name])[1:]
    done = subprocess.run(
        [*AUDIERA, *words, *more], capture_output=True, check=True, cwd=cwd, env={**os.environ, key: value}
    )
    return done.stdout.decode()


def pushed(port: int, folder: Path) -> tuple[dict[str, object], KeySigner]:
    """What `audiera push` of one file says to an account that never had any ETH, and the account."""
    write_tone(folder / "Ferry" / "01 Ferry.flac")
    key = "0x" + secrets.token_hex(32)
    signer = KeySigner.from_key(key)
    people = write_contributors(folder / "people.csv", "name,address,share", f"Ada,{signer.address},100 %")
    words = ["push", str(folder / "Ferry"), "--contributors", str(people), "--to", f"http://127.0.0.1:{port}"]
    env = {**os.environ, "AUDIERA_PRIVATE_KEY": key}
    done = subprocess.run([*AUDIERA, *words, "--yes", "--json"], capture_output=True, check=False, env=env)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, object] = json.loads(done.stdout)
    return found, signer


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_a_network_comes_up_with_music_in_it_and_goes_on_where_it_ended(tmp_path: Path, installed: Path) -> None:
    folder, port = tmp_path / "net", free_port()
    database = ("--database", f"sqlite:///{folder}/index.sqlite")

    with network(folder, port, installed) as first:
        assert f"Open     http://127.0.0.1:{port}" in first
        assert "A new network" in first
        assert "Harbour Lights" in page(port, "/")
        assert "Mara Lindqvist" in page(port, "/datasets/1")
        assert f"Gateway  http://127.0.0.1:{port}, of 0x70997970C51812dc3A010C7d01b50e0d17dc79C8; it settles" in first
        assert "/v1/access" in json.loads(page(port, "/v1/openapi.json"))["paths"]
        before = audiera("index", "status", *database, "--json")
        found = audiera("search", "Kitchen", *database, "--json")

    with network(folder, port, installed) as second:
        assert "A new network" not in second
        assert "Harbour Lights" in page(port, "/")
        after = audiera("index", "status", *database, "--json")
        (line,) = (it for it in second.splitlines() if it.startswith("Pull"))
        usual = line.removeprefix("Pull").strip().replace(f":{port} ", ":8080 ")
        assert re.sub(r":\d+ --token", ":8545 --token", usual) in (ROOT / "README.md").read_text("utf-8")
        told_before = uses_on(port, "/datasets/1")
        pulled = typed(second, "Pull", "--yes", cwd=tmp_path)
        node = re.search(r"Node +(\S+)", second)
        assert node is not None
        assert abs(Audiera.connect(node[1]).node.timestamp() - time.time()) < 60  # what is signed here holds there
        settled = folder / "gateway-settle.log"
        deadline = time.monotonic() + 120
        while "Collected 3 statements of batch" not in settled.read_text():
            assert time.monotonic() < deadline, settled.read_text()
            time.sleep(0.5)
        deadline = time.monotonic() + 120  # until the index has the log, which it asks the gateway for
        while uses_on(port, "/datasets/1") <= told_before:
            assert time.monotonic() < deadline, (folder / "index.log").read_text()
            time.sleep(0.5)
        audited = typed(second, "Audit", cwd=tmp_path)
        assert f"http://127.0.0.1:{port}" in page(port, "/network")
        published, musician = pushed(port, tmp_path)
        chain = Audiera.connect(node[1])
        assert published["sentCount"] != 0
        assert chain.datasets.owner_of(int(str(published["dataset"]))) == musician.address
        assert chain.node.balance(musician.address) == 0
        assert f"--to http://127.0.0.1:{port}" in second
        assert f"--network {node[1]} --account TEST::0 --token USDC=0x" in second
        assert "21 files (12,459,566 bytes) came to music, verified against the chain." in pulled
        assert "licences cost 90 USDC, and 0.0176 USDC is signed for uses." in pulled
        assert audited.splitlines()[-1].startswith("All adds up (0 errors, 0 that cannot be known, 0 that wait")

    assert (before["missingCount"], before["lagBlocks"]) == (0, 0)
    assert [after[it] for it in ("block", "logCount", "documentCount")] == [
        before[it] for it in ("block", "logCount", "documentCount")
    ]
    assert "Kitchen Percussion" in json.dumps(found)


def test_up_takes_no_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")

    done = CliRunner(mix_stderr=False).invoke(main, ["up", "--folder", str(tmp_path)])

    assert done.exit_code == 1
    assert f"{tmp_path} holds something else; name a --folder that is not there yet." in done.stderr
    assert [it.name for it in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("option", ["--port", "--node-port"])
def test_a_port_that_another_program_has_is_told_before_anything_is_made(tmp_path: Path, option: str) -> None:
    free = {"--port": free_port(), "--node-port": free_port()}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = {**free, option: listener.getsockname()[1]}
        words = [it for name, port in taken.items() for it in (name, str(port))]

        done = CliRunner(mix_stderr=False).invoke(main, ["up", "--folder", str(tmp_path / "net"), *words])

    said = f"Port {taken[option]} of 127.0.0.1 cannot be had (Address already in use); name another by {option}."
    assert (done.exit_code, done.stderr) == (1, f"Error: {said}\n")
    assert not (tmp_path / "net").exists()


def test_two_networks_do_not_share_a_folder(tmp_path: Path) -> None:
    with (tmp_path / ".audiera-up").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        done = CliRunner(mix_stderr=False).invoke(main, ["up", "--folder", str(tmp_path)])

    assert done.exit_code == 1
    assert "Another `audiera up` runs in" in done.stderr


def test_the_line_to_pages_that_answer_is_closed(tmp_path: Path) -> None:
    """One that is left open is a warning, which is an error here."""

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # which keeps it open

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _await_pages(server.server_address[1], {}, tmp_path)
        gc.collect()
        server.shutdown()
