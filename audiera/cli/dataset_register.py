"""`dataset register`: from a folder of music to a registered and, if wanted, offered dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiera.cid import cid_of
from audiera.cli.dataset_offers import PlannedOffer, make_offers, show_offers
from audiera.cli.output import Json, hex_of, progress_bar, say
from audiera.cli.session import Session
from audiera.client import Content
from audiera.client.events import DatasetRegistered
from audiera.credits import Credits, Payout, ShareRule
from audiera.durations import format_ppm
from audiera.errors import InputError
from audiera.hashing import ZERO_WORD
from audiera.ids import dataset_account
from audiera.kinds import DatasetFlag, Kind, holds_music
from audiera.lineage import Parent, check_parents, owed_ppm
from audiera.prepare import Prepared, prepare
from audiera.record import read_registrations, record_folder, store_version, write_registration
from audiera.registration import Registration, recorded_shares
from audiera.scan import ScanOptions

__all__ = ["NewDataset", "described_size", "register"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDataset:
    """What the command's user says of a new dataset."""

    folder: Path
    contributors: Path
    date: str
    """YYYY-MM-DD."""
    kind: Kind = Kind.Recordings
    synthetic: bool = False
    parents: tuple[Parent, ...] = ()
    rule: ShareRule | None = None
    custodian: str | None = None
    salt: str = ""
    name: str = ""
    description: str = ""
    creators: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    out: Path | None = None
    again: bool = False
    """Register even what is registered already."""


def register(session: Session, new: NewDataset, offers: Sequence[PlannedOffer]) -> None:
    """Read the folder, show what would be registered and who would be paid, ask, register, record, and offer.

    Raises:
        InputError: if something cannot be as it is told, or the folder is registered already.
        RevertError: if the registry refuses; then nothing is sent.
    """
    parents = _check(session, new, offers)
    record = record_folder(new.folder, new.out)
    with progress_bar(f"Reading {new.folder.name}") as progress:
        prepared = prepare(
            new.folder,
            date=new.date,
            contributors=new.contributors,
            name=new.name,
            description=new.description,
            creators=new.creators,
            keywords=new.keywords,
            rule=new.rule,
            custodian=new.custodian,
            salt=new.salt,
            parents=owed_ppm(session.client.datasets.address, parents),
            options=ScanOptions(everything=not holds_music(new.kind)),
            progress=progress,
        )
    shared = prepared.credits
    if shared is None:
        raise InputError("A registration needs a contributors file; name it with --contributors.")
    if not new.again:
        _refuse_again(session, record, prepared)
    _show(session, new, prepared, shared, parents)
    show_offers(session, offers)

    content = Content(
        new.kind,
        int(DatasetFlag.Synthetic) if new.synthetic else 0,
        len(prepared.rows),
        prepared.content_root,
        prepared.manifest_digest,
    )
    store_version(record, prepared.documents)
    receipt = session.act(lambda client: client.datasets.register(content, shared.split, parents), "Register it?")
    # A signed call has no number yet: it is recorded as dataset 0 until `dataset verify` finds what became of it.
    number = receipt.event(DatasetRegistered).id if receipt else 0
    write_registration(
        record,
        Registration(
            chain_id=session.client.chain_id,
            registry=session.client.datasets.address,
            dataset=number,
            version=1,
            transaction=receipt.transaction if receipt else ZERO_WORD,
            content_root=prepared.content_root,
            manifest_digest=prepared.manifest_digest,
            shares=recorded_shares(shared),
            options={"shares": shared.rule, "contributors": new.contributors.name, "folder": new.folder.resolve().name},
        ),
    )
    if receipt is None:
        return
    made = make_offers(session, number, offers) if offers else []
    fields = _result(session, number, prepared, shared, record)
    offered = f" and offered under {', '.join(it.text.name for it in offers)}" if offers else ""
    told = f"Dataset {number} is registered{offered}; its record is in {record}."
    session.result(fields | {"offers": made}, told, receipt)


def described_size(prepared: Prepared) -> str:
    """Write the bytes of a dataset, and the length of one that plays, for people."""
    size = f"{prepared.scan.size / 1e6:.1f} MB"
    minutes, seconds = divmod(-(-prepared.scan.duration_ms // 1000), 60)
    return f"{size}, {minutes} min {seconds} s" if prepared.scan.duration_ms else size


def _check(session: Session, new: NewDataset, offers: Sequence[PlannedOffer]) -> tuple[Parent, ...]:
    """Refuse what can be refused before the folder is read."""
    if new.kind is Kind.Catalogue:
        raise InputError("A catalogue has no files of its own; register it with `ape run dataset catalogue`.")
    parents = tuple(sorted(new.parents, key=lambda parent: parent.dataset))
    check_parents(parents)
    if parents and offers:
        raise InputError("A derived dataset is offered after it is cleared; leave --offer out and clear it first.")
    if offers:
        session.refuse_relay(
            "A signed registration cannot carry an offer, since the dataset has no number yet; leave --offer out."
        )
    for parent in parents:
        session.client.datasets.dataset_of(parent.dataset)
    return parents


def _refuse_again(session: Session, record: Path, prepared: Prepared) -> None:
    datasets = session.client.datasets
    for known in read_registrations(record):
        here = (known.chain_id, known.registry) == (session.client.chain_id, datasets.address)
        if here and known.dataset and known.content_root == prepared.content_root:
            root, _ = datasets.content_of(known.dataset, known.version)
            if root == prepared.content_root:  # a chain may have been started anew since
                raise InputError(
                    f"These files are dataset {known.dataset} on this chain already; publish changes with "
                    "`ape run dataset version`, or add --again to register them once more."
                )


def _show(session: Session, new: NewDataset, prepared: Prepared, shared: Credits, parents: Sequence[Parent]) -> None:
    passed = prepared.scan.left_out
    lines: list[tuple[str, object]] = [
        ("name", prepared.description.name),
        ("kind", f"{new.kind.name}{', synthetic' if new.synthetic else ''}"),
        ("files", f"{len(prepared.rows)} ({described_size(prepared)})"),
        ("content root", hex_of(prepared.content_root)),
        ("manifest", prepared.manifest_cid),
        ("creator", session.me),
        ("chain", session.client.chain_id),
    ]
    session.plan(f"To register {new.folder}:", lines)
    if passed:
        listed = ", ".join(passed[:3])
        more = f" and {len(passed) - 3} more" if len(passed) > 3 else ""
        say(f"  left out, not being audio: {listed}{more}")
    titled = {"stated": "as the contributors file states"}.get(shared.rule, f"divided by {shared.rule}")
    rows = [(", ".join(it.names), ", ".join(it.roles), format_ppm(it.ppm), _paid_at(it)) for it in shared.payouts]
    rows += [(f"dataset {it.dataset}", "parent", format_ppm(it.ppm), "whoever shares its income") for it in parents]
    title = f"Who shares the income ({titled}), for ever:"
    session.table(("who", "role", "share", "paid at"), rows, title=title, right=("share",))


def _paid_at(payout: Payout) -> str:
    return payout.address or f"held in trust by {payout.custodian}"


def _result(session: Session, number: int, prepared: Prepared, shared: Credits, record: Path) -> dict[str, Json]:
    account = dataset_account(session.client.datasets.address, number)
    shares: list[Json] = [_share(payout) for payout in shared.payouts]
    return {
        "dataset": number,
        "version": 1,
        "items": len(prepared.rows),
        "contentRoot": hex_of(prepared.content_root),
        "manifest": cid_of(prepared.manifest_digest),
        "account": hex_of(account),
        "paymentAddress": session.client.royalty.address_of(account),
        "split": hex_of(shared.split.id()),
        "shares": shares,
        "record": str(record),
    }


def _share(payout: Payout) -> Mapping[str, Json]:
    share: dict[str, Json] = {"names": list(payout.names), "ppm": payout.ppm, "address": payout.address}
    if payout.key and payout.custodian:
        held: dict[str, Json] = {"custodian": payout.custodian, "key": hex_of(payout.key)}
        return share | held | {"account": hex_of(payout.payee)}
    return share
