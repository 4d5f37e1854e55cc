"""The sentences of a dossier: a function of what the chain says, of the run's files, and of the provider's answers.

Sections 1 to 3 are those of the European Commission's template (`audiera.dossier.template`), with its questions. What
chain and files show is written with its proof; what only the provider can say is its own word, and marked so; what it
did not say is said to be missing. Nothing else is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from audiera.dossier.annexes import annexes
from audiera.dossier.known import Known, counted, known_of, when
from audiera.dossier.provider import is_asked
from audiera.dossier.template import QUESTIONS, SECTIONS, size_of
from audiera.licensing import template_of
from audiera.papers import Chapter, Paper, Sentence, Source, Table
from audiera.protocol import TableRow
from audiera.quantities import format_duration, format_size
from audiera.runs import Run, RunFolder
from audiera.text import Json, as_hash, as_int, as_list, as_object, as_text, as_texts, hex_of, one_line

__all__ = ["paper_of"]

_WORDS: Final = {
    Source.CHAIN: "By the chain; a node shows it",
    Source.FOLDER: "By the files of this dossier",
    Source.STATED: "The provider's own statement",
    Source.MISSING: "The provider has not said",
}


def paper_of(facts: Mapping[str, Json], folder: RunFolder, provider: Mapping[str, str], texts: frozenset[str]) -> Paper:
    """Return the dossier as a paper.

    Args:
        facts: what the chain says (`audiera.dossier.facts`).
        folder: of the run.
        provider: the provider's answers.
        texts: SHA-256 in hex of the legal texts that are in the dossier.

    Raises:
        AudieraError: files of the run are damaged or missing, nobody signed it, or a time is none.
    """
    known = known_of(facts, folder, provider, texts)
    name = provider.get("model") or f"Model {as_int(known.model['dataset'])}"
    under = (
        "Public Summary of Training Content (Article 53(1)(d) of Regulation (EU) 2024/1689), and its proofs. Dataset "
        f"{as_int(known.model['dataset'])} on chain {as_int(facts['chainId'])}, as of block "
        f"{as_int(known.then['block']):,}, {when(as_int(known.then['blockTime']))}."
    )
    chapters = (_how(known), *_general(known), *_sources(known), *_processing(known), *annexes(known))
    return Paper(f"Dossier of {name}", under, chapters, _WORDS)


def _how(known: Known) -> Chapter:
    run = known.run
    return Chapter(
        "How to read this",
        sentences=(
            Sentence(
                "Each sentence says where it comes from. `audiera dossier verify` writes all of them again from the "
                "files of this dossier, and, with a node, from the chain. What a provider states is not shown by that.",
                Source.FOLDER,
                ("dossier.json",),
            ),
            Sentence(
                f"The run's loader wrote down that it served {counted(run.count, 'item')}, "
                f"{counted(run.times, 'time')} in all. That these went into the model, and that nothing else did by "
                "another way, is for the provider to say.",
                Source.FOLDER,
                ("run/run.json", f"served {hex_of(run.root)}", "run/served.json"),
            ),
        ),
    )


def _general(known: Known) -> Iterator[Chapter]:
    model, run = known.model, known.run
    registered = f"transaction {as_text(model['transaction'])}"
    yield _section("0", *_answers(known, "0"))
    yield _section("1")
    yield _section(
        "1.1",
        *_answers(known, "1.1"),
        Sentence(f"The model was registered by {as_text(model['creator'])}.", Source.CHAIN, (registered,)),
        Sentence(
            f"The run that the model's manifest names is of the licensee {run.licensee}, and the key {known.signer} "
            "signed it.",
            Source.FOLDER,
            (f"run {hex_of(run.digest())}", "model/manifest.json", "run/run.json", "run/run.sig"),
        ),
    )
    weights = ", ".join(f"{it.path} ({format_size(it.size)})" for it in run.weights)
    commit = f", Git commit {run.code.commit}" if run.code.commit else ""
    yield _section(
        "1.2",
        *_answers(known, "1.2"),
        Sentence(
            f"It is dataset {as_int(model['dataset'])}, version {as_int(model['version'])}, of chain "
            f"{as_int(known.facts['chainId'])}, registered {when(as_int(model['published']))}.",
            Source.CHAIN,
            (registered, f"manifest {as_text(model['manifest'])}"),
        ),
        Sentence(
            f"Among its items are the weights that its run names: {weights}.",
            Source.FOLDER,
            (*(f"sha256 {hex_of(it.sha256)}" for it in run.weights), "model/items.json", "run/run.json"),
        ),
        Sentence(
            f"That these weights came of that run, that it lasted from {when(run.started)} to {when(run.ended)}, and "
            f"that its code has the SHA-256 {hex_of(run.code.sha256)}{commit}, is what the run says.",
            Source.STATED,
            ("run/run.json", "run/run.sig"),
        ),
    )
    yield _section("1.3", *_answers(known, "1.3"), *_size(known))


def _size(known: Known) -> Iterator[Sentence]:
    rows = [row for it in known.used for row, _ in it.rows]
    kinds = sorted({it.metadata.media_type for it in rows})
    yield Sentence(
        f"The owners' item tables say of the {counted(len(rows), 'item')} that the loader served, each counted once: "
        f"{'; '.join(_modalities(rows))}; of the types {', '.join(kinds)}.",
        Source.FOLDER,
        (*(it.table for it in known.used), "run/served.json"),
    )
    names = ", ".join(sorted({as_text(it.fact["kind"]) for it in known.used}))
    yield Sentence(
        f"The datasets were registered as {names}.",
        Source.CHAIN,
        tuple(f"transaction {as_text(it.fact['transaction'])}" for it in known.used),
    )


def _modalities(rows: list[TableRow]) -> Iterator[str]:
    """Say of each modality how much there is, and in which of the template's ranges that falls."""
    of = [it.metadata.media_type.partition("/")[0] for it in rows]
    for modality in sorted(set(of)):
        these = [row.item for row, which in zip(rows, of, strict=True) if which == modality]
        length, size = sum(it.duration_ms for it in these), sum(it.size for it in these)
        said = f"{modality}, {counted(len(these), 'item')} of {format_size(size, length)}"
        range_ = size_of(modality, count=len(these), milliseconds=length)
        yield f"{said} ({range_.lower()})" if range_ else said


def _sources(known: Known) -> Iterator[Chapter]:
    yield _section("2")
    yield _section("2.1", *_answers(known, "2.1"))
    yield _section("2.2")
    yield _section("2.2.1", *_answers(known, "2.2.1"), *_licensed(known), tables=(_license_table(known),))
    for number in ("2.2.2", "2.3", "2.4"):
        yield _section(number, *_answers(known, number))
    yield _section("2.5", *_answers(known, "2.5"), _synthetic(known))
    yield _section("2.6", *_answers(known, "2.6"))


def _licensed(known: Known) -> Iterator[Sentence]:
    run = known.run
    for used in known.used:
        number, fact = used.named.dataset, used.fact
        makers = ", ".join(one_line(it.name) for it in used.description.creators)
        yield Sentence(
            f"Dataset {number}, which its manifest calls “{one_line(used.description.name)}” by {makers}: "
            f"{len(used.rows):,} of the {counted(used.count, 'item')} of its version {used.named.version} were served.",
            Source.FOLDER,
            (used.table, used.manifest, "run/served.json"),
        )
        yield Sentence(
            f"That version was published {when(as_int(fact['published']))}.",
            Source.CHAIN,
            (f"content root {as_text(fact['contentRoot'])}", f"transaction {as_text(fact['transaction'])}"),
        )
        fitting = [it for it in known.licenses if _allows(it, number, run)]
        numbers = ", ".join(str(as_int(it["license"])) for it in fitting)
        at = f"when the run says that it began, {when(run.started)}, and that it ended, {when(run.ended)}"
        yield Sentence(
            f"{run.licensee} held a licence that covered it and granted {run.right.name} {at}: licence {numbers}."
            if fitting
            else f"No licence that the run names was held by {run.licensee}, covered it and granted {run.right.name} "
            f"{at}.",
            Source.CHAIN,
            tuple(f"transaction {as_text(it['transaction'])}" for it in fitting or known.licenses),
        )
    yield Sentence(
        "The run names the licences below; their terms hash to the ids by which they were acquired.",
        Source.CHAIN,
        tuple(f"transaction {as_text(it['transaction'])}" for it in known.licenses),
    )


def _allows(license_: Mapping[str, object], dataset: int, run: Run) -> bool:
    rights = as_texts(as_object(license_["terms"])["rights"])
    held = as_list(license_["heldAtStartAndEnd"])
    return dataset in as_list(license_["covers"]) and run.right.name in rights and held == [run.licensee] * 2


def _license_table(known: Known) -> Table:
    columns = ("licence", "of dataset", "acquired", "duration", "rights", "terms", "legal text")
    return Table(columns, [_license_row(known, it) for it in known.licenses])


def _license_row(known: Known, it: Mapping[str, object]) -> tuple[str, ...]:
    terms = as_object(it["terms"])
    digest = as_hash(terms["text"])
    title = known_text.title if (known_text := template_of(digest)) else "a text of the owner's own"
    where = "" if digest.hex() in known.texts else ", which is not here"
    return (
        str(as_int(it["license"])),
        str(as_int(it["dataset"])),
        when(as_int(it["acquired"])),
        format_duration(as_int(terms["duration"])),
        ", ".join(as_texts(terms["rights"])),
        as_text(it["termsId"]),
        f"{title}{where}: {digest.hex()}",
    )


def _synthetic(known: Known) -> Sentence:
    declared = [it for it in known.used if it.fact["synthetic"]]
    numbers = ", ".join(str(it.named.dataset) for it in declared)
    said = (
        f"Of the datasets of section 2.2.1, owners declared {numbers} to be made wholly or mainly by a generative "
        "model."
        if declared
        else "The owners of the datasets of section 2.2.1 declared none of them to be made wholly or mainly by a "
        "generative model."
    )
    proofs = tuple(f"transaction {as_text(it.fact['transaction'])}" for it in declared or known.used)
    return Sentence(said, Source.CHAIN, proofs)


def _processing(known: Known) -> Iterator[Chapter]:
    yield _section("3")
    for number in ("3.1", "3.2", "3.3"):
        yield _section(number, *_answers(known, number))


def _section(number: str, *sentences: Sentence, tables: tuple[Table, ...] = ()) -> Chapter:
    return Chapter(SECTIONS[number], number.count(".") + 1, sentences, tables)


def _answers(known: Known, section: str) -> Iterator[Sentence]:
    """Yield the provider's answers to the questions of a section, and which of them it did not answer."""
    for key, question in QUESTIONS.items():
        if question.section != section:
            continue
        asked, nothing = question.asked, "Not stated."
        if not asked.endswith("?"):
            asked, nothing = f"{asked}:", "not stated."
        if key in known.provider:
            yield Sentence(f"{asked} {known.provider[key]}", Source.STATED, (f"provider: {key}",))
        elif not question.optional and is_asked(question, known.provider):
            yield Sentence(f"{asked} {nothing}", Source.MISSING)
