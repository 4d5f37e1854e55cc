"""Whether a dossier holds: its files, its sentences, what it says of the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial

from audiera.client import Audiera, TxReceipt
from audiera.dossier.facts import chain_facts, facts_then
from audiera.dossier.folder import DossierFolder, made_by, sentences_json
from audiera.dossier.sentences import paper_of
from audiera.errors import AudieraError, ChainError, InputError, StorageError
from audiera.operations import check_run
from audiera.papers import Paper, html_of, is_set_alike, pdf_of
from audiera.protocol import ContentTree, Meter, Terms, parse_right, read_table, to_address
from audiera.runs import Check, check_folder
from audiera.text import Json, as_hash, as_int, as_list, as_object, as_text, as_texts, canonical, hex_of

__all__ = ["verify_chain", "verify_folder"]


def verify_folder(folder: DossierFolder) -> tuple[Check, ...]:
    """Return what the folder alone shows, a statement each; what only a node shows is among them, open.

    Raises:
        StorageError: there is no dossier, or its truth is damaged.
    """
    document = folder.document()
    checks = [
        _checked("Every file is the one that was put in.", partial(_files, folder, document)),
        _checked("The facts of the chain are those that were written down.", partial(_facts, document)),
        _checked("Each sentence follows from facts, files and answers.", partial(_sentences, folder, document)),
        *([_checked("dossier.pdf says the same.", partial(_printed, folder, document))] if folder.has_pdf else []),
        _checked("The model names the run that made it.", partial(_model, folder, document)),
        _checked("The licences' terms hash to their ids, and name the texts.", partial(_terms, folder, document)),
    ]
    try:
        checks += check_folder(folder.run).checks
    except AudieraError as error:
        checks.append(Check("The run is whole.", False, str(error)))
    checks.append(
        Check(
            "The chain says what is written down of it.",
            None,
            "Registrations, licences, holders, settlements and records are facts of the chain: a node shows them.",
        )
    )
    return tuple(checks)


def verify_chain(folder: DossierFolder, client: Audiera[TxReceipt]) -> tuple[Check, ...]:
    """Return what folder and chain together show, a statement each."""
    checks = list(verify_folder(folder))[:-1]
    document = folder.document()
    checks.append(_checked("The chain says what is written down of it.", partial(_chain, folder, document, client)))
    checks.append(_checked("What could change is as it was.", partial(_then, folder, document, client)))
    try:
        found = check_folder(folder.run)
        said = {it.said for it in found.checks}
        checks = [*(it for it in checks if it.said not in said), *check_run(client, found)]
    except AudieraError as error:
        checks.append(Check("The chain bears the run out.", False, str(error)))
    return tuple(checks)


def _checked(said: str, look: Callable[[], tuple[bool | None, str]]) -> Check:
    try:
        return Check(said, *look())
    except AudieraError as error:
        return Check(said, False, str(error))
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        return Check(said, False, f"dossier.json says something else than a dossier does ({error}).")


def _chain_of(document: Mapping[str, object]) -> dict[str, Json]:
    return as_object(document["chain"])  # type: ignore[return-value]  # JSON that was read


def _files(folder: DossierFolder, document: Mapping[str, object]) -> tuple[bool, str]:
    stated = {name: as_hash(value) for name, value in as_object(document["files"]).items()}
    there = folder.files()
    if changed := sorted(it for it in stated.keys() | there.keys() if stated.get(it) != there.get(it)):
        what = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        return False, f"Changed, missing or added: {what}."
    return True, f"{len(stated):,} files, by their SHA-256."


def _facts(document: Mapping[str, object]) -> tuple[bool, str]:
    digest = hashlib.sha256(canonical(_chain_of(document))).digest()
    if digest != as_hash(document["chainSha256"]):
        return False, f"They were changed: they hash to {hex_of(digest)}, and were {as_text(document['chainSha256'])}."
    return True, f"They hash to {hex_of(digest)}."


def _sentences(folder: DossierFolder, document: Mapping[str, object]) -> tuple[bool, str]:
    paper = _paper(folder, document)
    made, stated = sentences_json(paper), as_list(document["sentences"])
    if made != stated:
        wrong = next((str(as_object(two)["title"]) for one, two in zip(made, stated, strict=False) if one != two), "")
        return False, f"Other sentences follow; the first that differs is under “{wrong}”."
    if html_of(paper) != folder.read("dossier.html"):
        return False, "dossier.html says something else."
    return True, f"{sum(len(it.sentences) for it in paper.chapters):,} sentences were written again, and dossier.html."


def _paper(folder: DossierFolder, document: Mapping[str, object]) -> Paper:
    provider = {key: as_text(value) for key, value in as_object(document["provider"]).items()}
    return paper_of(_chain_of(document), folder.run, provider, folder.texts())


def _printed(folder: DossierFolder, document: Mapping[str, object]) -> tuple[bool | None, str]:
    """Set the PDF again. Its text is not enough: what is seen may be another picture over it."""
    paper, stated = _paper(folder, document), folder.read("dossier.pdf")
    try:
        made, _ = pdf_of(paper)
    except InputError as error:
        return None, f"{error} Without it nothing shows what dossier.pdf says; dossier.html is held to the sentences."
    if made == stated:
        return True, "It was set again, byte for byte."
    if is_set_alike(paper, stated, made):
        return False, "It says something else than the sentences, or in another way."
    return (
        None,
        "Another typesetter or other fonts set it, or it says something else; dossier.html is held to the sentences.",
    )


def _model(folder: DossierFolder, document: Mapping[str, object]) -> tuple[bool, str]:
    model, run = as_object(_chain_of(document)["model"]), folder.run.run()
    manifest, table = folder.read("model/manifest.json"), folder.read("model/items.json")
    if hashlib.sha256(manifest).digest() != as_hash(model["manifest"]):
        raise StorageError("model/manifest.json is not the one that the chain names.")
    if ContentTree.of(it.item for it in read_table(table)).root != as_hash(model["contentRoot"]):
        raise StorageError("model/items.json does not make the content root that the chain names.")
    made_by(manifest, table, run)
    if as_hash(document["run"]) != run.digest():
        raise StorageError("dossier.json names another run.")
    return True, f"Manifest {as_text(model['manifest'])}, run {hex_of(run.digest())}."


def _terms(folder: DossierFolder, document: Mapping[str, object]) -> tuple[bool | None, str]:
    missing = []
    for it in map(as_object, as_list(_chain_of(document)["licenses"])):
        terms = _read_terms(as_object(it["terms"]))
        if terms.id() != as_hash(it["termsId"]):
            raise StorageError(f"The terms of licence {as_int(it['license'])} hash to {hex_of(terms.id())}.")
        if terms.text.hex() not in folder.texts():
            missing.append(terms.text.hex())
        elif hashlib.sha256(folder.read(f"texts/{terms.text.hex()}.md")).digest() != terms.text:
            raise StorageError(f"texts/{terms.text.hex()}.md is another text.")
    if missing:
        return None, f"The texts {', '.join(sorted(set(missing)))} are not here: ask the owners for them."
    return True, "By EIP-712, and SHA-256 of the texts."


def _read_terms(members: Mapping[str, object]) -> Terms:
    rights = sum(int(parse_right(it)) for it in as_texts(members["rights"]))
    return Terms(
        rights=rights,
        meter=int(Meter[as_text(members["meter"])]),
        unit_price=int(as_text(members["unitPrice"])),
        token=to_address(as_text(members["token"])),
        duration=as_int(members["duration"]),
        notice=as_int(members["notice"]),
        max_units=as_int(members["maxUnits"]),
        derivative_ppm=as_int(members["derivativePpm"]),
        flags=as_int(members["flags"]),
        text=as_hash(members["text"]),
    )


def _again(folder: DossierFolder, document: Mapping[str, object], client: Audiera[TxReceipt]) -> dict[str, Json]:
    return chain_facts(client, _model_of(document), folder.run.run())


def _model_of(document: Mapping[str, object]) -> int:
    return as_int(as_object(_chain_of(document)["model"])["dataset"])


def _chain(folder: DossierFolder, document: Mapping[str, object], client: Audiera[TxReceipt]) -> tuple[bool, str]:
    stated, found = _chain_of(document), _again(folder, document, client)
    if wrong := sorted(
        key for key in stated.keys() | found.keys() if key != "then" and stated.get(key) != found.get(key)
    ):
        return False, f"It says otherwise of: {', '.join(wrong)}."
    then = as_object(stated["then"])
    block, time = as_int(then["block"]), as_int(then["blockTime"])
    if client.node.timestamp(block) != time:
        return False, f"Block {block:,} has another time."
    batches = zip(as_list(then["batches"]), as_list(as_object(found["then"])["batches"]), strict=True)
    for said, is_ in ((as_object(one), as_object(two)) for one, two in batches):
        # only a batch that was settled later than that block may have changed
        if said != is_ and (said != {**is_, "settledAt": 0, "voucher": None} or as_int(is_["settledAt"]) < time):
            return False, f"It says otherwise of the settlement of batch {as_text(is_['id'])}."
    return True, "Contracts, model, datasets, licences, settlements and records are as it has them."


def _then(folder: DossierFolder, document: Mapping[str, object], client: Audiera[TxReceipt]) -> tuple[bool | None, str]:
    stated, found = as_object(_chain_of(document)["then"]), as_object(_again(folder, document, client)["then"])
    block, changed = as_int(stated["block"]), _differing(stated, found)
    try:
        was = facts_then(client, _model_of(document), folder.run.run(), block)
    except ChainError:
        if not changed:
            return True, "Owner, clearance and settlements are."
        text = (
            f"Changed since block {block:,}, or untrue then: {', '.join(changed)}; a node that keeps old states tells."
        )
        return None, text
    if untrue := _differing(stated, was):
        return False, f"At block {block:,} it was otherwise of: {', '.join(untrue)}."
    since = f", and since then {', '.join(changed)} changed" if changed else ""
    return True, f"Owner, clearance and settlements were at block {block:,}{since}."


def _differing(stated: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    return sorted(key for key in stated if not key.startswith("block") and stated[key] != found[key])
