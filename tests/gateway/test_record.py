"""The record over HTTP: use logs where indexers look for them, pages of them, and proofs that the ledger takes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, delete, update

from audiera.gateway import create_app
from audiera.gateway import record as recording
from audiera.gateway.connections import Connections
from audiera.gateway.journal import Journal
from audiera.gateway.tables import BATCHES, USE_NAMES
from audiera.metering import Batch, PricedUse, read_uses, rebuild, use_line
from audiera.protocol import Right, Voucher
from tests.support.explorer import serving
from tests.support.gateway import PRICE, Payer, Venue
from tests.support.places import ROOT
from tests.support.settling import settler_of
from tests.support.studio import some_terms


def settle(payer: Payer, journal: Path) -> None:
    """Close and settle all that was taken, and have the index read it."""
    with settler_of(payer.venue, journal) as (settler, _):
        settler.step()
        payer.venue.read()
        settler.step()


def voucher_of(payer: Payer) -> Voucher:
    venue = payer.venue
    client, gateway = venue.as_("payer"), venue.as_("gateway")
    return payer.kept.voucher(payer=client.account, gateway=gateway.account, token=venue.usdc, batch=payer.batch)


def taken(payer: Payer, items: list[int], **told: object) -> list[PricedUse]:
    """Access items, and return the uses that it made, as the payer counts them."""
    request = payer.request(items, **told)
    uses = payer.uses(request)
    batch = payer.kept.extend(uses)
    assert payer.post("/v1/access", {**request, **payer.sign(batch)})[0] == 200
    payer.kept = batch
    return list(uses)


def called(value: Any, kind: dict[str, Any]) -> Any:  # noqa: ANN401  # JSON, and what the ABI calls for
    """Values of JSON as an ABI's type takes them: by name, and of no other names."""
    if kind["type"].endswith("[]"):
        return [called(it, {**kind, "type": kind["type"][:-2]}) for it in value]
    if kind["type"] == "tuple":
        assert set(value) == {it["name"] for it in kind["components"]}
        return tuple(called(value[it["name"]], it) for it in kind["components"])
    return int(value) if kind["type"].startswith("uint") else value


def verify_use(payer: Payer, proof: dict[str, Any]) -> bool:
    """What the ledger itself says to a proof as it came."""
    contract = payer.venue.as_("payer").suite["UsageLedger"]
    w3 = payer.venue.w3
    abi = [it for it in _abi() if it.get("name") == "verifyUse"]
    assert list(proof) == [it["name"] for it in abi[0]["inputs"]]
    arguments = [called(proof[it["name"]], it) for it in abi[0]["inputs"]]
    answer: bool = w3.eth.contract(address=contract.address, abi=abi).functions.verifyUse(*arguments).call()
    return answer


def _abi() -> list[dict[str, Any]]:
    document = json.loads((ROOT / "audiera/abi/UsageLedger.json").read_text())
    found: list[dict[str, Any]] = document["abi"]
    return found


def test_the_log_of_a_closed_batch_lies_where_indexers_look_and_makes_its_root(payer: Payer, tmp_path: Path) -> None:
    uses = taken(payer, [0, 1]) + taken(payer, [0], right="Derivation")
    root = payer.kept.root().hash.hex()
    path = f"/uses/{root[:2]}/{root}.jsonl"
    before = payer.server.get(path)
    with settler_of(payer.venue, tmp_path / "journal.db") as (settler, _):
        settler.step()

    answer = payer.server.get(path)
    head = payer.server.http.request("HEAD", f"{payer.server.url}{path}")

    log = "".join(map(use_line, uses)).encode()
    assert before.status == 404
    assert (answer.status, answer.data) == (200, log)
    assert (answer.headers["Content-Type"], answer.headers["ETag"]) == ("application/x-ndjson", f'"{root}"')
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(log)))
    assert rebuild(voucher_of(payer), read_uses(answer.data, "the log")) == payer.kept


def test_a_log_that_is_not_measured_yet_comes_without_its_length_and_is_not_read_for_it(
    payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = taken(payer, [0, 1])
    settle(payer, tmp_path / "journal.db")
    engine = create_engine(f"sqlite:///{tmp_path}/journal.db")
    with engine.begin() as connection:
        connection.execute(update(BATCHES).values(log_bytes=0))
    engine.dispose()
    root = payer.kept.root().hash.hex()

    answer = payer.server.get(f"/uses/{root[:2]}/{root}.jsonl")
    with monkeypatch.context() as reading:
        reading.setattr(recording, "_uses", lambda *_: 1 / 0)
        head = payer.server.http.request("HEAD", f"{payer.server.url}/uses/{root[:2]}/{root}.jsonl")

    assert answer.data.decode() == "".join(map(use_line, uses))
    assert (head.status, "Content-Length" in head.headers) == (200, False)


@pytest.mark.parametrize(
    ("path", "many"), [("/uses/{start}/{root}.jsonl", 2), ("/v1/logs/0x{root}", 1), ("/v1/uses/0x{use}/proof", 2)]
)
def test_what_takes_work_by_its_length_is_weighed(own_venue: Venue, tmp_path: Path, path: str, many: int) -> None:
    """AUD-G2"""
    settings = own_venue.settings(tmp_path / "journal.db", explorer=False)
    settings = replace(settings, limits=replace(settings.limits, work="4/minute"))
    with serving(create_app(settings)) as server:
        payer = Payer(own_venue, server)
        uses = taken(payer, [0, 1])
        settle(payer, tmp_path / "journal.db")
        root = payer.kept.root().hash.hex()
        named = path.format(start=root[:2], root=root, use=uses[0].use.struct_hash().hex())

        answers = [payer.server.get(named).status for _ in range(3)]

    assert answers == [200] * many + [429] * (3 - many)


def test_a_log_below_another_folder_is_none(payer: Payer, tmp_path: Path) -> None:
    taken(payer, [0])
    settle(payer, tmp_path / "journal.db")
    root = payer.kept.root().hash.hex()
    other = f"{(int(root[:2], 16) + 1) % 256:02x}"

    answer = payer.server.get(f"/uses/{other}/{root}.jsonl")

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_log_comes_in_pages(payer: Payer, tmp_path: Path) -> None:
    uses = taken(payer, [0, 1, 2])
    settle(payer, tmp_path / "journal.db")
    path = f"/v1/logs/0x{payer.kept.root().hash.hex()}"

    first = payer.server.json(f"{path}?limit=2")
    second = payer.server.json(f"{path}?limit=2&cursor={first['next']}")
    beyond = payer.server.json(f"{path}?cursor=7")

    found = "".join(f"{it}\n" for page in (first, second) for it in map(dumped, page["uses"]))
    assert found == "".join(map(use_line, uses))
    assert (first["position"], first["next"], second["position"], second["next"]) == ("0", "2", "2", None)
    assert first["voucher"] == payer.sign(payer.kept)["voucher"]
    assert (beyond["uses"], beyond["next"]) == ([], None)


def test_of_two_batches_of_one_root_always_the_same_is_answered(payer: Payer, tmp_path: Path) -> None:
    request = payer.request([0])
    same = {it: request[it] for it in ("at", "nonce")}
    ids = []
    for payer.batch in range(1, 7):
        payer.kept = Batch()
        taken(payer, [0], **same)
        ids.append(voucher_of(payer).batch_id())
    settle(payer, tmp_path / "journal.db")

    page = payer.server.json(f"/v1/logs/0x{payer.kept.root().hash.hex()}")

    assert page["voucher"]["batch"] == str(ids.index(min(ids)) + 1)


def dumped(use: dict[str, str]) -> str:
    return json.dumps(use, separators=(",", ":"))


def test_the_pages_of_an_open_batch_are_not_for_everybody(payer: Payer) -> None:
    taken(payer, [0])

    answer = payer.server.get(f"/v1/logs/0x{payer.kept.root().hash.hex()}")

    assert answer.status == 404
    assert answer.json()["detail"] == (
        "No batch that is closed has this root; a log is published once its head is final."
    )


def test_every_use_of_a_batch_has_a_proof_that_the_ledger_takes(
    payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_ROWS", 2)
    venue = payer.venue
    other = venue.sell(some_terms(unit_price=PRICE, token=venue.usdc, notice=9))
    venue.read()
    uses = taken(payer, [0, 1, 2]) + taken(payer, [1], license=str(other)) + taken(payer, [0, 1], right="Derivation")
    settle(payer, tmp_path / "journal.db")

    proofs = [payer.server.json(f"/v1/uses/0x{it.use.struct_hash().hex()}/proof") for it in uses]

    assert [verify_use(payer, it) for it in proofs] == [True] * 6
    assert [it["use"]["right"] for it in proofs] == [str(Right.Training.bit_length() - 1)] * 4 + ["6"] * 2
    assert [it["useProof"]["index"] for it in proofs] == ["0", "1", "2", "0", "3", "4"]
    forged = {**proofs[0], "useProof": {**proofs[0]["useProof"], "amount": "1"}}
    assert not verify_use(payer, forged)


def test_a_use_has_no_proof_before_its_batch_is_settled(payer: Payer, tmp_path: Path) -> None:
    (use,) = taken(payer, [0])
    path = f"/v1/uses/0x{use.use.struct_hash().hex()}/proof"
    with settler_of(payer.venue, tmp_path / "journal.db") as (settler, _):
        settler.step()  # settled, but not in the index yet

    answer = payer.server.get(path)
    payer.venue.read()

    assert answer.status == 404
    assert answer.json()["detail"] == (
        "No settled batch here has a use of this name, which is the struct hash of the use."
    )
    assert payer.server.get(path).status == 200


def test_a_proof_that_takes_long_holds_no_connection_and_is_made_once(
    payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (use,) = taken(payer, [0])
    settle(payer, tmp_path / "journal.db")
    path = f"/v1/uses/0x{use.use.struct_hash().hex()}/proof"
    blocks, one = recording._blocks, Connections.one
    begun, go_on, held, found = threading.Event(), threading.Event(), list[Connection](), list[int]()

    @contextmanager
    def counted(connections: Connections) -> Iterator[Connection]:
        with one(connections) as connection:
            held.append(connection)
            yield connection
            held.remove(connection)

    def slow(journal: Journal, *told: Any, **named: Any) -> Any:  # noqa: ANN401
        found.append(len(held))
        begun.set()
        assert go_on.wait(20)
        return blocks(journal, *told, **named)

    monkeypatch.setattr(Connections, "one", counted)
    monkeypatch.setattr(recording, "_blocks", slow)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(payer.server.get, path)
        assert begun.wait(20)
        second = payer.server.get(path)
        go_on.set()

    assert found == [0]
    assert (second.status, second.json()["code"], second.headers["Retry-After"]) == (503, "unavailable", "1")
    assert [first.result().status, payer.server.get(path).status] == [200, 200]


def test_only_some_proofs_are_made_at_the_same_time(
    payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (use,) = taken(payer, [0])
    settle(payer, tmp_path / "journal.db")
    path = f"/v1/uses/0x{use.use.struct_hash().hex()}/proof"

    with monkeypatch.context() as patched:
        patched.setattr(recording, "_TREES", 0)
        refused = payer.server.get(path)

    assert (refused.status, refused.json()["detail"]) == (503, "Other proofs are being made here; ask again.")
    assert payer.server.get(path).status == 200


def test_naming_uses_can_end_in_between_and_be_done_again(
    payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_ROWS", 1)
    uses = taken(payer, [0, 1, 2])
    settle(payer, tmp_path / "journal.db")
    engine = create_engine(f"sqlite:///{tmp_path}/journal.db")
    with engine.begin() as connection:
        connection.execute(delete(USE_NAMES).where(USE_NAMES.c.position == 1))
        connection.execute(update(BATCHES).values(log_bytes=0))

    with settler_of(payer.venue, tmp_path / "journal.db") as (settler, _):
        settler.step()

    with engine.connect() as connection:
        sizes = connection.execute(BATCHES.select()).one().log_bytes
        places = sorted(it.position for it in connection.execute(USE_NAMES.select()))
    engine.dispose()
    assert sizes == len("".join(map(use_line, uses)))
    assert places == [0, 1, 2]
