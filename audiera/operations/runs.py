"""Whether the chain bears out what a training run says of licences, datasets and records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from eth_typing import ChecksumAddress

from audiera.client import Audiera, TxReceipt
from audiera.client.contracts.events import SignerSet, Transfer, UseRecorded
from audiera.errors import AudieraError, InputError
from audiera.protocol import SignerScope, right_bit, to_address
from audiera.runs import SIGNED, USED, BatchHead, Check, CheckedRun, Run, SignedBatch, UsedDataset
from audiera.text import hex_of

__all__ = ["check_run", "holder_at", "recorded"]


def check_run(client: Audiera[TxReceipt], checked: CheckedRun) -> tuple[Check, ...]:
    """Return what folder and chain together say of a run, a statement each.

    Args:
        client: the connection.
        checked: what its folder shows.
    """
    run = checked.run
    keys = [(it, _checked(it.said, partial(_keys, client, run, it))) for it in checked.batches if not it.is_of_accounts]
    own = [it for it in checked.batches if it.is_of_accounts]
    acted = own + [it for it, check in keys if check.holds]
    unmetered = checked.unmetered(own + [it for it, check in keys if check.holds is not False])
    left = {SIGNED, USED, *(check.said for _, check in keys)}
    known = [it for it in checked.checks if it.holds is not None or it.said not in left]
    if not unmetered and any((it.said, it.holds) == (USED, None) for it in checked.checks):
        shown = not checked.unmetered(acted)
        known.append(Check(USED, shown or None, "Each item has its use." if shown else "Each item has its use, if so."))
    asked = [
        *(check for _, check in keys),
        _checked("The document is for this chain and its ledger.", partial(_here, client, run)),
        _checked(
            "The key that signed the document may act for the licensee.", partial(_signer, client, run, checked.signer)
        ),
        *(
            _checked(f"Dataset {it.dataset} has what was used as version {it.version}.", partial(_version, client, it))
            for it in run.datasets
        ),
        *(
            _checked(
                f"Dataset {it.dataset} was licensed for {run.right.name} from beginning to end.",
                partial(_licensed, client, run, it.dataset),
            )
            for it in run.datasets
        ),
        *(
            _checked(
                f"Licence {license_id} covers dataset {dataset}, whose use was signed for under it.",
                partial(_covers, client, run, license_id, dataset),
            )
            for license_id, dataset in _under(run, checked)
        ),
        *(_checked(f"Batch {hex_of(it.batch)} is settled.", partial(_settled, client, it)) for it in run.batches),
        *(
            _checked(f"The use of dataset {it} was recorded under this run.", partial(_recorded, client, run, it))
            for it in unmetered
        ),
    ]
    return (*known, *asked)


def recorded(client: Audiera[TxReceipt], run: Run) -> Iterator[tuple[UseRecorded, bytes]]:
    """Yield what the licensee recorded under a run, each with its transaction."""
    digest = run.digest()
    for log in client.usage.logs(UseRecorded, account=run.licensee):
        if log.event.ref == digest:
            yield log.event, log.transaction


def holder_at(client: Audiera[TxReceipt], license_id: int, time: int) -> ChecksumAddress:
    """Return who held a licence at a Unix second.

    Raises:
        InputError: there was none yet.
    """
    holder = None
    for log in client.licenses.logs(Transfer, id=license_id):
        if (since := client.node.timestamp(log.block)) > time:
            if holder is None:
                raise InputError(f"Licence {license_id} is of {_moment(since)}, and this was at {_moment(time)}.")
            break
        holder = log.event.to
    if holder is None:
        raise InputError(f"There is no licence {license_id}.")
    return to_address(holder)


def _moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S UTC}"


def _checked(said: str, look: Callable[[], tuple[bool | None, str]]) -> Check:
    try:
        return Check(said, *look())
    except AudieraError as error:
        return Check(said, False, str(error))


def _here(client: Audiera[TxReceipt], run: Run) -> tuple[bool, str]:
    if run.domain != client.domain("UsageLedger"):
        return False, f"It is for {run.ledger} on chain {run.chain_id}, and this is another."
    return True, f"It is {run.ledger} on chain {run.chain_id}."


def _signer(client: Audiera[TxReceipt], run: Run, signer: ChecksumAddress | None) -> tuple[bool | None, str]:
    if signer is None:
        return False, "Nobody signed it."
    acts = _acts(client, run.licensee, signer, SignerScope.Access)
    if acts:
        return True, f"{signer} acts for {run.licensee}."
    if acts is False:
        return False, f"{run.licensee} does not let {signer} act."
    if (record := next(recorded(client, run), None)) is not None:
        return True, f"{signer} acted for {run.licensee}, which recorded the document: {hex_of(record[1])}."
    return None, f"{_once(run.licensee, signer, 'act')} the document. Have it signed again."


def _keys(client: Audiera[TxReceipt], run: Run, batch: SignedBatch) -> tuple[bool | None, str]:
    """Hold the keys that signed a batch to what payer and gateway let them do, now or before.

    When something was signed, only the chain shows: it settles a voucher while its keys may act.
    """
    payer, gateway = (batch.payer, batch.payer_key), (batch.gateway, batch.gateway_key)
    pays, settles = _acts(client, *payer, SignerScope.Pay), _acts(client, *gateway, SignerScope.Settle)
    if pays is False:
        return False, f"{batch.payer} never let {batch.payer_key} pay, which signed its voucher."
    if settles is False:
        return False, f"{batch.gateway} never let {batch.gateway_key} settle, which countersigned it."
    if not (pays and settles):
        (head,) = (it for it in run.batches if it.batch == batch.batch)
        if not _settled(client, head)[0]:
            once = _once(*gateway, "settle") if pays else _once(*payer, "pay")
            return None, f"{once} it, until the chain settles this very voucher."
        return True, "The chain settled it with this very voucher, while its keys were good."
    return True, f"{batch.payer_key} pays for {batch.payer}, {batch.gateway_key} settles for {batch.gateway}."


def _once(account: str, key: str, does: str) -> str:
    return f"{account} let {key} {does}, and does so no more: nothing shows that it was before when that key signed"


def _acts(
    client: Audiera[TxReceipt], account: ChecksumAddress, key: ChecksumAddress, scope: SignerScope
) -> bool | None:
    """Return whether a key has a scope; None: it had it once, and what it signed then is not undone."""
    if client.licenses.is_signer(account, key, scope):
        return True
    for log in client.licenses.logs(SignerSet, account=account, signer=key):
        it = log.event
        until = {
            SignerScope.Access: it.access_until,
            SignerScope.Pay: it.pay_until,
            SignerScope.Settle: it.settle_until,
        }[scope]
        if until > client.node.timestamp(log.block):
            return None
    return False


def _version(client: Audiera[TxReceipt], used: UsedDataset) -> tuple[bool, str]:
    found = client.datasets.content_of(used.dataset, used.version)
    if found != (used.content_root, used.manifest):
        return False, f"The chain names {hex_of(found[0])} and the manifest {hex_of(found[1])}."
    return True, f"Content root {hex_of(used.content_root)}, manifest {hex_of(used.manifest)}."


def _licensed(client: Audiera[TxReceipt], run: Run, dataset: int) -> tuple[bool, str]:
    for license_id in run.licenses:
        terms = client.licenses.terms_of(client.licenses.license_of(license_id).terms_id)
        covers = all(client.licenses.covers(license_id, dataset, it) for it in (run.started, run.ended))
        held = {holder_at(client, license_id, it) for it in (run.started, run.ended)} if covers else set()
        if covers and terms.rights & run.right and held == {run.licensee}:
            return True, f"Licence {license_id}, held by {run.licensee}."
    return False, "No licence of the run was held, covered it and granted the right at both times."


def _under(run: Run, checked: CheckedRun) -> list[tuple[int, int]]:
    """Return under which licences the run's datasets were used in batches."""
    datasets = {it.dataset for it in run.datasets}
    return sorted(it for it in {pair for batch in checked.batches for pair in batch.under} if it[1] in datasets)


def _covers(client: Audiera[TxReceipt], run: Run, license_id: int, dataset: int) -> tuple[bool, str]:
    """A use under a licence of something else is none: it would be paid at another dataset's price."""
    terms = client.licenses.terms_of(client.licenses.license_of(license_id).terms_id)
    covers = any(client.licenses.covers(license_id, dataset, it) for it in (run.started, run.ended))
    if not covers or not terms.rights & run.right:
        return False, f"It covered it neither at the beginning nor at the end, or does not grant {run.right.name}."
    return True, f"It grants {run.right.name}."


def _settled(client: Audiera[TxReceipt], head: BatchHead) -> tuple[bool | None, str]:
    found = client.usage.batch_of(head.batch)
    if not found.settled_at:
        return None, "Not yet: its gateway may, and nobody was paid for it until then."
    voucher, _ = client.usage.settled(head.batch)
    if voucher.struct_hash() != head.voucher:
        return None, "It is settled with a later or an earlier voucher than the run knew."
    return True, "With the very voucher."


def _recorded(client: Audiera[TxReceipt], run: Run, dataset: int) -> tuple[bool, str]:
    found = [
        (event.units, transaction)
        for event, transaction in recorded(client, run)
        if (event.dataset, event.right) == (dataset, right_bit(run.right)) and event.license in run.licenses
    ]
    if found:
        units = sum(it for it, _ in found)
        return True, f"{units:,} units, of what is not said; transaction {hex_of(found[0][1])}."
    return False, f"No record of it names {hex_of(run.digest())}."
