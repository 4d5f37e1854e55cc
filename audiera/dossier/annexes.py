"""What a dossier says beside the Commission's questions: uses and payment, what the model owes, people, items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audiera.dossier.known import Known, counted, when
from audiera.papers import Chapter, Sentence, Source, Table
from audiera.protocol import PERPETUAL, describe_rights
from audiera.quantities import format_length, format_ppm
from audiera.text import as_int, as_list, as_object, as_text, hex_of, one_line

__all__ = ["annexes"]


def annexes(known: Known) -> Iterator[Chapter]:
    """Yield the annexes."""
    yield Chapter("Annex A. Uses of what was licensed", sentences=tuple(_uses(known)))
    yield Chapter("Annex B. What the model owes", sentences=tuple(_owed(known)))
    yield _people(known)
    yield _items(known)


def _uses(known: Known) -> Iterator[Sentence]:
    run, block = known.run, as_int(known.then["block"])
    settled = {as_text(it["id"]): it for it in map(as_object, as_list(known.then["batches"]))}
    for head, batch in zip(run.batches, known.batches, strict=True):
        name = head.batch.hex()
        uses = sum(len(it.uses_in(batch)) for it in known.used)
        yield Sentence(
            f"Batch 0x{name} has uses, of the right {run.right.name} and under licences that the run names, of "
            f"{uses:,} of the {counted(run.count, 'item')} that were served. Its voucher names {batch.payer} as payer "
            f"and {batch.gateway} as gateway; the key {batch.payer_key} signed it, and {batch.gateway_key} "
            "countersigned it.",
            Source.FOLDER,
            (f"run/batches/{name}.json", f"run/batches/{name}.jsonl", "run/served.json"),
        )
        yield Sentence(
            f"That batch {_settled(settled[f'0x{name}'], hex_of(head.voucher), block)}.",
            Source.CHAIN,
            (f"batch 0x{name}",),
        )
    records = list(map(as_object, as_list(known.facts["records"])))
    if not run.batches and not records:
        yield Sentence(
            "The run names no batch of uses, and no use was recorded under it.",
            Source.CHAIN,
            ("run/run.json", f"ref {hex_of(run.digest())}"),
        )
    for it in records:
        yield Sentence(
            f"The use of {counted(as_int(it['units']), 'unit')} of dataset {as_int(it['dataset'])} was recorded under "
            f"this run, for {describe_rights(1 << as_int(it['right']))} and by licence {as_int(it['license'])}.",
            Source.CHAIN,
            (f"transaction {as_text(it['transaction'])}", f"ref {hex_of(run.digest())}"),
        )


def _settled(batch: Mapping[str, object], voucher: str, block: int) -> str:
    at = as_int(batch["settledAt"])
    if not at:
        return f"was not settled at block {block:,}: by then nobody had been paid through it"
    which = "this voucher" if batch["voucher"] == voucher else "another voucher of the payer's"
    return f"was settled with {which} {when(at)}"


def _owed(known: Known) -> Iterator[Sentence]:
    model, then = known.model, known.then
    parents = [as_object(it) for it in as_list(model["parents"])]
    shares = ", ".join(f"dataset {as_int(it['dataset'])} ({format_ppm(as_int(it['ppm']))})" for it in parents)
    yield Sentence(
        f"Of all that is paid to the model's account, its parents are owed at least: {shares}."
        if parents
        else "The model has no parents to which it owes a share.",
        Source.CHAIN,
        (f"transaction {as_text(model['transaction'])}",),
    )
    until = as_int(then["clearedUntil"])
    lasts = "for ever" if until >= PERPETUAL else f"until {when(until)}"
    cleared = describe_rights(as_int(then["clearedFor"]))
    yield Sentence(
        f"At block {as_int(then['block']):,} it was cleared for {f'{cleared}, {lasts}' if cleared else 'nothing'}; its "
        f"owner was {as_text(then['owner'])}.",
        Source.CHAIN,
        (f"block {as_int(then['block'])}",),
    )


def _people(known: Known) -> Chapter:
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
    said = f"The manifests of the datasets name {counted(len(people), 'contributor')}."
    apart = [
        Sentence(
            f"The contributors of dataset {it.named.dataset} are too many for its manifest, and not here: it names a "
            "file of them by its hash.",
            Source.FOLDER,
            (it.manifest, f"sha256 {hex_of(it.people_apart)}"),
        )
        for it in known.used
        if it.people_apart and it.people is None
    ]
    files = tuple(name for it in known.used for name in (it.manifest, it.people) if name)
    return Chapter(
        "Annex C. People",
        sentences=(Sentence(said, Source.FOLDER, files), *apart),
        tables=(Table(("dataset", "name", "roles", "ISNI", "IPI"), people),),
    )


def _items(known: Known) -> Chapter:
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
    return Chapter(
        "Annex D. Items",
        sentences=(
            Sentence(
                f"{counted(len(items), 'item')}, as the owners' item tables have them, and how often the loader wrote "
                "down that it served each.",
                Source.FOLDER,
                (*(it.table for it in known.used), "run/served.json"),
            ),
        ),
        tables=(Table(("dataset", "title", "artists", "ISRC", "ISWC", "length", "served", "SHA-256"), items),),
    )
