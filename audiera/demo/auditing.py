"""Act: somebody who believes nobody rebuilds all of it."""

from __future__ import annotations

from audiera.audit import Places, Severity, Subject, audit, rebuilt
from audiera.demo.pulling import kept_by
from audiera.demo.settle import Settled
from audiera.demo.stage import Stage

__all__ = ["audit_everything"]


def audit_everything(stage: Stage, node: str, settled: Settled) -> None:
    """Audit the whole chain with the developer's own copy of the batch.

    Args:
        stage: the stage.
        node: URL of its chain.
        settled: the batch.
    """
    story, voucher = stage.story, settled.signed.voucher
    story.act(
        "An auditor rebuilds all of it",
        "As `audiera audit --all` does: from a node, the store, and the developer's copy of its batches. It asks "
        "neither the gateway nor anybody's index, holds every use to licence, terms and item, and asks the contracts "
        "for every figure.",
    )
    places = Places([stage.store], [kept_by(stage) / "batches"])
    with rebuilt(stage.client, node, stage.folder / "audit", places) as history:
        report = audit(history, Subject("all", ("all",)))
        uses = sum(1 for _ in report.section("uses").rows())
        story.table(
            ["Looked at", "Rows"],
            [(it.title, f"{count:,}") for it in report.sections if (count := sum(1 for _ in it.rows()))],
            right=["Rows"],
        )
        story.equal(f"each of the {voucher.calls:,} uses was charged what its licence's terms say", uses, voucher.calls)
        found = [it.text for it in report.findings if it.severity in (Severity.ERROR, Severity.WARNING)]
        story.equal(f"all adds up: {report.asked} figures are what the contracts answer", found, [])
