"""`audiera push`: an album published through a gateway by an account that has neither coin nor a store."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from web3.types import RPCEndpoint

from audiera.cli.main import main
from audiera.client import KeySigner
from audiera.dataset import read_registrations
from audiera.errors import StorageError
from audiera.gateway import Limits, Relaying, Uploading, create_app, relay
from audiera.gateway.problems import Code, Problem
from audiera.gateway.uploads import Upload, Uploads
from audiera.pushing import registering, sending
from audiera.remote import Remote
from audiera.storage import StoredObject
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.music import write_album, write_contributors


@contextmanager
def at(venue: Venue, tmp_path: Path, anvil: str, limits: Limits = Limits()) -> Iterator[Payer]:  # noqa: B008  # frozen
    """A gateway that stores and carries out."""
    signer = venue.as_("relayer").signer
    assert signer is not None
    settings = venue.settings(
        tmp_path / "push.db",
        store=str(tmp_path / "stored"),
        node=anvil,
        relaying=Relaying(signer=signer, state=tmp_path / "state"),
        uploading=Uploading(folder=tmp_path / "parts"),
        limits=limits,
    )
    with serving(create_app(settings)) as server:
        yield Payer(venue, server)


@pytest.fixture
def key(own_venue: Venue, monkeypatch: pytest.MonkeyPatch) -> KeySigner:
    """The key of an account that never had any ETH, in the environment."""
    signer = own_venue.as_("musician").signer
    assert isinstance(signer, KeySigner)
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [signer.address, "0x0"])
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", signer.account.key.hex())
    # Tests before these may have moved the chain's clock ahead, which cannot be moved back.
    clock = SimpleNamespace(time=own_venue.as_("payer").node.timestamp, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(registering, "time", clock)
    return signer


@pytest.fixture
def words(own_venue: Venue, tmp_path: Path) -> list[str]:
    """What to push: an album, and who is paid for it."""
    album = write_album(tmp_path / "Day Ferry")
    ada = own_venue.as_("musician").account
    people = write_contributors(tmp_path / "people.csv", "name,address,share", f"Ada,{ada},100 %")
    return ["push", str(album), "--contributors", str(people), "--yes", "--json"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def result_of(done: Result) -> Any:  # noqa: ANN401  # JSON
    """The document that a command printed after all that it said."""
    assert done.exit_code == 0, done.output
    return json.loads(done.output[done.output.index("{\n") :])


def test_a_musician_publishes_with_one_command(
    own_venue: Venue, key: KeySigner, words: list[str], tmp_path: Path, anvil: str
) -> None:
    client = own_venue.as_("payer")
    before = client.datasets.dataset_count()
    with at(own_venue, tmp_path, anvil) as payer:
        done = run(*words, "--to", payer.server.url)
        again = run(*words, "--to", payer.server.url)

    answer = result_of(done)
    assert answer["dataset"] == before + 1
    assert client.datasets.owner_of(before + 1) == key.address
    assert answer["sentCount"] == len(list((tmp_path / "stored").glob("sha256/*/*")))
    (known,) = read_registrations(tmp_path / "Day Ferry.audiera")
    assert (known.dataset, known.content_root.hex()) == (before + 1, answer["contentRoot"][2:])
    assert again.exit_code == 1
    assert f"These files are dataset {before + 1} on this chain already" in again.output


@pytest.mark.usefixtures("key")
def test_a_push_that_broke_off_sends_the_rest(
    own_venue: Venue,
    words: list[str],
    tmp_path: Path,
    anvil: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent, append = list[int](), sending._append

    def broken(*arguments: object) -> int:
        if len(sent) == 3:
            raise StorageError("as if killed")
        sent.append(1)
        return append(*arguments)  # type: ignore[arg-type]  # as they came

    with at(own_venue, tmp_path, anvil) as payer:
        with monkeypatch.context() as patched:
            patched.setattr(sending, "_append", broken)
            first = run(*words, "--to", payer.server.url)
        stored = len(list((tmp_path / "stored").glob("sha256/*/*")))
        second = run(*words, "--to", payer.server.url)

    assert first.exit_code == 1
    assert stored == 3
    answer = result_of(second)
    assert answer["sentCount"] == len(list((tmp_path / "stored").glob("sha256/*/*"))) - 3


def test_parts_are_as_large_as_the_gateway_takes_them(
    own_venue: Venue, key: KeySigner, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, append = list[int](), sending._append
    whole = random.Random(1).randbytes(300_000)

    def noted(remote: Remote, place: str, offset: int, data: bytes) -> int:
        sent.append(len(data))
        return append(remote, place, offset, data)

    monkeypatch.setattr(sending, "_append", noted)
    with at(own_venue, tmp_path, anvil, Limits(body=1 << 17, items=1_000)) as payer:
        about = payer.server.json("/v1/gateway")
        document = payer.server.json("/v1/openapi.json")
        sending.bring(Remote(payer.server.url, key), [StoredObject(sha256(whole).digest(), len(whole), whole)])

    assert about["body"] == str(1 << 17)
    assert "body" in document["components"]["schemas"]["About"]["properties"]
    assert sent == [1 << 17, 1 << 17, 300_000 - (1 << 18)]
    assert [it.read_bytes() for it in (tmp_path / "stored").glob("sha256/*/*")] == [whole]


@pytest.mark.usefixtures("key")
def test_a_push_sends_again_what_the_gateway_is_too_busy_for(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals, append = (
        [Problem(Code.CONFLICT, "It is being written."), Problem(Code.UNAVAILABLE, "Full.")],
        Uploads.append,
    )

    def busy(*arguments: Any) -> Upload:  # noqa: ANN401
        if refusals:
            raise refusals.pop()
        return append(*arguments)

    monkeypatch.setattr(Uploads, "append", busy)
    monkeypatch.setattr(sending, "_PAUSE", 0.1)
    with at(own_venue, tmp_path, anvil) as payer:
        done = run(*words, "--to", payer.server.url)

    assert refusals == []
    assert result_of(done)["sentCount"] == len(list((tmp_path / "stored").glob("sha256/*/*")))


@pytest.mark.usefixtures("key")
def test_a_registration_whose_answer_was_lost_is_not_made_twice(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")
    before = client.datasets.dataset_count()
    with at(own_venue, tmp_path, anvil) as payer:
        with monkeypatch.context() as patched:
            patched.setattr(registering, "RELAY_PATIENCE", -1.0)
            first = run(*words, "--to", payer.server.url)
        second = run(*words, "--to", payer.server.url)

    assert first.exit_code == 1
    assert "is not mined yet; run it again later, which sends nothing twice." in first.output
    assert result_of(second)["dataset"] == before + 1
    assert client.datasets.dataset_count() == before + 1


@pytest.mark.usefixtures("key")
def test_a_registration_of_which_the_gateway_keeps_no_events_is_not_made_twice(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")
    before = client.datasets.dataset_count()
    monkeypatch.setattr(relay, "_EVENTS", 1)
    with at(own_venue, tmp_path, anvil) as payer:
        tries = [run(*words, "--to", payer.server.url) for _ in range(2)]

    for each in tries:
        assert each.exit_code == 1
        assert "does not tell any more what transaction 0x" in each.output
        assert "look at it on the chain, or delete" in each.output
    assert client.datasets.dataset_count() == before + 1


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("url", ["ftp://x", "music.example", "https://x/?a=b"])
def test_what_is_no_url_is_refused_before_anything_is_read(words: list[str], url: str) -> None:
    done = run(*words, "--to", url)

    assert done.exit_code == 1
    assert f"{url} is no gateway's URL; write https://HOST." in done.output


@pytest.mark.usefixtures("key")
def test_a_gateway_without_uploads_says_so(own_venue: Venue, words: list[str], tmp_path: Path) -> None:
    with serving(create_app(own_venue.settings(tmp_path / "none.db"))) as server:
        done = run(*words, "--to", server.url)

    assert done.exit_code == 1
    assert "This gateway takes no uploads" in done.output
