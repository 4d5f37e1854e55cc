"""`audiera dossier`, from the pull to the verified paper; and each part of it that was changed, named."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from audiera.client.chain import Message, Node, RefusalError
from audiera.dossier import QUESTIONS, SECTIONS, chain_facts, read_provider
from audiera.errors import InputError
from tests.support.consumer import result_of, run
from tests.support.training import Trained, model_of

HOSTILE = '<script>alert(1)</script> #panic("x") *b* $x$ `r` @x \\ [a](b)'


@dataclass(slots=True)
class Filed:
    """A dossier of a model."""

    trained: Trained
    model: int
    record: Path
    folder: Path

    def make(self, to: Path, *more: str) -> list[str]:
        run_folder, record = ("--run", str(self.trained.folder)), ("--record", str(self.record))
        return ["dossier", "make", str(self.model), *run_folder, *record, "--to", str(to), "--no-pdf", "--json", *more]

    def forge(self, old: bytes, new: bytes) -> bytes:
        """Put something else into the truth, and return what it was."""
        document = (self.folder / "dossier.json").read_bytes()
        assert old in document
        (self.folder / "dossier.json").write_bytes(document.replace(old, new))
        return document

    def verify(self, *more: str) -> dict[str, Any]:
        """What `verify` says, by statement."""
        done = run("dossier", "verify", str(self.folder), "--json", *more)
        found: dict[str, Any] = json.loads(done.output[done.output.index("{\n") :])
        assert done.exit_code == (0 if found["holds"] else 1), done.output
        return {it["said"]: (it["holds"], it["why"]) for it in found["checks"]}


@pytest.fixture
def filed(trained: Trained, tmp_path: Path, anvil: str, capsys: pytest.CaptureFixture[str]) -> Filed:
    """The dossier of the model of the run, with some answers of its provider."""
    model_of(trained)
    told = json.loads(capsys.readouterr().out)
    provider, text = tmp_path / "provider.json", tmp_path / "licence.md"
    provider.write_text(json.dumps({"provider": f"Timbre Ltd {HOSTILE}", "crawled": "No", "other": ""}))
    text.write_text("Anything at all.\n")
    made = Filed(trained, told["dataset"], Path(told["record"]), tmp_path / "dossier")
    given = ("--provider", str(provider), "--text", str(text), "--node", anvil)
    found = result_of(run(*made.make(made.folder, *given)))
    assert found["textsMissing"] == ["07" * 32]  # the terms name a text that nobody has
    return made


def test_a_dossier_is_verified_by_its_folder_and_by_the_chain(
    filed: Filed, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUDIERA_NODE")

    offline, asked = filed.verify(), filed.verify("--node", anvil)

    terms = "The licences' terms hash to their ids, and name the texts."
    chain = "The chain says what is written down of it."
    assert {said for said, (holds, _) in offline.items() if holds is not True} == {terms, chain}
    assert offline[chain][0] is offline[terms][0] is None
    open_ = {said for said, (holds, _) in asked.items() if holds is not True}
    assert {it.partition(" 0x")[0] for it in open_} == {terms, "Batch"}
    assert asked[chain] == (
        True,
        "Contracts, model, datasets, licences, settlements and records are as it has them.",
    )


def test_each_part_that_was_changed_is_named(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIERA_NODE")
    names = sorted(str(it.relative_to(filed.folder)) for it in filed.folder.rglob("*") if it.is_file())
    assert len(names) == 11
    for name in names:
        path = filed.folder / name
        whole = path.read_bytes()
        at = whole.rindex(b"1")
        path.write_bytes(whole[:at] + b"0" + whole[at + 1 :])
        done = run("dossier", "verify", str(filed.folder))
        path.write_bytes(whole)
        assert done.exit_code == 1, name
        assert name in done.output or name == "dossier.json", done.output
    whole_again = run("dossier", "verify", str(filed.folder))
    assert whole_again.exit_code == 0
    assert "The dossier holds, but for what is not shown." in whole_again.output


def test_a_fact_that_was_changed_with_its_hash_is_found_by_a_node(filed: Filed, anvil: str) -> None:
    path = filed.folder / "dossier.json"
    document = path.read_bytes()
    (license_,) = (it for it in json.loads(document)["chain"]["licenses"])
    forged = document.replace(license_["transaction"].encode(), b"0x" + b"ab" * 32)
    path.write_bytes(forged)

    checks = filed.verify("--node", anvil)

    assert checks["The chain says what is written down of it."] == (False, "It says otherwise of: licenses.")
    assert checks["The facts of the chain are those that were written down."][0] is False
    assert checks["Each sentence follows from facts, files and answers."][0] is False


def test_a_settlement_that_the_chain_does_not_have_is_untrue_and_a_later_one_is_a_change(
    filed: Filed, anvil: str
) -> None:
    said, changed = "The chain says what is written down of it.", "What could change is as it was."
    (head,) = filed.trained.kept.batches
    document = filed.forge(b'"settledAt":0,"voucher":null', b'"settledAt":1700000000,"voucher":"0x' + b"ab" * 32 + b'"')

    invented = filed.verify("--node", anvil)[said]
    (filed.folder / "dossier.json").write_bytes(document)
    filed.trained.settle()
    later = filed.verify("--node", anvil)

    assert invented == (False, f"It says otherwise of the settlement of batch 0x{head.batch.hex()}.")
    assert later[said][0] is True, later[said]
    block = json.loads(document)["chain"]["then"]["block"]
    assert later[changed] == (
        True,
        f"Owner, clearance and settlements were at block {block:,}, and since then batches changed.",
    )
    assert later[f"Batch 0x{head.batch.hex()} is settled."] == (True, "With the very voucher.")


def test_what_changes_while_a_dossier_is_made_is_as_of_the_block_that_it_names(
    filed: Filed, anvil: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = "What could change is as it was."
    number, named = Node.block_number, list[int]()

    def settled_meanwhile(node: Node) -> int:
        with monkeypatch.context() as once:
            once.setattr(Node, "block_number", number)
            if not named:
                named.append(number(node))
                filed.trained.settle()
        return named[0] if sys._getframe(1).f_code is chain_facts.__code__ else number(node)

    monkeypatch.setattr(Node, "block_number", settled_meanwhile)
    result_of(run(*filed.make(tmp_path / "meanwhile", "--node", anvil)))
    monkeypatch.undo()
    made = replace(filed, folder=tmp_path / "meanwhile")
    then = json.loads((made.folder / "dossier.json").read_bytes())["chain"]["then"]

    assert (then["block"], then["batches"][0]["settledAt"]) == (named[0], 0)
    assert made.verify("--node", anvil)[changed][0] is True


def test_what_was_otherwise_at_the_block_is_untrue_unless_the_node_has_forgotten_it(
    filed: Filed, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, owner = "What could change is as it was.", filed.trained.asking.venue.as_("stranger").account
    then = json.loads((filed.folder / "dossier.json").read_bytes())["chain"]["then"]
    block, call = then["block"], Node.call
    filed.forge(b'"owner":"' + then["owner"].encode(), b'"owner":"' + owner.encode())

    def forgetful(node: Node, message: Message, at: int | None = None, *more: Any) -> bytes:  # noqa: ANN401
        if at == block:
            raise RefusalError("missing trie node")
        return call(node, message, at, *more)

    filed.trained.asking.venue.as_("payer").node.request("evm_mine")
    untrue = filed.verify("--node", anvil)[said]
    monkeypatch.setattr(Node, "call", forgetful)
    unknown = filed.verify("--node", anvil)[said]

    assert untrue == (False, f"At block {block:,} it was otherwise of: owner.")
    assert unknown == (
        None,
        f"Changed since block {block:,}, or untrue then: owner; a node that keeps old states tells.",
    )


def test_a_dossier_of_another_format_is_for_the_version_that_made_it(filed: Filed) -> None:
    filed.forge(b'"format":"audiera-dossier-2"', b'"format":"audiera-dossier-1"')

    done = run("dossier", "verify", str(filed.folder))

    assert done.exit_code == 1
    assert (
        "It is of the format audiera-dossier-1, and this version of the package writes audiera-dossier-2; verify it "
        "with the version that made it." in " ".join(done.output.split())
    )


def test_what_is_no_time_is_damage(filed: Filed, anvil: str) -> None:
    block = json.loads((filed.folder / "dossier.json").read_bytes())["chain"]["then"]
    filed.forge(f'"blockTime":{block["blockTime"]}'.encode(), b'"blockTime":999999999999999')

    checks = filed.verify("--node", anvil)

    assert checks["Each sentence follows from facts, files and answers."] == (False, "999999999999999 is no time.")
    assert checks["The chain says what is written down of it."] == (
        False,
        f"Block {block['block']:,} has another time.",
    )


def test_what_a_provider_says_is_its_word_and_stays_text(filed: Filed) -> None:
    page = (filed.folder / "dossier.html").read_text("utf-8")
    document = json.loads((filed.folder / "dossier.json").read_bytes())

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    said = {it["text"]: it for chapter in document["sentences"] for it in chapter["sentences"]}
    assert said["Were crawlers used by the provider or on behalf of? No"]["source"] == "stated"
    assert said["General description of measures taken: not stated."]["source"] == "missing"
    assert not any("Purposes of the crawler" in it for it in said)  # which is asked of those who used some
    licence = next(it for it in said if "held a licence that covered it" in it)
    assert licence.endswith("licence 2.")
    batch = next(it for it in said if it.startswith("Batch 0x"))
    assert "has uses, of the right Inference and under licences that the run names, of 3 of the 3 items" in batch
    titles = [chapter["title"] for chapter in document["sentences"]]
    sections = [it.split(" ")[0] for it in titles if it[0].isdigit()]
    assert [chapter["level"] for chapter in document["sentences"][1:6]] == [1, 1, 2, 2, 2]
    assert sections == [
        *("1.", "1.1.", "1.2.", "1.3.", "2.", "2.1.", "2.2.", "2.2.1.", "2.2.2.", "2.3.", "2.4.", "2.5.", "2.6."),
        *("3.", "3.1.", "3.2.", "3.3."),
    ]
    proven = [it for it in said.values() if it["source"] in ("chain", "folder")]
    assert all(it["proofs"] for it in proven)
    assert len(proven) > 12


@pytest.mark.heavy
def test_a_dossier_is_not_written_over_and_is_of_the_run_that_the_model_names(
    filed: Filed, tmp_path: Path, anvil: str
) -> None:
    again = run(*filed.make(filed.folder, "--node", anvil))
    dataset = filed.trained.asking.venue.dataset
    other = run("dossier", "make", str(dataset), *filed.make(tmp_path / "other", "--node", anvil)[3:])
    shutil.copytree(filed.trained.folder, tmp_path / "run2")
    filed.trained.folder = tmp_path / "run2"
    document = (filed.trained.folder / "run.json").read_text()
    (filed.trained.folder / "run.json").write_text(document.replace('"times":5', '"times":6'))
    wrong = run(*filed.make(tmp_path / "other", "--node", anvil))

    assert "has a dossier already; name another folder." in again.output
    assert f"Dataset {dataset} is of kind Recordings; a dossier is of a model." in other.output
    assert "The model's manifest does not name the run 0x" in wrong.output
    (filed.trained.folder / "run.sig").unlink()
    unsigned = run(*filed.make(tmp_path / "other", "--node", anvil))
    assert "run2 is not signed; `audiera run sign` does." in unsigned.output


def test_the_provider_is_asked_by_name(tmp_path: Path) -> None:
    asked = run("dossier", "questions", "--json")
    file = tmp_path / "provider.json"
    file.write_text(asked.output)

    assert read_provider(file) == {}
    assert list(json.loads(asked.output)) == list(QUESTIONS)
    file.write_text('{"provider":"A\\nB","colour":"red"}')
    with pytest.raises(InputError, match="answers colour, which nobody asks"):
        read_provider(file)
    file.write_text('{"provider":7}')
    with pytest.raises(InputError, match=r"has no answers of a provider \(7 is not text\); see docs/dossier\.md"):
        read_provider(file)
    file.write_text('{"crawled":"Somewhat."}')
    with pytest.raises(InputError, match=r"crawled is answered by Yes or No, and not by Somewhat\.; other questions"):
        read_provider(file)
    file.write_text('{"crawled":"No","crawlers":"Spider"}')
    with pytest.raises(InputError, match="crawlers is answered, and crawled does not say that there is any"):
        read_provider(file)
    file.write_text('{"service_interactions":"Yes","services":"Radio","text_size":"None","public_comments":"Ours."}')
    assert list(read_provider(file)) == ["service_interactions", "services", "text_size", "public_comments"]


def test_questions_are_listed_under_their_sections_with_their_options() -> None:
    lines = run("dossier", "questions").output.splitlines()

    at = lines.index("2.3. Data crawled and scraped from online sources")
    assert lines[at + 1 : at + 5] == [
        "  crawled: Were crawlers used by the provider or on behalf of?",
        "      One of: Yes, No.",
        "  crawlers: Crawler name(s)/identifier(s)",
        "      Only if crawled says that there is any.",
    ]
    audio = lines.index("  audio_size: Audio: training data size")
    assert lines[audio + 1] == (
        "      One of: None, Less than 10,000 hours, 10,000 to 1 million hours, More than 1 million hours."
    )
    assert [it for it in lines if not it.startswith(" ")] == [
        title for number, title in SECTIONS.items() if number not in ("1", "2", "2.2", "3")
    ]


def test_a_dossier_without_the_typesetter_is_refused_before_anything_is_written(
    filed: Filed, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "printed"
    printed = [it for it in filed.make(to) if it != "--no-pdf"]
    monkeypatch.setitem(sys.modules, "typst", None)

    refused = run(*printed, "--node", anvil)

    assert refused.exit_code == 1
    assert "A PDF needs a typesetter: pip install 'audiera[pdf]', or leave it out by --no-pdf." in refused.output
    assert not to.exists()
    assert result_of(run(*filed.make(to), "--node", anvil))["dossier"] == str(to)


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "an empty folder"])
def test_a_dossier_that_fails_at_its_end_leaves_nothing_and_is_made_the_next_time(
    filed: Filed, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    place = tmp_path / "made"
    place.mkdir()
    to = place / "dossier"
    if there:
        to.mkdir()

    def full(_: object) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("audiera.dossier.folder.html_of", full)
        refused = run(*filed.make(to), "--node", anvil)
    left = [it.name for it in place.rglob("*")]
    filed.folder = Path(result_of(run(*filed.make(to), "--node", anvil))["dossier"])

    assert "cannot be written (No space left on device)" in refused.output
    assert left == (["dossier"] if there else [])
    assert [it.name for it in place.iterdir()] == ["dossier"]
    assert filed.verify()["Every file is the one that was put in."][0] is True


def test_a_folder_that_has_anything_in_it_gets_no_dossier(filed: Filed, tmp_path: Path, anvil: str) -> None:
    (tmp_path / "full" / "run").mkdir(parents=True)

    other, again = (run(*filed.make(it), "--node", anvil) for it in (tmp_path / "full", filed.folder))

    assert "full is not empty; name a folder that is not there." in other.output
    assert "dossier has a dossier already; name another folder." in again.output


@pytest.mark.heavy
def test_a_dossier_is_set_for_print_and_set_again(
    filed: Filed, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pypdf = pytest.importorskip("pypdf")
    to = tmp_path / "printed"
    provider = tmp_path / "provider.json"
    words = [it for it in filed.make(to) if it != "--no-pdf"]

    done = result_of(run(*words, "--provider", str(provider), "--node", anvil))

    text = "".join(page.extract_text() for page in pypdf.PdfReader(to / "dossier.pdf").pages)
    assert done["lettersMissing"] == []
    assert "1.1. Provider identification" in text
    assert "<script>alert(1)</script> #panic" in text
    filed.folder = to
    assert filed.verify()["Every file is the one that was put in."][0] is True
    assert filed.verify()["dossier.pdf says the same."] == (True, "It was set again, byte for byte.")
    whole = (to / "dossier.pdf").read_bytes()
    (to / "dossier.pdf").write_bytes(whole + b"% another page")
    filed.forge(
        hashlib.sha256(whole).hexdigest().encode(), hashlib.sha256(whole + b"% another page").hexdigest().encode()
    )
    forged = filed.verify()
    assert forged["Every file is the one that was put in."][0] is True
    assert forged["dossier.pdf says the same."][0] is False
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "typst", None)
        assert filed.verify()["dossier.pdf says the same."][0] is None
