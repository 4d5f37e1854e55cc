"""Act: the developer makes a model from both datasets, registers it as their child, and has it cleared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from audiera.client import Content
from audiera.client.contracts.events import DatasetCleared, DatasetRegistered
from audiera.credits import Party
from audiera.demo.offers import Offer, draft, make_offers
from audiera.demo.publish import Work, today
from audiera.demo.purchase import Licence, Licences
from audiera.demo.stage import Stage
from audiera.folder import walk
from audiera.manifest import Description, build_documents
from audiera.protocol import Item, Kind, Metadata, Parent, Right, TableRow, Terms, from_weights, owed_ppm, payee_of
from audiera.quantities import format_ppm

__all__ = ["make_model"]

_NAME: Final = "Timbre"
_BANDS: Final = 32
_PARTS: Final = 4  # principal directions kept
_SECONDS: Final = 3  # of each file
_RATE: Final = 22_050
_PRICE: Final = "0.333333333333333333 ETH"  # awkward on purpose: rounding must not lose a wei


def make_model(stage: Stage, works: tuple[Work, Work], licences: Licences) -> Offer:
    """Train, register, clear and offer a model."""
    stage.story.act(
        "A model is made from both, and says so",
        "A model is a dataset derived from others. Their accounts are lines of its split for ever, with no less "
        "than their licences ask; and it can be offered only once a licence from every parent is shown to allow "
        "that.",
    )
    licensed = (licences.generative, licences.samples)
    parents = tuple(Parent(it.offer.dataset, it.offer.terms.derivative_ppm) for it in licensed)
    model = _register(stage, _train(stage, works), parents)
    offer = draft(stage, model, "generative", _PRICE, more=Right.Inference)
    _clear(stage, offer, parents, licensed)
    make_offers(stage, [offer])
    return offer


def _train(stage: Stage, works: tuple[Work, Work]) -> TableRow:
    """Write the weights of a very small model: the mean sound of the files, and the ways in which they differ."""
    heard = np.array([sound for work in works for path in _files(work) if (sound := _listen(path)) is not None])
    mean = heard.mean(axis=0)
    _, _, directions = np.linalg.svd(heard - mean, full_matrices=False)
    buffer = BytesIO()
    np.save(buffer, np.vstack([mean, directions[:_PARTS]]).astype(np.float32))
    weights = buffer.getvalue()
    stage.keep_bytes(weights)
    metadata = Metadata(path="timbre.npy", media_type="application/octet-stream", title=_NAME)
    stage.story.say(
        f"{stage.cast.developer.name} trains “{_NAME}” on the {len(heard)} files of both: the mean of {_BANDS} bands "
        f"of sound and the {len(directions[:_PARTS])} main ways to differ from it, {len(weights):,} bytes of weights."
    )
    return TableRow(Item.of(hashlib.sha256(weights).digest(), len(weights), metadata), metadata)


def _files(work: Work) -> Iterator[Path]:
    if work.folder is not None:
        yield from (work.folder / path for path in walk(work.folder).files)


def _listen(path: Path) -> npt.NDArray[np.float64] | None:
    """Return the loudness of each band in the first seconds of a file; None for a score, which makes no sound."""
    mono, blocks, wanted = av.AudioResampler("flt", "mono", _RATE), [], _SECONDS * _RATE
    try:
        with av.open(path) as container:
            for frame in container.decode(audio=0):
                blocks += [part.to_ndarray()[0] for part in mono.resample(frame)]
                if sum(map(len, blocks)) >= wanted:
                    break
    except (av.FFmpegError, IndexError):
        return None
    if not blocks:
        return None
    sound = np.concatenate(blocks)[:wanted].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(sound, n=max(len(sound), 2 * _BANDS)))
    return np.array([np.log1p(band.mean()) for band in np.array_split(spectrum, _BANDS)])


def _register(stage: Stage, row: TableRow, parents: tuple[Parent, ...]) -> Work:
    developer = stage.cast.developer
    split = from_weights({payee_of(developer.address): 1}, owed_ppm(stage.client.datasets.address, parents))
    facts = Description(
        name=_NAME, description="What two datasets sound like.", creators=(Party(developer.name),), date=today(stage)
    )
    documents = build_documents(facts, [row])
    for it in (*documents.files.values(), documents.manifest):
        stage.keep_bytes(it)
    content = Content(Kind.Model, 0, 1, documents.tree.root, documents.digest)
    receipt = stage.carry_out(developer, lambda client: client.datasets.register(content, split, parents))
    dataset = receipt.event(DatasetRegistered).id
    owed = " and ".join(f"{format_ppm(it.ppm)} to dataset {it.dataset}" for it in parents)
    stage.story.step(f"{developer.name} registers “{_NAME}” as dataset {dataset}, which owes {owed}", receipt)
    stage.story.equal("its parents are on chain", stage.client.datasets.parents(dataset), parents)
    return Work(dataset, _NAME, developer, split, (row,))


def _clear(stage: Stage, offer: Offer, parents: tuple[Parent, ...], licensed: Sequence[Licence]) -> None:
    """Clear the model, and see that neither haste nor greed gets past it."""
    story, client = stage.story, stage.acting(stage.cast.developer)
    greedy = draft(stage, offer.work, "open", "0 ETH").terms
    encoding, attempt = client.encoding().licenses, client.preview().licenses
    terms = [encoding.publish_terms(it) for it in (offer.terms, greedy)]
    story.step(f"{stage.cast.developer.name} publishes terms for it", client.licenses.multicall(terms))

    def offered_under(chosen: Terms) -> Callable[[], object]:
        return lambda: attempt.offer(offer.dataset, chosen.id(), offer.price)

    story.refused("offering it before it is cleared", "Clearance_Missing", offered_under(offer.terms))
    cleared = client.licenses.clear(offer.dataset, parents, [it.number for it in licensed])
    ceiling = cleared.event(DatasetCleared).rights_ceiling
    numbers = " and ".join(str(it.number) for it in licensed)
    story.step(f"It is cleared by licences {numbers}, which cannot be sold from now on", cleared)
    story.equal("no licence of it can grant more than both parents did", ceiling, _both(licensed))
    story.refused("offering it under the open text", "Clearance_BeyondCeiling", offered_under(greedy))


def _both(licensed: Sequence[Licence]) -> int:
    first, second = (it.offer.terms.rights for it in licensed)
    return first & second
