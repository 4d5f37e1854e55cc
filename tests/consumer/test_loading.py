"""What training misses is pulled by one process of a machine, within the limits set; what is here is no use."""

from __future__ import annotations

import multiprocessing
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from audiera.consumer import Keeping
from audiera.errors import StorageError
from audiera.loading import Serving, Shelf
from audiera.runs import read_served
from tests.support.consumer import Asking, result_of, run
from tests.support.gateway import PRICE, Payer

Words = Callable[..., list[str]]


def typed(words: list[str]) -> str:
    """What is typed after `audiera pull`, without where to and without consent."""
    at = words.index("--to")
    return shlex.join(it for it in (*words[1:at], *words[at + 2 :]) if it not in ("--yes", "--json"))


def serve(folder: Path, pull: str, rank: int, worker: int) -> None:
    """One worker of four, of one rank of two."""
    shelf = Shelf.open(folder, pull)
    list(Serving(shelf=shelf, log=folder / "served", rank=rank, ranks=2, even=False).serve(worker, 4))


@pytest.mark.heavy
def test_two_ranks_of_four_workers_pull_and_pay_once(payer: Payer, asking: Asking, words: Words) -> None:
    pull = typed(words(payer.server.url))
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=serve, args=(asking.folder, pull, rank, it)) for rank in range(2) for it in range(4)]

    for it in workers:
        it.start()
    for it in workers:
        it.join()

    assert [it.exitcode for it in workers] == [0] * 8
    leaves = {(asking.venue.dataset, 1, it.item.leaf()) for it in asking.venue.rows}
    assert read_served(asking.folder / "served") == dict.fromkeys(leaves, 1)
    (head,) = asking.heads()
    assert (head.voucher.amount, head.voucher.calls) == (PRICE, 1)


@pytest.mark.heavy
@pytest.mark.parametrize("spoiled", [True, False], ids=["broken", "gone"])
def test_a_file_that_is_missing_is_fetched_again_by_a_grant_that_had_ended_and_nothing_is_paid(
    payer: Payer, asking: Asking, words: Words, spoiled: bool
) -> None:
    result_of(run(*words(payer.server.url)))
    heads = asking.heads()
    keeping = Keeping(asking.folder / ".audiera")
    for it in keeping.granted():
        it.answer = it.answer.model_copy(update={"until": 1})
        keeping.renew(it)
    shelf = Shelf.open(asking.folder, typed(words(payer.server.url)))
    good, file = shelf.entries[0].read(), shelf.entries[0].file
    file.write_bytes(bytes(len(good))) if spoiled else file.unlink()

    found = shelf.read(shelf.entries[0])

    assert found == good
    assert asking.heads() == heads
    assert all(it.answer.until > 1 for it in keeping.granted())


@pytest.mark.heavy
def test_what_cannot_be_pulled_within_the_limits_is_an_error_that_says_why(
    payer: Payer, asking: Asking, words: Words
) -> None:
    with pytest.raises(StorageError, match=r"could not be pulled: .*above your 0\.000999 MUSD"):
        Shelf.open(asking.folder, typed(words(payer.server.url, spend="0.000999 MUSD")))

    assert asking.signed() == 0


def test_what_is_here_is_read_without_the_gateway(payer: Payer, asking: Asking, words: Words) -> None:
    result_of(run(*words(payer.server.url)))

    shelf = Shelf.open(asking.folder, "nothing that would run")

    assert len([shelf.read(it) for it in shelf.entries]) == len(asking.all)
    assert {it.license for it in shelf.entries} == {asking.venue.license}
