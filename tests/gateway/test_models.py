"""Models behind the gateway: what is forwarded, when it is paid for, and what comes of services that fail."""

from __future__ import annotations

import base64
import io
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import urllib3
from eth_utils import keccak
from sqlalchemy import create_engine, select, update

from audiera.gateway import Limits, create_app
from audiera.gateway.tables import ACCESSES, BATCHES, CALLS, CHANNELS
from audiera.gateway.taken import uses_in
from audiera.indexer.tables import DATASETS
from audiera.metering import Batch, uses_of
from audiera.protocol import Kind, Meter, Right, right_bit
from tests.support.explorer import Explorer, serving
from tests.support.gateway import PRICE, Payer, Venue
from tests.support.postgres import new_postgres, postgres_server
from tests.support.studio import some_terms

__all__ = ["new_postgres", "postgres_server"]

ROOT = Path(__file__).parents[2]


class Service(ThreadingHTTPServer):
    """A service that does as its input says, and knows what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Does)
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.go_on, self.left = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/generate?key=k"


class Does(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        self.close_connection = True
        getattr(self, body["do"])()

    def say(self, status: int = 200, body: bytes = b"la la la", length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-Secret", "s")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self) -> None:
        self.say(400, b"No such \x1b[1mvoice.")

    def fail(self) -> None:
        self.say(500)

    def lead_away(self) -> None:
        self.say(302)

    def hang_up(self) -> None:
        pass

    def garble(self) -> None:
        self.wfile.write(b"la la la\r\n\r\n")

    def wait(self) -> None:
        self.server.go_on.wait(20)
        self.say()

    def die(self) -> None:
        self.say(length=1_000)

    def ponder(self) -> None:
        time.sleep(0.5)
        self.send_response(200)
        self.send_header("Content-Length", "40")
        self.end_headers()
        for _ in range(10):
            self.wfile.write(b"lala")
            time.sleep(0.05)

    def run_on(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"la" * 10_000)
        except OSError:
            self.server.left.set()


@dataclass
class Caller:
    """A payer of a model, at a gateway."""

    payer: Payer
    service: Service
    journal: str
    """Its URL."""
    by_second: int
    batch: int = 1
    kept: dict[int, Batch] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.payer.server.url}/v1/models/{self.payer.venue.dataset}/invoke"

    def request(self, do: str = "say", **told: object) -> tuple[dict[str, Any], Batch]:
        """A call with its voucher, and the batch that it makes."""
        request = {**self.payer.request("all", right="Inference"), "input": {"do": do}, **told}
        uses = uses_of(
            [(bytes(32), int(str(request.get("seconds", 1))))],
            license=int(str(request["license"])),
            dataset=self.payer.venue.dataset,
            version=1,
            right=right_bit(Right.Inference),
            at=int(str(request["at"])),
            nonce=bytes.fromhex(str(request["nonce"])[2:]),
            unit_price=PRICE,
        )
        batch = self.kept.get(self.batch, Batch()).extend(uses)
        return {**request, **replace(self.payer, batch=self.batch).sign(batch)}, batch

    def send(self, request: dict[str, Any], **headers: str) -> urllib3.BaseHTTPResponse:
        data = json.dumps(request).encode()
        told = {"Content-Type": "application/json", **headers}
        return self.payer.server.http.request("POST", self.url, body=data, headers=told, retries=False, timeout=30)

    def call(self, do: str = "say", **told: object) -> urllib3.BaseHTTPResponse:
        """A call; its batch is kept if it was paid for."""
        request, batch = self.request(do, **told)
        answer = self.send(request)
        if answer.status == 200:
            self.kept[self.batch] = batch
        return answer

    def rows(self, table: Any) -> list[Any]:  # noqa: ANN401
        engine = create_engine(self.journal.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            found = list(connection.execute(select(table)))
        engine.dispose()
        return found

    def owes(self) -> int:
        """What the journal says that the payer owes."""
        return sum(it.held for it in self.rows(CHANNELS))


@pytest.fixture(scope="module")
def studio(venue: Venue, tmp_path_factory: pytest.TempPathFactory) -> tuple[Venue, int, int]:
    """The venue, whose dataset is a model for this module; licences of it by the call and by the second."""
    folder = tmp_path_factory.mktemp("studio")
    shutil.copy(venue.folder / "index.db", folder / "index.db")
    (folder / "store").symlink_to(venue.store)
    own = replace(venue, folder=folder)
    terms = some_terms(rights=Right.Training | Right.Inference, unit_price=PRICE, token=own.usdc)
    licences = own.sell(terms), own.sell(replace(terms, meter=Meter.Second))
    own.read()
    engine = create_engine(own.index)
    with engine.begin() as connection:
        connection.execute(update(DATASETS).values(kind=int(Kind.Model)))
    engine.dispose()
    return own, *licences


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.go_on.set()
        running.shutdown()
        thread.join()


@contextmanager
def at(studio: tuple[Venue, int, int], service: Service, journal: Path, url: str = "", **told: Any) -> Iterator[Caller]:  # noqa: ANN401
    venue, by_call, by_second = studio
    models = {venue.dataset: url or service.url}
    with serving(create_app(venue.settings(journal, explorer=False, models=models, **told))) as server:
        yield Caller(Payer(replace(venue, license=by_call), server), service, f"sqlite:///{journal}", by_second)


@pytest.fixture
def caller(studio: tuple[Venue, int, int], service: Service, tmp_path: Path) -> Iterator[Caller]:
    limits = Limits(call_wait=1, call_bytes=200_000, call_times=2, calls_of_one=2)
    with at(studio, service, tmp_path / "journal.db", limits=limits) as made:
        yield made


def code_of(answer: urllib3.BaseHTTPResponse) -> tuple[int, str, bool]:
    said = answer.json()
    return answer.status, said["code"], said["repeat"]


def access_of(answer: urllib3.BaseHTTPResponse) -> Any:  # noqa: ANN401  # JSON
    return json.loads(base64.b64decode(answer.headers["Audiera-Access"]))


def test_a_call_is_forwarded_and_charged_and_its_answer_passed_on(caller: Caller) -> None:
    answer = caller.call()
    access = access_of(answer)

    assert (answer.status, answer.data, answer.headers["Content-Type"]) == (200, b"la la la", "text/plain")
    assert "X-Secret" not in answer.headers
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (access["price"], access["granted"], access["until"]) == (str(PRICE), [], "0")
    assert access["head"]["voucher"]["root"] == f"0x{caller.kept[1].root().hash.hex()}"
    (path, headers, body), payer = caller.service.asked[0], caller.payer.venue.as_("payer")
    assert (path, body) == ("/generate?key=k", {"do": "say"})
    assert (headers["Audiera-Payer"], headers["Audiera-License"]) == (payer.account, str(caller.payer.venue.license))
    assert not {"User-Agent", "Authorization", "Cookie", "Audiera-Seconds"} & set(headers)
    (row,) = caller.rows(ACCESSES)
    (use,) = uses_in(row)
    assert (use.use.right, use.use.units, use.price, use.use.item) == (right_bit(Right.Inference), 1, PRICE, bytes(32))
    assert [it.until for it in caller.rows(CALLS)] == [0]


def test_a_licence_by_the_second_is_charged_for_the_seconds_that_are_asked_for(caller: Caller) -> None:
    answer = caller.call(license=str(caller.by_second), seconds="30")
    refused = [caller.call(license=str(caller.by_second)), caller.call(seconds="30")]

    assert (answer.status, caller.owes()) == (200, 30 * PRICE)
    assert caller.service.asked[0][1]["Audiera-Seconds"] == "30"
    assert [code_of(it)[1] for it in refused] == ["malformed", "malformed"]


def test_a_service_that_does_not_answer_costs_nothing_and_the_head_stays(caller: Caller) -> None:
    refused = caller.call("refuse")
    failed = [code_of(caller.call(do)) for do in ("fail", "lead_away", "hang_up", "garble", "wait")]
    after = caller.call()

    assert code_of(refused) == (422, "model_refused", False)
    assert (refused.json()["model_status"], refused.json()["said"]) == (400, "No such \x1b[1mvoice.")
    assert failed == [(502, "model_failed", True)] * 5
    assert (after.status, access_of(after)["position"], caller.owes()) == (200, "0", PRICE)


def test_a_service_that_is_not_there_costs_nothing(
    studio: tuple[Venue, int, int], service: Service, tmp_path: Path
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with at(studio, service, tmp_path / "journal.db", url) as caller:
            assert code_of(caller.call()) == (502, "model_failed", True)
            assert (caller.owes(), caller.rows(CALLS)) == (0, [])


def test_an_answer_that_breaks_off_is_paid_for_and_had_again_free(caller: Caller) -> None:
    request, _ = caller.request("die")
    for _ in range(2):
        with pytest.raises(urllib3.exceptions.ProtocolError):
            caller.send(request)
    last = caller.send(request)

    assert code_of(last) == (410, "grant_expired", False)
    assert (caller.owes(), len(caller.service.asked), len(caller.rows(ACCESSES))) == (PRICE, 2, 1)


def test_an_answer_without_end_is_ended(caller: Caller) -> None:
    with pytest.raises(urllib3.exceptions.ProtocolError):
        caller.call("run_on")

    assert caller.service.left.wait(10)
    assert caller.owes() == PRICE


def test_a_client_that_hangs_up_before_the_answer_pays_nothing(caller: Caller) -> None:
    request, _ = caller.request("wait")
    data = json.dumps(request).encode()
    head = f"POST {urllib3.util.parse_url(caller.url).path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", urllib3.util.parse_url(caller.url).port or 0)) as line:
        line.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        while not caller.service.asked:
            pass
    while caller.rows(CALLS):
        pass

    assert (caller.call().status, caller.owes()) == (200, PRICE)


def test_what_a_call_reserves_is_nobody_elses_until_it_is_answered(caller: Caller) -> None:
    request, batch = caller.request("wait")
    answers: list[urllib3.BaseHTTPResponse] = []
    thread = threading.Thread(target=lambda: answers.append(caller.send(request)))
    thread.start()
    while not caller.rows(CALLS):
        pass
    same, other = caller.send(request), caller.call()
    caller.batch = 2
    beside = caller.call()
    caller.service.go_on.set()
    thread.join()

    assert code_of(same) == (503, "unavailable", True)
    assert code_of(other) == (409, "conflict", False)
    assert (beside.status, answers[0].status) == (200, 200)
    assert [it.calls for it in caller.rows(BATCHES)] == [1, 1]
    assert (batch.root().calls, caller.owes()) == (1, 2 * PRICE)


def test_calls_are_of_models_alone_and_models_are_only_called(caller: Caller) -> None:
    access = caller.payer.access("all")
    renamed = caller.send({**caller.request()[0], "right": "Training"})
    unpaid = caller.send({k: v for k, v in caller.request()[0].items() if k not in ("voucher", "signature")})
    caller.payer.venue.dataset += 1
    elsewhere = caller.call()

    assert (access[0], access[1]["code"]) == (403, "not_served")
    assert code_of(renamed)[1] == "malformed"
    assert (unpaid.status, unpaid.json()["quote"]["price"]) == (402, str(PRICE))
    assert code_of(elsewhere)[:2] == (404, "not_found")
    assert caller.service.asked == []


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


def test_the_example_sends_a_melody_of_the_seconds_that_are_paid_for(
    studio: tuple[Venue, int, int], service: Service, tmp_path: Path
) -> None:
    spec = spec_from_file_location("melody_model", ROOT / "docs/examples/melody_model.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(example := module_from_spec(spec))
    with make_server("127.0.0.1", 0, example.app, handler_class=_Quiet) as melody:
        thread = threading.Thread(target=melody.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{melody.server_port}/"
        with at(studio, service, tmp_path / "journal.db", url) as caller:
            told = {"license": str(caller.by_second), "seconds": "3"}
            first, second = (caller.call(input={"seed": 7}, **told) for _ in range(2))
            refused = caller.call(input={"seed": "x"}, **told)
            owed = caller.owes()
        melody.shutdown()
        thread.join()

    with wave.open(io.BytesIO(first.data)) as sound:
        assert sound.getnframes() / sound.getframerate() == 3
    assert first.data == second.data
    assert (code_of(refused)[1], refused.json()["said"]) == ("model_refused", 'Write {"seed": 1}.')
    assert owed == 6 * PRICE


SERVE = """
import json, sys, uvicorn
from audiera.client import KeySigner
from audiera.gateway import Limits, Settings, create_app
told = json.loads(sys.argv[1])
signer, port = KeySigner.from_key(told.pop("key")), told.pop("port")
models = {int(dataset): url for dataset, url in told.pop("models").items()}
settings = Settings(
    **told, signer=signer, gateway=signer.address, models=models, limits=Limits(call_wait=2), explorer=False
)
uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_level="critical")
"""


@contextmanager
def process(told: dict[str, object]) -> Iterator[subprocess.Popen[bytes]]:
    """A gateway with a process of its own, killed at the end."""
    with subprocess.Popen([sys.executable, "-c", SERVE, json.dumps(told)]) as running:
        yield running
        running.kill()


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_gateway_that_is_killed_during_calls_loses_none_and_charges_none_twice(
    studio: tuple[Venue, int, int], service: Service, tmp_path: Path, kind: str, new_postgres: Callable[[], str]
) -> None:
    venue, by_call, by_second = studio
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    journal = new_postgres() if kind == "postgres" else f"sqlite:///{tmp_path}/journal.db"
    key = f"0x{keccak(text='audiera test account: gateway').hex().removeprefix('0x')}"
    told = {"index": venue.index, "journal": journal, "store": venue.store, "key": key, "port": port}
    told["models"] = {str(venue.dataset): service.url}
    server = Explorer(f"http://127.0.0.1:{port}", urllib3.PoolManager())
    caller = Caller(Payer(replace(venue, license=by_call), server), service, journal, by_second)

    def insist(request: dict[str, Any]) -> urllib3.BaseHTTPResponse:
        """Sends the very same call until all of its answer is here."""
        while True:
            try:
                answer = caller.send(request)
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
                continue
            if answer.status < 500:
                return answer
            time.sleep(0.5)

    for delay in (0.1, 0.8):  # before the service has answered, and while its answer is passed on
        request, batch = caller.request("ponder")
        answers: list[urllib3.BaseHTTPResponse] = []
        asked = len(service.asked)
        thread = threading.Thread(target=lambda: answers.append(insist(request)))  # noqa: B023  # joined below
        with process(told):
            thread.start()
            while len(service.asked) == asked:
                time.sleep(0.01)
            time.sleep(delay)
        with process(told):
            thread.join()
        assert (answers[0].status, answers[0].data) == (200, b"la" * 20)
        caller.kept[1] = batch

    assert (len(caller.rows(ACCESSES)), caller.owes()) == (2, 2 * PRICE)
    (row,) = caller.rows(BATCHES)
    assert (row.calls, row.root) == (2, f"0x{caller.kept[1].root().hash.hex()}")
    assert len(service.asked) == 4  # each was forwarded again
