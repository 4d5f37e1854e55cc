"""The sentences of a dossier: a function of what the chain says, of the run's files, and of the provider's answers.

Sections 1 to 3 follow the European Commission's template for the public summary of training content (24 July 2025).
What chain and files show is written with its proof; what only the provider can say is its own word, and marked so; what
it did not say is said to be missing. Nothing else is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from audiera.dossier.provider import QUESTIONS
from audiera.errors import StorageError
from audiera.licensing import template_of
from audiera.manifest import Description, read_description
from audiera.papers import Chapter, Paper, Sentence, Source, Table
from audiera.protocol import PERPETUAL, TableRow, describe_rights, read_table
from audiera.quantities import format_duration, format_length, format_ppm, format_size
from audiera.runs import Run, RunFolder, SignedBatch, UsedDataset, signed_batch
from audiera.text import Json, as_hash, as_int, as_list, as_object, as_text, as_texts, hex_of, one_line

__all__ = ["paper_of"]

_WORDS: Final = {
    Source.CHAIN: "By the chain; a node shows it",
    Source.FOLDER: "By the files of this dossier",
    Source.STATED: "The provider's own statement",
    Source.MISSING: "The provider has not said",
}
_NEVER: Final = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
"""No time is written from there on."""

_HOURS: Final = ((10_000, "less than 10,000 hours"), (1_000_000, "10,000 to 1 million hours"))


@dataclass(frozen=True, slots=True)
class _Used:
    """A dataset with what was used of it."""

    named: UsedDataset
    fact: Mapping[str, object]
    description: Description
    rows: tuple[tuple[TableRow, int], ...]
    """Items that were served, and how often."""


@dataclass(frozen=True, slots=True)
class _Known:
    """All that there is to write from."""

    facts: Mapping[str, object]
    run: Run
    used: tuple[_Used, ...]
    batches: tuple[SignedBatch, ...]
    provider: Mapping[str, str]
    texts: frozenset[str]

    @property
    def model(self) -> dict[str, object]:
        return as_object(self.facts["model"])

    @property
    def licenses(self) -> list[dict[str, object]]:
        return [as_object(it) for it in as_list(self.facts["licenses"])]


def paper_of(facts: Mapping[str, Json], folder: RunFolder, provider: Mapping[str, str], texts: frozenset[str]) -> Paper:
    """Return the dossier as a paper.

    Args:
        facts: what the chain says (`audiera.dossier.facts`).
        folder: of the run.
        provider: the provider's answers.
        texts: SHA-256 in hex of the legal texts that are in the dossier.

    Raises:
        AudieraError: files of the run are damaged or missing, or a time is none.
    """
    run = folder.run()
    of = {as_int(it["dataset"]): it for it in map(as_object, as_list(facts["datasets"]))}
    used = tuple(_used(folder, it, of[it.dataset]) for it in run.datasets)
    batches = tuple(signed_batch(folder, run, it) for it in run.batches)
    known = _Known(facts, run, used, batches, provider, texts)
    name = provider.get("model") or f"Model {as_int(known.model['dataset'])}"
    then = as_object(facts["then"])
    under = (
        f"Public summary of training content, and its proofs. Dataset {as_int(known.model['dataset'])} on chain "
        f"{as_int(facts['chainId'])}, as of block {as_int(then['block']):,}, {_when(as_int(then['blockTime']))}."
    )
    chapters = (*_how(known), *_general(known), *_sources(known), *_processing(known), *_annexes(known))
    return Paper(f"Dossier of {name}", under, chapters, _WORDS)


def _used(folder: RunFolder, named: UsedDataset, fact: Mapping[str, object]) -> _Used:
    times = {it.item: it.times for it in folder.served().served if it.dataset == named.dataset}
    rows = read_table(folder.table(named))
    served = tuple((row, times[leaf]) for row in rows if (leaf := row.item.leaf()) in times)
    return _Used(named, fact, read_description(folder.manifest(named)), served)


def _how(known: _Known) -> Iterator[Chapter]:
    run = known.run
    yield Chapter(
        "How to read this",
        sentences=(
            Sentence(
                "Each sentence says where it comes from. `audiera dossier verify` writes all of them again from the "
                "files of this dossier, and, with a node, from the chain. What a provider states is not shown by that.",
                Source.FOLDER,
                ("dossier.json",),
            ),
            Sentence(
                f"What was trained on is what the run's loader wrote down: {run.count:,} items, {run.times:,} times. "
                "That nothing else went into the model by another way is for the provider to say.",
                Source.FOLDER,
                ("run/run.json", f"served {hex_of(run.root)}", "run/served.json"),
            ),
        ),
    )


def _general(known: _Known) -> Iterator[Chapter]:
    model, run = known.model, known.run
    yield Chapter("1. General information")
    yield Chapter(
        "1.1 Provider identification",
        2,
        (
            _answer(known, "provider"),
            _answer(known, "representative"),
            Sentence(
                f"The model was registered by {as_text(model['creator'])}, and the run that made it is signed for "
                f"{run.licensee}.",
                Source.CHAIN,
                (f"transaction {as_text(model['transaction'])}", f"run {hex_of(run.digest())}", "run/run.sig"),
            ),
        ),
    )
    weights = ", ".join(f"{it.path} ({format_size(it.size)})" for it in run.weights)
    yield Chapter(
        "1.2 Model identification",
        2,
        (
            _answer(known, "model"),
            _answer(known, "dependencies"),
            _answer(known, "placed_on_market"),
            Sentence(
                f"It is dataset {as_int(model['dataset'])}, version {as_int(model['version'])}, of chain "
                f"{as_int(known.facts['chainId'])}, registered {_when(as_int(model['published']))}.",
                Source.CHAIN,
                (f"transaction {as_text(model['transaction'])}", f"manifest {as_text(model['manifest'])}"),
            ),
            Sentence(
                f"Its weights are {weights}; its manifest names the run that made them.",
                Source.FOLDER,
                (
                    *(f"sha256 {hex_of(it.sha256)}" for it in run.weights),
                    "model/manifest.json",
                    "model/items.json",
                ),
            ),
            *_training(known),
        ),
    )
    yield Chapter("1.3 Modalities, overall training data size and other characteristics", 2, tuple(_size(known)))


def _training(known: _Known) -> Iterator[Sentence]:
    run = known.run
    commit = f", Git commit {run.code.commit}" if run.code.commit else ""
    yield Sentence(
        f"The run lasted from {_when(run.started)} to {_when(run.ended)}; its code has the SHA-256 "
        f"{hex_of(run.code.sha256)}{commit}.",
        Source.STATED,
        ("run/run.json", "run/run.sig"),
    )


def _size(known: _Known) -> Iterator[Sentence]:
    rows = [row for it in known.used for row, _ in it.rows]
    length, size = sum(it.item.duration_ms for it in rows), sum(it.item.size for it in rows)
    kinds = sorted({it.metadata.media_type for it in rows})
    tables = tuple(f"run/{_table(it.named)}" for it in known.used)
    audio = any(it.startswith("audio/") for it in kinds)
    band = next((said for most, said in _HOURS if length < most * 3_600_000), "more than 1 million hours")
    what = f"Modality: audio, {band}. In" if audio else "In"
    yield Sentence(
        f"{what} all {len(rows):,} items, {format_length(length)} and {format_size(size)}, of the types "
        f"{', '.join(kinds)}, each counted once.",
        Source.FOLDER,
        tables,
    )
    names = ", ".join(sorted({as_text(it.fact["kind"]) for it in known.used}))
    yield Sentence(
        f"By what their owners declared, the datasets hold: {names}.",
        Source.CHAIN,
        tuple(f"transaction {as_text(it.fact['transaction'])}" for it in known.used),
    )
    for key in ("modalities", "content", "acquired_until"):
        yield _answer(known, key)


def _sources(known: _Known) -> Iterator[Chapter]:
    yield Chapter("2. List of data sources")
    yield Chapter("2.1 Publicly available datasets", 2, (_answer(known, "public_datasets"),))
    yield Chapter("2.2 Private non-publicly available datasets obtained from third parties", 2)
    licensed = tuple(_licensed(known))
    yield Chapter(
        "2.2.1 Datasets commercially licensed by rightsholders or their representatives",
        3,
        (*licensed, _answer(known, "licensed")),
        (_license_table(known),),
    )
    yield Chapter("2.2.2 Private datasets obtained from other third parties", 3, (_answer(known, "third_parties"),))
    yield Chapter("2.3 Data crawled and scraped from online sources", 2, (_answer(known, "crawled"),))
    yield Chapter("2.4 User data", 2, (_answer(known, "user_data"),))
    yield Chapter("2.5 Synthetic data", 2, (*_synthetic(known), _answer(known, "synthetic")))
    yield Chapter("2.6 Other sources of data", 2, (_answer(known, "other_sources"),))


def _licensed(known: _Known) -> Iterator[Sentence]:
    run = known.run
    for used in known.used:
        number, fact = used.named.dataset, used.fact
        makers = ", ".join(one_line(it.name) for it in used.description.creators)
        yield Sentence(
            f"Dataset {number}, “{one_line(used.description.name)}” by {makers}: {len(used.rows):,} of its "
            f"{as_int(fact['items']):,} items.",
            Source.FOLDER,
            (f"run/{_table(used.named)}", f"run/datasets/{number}-{used.named.version}.manifest.json"),
        )
        yield Sentence(
            f"Its version {used.named.version} was published {_when(as_int(fact['published']))}.",
            Source.CHAIN,
            (f"content root {as_text(fact['contentRoot'])}", f"transaction {as_text(fact['transaction'])}"),
        )
        fitting = [it for it in known.licenses if _allows(it, number, run)]
        numbers = ", ".join(str(as_int(it["license"])) for it in fitting)
        yield Sentence(
            f"It was licensed to {run.licensee} for {run.right.name} when the run began and when it ended, by licence "
            f"{numbers}."
            if fitting
            else f"No licence that the run names covered it for {run.right.name} from beginning to end.",
            Source.CHAIN,
            tuple(f"transaction {as_text(it['transaction'])}" for it in fitting),
        )


def _allows(license_: Mapping[str, object], dataset: int, run: Run) -> bool:
    rights = as_texts(as_object(license_["terms"])["rights"])
    held = as_list(license_["heldAtStartAndEnd"])
    return dataset in as_list(license_["covers"]) and run.right.name in rights and held == [run.licensee] * 2


def _license_table(known: _Known) -> Table:
    columns = ("licence", "of dataset", "acquired", "lasts", "rights", "terms", "legal text")
    return Table(columns, [_license_row(known, it) for it in known.licenses])


def _license_row(known: _Known, it: Mapping[str, object]) -> tuple[str, ...]:
    terms = as_object(it["terms"])
    digest = as_hash(terms["text"])
    title = known_text.title if (known_text := template_of(digest)) else "a text of the owner's own"
    where = "" if digest.hex() in known.texts else ", which is not here"
    return (
        str(as_int(it["license"])),
        str(as_int(it["dataset"])),
        _when(as_int(it["acquired"])),
        format_duration(as_int(terms["duration"])),
        ", ".join(as_texts(terms["rights"])),
        as_text(it["termsId"]),
        f"{title}{where}: {digest.hex()}",
    )


def _synthetic(known: _Known) -> Iterator[Sentence]:
    declared = [it for it in known.used if it.fact["synthetic"]]
    numbers = ", ".join(str(it.named.dataset) for it in declared)
    said = f"declared dataset {numbers} made wholly or mainly by a generative model" if declared else (
        "declared none of the datasets of section 2.2.1 made wholly or mainly by a generative model"
    )  # fmt: skip
    proofs = tuple(f"transaction {as_text(it.fact['transaction'])}" for it in declared or known.used)
    yield Sentence(f"Their owners {said}.", Source.CHAIN, proofs)


def _processing(known: _Known) -> Iterator[Chapter]:
    yield Chapter("3. Data processing aspects")
    yield Chapter(
        "3.1 Respect of reservation of rights from the text and data mining exception or limitation",
        2,
        (*_uses(known), _answer(known, "code_of_practice"), _answer(known, "reservations")),
    )
    yield Chapter("3.2 Removal of illegal content", 2, (_answer(known, "illegal_content"),))
    yield Chapter("3.3 Other information", 2, (_answer(known, "other"),))


def _uses(known: _Known) -> Iterator[Sentence]:
    run, then = known.run, as_object(known.facts["then"])
    settled = {as_text(it["id"]): it for it in map(as_object, as_list(then["batches"]))}
    for head, batch in zip(run.batches, known.batches, strict=True):
        yield Sentence(
            f"Batch {hex_of(head.batch)} lists uses of what is in section 2.2.1. Its voucher names {batch.payer} as "
            f"payer and {batch.gateway} as gateway; the key {batch.payer_key} signed it, and {batch.gateway_key} "
            "countersigned it.",
            Source.FOLDER,
            (f"run/batches/{head.batch.hex()}.json", f"run/batches/{head.batch.hex()}.jsonl"),
        )
        yield Sentence(
            f"That batch {_settled(settled[hex_of(head.batch)], hex_of(head.voucher))}.",
            Source.CHAIN,
            (f"batch {hex_of(head.batch)}",),
        )
    for it in map(as_object, as_list(known.facts["records"])):
        yield Sentence(
            f"The use of {as_int(it['units']):,} units of dataset {as_int(it['dataset'])} was recorded under this run, "
            f"by licence {as_int(it['license'])}.",
            Source.CHAIN,
            (f"transaction {as_text(it['transaction'])}", f"ref {hex_of(run.digest())}"),
        )


def _settled(batch: Mapping[str, object], voucher: str) -> str:
    at = as_int(batch["settledAt"])
    if not at:
        return "was not settled yet at that block: nobody had been paid for it"
    which = "this voucher" if batch["voucher"] == voucher else "another voucher of the payer's"
    return f"was settled with {which} {_when(at)}"


def _annexes(known: _Known) -> Iterator[Chapter]:
    model = known.model
    parents = [as_object(it) for it in as_list(model["parents"])]
    then = as_object(known.facts["then"])
    cleared = describe_rights(as_int(then["clearedFor"])) or "nothing"
    until = as_int(then["clearedUntil"])
    lasts = "for ever" if until >= PERPETUAL else f"until {_when(until)}"
    owed = ", ".join(f"dataset {as_int(it['dataset'])} ({format_ppm(as_int(it['ppm']))})" for it in parents) or "nobody"
    yield Chapter(
        "Annex A. What the model owes",
        sentences=(
            Sentence(
                f"Of what the model earns, its parents are owed: {owed}.",
                Source.CHAIN,
                (f"transaction {as_text(model['transaction'])}",),
            ),
            Sentence(
                f"It was cleared for {cleared}, {lasts}; its owner was {as_text(then['owner'])}.",
                Source.CHAIN,
                (f"block {as_int(then['block'])}",),
            ),
        ),
    )
    people = [
        (
            str(used.named.dataset),
            one_line(it.name),
            ", ".join(map(one_line, it.roles)),
            it.isni or "",
            it.ipi or "",
        )
        for used in known.used
        for it in used.description.contributors
    ]
    manifests = tuple(f"run/datasets/{it.named.dataset}-{it.named.version}.manifest.json" for it in known.used)
    said = f"{len(people):,} credits, as the manifests of the datasets name them."
    yield Chapter(
        "Annex B. People",
        sentences=(Sentence(said, Source.FOLDER, manifests),),
        tables=(Table(("dataset", "name", "roles", "ISNI", "IPI"), people),),
    )
    items = [
        (
            str(used.named.dataset),
            one_line(row.metadata.title or row.metadata.path),
            one_line(", ".join(row.metadata.artists)),
            row.metadata.isrc or "",
            row.metadata.iswc or "",
            format_length(row.item.duration_ms) if row.item.duration_ms else "",
            str(times),
            row.item.sha256.hex(),
        )
        for used in known.used
        for row, times in used.rows
    ]
    columns = ("dataset", "title", "artists", "ISRC", "ISWC", "length", "served", "SHA-256")
    yield Chapter(
        "Annex C. Items",
        sentences=(
            Sentence(
                f"{len(items):,} items, each in the version of its dataset that the chain names.",
                Source.FOLDER,
                (*(f"run/{_table(it.named)}" for it in known.used), "run/served.json"),
            ),
        ),
        tables=(Table(columns, items),),
    )


def _answer(known: _Known, key: str) -> Sentence:
    """Return the provider's answer to a question."""
    if key in known.provider:
        return Sentence(f"{QUESTIONS[key]}: {known.provider[key]}", Source.STATED, (f"provider: {key}",))
    return Sentence(f"{QUESTIONS[key]}: not stated.", Source.MISSING)


def _table(named: UsedDataset) -> str:
    return f"datasets/{named.dataset}-{named.version}.items.json"


def _when(second: int) -> str:
    if not 0 <= second < _NEVER:
        raise StorageError(f"{second} is no time.")
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M UTC}"
