"""The demo: the whole life of a dataset, told on a private chain, every line of it checked.

Stage -> publish -> offer -> catalogue -> buy -> model -> promise -> pull -> use -> settle -> sell the model -> reward
-> pay out -> prove -> audit -> balance
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rich.console import Console

from audiera.demo.auditing import audit_everything
from audiera.demo.campaign import promise_reward, share_out
from audiera.demo.cast import Cast
from audiera.demo.catalogue import make_catalogue
from audiera.demo.chain import private_chain
from audiera.demo.conservation import balance_everything
from audiera.demo.model import make_model
from audiera.demo.music import find_music, owner_of
from audiera.demo.offers import offer_music
from audiera.demo.payout import pay_out
from audiera.demo.proof import prove_one_use
from audiera.demo.publish import publish_music
from audiera.demo.pulling import as_customer, pull_music
from audiera.demo.purchase import buy_licences
from audiera.demo.sale import sell_model
from audiera.demo.settle import settle_batch, take_back_the_rest
from audiera.demo.stage import Stage, set_stage
from audiera.demo.story import CheckFailedError, Story
from audiera.demo.uses import open_channel, use_everything
from audiera.demo.venue import open_venue
from audiera.text import Json

__all__ = ["CheckFailedError", "private_chain", "tell", "tell_there"]


def tell(console: Console, music: Path | None = None) -> Json:
    """Tell the story, and return its facts.

    Nothing is written but below a temporary folder, which is removed, as the chain is ended, however the story ends.

    Args:
        console: where to.
        music: a folder of audio for the first creator to register; rendered unless told.

    Raises:
        CheckFailedError: if anything does not come out as told.
        AudieraError: if the story cannot be told: the folder is no music, or there is no Anvil.
    """
    with tempfile.TemporaryDirectory(prefix="audiera-demo-") as name, private_chain(Path(name)) as url:
        return tell_there(console, url, Path(name), music)


def tell_there(
    console: Console, url: str, folder: Path, music: Path | None = None, *, guest: str | None = None
) -> Json:
    """Tell the story on a chain that stays, and return its facts.

    Args:
        console: where to.
        url: of an Anvil on which nothing has happened.
        folder: where everything is written; what the chain names by its hash lies in `store` below it.
        music: a folder of audio for the first creator to register; rendered unless told.
        guest: an account that has no part in the story, and gets of the token that is paid in.

    Raises:
        CheckFailedError: if anything does not come out as told.
        AudieraError: if the story cannot be told.
    """
    started, story = time.monotonic(), Story(console)
    cast = Cast.for_music() if music is None else Cast.for_music(owner_of(music))
    _tell(set_stage(url, story, cast, folder, guest), url, music)
    return story.close(time.monotonic() - started)


def _tell(stage: Stage, url: str, music: Path | None) -> None:
    album, samples, weather = publish_music(stage, find_music(music, stage.cast, stage.folder))
    offers = offer_music(stage, album, samples)
    catalogue = make_catalogue(stage, (weather, samples))
    licences = buy_licences(stage, offers, catalogue, weather)
    model = make_model(stage, (album, samples), licences)
    promise = promise_reward(stage)
    open_channel(stage)
    works = album, samples, weather
    with open_venue(stage, url) as venue, as_customer(stage, venue, works) as customer:
        pull_music(stage, customer)
        signed = use_everything(stage, customer, licences, works)
        settled = settle_batch(stage, venue, signed)
    sell_model(stage, model)
    left = share_out(stage, promise, settled)
    paid = pay_out(stage, (model.work, album, samples, weather, catalogue.work))
    prove_one_use(stage, settled)
    take_back_the_rest(stage)
    audit_everything(stage, url, settled)
    balance_everything(stage, paid, left_in_pool=left)
