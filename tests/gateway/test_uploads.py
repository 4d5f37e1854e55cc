"""Bytes that accounts bring, by tus over HTTP: resumed, verified, within bounds, and stored as the gateway stores."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import urllib3
from sqlalchemy import create_engine, select, text

from audiera.errors import StorageError
from audiera.gateway import Limits, Uploading, create_app, uploads
from audiera.gateway.tables import TAKEN
from audiera.protocol import ETHER
from audiera.storage import Store
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.permissions import forbidden

KEY = b"k" * 32
TUS = {"Tus-Resumable": "1.0.0"}
PART = 1 << 18


@contextmanager
def at(venue: Venue, tmp_path: Path, **bounds: int) -> Iterator[Payer]:
    """Somebody at a gateway that takes uploads into a store of its own, sealed with its key."""
    settings = venue.settings(
        tmp_path / "uploads.db",
        store=str(tmp_path / "stored"),
        store_key=KEY,
        uploading=Uploading(folder=tmp_path / "parts", **bounds),
        limits=Limits(body=PART),
    )
    with serving(create_app(settings)) as server:
        yield Payer(venue, server)


@pytest.fixture
def payer(own_venue: Venue, tmp_path: Path) -> Iterator[Payer]:
    with at(own_venue, tmp_path) as payer:
        yield payer


def ask(payer: Payer, method: str, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return payer.server.http.request(method, f"{payer.server.url}{path}", headers={**TUS, **named}, retries=False)


def begun(payer: Payer, data: bytes, header: dict[str, str], *, private: bool = True, size: int = 0) -> Any:  # noqa: ANN401  # an answer
    digest = base64.b64encode(hashlib.sha256(data).hexdigest().encode()).decode()
    told = f"sha256 {digest}{',private' * private}"
    return ask(payer, "POST", "/v1/uploads", Upload_Length=str(size or len(data)), Upload_Metadata=told, **header)


def sent(payer: Payer, place: str, data: bytes, offset: int, header: dict[str, str], **more: str) -> Any:  # noqa: ANN401  # likewise
    kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
    named = {name.replace("_", "-"): value for name, value in {**header, **more}.items()}
    url = f"{payer.server.url}{place}"
    return payer.server.http.request("PATCH", url, body=data, headers={**TUS, **kind, **named}, retries=False)


def code_of(answer: urllib3.BaseHTTPResponse) -> tuple[int, str]:
    return answer.status, json.loads(answer.data)["code"]


def test_what_is_brought_in_parts_is_stored_sealed(payer: Payer, tmp_path: Path) -> None:
    data, header = secrets.token_bytes(300_000), payer.signed_in()
    digest = hashlib.sha256(data).digest()

    _, before = payer.post("/v1/uploads/missing", {"objects": [f"0x{digest.hex()}"]}, **header)
    answer = begun(payer, data, header)
    place = answer.headers["Location"]
    first = sent(payer, place, data[:200_000], 0, header)
    where = ask(payer, "HEAD", place, **header)
    last = sent(payer, place, data[200_000:], 200_000, header)
    _, after = payer.post("/v1/uploads/missing", {"objects": [f"0x{digest.hex()}"]}, **header)

    assert (answer.status, first.status, last.status) == (201, 204, 204)
    assert (where.status, where.headers["Upload-Offset"], where.headers["Upload-Length"]) == (200, "200000", "300000")
    assert (before["missing"], after["missing"]) == ([f"0x{digest.hex()}"], [])
    assert Store.open(str(tmp_path / "stored"), KEY).get(digest, len(data)) == data
    assert not Store.open(str(tmp_path / "stored")).backend.size(f"sha256/{digest[:1].hex()}/{digest.hex()}")
    assert list((tmp_path / "parts").iterdir()) == []


def test_papers_are_stored_for_all_to_read(payer: Payer, tmp_path: Path) -> None:
    data, header = b"a manifest, say", payer.signed_in()

    place = begun(payer, data, header, private=False).headers["Location"]
    sent(payer, place, data, 0, header)

    assert Store.open(str(tmp_path / "stored")).get(hashlib.sha256(data).digest(), 100) == data


def test_an_upload_goes_on_after_the_gateway_was_started_again(own_venue: Venue, tmp_path: Path) -> None:
    data = secrets.token_bytes(5_000)
    with at(own_venue, tmp_path) as payer:
        header = payer.signed_in()
        place = begun(payer, data, header).headers["Location"]
        sent(payer, place, data[:3_000], 0, header)
    with at(own_venue, tmp_path) as payer:
        header = payer.signed_in()
        again = begun(payer, data, header)
        done = sent(payer, place, data[3_000:], 3_000, header)

    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (place, "3000")
    assert (done.status, done.headers["Upload-Offset"]) == (204, "5000")


def test_bytes_that_are_not_what_the_hash_says_are_not_stored(payer: Payer, tmp_path: Path) -> None:
    data, header = secrets.token_bytes(1_000), payer.signed_in()
    place = begun(payer, data, header).headers["Location"]

    answer = sent(payer, place, bytes(1_000), 0, header)

    assert code_of(answer) == (460, "checksum_wrong")
    assert not Store.open(str(tmp_path / "stored"), KEY).has(hashlib.sha256(data).digest())
    assert ask(payer, "HEAD", place, **header).status == 404
    assert list((tmp_path / "parts").iterdir()) == []


def test_nobody_has_brought_what_he_never_had(payer: Payer) -> None:
    data, header, thief = secrets.token_bytes(1_000), payer.signed_in(), payer.signed_in("thief")
    sent(payer, begun(payer, data, header).headers["Location"], data, 0, header)
    name = f"0x{hashlib.sha256(data).hexdigest()}"

    answer = sent(payer, begun(payer, data, thief).headers["Location"], bytes(1_000), 0, thief)

    assert code_of(answer) == (460, "checksum_wrong")
    assert payer.post("/v1/uploads/missing", {"objects": [name]}, **thief)[1]["missing"] == [name]


def test_a_part_that_was_damaged_on_the_way_is_not_taken(payer: Payer) -> None:
    data, header = secrets.token_bytes(1_000), payer.signed_in()
    place = begun(payer, data, header).headers["Location"]
    checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()

    answer = sent(payer, place, bytes(1_000), 0, header, Upload_Checksum=f"sha256 {checksum}")

    assert code_of(answer) == (460, "checksum_wrong")
    assert ask(payer, "HEAD", place, **header).headers["Upload-Offset"] == "0"


def test_a_part_from_elsewhere_is_a_conflict_that_says_where_to_go_on(payer: Payer) -> None:
    data, header = secrets.token_bytes(1_000), payer.signed_in()
    place = begun(payer, data, header).headers["Location"]

    answer = sent(payer, place, data[500:], 500, header)
    beyond = sent(payer, place, data + b"x", 0, header)

    assert (code_of(answer), json.loads(answer.data)["offset"]) == ((409, "conflict"), "0")
    assert code_of(beyond) == (413, "too_large")


def test_nobody_waits_while_an_object_is_stored(
    own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, ends, put = threading.Event(), threading.Event(), Store.put
    monkeypatch.setattr(uploads, "_STORING", 1)

    def slow(*told: Any) -> bool:  # noqa: ANN401
        begins.set()
        assert ends.wait(20)
        return put(*told)

    monkeypatch.setattr(Store, "put", slow)
    with at(own_venue, tmp_path) as payer, ThreadPoolExecutor() as pool:
        header = payer.signed_in()
        place, other = (begun(payer, it, header).headers["Location"] for it in (b"first", b"other"))
        first = pool.submit(sent, payer, place, b"first", 0, header)
        assert begins.wait(20)
        same = sent(payer, place, b"first", 0, header)
        part = sent(payer, other, b"oth", 0, header)
        last = sent(payer, other, b"er", 3, header)
        ends.set()
        after = first.result()
        again = sent(payer, other, b"er", 3, header)

    assert code_of(same) == (409, "conflict")
    assert json.loads(same.data)["detail"].startswith("The same upload is being written;")
    assert (code_of(last), last.headers["Retry-After"]) == ((503, "unavailable"), "2")
    assert [part.status, after.status, again.status] == [204, 204, 204]


def test_an_upload_is_its_accounts_alone(payer: Payer) -> None:
    data, header, other = secrets.token_bytes(1_000), payer.signed_in(), payer.signed_in("thief")
    place = begun(payer, data, header).headers["Location"]

    assert sent(payer, place, data, 0, other).status == 404
    assert begun(payer, data, other).headers["Location"] != place
    assert code_of(begun(payer, data, {})) == (401, "unauthenticated")


def test_nobody_learns_what_others_brought(payer: Payer) -> None:
    data, header = secrets.token_bytes(1_000), payer.signed_in()
    sent(payer, begun(payer, data, header).headers["Location"], data, 0, header)
    name = f"0x{hashlib.sha256(data).hexdigest()}"

    _, answer = payer.post("/v1/uploads/missing", {"objects": [name]}, **payer.signed_in("thief"))

    assert answer["missing"] == [name]


@pytest.mark.parametrize(
    ("bounds", "size", "code"),
    [
        ({"file": 500}, 501, (413, "too_large")),
        ({"quota": 1_500}, 501, (403, "quota_exhausted")),
        ({"total": 1_500}, 501, (403, "quota_exhausted")),
    ],
)
def test_no_more_is_taken_than_the_operator_says(
    own_venue: Venue, tmp_path: Path, bounds: dict[str, int], size: int, code: tuple[int, str]
) -> None:
    with at(own_venue, tmp_path, **bounds) as payer:
        header = payer.signed_in()
        begun(payer, b"first", header, size=1_000)

        answer = begun(payer, b"second", header, size=size)

    assert code_of(answer) == code


def taken(tmp_path: Path) -> dict[str, int]:
    """What the journal counts, by account; zero: all together."""
    engine = create_engine(f"sqlite:///{tmp_path / 'uploads.db'}")
    with engine.connect() as connection:
        found = {it.account: it.bytes for it in connection.execute(select(TAKEN))}
    engine.dispose()
    return found


def test_who_sends_nothing_keeps_no_room_from_others(own_venue: Venue, tmp_path: Path) -> None:
    """AUD-G4"""
    with at(own_venue, tmp_path, quota=9 * PART, total=9 * PART) as payer:
        stranger, header = payer.signed_in("thief"), payer.signed_in()
        large = [begun(payer, bytes([it]), stranger, size=8 * PART).status for it in range(2)]

        answer = begun(payer, b"first", header, size=7 * PART)

    assert (large, answer.status) == ([201, 201], 201)


def test_what_is_here_counts_as_it_comes_and_a_part_more(payer: Payer, tmp_path: Path) -> None:
    """AUD-G4"""
    data, header, account = secrets.token_bytes(3 * PART), payer.signed_in(), payer.venue.as_("payer").account
    place = begun(payer, data, header).headers["Location"]
    found = [taken(tmp_path)]
    for at_ in range(0, len(data), PART):
        sent(payer, place, data[at_ : at_ + PART], at_, header)
        found.append(taken(tmp_path))
    again = begun(payer, data, header, private=False)
    anew = taken(tmp_path)
    sent(payer, again.headers["Location"], bytes(PART), 0, header)
    begun(payer, data, header)

    assert [it[account] // PART for it in found] == [1, 2, 3, 3]
    assert anew[account] == 4 * PART
    assert taken(tmp_path) == {account: 4 * PART, ETHER: 4 * PART}


def test_more_than_the_quota_is_not_taken_however_it_was_begun(own_venue: Venue, tmp_path: Path) -> None:
    """AUD-G4"""
    with at(own_venue, tmp_path, quota=4 * PART) as payer:
        header = payer.signed_in()
        one, other = (begun(payer, it, header, size=3 * PART).headers["Location"] for it in (b"first", b"other"))
        answers = [sent(payer, it, bytes(PART), at, header) for at in (0, PART) for it in (one, other)]

    assert [it.status for it in answers] == [204, 204, 403, 403]
    assert taken(tmp_path)[ETHER] == 4 * PART


def test_an_account_begins_few_objects_at_once_and_what_it_begins_again_goes_on(
    own_venue: Venue, tmp_path: Path
) -> None:
    """AUD-G4"""
    with at(own_venue, tmp_path, open=2) as payer:
        header = payer.signed_in()
        first, second, third = (begun(payer, it, header) for it in (b"first", b"second", b"third"))
        again, other = begun(payer, b"first", header), begun(payer, b"first", header, private=False)
        stranger = begun(payer, b"first", payer.signed_in("thief"))
        sent(payer, second.headers["Location"], b"second", 0, header)
        after = begun(payer, b"third", header)

    assert (code_of(third), third.headers["Retry-After"]) == ((429, "rate_limited"), "30")
    assert first.headers["Location"] == again.headers["Location"] == other.headers["Location"]
    assert (stranger.status, after.status) == (201, 201)


def test_a_part_that_is_written_while_its_upload_is_removed_leaves_nothing(
    payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = payer.signed_in()
    place = begun(payer, b"first", header).headers["Location"]
    write = uploads._write

    def removed(part: Path, offset: int, data: bytes) -> None:
        engine = create_engine(f"sqlite:///{tmp_path / 'uploads.db'}")
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM uploads"))
        engine.dispose()
        write(part, offset, data)

    monkeypatch.setattr(uploads, "_write", removed)
    answer = sent(payer, place, b"fi", 0, header)

    assert code_of(answer) == (409, "conflict")
    assert list((tmp_path / "parts").iterdir()) == []


def test_what_nobody_goes_on_with_is_removed(payer: Payer, tmp_path: Path) -> None:
    header = payer.signed_in()
    sent(payer, begun(payer, b"first", header).headers["Location"], b"fi", 0, header)
    engine = create_engine(f"sqlite:///{tmp_path / 'uploads.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE uploads SET until = 1"))
    engine.dispose()
    assert len(list((tmp_path / "parts").iterdir())) == 1

    begun(payer, b"second", header)

    assert list((tmp_path / "parts").iterdir()) == []
    assert taken(tmp_path)[ETHER] == len(b"second")


def test_another_protocol_is_refused_with_what_is_spoken(payer: Payer) -> None:
    answer = payer.server.http.request("POST", f"{payer.server.url}/v1/uploads", headers=payer.signed_in())
    options = payer.server.http.request("OPTIONS", f"{payer.server.url}/v1/uploads")

    assert (code_of(answer), answer.headers["Tus-Version"]) == ((412, "protocol_unknown"), "1.0.0")
    assert options.headers["Tus-Extension"] == "creation,checksum,expiration"


def test_without_room_for_uploads_none_is_taken(own_venue: Venue, tmp_path: Path) -> None:
    with serving(create_app(own_venue.settings(tmp_path / "none.db"))) as server:
        payer = Payer(own_venue, server)
        status, answer = payer.post("/v1/uploads/missing", {"objects": []}, **payer.signed_in())

    assert (status, answer["code"]) == (404, "not_found")


def test_what_is_uploaded_and_what_is_granted_are_in_one_store_that_is_opened_once(
    own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, open_store = list[str](), Store.open

    def noted(url: str, key: bytes | None = None) -> Store:
        opened.append(url)
        return open_store(url, key)

    monkeypatch.setattr(Store, "open", noted)
    stored, uploading = str(tmp_path / "stored"), Uploading(folder=tmp_path / "parts")

    create_app(own_venue.settings(tmp_path / "one.db", store=stored, uploading=uploading, explorer=False))

    assert opened == [stored]


@pytest.mark.parametrize("name", ["parts", "stored"])
def test_a_folder_that_cannot_be_written_to_is_refused_at_the_start(
    own_venue: Venue, tmp_path: Path, name: str
) -> None:
    settings = replace(
        own_venue.settings(tmp_path / "uploads.db", uploading=Uploading(folder=tmp_path / "parts")),
        store=str(tmp_path / "stored"),
    )
    (tmp_path / name).mkdir()

    with forbidden(tmp_path / name), pytest.raises(StorageError, match=f"{tmp_path / name} .*Permission denied"):
        create_app(settings)
