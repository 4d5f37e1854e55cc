"""`audiera run`: what was trained on a pulled album, written down, signed, verified; and each lie about it named."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from web3.types import RPCEndpoint

from audiera.client import KeySigner
from audiera.dataset import load_version
from audiera.errors import InputError
from audiera.manifest import read_commitments
from audiera.metering import Batch, PricedUse, write_log
from audiera.protocol import Kind, Parent, Receipt, Right, SignerScope, TrainingRun, recover, sign
from audiera.runs import BatchHead, RunFolder, check_folder
from tests.support.consumer import result_of, run
from tests.support.gateway import written
from tests.support.studio import Studio, some_terms
from tests.support.training import Trained, model_of


def damaged(path: Path) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    at = data.rindex(b"1")
    data[at] ^= 1
    path.write_bytes(data)


def test_a_run_is_verified_and_each_byte_that_was_changed_is_named(
    trained: Trained, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUDIERA_NODE")
    folder, dataset = trained.folder, trained.asking.venue.dataset
    kept = RunFolder(folder).run()
    (batch,) = kept.batches

    offline, asked = trained.verify(), trained.verify("--node", anvil)

    assert {it[0] for it in offline.values()} == {True}, offline
    assert len(offline) == 6
    assert set(offline) < set(asked)
    settled = asked.pop(f"Batch 0x{batch.batch.hex()} is settled.")
    assert settled == (None, "Not yet: its gateway may, and nobody was paid for it until then.")
    assert {holds for holds, _ in asked.values()} == {True}
    for name, said in (
        ("served.json", "What was served is listed, and makes the root."),
        (f"datasets/{dataset}-1.items.json", f"All that was served of dataset {dataset} is in its version 1."),
        (f"datasets/{dataset}-1.manifest.json", f"All that was served of dataset {dataset} is in its version 1."),
        (f"batches/{batch.batch.hex()}.json", f"Batch 0x{batch.batch.hex()} is what payer and gateway signed."),
        (f"batches/{batch.batch.hex()}.jsonl", f"Batch 0x{batch.batch.hex()} is what payer and gateway signed."),
        ("run.sig", "The licensee signed the document."),
    ):
        whole = (folder / name).read_bytes()
        damaged(folder / name)
        assert trained.verify()[said][0] is not True, name
        (folder / name).write_bytes(whole)
    (trained.files / "model.bin").write_bytes(b"other weights")
    assert trained.verify()["model.bin is the file that the document names."] == (
        False,
        "model.bin is another file than the document names; name the folder that has those of the run.",
    )


def test_what_was_served_without_its_use_has_to_be_recorded(trained: Trained, anvil: str, tmp_path: Path) -> None:
    venue = trained.asking.venue
    log = next((trained.asking.folder / ".audiera" / "batches").glob("*.json"))
    for it in (log, log.with_suffix(".jsonl")):
        it.unlink()
    payer = venue.as_("payer")
    (license_id,) = (it for it in payer.licenses.held_by(payer.account) if it != venue.license)
    trained.folder = tmp_path / "again"
    told = result_of(run(*trained.new(trained.folder, "--license", str(license_id))))
    assert run("run", "sign", str(trained.folder), "--yes").exit_code == 0
    said = f"The use of dataset {venue.dataset} was recorded under this run."

    before = trained.verify("--node", anvil)[said]
    payer.approve("UsageLedger", venue.usdc, 1_000)
    payer.usage.record(license_id, venue.dataset, Right.Inference, 3, bytes.fromhex(told["ref"][2:]))
    after = trained.verify("--node", anvil)

    assert before == (False, f"No record of it names {told['ref']}.")
    assert after[said][0] is True
    assert {holds for holds, _ in after.values()} == {True}


def test_a_countersignature_is_the_gateway_s_or_of_a_key_that_it_lets_settle(trained: Trained, anvil: str) -> None:
    gateway, key = trained.asking.venue.as_("gateway"), b"\x5e" * 32
    (head,) = trained.kept.batches
    file = trained.folder / "batches" / f"{head.batch.hex()}.json"
    document = json.loads(file.read_bytes())
    digest = trained.kept.domain.digest(Receipt(head.voucher))
    account, receipt = recover(digest, sign(digest, key)), sign(digest, key)
    document["receipt"] = f"0x{receipt.hex()}"
    file.write_text(json.dumps(document))
    said = f"Batch 0x{head.batch.hex()} is what payer and gateway signed."
    used = "All that was served was used under the licences."
    recorded = f"The use of dataset {trained.asking.venue.dataset} was recorded under this run."

    offline, forged = check_folder(RunFolder(trained.folder)).checks, trained.verify("--node", anvil)
    until = gateway.node.timestamp() + 60
    gateway.licenses.set_signer(account, SignerScope.Settle, until)
    let = trained.verify("--node", anvil)
    for method, parameters in (("evm_increaseTime", [100_000]), ("evm_mine", [])):
        trained.asking.venue.w3.provider.make_request(RPCEndpoint(method), parameters)
    gateway.licenses.set_signer(account, 0, 0)
    once = trained.verify("--node", anvil)
    trained.settle()
    settled = trained.verify("--node", anvil)

    assert {it.said: it.holds for it in offline}[said] is None
    assert {it.said: it.holds for it in offline}[used] is None
    assert forged[said] == (False, f"{gateway.account} never let {account} settle, which countersigned it.")
    assert used not in forged
    assert forged[recorded][0] is False
    assert (once[said][0], once[used][0]) == (None, None)
    assert f"{gateway.account} let {account} settle, and does so no more" in once[said][1]
    assert recorded not in once
    for checks in (let, settled):
        assert checks[said][0] is True
        assert checks[used] == (True, "Each item has its use.")


def test_uses_that_were_signed_for_under_a_licence_of_something_else_are_none(trained: Trained, anvil: str) -> None:
    venue, run, folder = trained.asking.venue, trained.kept, RunFolder(trained.folder)
    payer, gateway, studio = venue.as_("payer"), venue.as_("gateway"), Studio(venue.as_("creator"))
    free = some_terms(unit_price=0, token=venue.usdc, rights=Right.Inference)
    other = studio.dataset()
    license_id = studio.license(other, studio.offer(other, free), payer)
    (head,) = run.batches
    kept = folder.evidence(head.batch)
    uses = [PricedUse(replace(it.use, license=license_id), 0) for it in kept.uses]
    voucher = (
        Batch()
        .extend(uses)
        .voucher(payer=payer.account, gateway=gateway.account, token=venue.usdc, batch=kept.signed.voucher.batch)
    )
    assert isinstance(payer.signer, KeySigner)
    assert isinstance(gateway.signer, KeySigner)
    receipt = gateway.signer.sign_struct(venue.domain, Receipt(voucher.struct_hash()))
    file = folder.path / "batches" / f"{head.batch.hex()}.json"
    document = json.loads(file.read_bytes()) | {"voucher": written(voucher), "receipt": f"0x{receipt.hex()}"}
    file.write_text(json.dumps({**document, "signature": f"0x{payer.sign_voucher(voucher).hex()}"}))
    write_log(file.with_suffix(".jsonl"), uses)
    licenses = tuple(sorted({*run.licenses, license_id}))
    run = replace(run, licenses=licenses, batches=(BatchHead(head.batch, voucher.struct_hash()),))
    (folder.path / "run.json").write_bytes(run.document())
    folder.sign(payer.signer.sign_struct(run.domain, TrainingRun(run.digest())))

    checks = trained.verify("--node", anvil)

    said = f"Licence {license_id} covers dataset {venue.dataset}, whose use was signed for under it."
    assert {it for it, (holds, _) in checks.items() if holds is False} == {said}


def test_a_document_that_a_hot_key_signed_stays_good_where_the_chain_shows_when(trained: Trained, anvil: str) -> None:
    payer, key = trained.asking.venue.as_("payer"), b"\x5f" * 32
    digest = trained.kept.signed_digest()
    signature = sign(digest, key)
    account, said = recover(digest, signature), "The key that signed the document may act for the licensee."
    RunFolder(trained.folder).sign(signature)
    license_id = next(iter(trained.kept.licenses))

    def seen() -> bool | None:
        holds: bool | None = trained.verify("--node", anvil)[said][0]
        return holds

    never = seen()
    payer.licenses.set_signer(account, SignerScope.Access, payer.node.timestamp() + 60)
    now = seen()
    for method, parameters in (("evm_increaseTime", [100_000]), ("evm_mine", [])):
        trained.asking.venue.w3.provider.make_request(RPCEndpoint(method), parameters)
    ended = seen()
    payer.approve("UsageLedger", trained.asking.venue.usdc, 1_000)
    payer.usage.record(license_id, trained.asking.venue.dataset, Right.Inference, 1, trained.ref)

    assert (never, now, ended, seen()) == (False, True, None, True)


@pytest.mark.heavy
def test_a_run_without_a_licence_for_its_time_does_not_hold(trained: Trained, anvil: str, tmp_path: Path) -> None:
    trained.folder = tmp_path / "early"
    early = trained.new(trained.folder)
    early[early.index("--started") + 1] = "2001-01-01"
    result_of(run(*early))

    checks = trained.verify("--node", anvil)

    dataset = trained.asking.venue.dataset
    holds, why = checks[f"Dataset {dataset} was licensed for Inference from beginning to end."]
    assert holds is False
    assert re.fullmatch(r"Licence \d+ is of 20\d\d-[\d :-]+ UTC, and this was at 2001-01-01 00:00:00 UTC\.", why)
    assert checks["The licensee signed the document."] == (False, "It is not signed; `audiera run sign` does.")


@pytest.mark.heavy
def test_a_run_that_would_end_before_it_begins_is_told_both_times(trained: Trained, tmp_path: Path) -> None:
    late = trained.new(tmp_path / "late")
    late[late.index("--started") + 1] = "2101-01-01T12:30Z"

    done = run(*late, "--ended", "2101-01-01T12:29Z")

    said = (
        "It would begin at 2101-01-01 12:30 UTC and end before, at 2101-01-01 12:29 UTC; see to --started and --ended."
    )
    assert (done.exit_code, done.output) == (1, f"Error: {said}\n")


@pytest.mark.heavy
def test_a_run_is_not_written_over_and_needs_a_pull_and_what_was_served(trained: Trained, tmp_path: Path) -> None:
    again = run(*trained.new(trained.folder))
    shutil.rmtree(trained.asking.folder / ".audiera" / "served")
    (trained.asking.folder / ".audiera" / "served").mkdir()
    unserved = run(*trained.new(tmp_path / "other"))
    shutil.rmtree(trained.asking.folder / ".audiera")
    unpulled = run(*trained.new(tmp_path / "other"))

    assert "has a run already; name another folder." in again.output
    assert "Nothing was served, so there is no tree of it; name the logs of the run." in unserved.output
    assert "Nothing was pulled to" in unpulled.output


def test_a_model_is_registered_by_its_run(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    client, dataset = trained.asking.venue.as_("payer"), trained.asking.venue.dataset

    model_of(trained)

    told = json.loads(capsys.readouterr().out)
    model = told["dataset"]
    assert client.datasets.parents(model) == (Parent(dataset, 50_000),)
    assert client.licenses.clearance_of(model).rights_ceiling == Right.Inference | Right.Derivation
    assert told["run"] == f"0x{trained.ref.hex()}"
    _, digest = client.datasets.content_of(model, 1)
    manifest = (Path(told["record"]) / digest.hex() / "manifest.json").read_bytes()
    (named,) = (it for it in read_commitments(manifest).files if it.name == "run.json")
    assert named.sha256 == trained.ref
    load_version(Path(told["record"]), digest)


def test_what_is_no_model_of_the_run_is_refused(trained: Trained) -> None:
    with pytest.raises(InputError, match=r"A training run makes a model; add --kind model, or leave --run out\."):
        model_of(trained, kind=Kind.Recordings)
    with pytest.raises(InputError, match=r"A model of a run is one dataset; leave out --group-by\."):
        model_of(trained, group_by="contributors")
    weights = trained.files / "model.bin"
    weights.write_bytes(b"other weights")
    with pytest.raises(
        InputError, match=r"model\.bin of the run is not in the folder as the run has it; put it there\."
    ):
        model_of(trained)
    (trained.folder / "run.sig").unlink()
    with pytest.raises(InputError, match=r"does not hold: The licensee signed the document\. It is not signed"):
        model_of(trained)
