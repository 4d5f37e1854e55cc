"""Act: the developer brings the music here, through the gateway, and believes nothing of what that says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from audiera.consumer import (
    Accesses,
    Deal,
    Keeping,
    Limits,
    Plan,
    Pull,
    make_plan,
    read_about,
    read_version,
)
from audiera.demo.publish import Work
from audiera.demo.stage import Stage
from audiera.demo.venue import Venue
from audiera.operations import TokenBook
from audiera.protocol import Right, right_bit
from audiera.quantities import format_size
from audiera.remote import Remote

__all__ = ["Customer", "as_customer", "kept_by", "pull_music"]

_SPEND: Final = "500 USDC"
_EXPOSURE: Final = "100 USDC"
_AT_ONCE: Final = 500  # uses of one access


@dataclass(frozen=True, slots=True)
class Customer:
    """The developer at the gateway: what it wrote down of every use, and what signs for more."""

    keeping: Keeping
    accesses: Accesses
    plan: Plan
    pull: Pull
    folder: Path


def kept_by(stage: Stage) -> Path:
    """Return where the developer writes down what it signed, and what the gateway countersigned."""
    return stage.folder / "developer" / ".audiera"


@contextmanager
def as_customer(stage: Stage, venue: Venue, works: Sequence[Work]) -> Iterator[Customer]:
    """Have the developer look at the gateway, and plan the cheapest way to train on some works."""
    developer, folder = stage.cast.developer, stage.folder / "developer"
    client, remote = stage.acting(developer), Remote(venue.url, developer.signer)
    with Keeping.opened(kept_by(stage)) as keeping:
        about = read_about(client, remote)
        versions = [read_version(client, remote, it.dataset) for it in works]
        pull = Pull(keeping, versions, folder)
        plan = make_plan(
            *(client, TokenBook.of(client, [f"USDC={stage.usdc}"]), pull.look(), Right.Training),
            url=venue.url,
            about=about,
            payer=developer.address,
            token=stage.usdc,
        )
        deal = Deal(
            gateway=about.account,
            payer=developer.address,
            right=right_bit(Right.Training),
            fee_ppm=about.fee_ppm,
            items=_AT_ONCE,
            presigned=about.presigned,
            confirmations=about.confirmations,
            bought=0,
            limits=Limits(stage.amount(_SPEND).value, stage.amount(_EXPOSURE).value),
        )
        yield Customer(keeping, Accesses(client, remote, keeping, deal, clock=stage.node.timestamp), plan, pull, folder)


def pull_music(stage: Stage, customer: Customer) -> None:
    """Bring every file, and look at each."""
    story, developer = stage.story, stage.cast.developer
    story.act(
        "The developer pulls the music",
        f"As `audiera pull` does: it computes each head itself and signs no other, and of what comes it keeps what the "
        f"chain's roots prove. It trusts the gateway with {_EXPOSURE} at most.",
    )
    rows = [
        (str(way.license), f"dataset {way.dataset}", f"{len(need.rows)}", stage.money(way.cost, stage.usdc))
        for need, way in zip(customer.plan.needs, customer.plan.ways, strict=True)
    ]
    story.table(["Licence", "Of", "Files", "Uses cost"], rows, right=["Files", "Uses cost"])
    story.equal("nothing has to be bought: the licences are held", customer.plan.bought, ())
    wanted = {
        way.dataset: way.wanted(need, way.license)
        for need, way in zip(customer.plan.needs, customer.plan.ways, strict=True)
    }
    customer.pull.bring(customer.accesses, wanted)
    pulled = customer.pull.pulled()
    story.equal("every file was fetched", (pulled.left_out, pulled.failed), ((), ()))
    story.say(
        f"{developer.name} has {pulled.fetched} files, {format_size(pulled.fetched_bytes)}, for "
        f"{stage.money(customer.accesses.signed, stage.usdc)} with the fee. "
        "What a licence gives for nothing is on record, too."
    )
    hashes = {it.item.sha256 for need in customer.plan.needs for it in need.rows}
    landed = {
        sha256(it.read_bytes()).digest()
        for dataset in wanted
        for it in (customer.folder / f"dataset-{dataset}").rglob("*")
        if it.is_file()
    }
    story.equal("what lies there now is, byte for byte, what the creators registered", landed, hashes)
