"""`audiera push`: an album published through a gateway by an account that has neither coin nor a store."""

import json
import random
import subprocess
import sys
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

from audiera.cli.folder import push, push_again
from audiera.cli.gateway.limits import RANGES, bounded
from audiera.cli.main import main
from audiera.client import Content, KeySigner, events
from audiera.consumer import read_version
from audiera.dataset import DatasetRequest, load_version, prepare, prepare_version, read_registrations, store_version
from audiera.errors import StorageError
from audiera.gateway import Limits, Relaying, Uploading, create_app, relay
from audiera.gateway.problems import Code, Problem
from audiera.gateway.uploads import Upload, Uploads
from audiera.protocol import DatasetFlag, Kind, Parent
from audiera.pushing import registering, sending
from audiera.remote import Remote
from audiera.storage import StoredObject
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.music import write_album, write_contributors, write_tone


@contextmanager
def at(venue: Venue, tmp_path: Path, anvil: str, **bounds: int) -> Iterator[Payer]:
    """A gateway that stores and carries out."""
    signer = venue.as_("relayer").signer
    assert signer is not None
    settings = venue.settings(
        tmp_path / "push.db",
        store=str(tmp_path / "stored"),
        node=anvil,
        relaying=Relaying(signer=signer, state=tmp_path / "state"),
        uploading=bounded(Uploading(folder=tmp_path / "parts"), bounds),
        limits=bounded(Limits(), bounds),
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


def read_and_change(venue: Venue, tmp_path: Path) -> None:
    """Have the index read what was pushed, and put one more file into the album."""
    venue.read("", str(tmp_path / "stored"))
    write_tone(tmp_path / "Day Ferry" / "99 Home.flac", hertz=333)


def _fails(*_: object) -> int:
    raise StorageError("as if killed")


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

    answer = result_of(done)
    assert answer["dataset"] == before + 1
    assert client.datasets.owner_of(before + 1) == key.address
    assert answer["sentCount"] == len(list((tmp_path / "stored").glob("sha256/*/*")))
    (known,) = read_registrations(tmp_path / "Day Ferry.audiera")
    assert (known.dataset, known.content_root.hex()) == (before + 1, answer["contentRoot"][2:])


def test_a_push_of_a_folder_that_has_changed_brings_what_is_new_and_publishes_a_version(
    own_venue: Venue, key: KeySigner, words: list[str], tmp_path: Path, anvil: str
) -> None:
    client, album = own_venue.as_("payer"), tmp_path / "Day Ferry"
    with at(own_venue, tmp_path, anvil) as payer:
        first = result_of(run(*words, "--to", payer.server.url))
        own_venue.read("", str(tmp_path / "stored"))
        stored = {it.name for it in (tmp_path / "stored").glob("sha256/*/*")}
        write_tone(album / "99 Home.flac", hertz=333)
        asked = CliRunner().invoke(main, [*words, "--to", payer.server.url])
        done = result_of(asked)
        new = {it.name for it in (tmp_path / "stored").glob("sha256/*/*")} - stored
        own_venue.read("", str(tmp_path / "stored"))
        version = read_version(client, Remote(payer.server.url), first["dataset"])

    assert (done["dataset"], done["version"], done["published"]) == (first["dataset"], 2, True)
    assert [it["path"] for it in done["changes"]] == ["99 Home.flac"]
    assert "99 Home.flac is new: who made it gets nothing of it" in asked.output
    assert done["sentCount"] == len(new)
    assert done["manifest"] != first["manifest"]
    assert client.datasets.dataset_of(first["dataset"]).version == 2
    assert version.content_root.hex() == done["contentRoot"][2:]
    assert [it.version for it in read_registrations(tmp_path / "Day Ferry.audiera")] == [1, 2]
    assert client.datasets.owner_of(first["dataset"]) == key.address


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    "flags", [DatasetFlag.Derived, DatasetFlag.Synthetic, DatasetFlag.Derived | DatasetFlag.Synthetic], ids=str
)
def test_a_version_that_is_pushed_is_as_synthetic_and_as_derived_as_the_one_before(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, flags: DatasetFlag
) -> None:
    client, album, record = own_venue.as_("payer"), tmp_path / "Day Ferry", tmp_path / "Day Ferry.audiera"
    prepared = prepare(DatasetRequest(folder=album, contributors=tmp_path / "people.csv", date="2026-03-04"))
    assert prepared.credits is not None
    content = Content(
        *(Kind.Recordings, flags & DatasetFlag.Synthetic, len(prepared.rows)),
        *(prepared.content_root, prepared.manifest_digest),
    )
    parents = (Parent(own_venue.dataset, 0),) if flags & DatasetFlag.Derived else ()
    signed = own_venue.as_("musician").signing().datasets.register(content, prepared.credits.split, parents)
    number = client.submit(signed).event(events.DatasetRegistered).id
    store_version(record, prepared.documents)
    with at(own_venue, tmp_path, anvil) as payer:
        read_and_change(own_venue, tmp_path)
        done = run(*words, "--to", payer.server.url, "--dataset", str(number))

    state = client.datasets.dataset_of(number)
    assert (result_of(done)["version"], state.version, state.flags) == (2, 2, flags)
    made = "wholly or mainly by a generative model" if flags & DatasetFlag.Synthetic else "not by a generative model"
    assert f"\n  made      {made}\n" in done.output


@pytest.mark.usefixtures("key")
def test_a_push_of_a_folder_that_has_not_changed_publishes_nothing(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str
) -> None:
    client = own_venue.as_("payer")
    with at(own_venue, tmp_path, anvil) as payer:
        first = result_of(run(*words, "--to", payer.server.url))
        early = run(*words, "--to", payer.server.url)
        own_venue.read("", str(tmp_path / "stored"))
        again = result_of(run(*words, "--to", payer.server.url))
        other = run(*words, "--to", payer.server.url, "--dataset", str(own_venue.dataset))

    number = first["dataset"]
    assert f"knows no dataset {number} yet; run it again in a minute." in early.output
    assert (again["dataset"], again["version"], again["published"], again["sentCount"]) == (number, 1, False, 0)
    assert again["manifest"] == first["manifest"]
    assert client.datasets.dataset_count() == number
    assert f"Dataset {own_venue.dataset} belongs to 0x" in other.output


@pytest.mark.usefixtures("key")
def test_nothing_is_published_before_every_byte_of_it_is_brought(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")
    with at(own_venue, tmp_path, anvil) as payer:
        number = result_of(run(*words, "--to", payer.server.url))["dataset"]
        read_and_change(own_venue, tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr(sending, "_append", _fails)
            broken = run(*words, "--to", payer.server.url)
        before = client.datasets.dataset_of(number).version
        done = result_of(run(*words, "--to", payer.server.url))

    assert broken.exit_code == 1
    assert before == 1
    assert (done["version"], client.datasets.dataset_of(number).version) == (2, 2)


@pytest.mark.usefixtures("key")
def test_a_version_whose_answer_was_lost_is_not_published_twice(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")
    with at(own_venue, tmp_path, anvil) as payer:
        number = result_of(run(*words, "--to", payer.server.url))["dataset"]
        read_and_change(own_venue, tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr(registering, "RELAY_PATIENCE", -1.0)
            first = run(*words, "--to", payer.server.url)
        second = result_of(run(*words, "--to", payer.server.url))

    assert "is not mined yet; run it again later, which sends nothing twice." in first.output
    assert (second["version"], client.datasets.dataset_of(number).version) == (2, 2)


def test_the_files_of_a_version_that_was_published_elsewhere_are_brought(
    own_venue: Venue, key: KeySigner, words: list[str], tmp_path: Path, anvil: str
) -> None:
    client, album = own_venue.as_("payer"), tmp_path / "Day Ferry"
    record = tmp_path / "Day Ferry.audiera"
    with at(own_venue, tmp_path, anvil) as payer:
        remote = Remote(payer.server.url)
        number = result_of(run(*words, "--to", payer.server.url))["dataset"]
        write_tone(album / "99 Home.flac", hertz=333)
        before = load_version(record, read_registrations(record)[0].manifest_digest)
        prepared = prepare_version(DatasetRequest(folder=album, date="2026-03-04"), before, version=2)
        store_version(record, prepared.documents)
        signed = (
            own_venue.as_("musician")
            .signing()
            .datasets.publish_version(
                number, len(prepared.rows), prepared.content_root, prepared.manifest_digest, version=2, flags=0
            )
        )
        client.submit(signed)
        own_venue.read("", str(tmp_path / "stored"))
        with pytest.raises(StorageError) as lacking:
            read_version(client, remote, number)
        done = result_of(run(*words, "--to", payer.server.url))
        stored = {it.name for it in (tmp_path / "stored").glob("sha256/*/*")}

    url = payer.server.url
    assert str(lacking.value) == (
        f"{url} does not have the manifest of version 2 of dataset {number}, so nobody can use it there. Ask its "
        f"owner, {key.address}, to bring the files with `audiera push`, or the gateway's operator; or name another "
        "gateway."
    )
    assert (done["version"], done["published"]) == (2, False)
    assert done["sentCount"] > 0
    assert {it.sha256.hex() for it in prepared.objects} <= stored
    assert client.datasets.dataset_of(number).version == 2


@pytest.mark.usefixtures("key")
def test_two_pushes_of_one_folder_at_once_register_it_once(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str
) -> None:
    client = own_venue.as_("payer")
    before = client.datasets.dataset_count()
    with at(own_venue, tmp_path, anvil) as payer:
        given = [sys.executable, "-c", "from audiera.cli.main import main; main()", *words, "--to", payer.server.url]
        both = [subprocess.Popen(given, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        told = [each.communicate(timeout=120)[1] for each in both]
        once = client.datasets.dataset_count()
        again = run(*words, "--to", payer.server.url)

    assert once <= before + 1, told
    refused = [it for it, each in zip(told, both, strict=True) if each.returncode]
    assert any("Another command is publishing" in it or "knows no dataset" in it for it in refused)  # it came later
    assert client.datasets.dataset_count() == before + 1, (told, again.output)


@pytest.mark.usefixtures("key")
def test_the_same_files_are_registered_once_whatever_record_is_named(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str
) -> None:
    client = own_venue.as_("payer")
    with at(own_venue, tmp_path, anvil) as payer:
        first = result_of(run(*words, "--to", payer.server.url))
        elsewhere = tmp_path / "elsewhere"
        other = run(*words, "--to", payer.server.url, "--out", str(elsewhere), "--date", "2026-01-01")

    assert other.exit_code == 1
    assert f"has published this already, and {elsewhere} does not say so; name the record that does" in other.output
    assert "or say with --dataset which number it has" in other.output
    assert client.datasets.dataset_count() == first["dataset"]


@pytest.mark.usefixtures("key")
def test_a_registration_whose_answer_was_lost_is_found_on_another_day(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_venue.as_("payer")
    before = client.datasets.dataset_count()
    with at(own_venue, tmp_path, anvil) as payer:
        with monkeypatch.context() as patched:
            patched.setattr(registering, "RELAY_PATIENCE", -1.0)
            first = run(*words, "--to", payer.server.url, "--date", "2026-01-01")
        while client.datasets.dataset_count() == before:
            time.sleep(0.2)
        second = result_of(run(*words, "--to", payer.server.url, "--date", "2026-01-02"))

    assert first.exit_code == 1
    assert (second["dataset"], client.datasets.dataset_count()) == (before + 1, before + 1)
    (known,) = read_registrations(tmp_path / "Day Ferry.audiera")
    assert known.manifest_digest == client.datasets.content_of(before + 1, 1)[1]


@pytest.mark.usefixtures("key")
def test_a_registration_that_was_signed_with_other_shares_is_told_and_recorded_as_it_is_on_the_chain(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, record = own_venue.as_("payer"), tmp_path / "Day Ferry.audiera"
    before, ada, bo = client.datasets.dataset_count(), own_venue.as_("musician").account, own_venue.as_("fan").account
    with at(own_venue, tmp_path, anvil) as payer:
        with monkeypatch.context() as patched:
            patched.setattr(registering, "RELAY_PATIENCE", -1.0)
            run(*words, "--to", payer.server.url, "--kind", "samples")
        while client.datasets.dataset_count() == before:
            time.sleep(0.2)
        write_contributors(tmp_path / "people.csv", "name,address,share", f"Ada,{ada},40 %", f"Bo,{bo},60 %")
        done = run(*words, "--to", payer.server.url)

    assert done.exit_code == 1
    assert (
        f"dataset {before + 1} is registered, of kind Samples, and its income is shared for ever by {ada} 100 %, as "
        f"{record} says. To register these files once more as shown, use `ape run dataset register --again`."
    ) in done.output
    (known,) = read_registrations(record)
    assert known.dataset == before + 1
    assert known.split == client.royalty.current_split(client.datasets.account_of(before + 1))
    assert [it.names for it in known.shares] == [("Ada",)]
    assert known.manifest_digest == client.datasets.content_of(before + 1, 1)[1]
    assert "shares" not in known.options


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("version", [1, 2])
def test_what_was_published_and_not_recorded_is_recorded_by_the_next_run(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    client, record = own_venue.as_("payer"), tmp_path / "Day Ferry.audiera"
    with at(own_venue, tmp_path, anvil) as payer:
        if version == 2:
            run(*words, "--to", payer.server.url)
            read_and_change(own_venue, tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr(push if version == 1 else push_again, "write_registration", _fails)
            broken = run(*words, "--to", payer.server.url)
        number = client.datasets.dataset_count()
        done = result_of(run(*words, "--to", payer.server.url))

    assert broken.exit_code == 1
    assert (done["dataset"], done["version"]) == (number, version)
    assert client.datasets.dataset_count() == number
    assert client.datasets.dataset_of(number).version == version
    assert [it.version for it in read_registrations(record)] == list(range(1, version + 1))
    assert not (record / "push.json").exists()


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


@pytest.mark.usefixtures("key")
def test_an_album_is_published_within_the_least_that_limits_may_be(
    own_venue: Venue, words: list[str], tmp_path: Path, anvil: str
) -> None:
    with at(own_venue, tmp_path, anvil, **{name: least for name, (least, _) in RANGES.items()}) as payer:
        done = run(*words, "--to", payer.server.url)

    assert result_of(done)["sentCount"] == len(list((tmp_path / "stored").glob("sha256/*/*")))


def test_parts_are_as_large_as_the_gateway_takes_them(
    own_venue: Venue, key: KeySigner, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, append = list[int](), sending._append
    whole = random.Random(1).randbytes(300_000)

    def noted(remote: Remote, place: str, offset: int, data: bytes) -> int:
        sent.append(len(data))
        return append(remote, place, offset, data)

    monkeypatch.setattr(sending, "_append", noted)
    with at(own_venue, tmp_path, anvil, body=1 << 17) as payer:
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
        assert "look at it on the chain, or ask the gateway's operator." in each.output
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
