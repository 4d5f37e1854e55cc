"""`audiera pull`: an album licensed, paid for and brought here, through the real command line."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, update
from starlette.types import Scope
from urllib3.exceptions import ProtocolError

from audiera.cli.gateway.limits import RANGES, bounded
from audiera.client import KeySigner
from audiera.gateway import Limits, create_app
from audiera.gateway.batches import BatchState
from audiera.gateway.tables import BATCHES
from audiera.protocol import Receipt, Right, check_signer
from audiera.remote import Answer, Remote
from tests.support.consumer import Asking, lying, priced, result_of, run
from tests.support.explorer import serving
from tests.support.gateway import DEPOSIT, PRICE, Payer, Venue

Words = Callable[..., list[str]]

SECOND = 700


@contextmanager
def reading_on(venue: Venue) -> Iterator[None]:
    """The gateway's index follows the chain, somewhat behind."""
    over = threading.Event()

    def follow() -> None:
        while not over.wait(0.3):
            venue.read()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_an_album_is_brought_paid_for_and_verified(payer: Payer, asking: Asking, words: Words) -> None:
    done = result_of(run(*words(payer.server.url)))

    assert (done["fetched"], done["present"]) == (len(asking.all), 0)
    assert asking.files() == asking.all
    (head,) = asking.heads()
    assert (head.voucher.amount, head.voucher.calls) == (PRICE, 1)
    voucher, domain = head.voucher.voucher(), asking.venue.domain
    check_signer(domain.digest(voucher), head.signature, asking.venue.as_("payer").account)
    check_signer(domain.digest(Receipt(voucher.struct_hash())), head.receipt, asking.venue.as_("gateway").account)


def test_an_album_is_brought_within_the_least_that_limits_may_be(asking: Asking, words: Words, tmp_path: Path) -> None:
    least = {"statements": 1, "batches": 1, "verify": 1} | {name: least for name, (least, _) in RANGES.items()}
    settings = asking.venue.settings(tmp_path / "least.db", limits=bounded(Limits(), least))
    with serving(create_app(settings)) as server:
        done = result_of(run(*words(server.url)))
        again = result_of(run(*words(server.url)))

    assert [it["fetched"] for it in (done, again)] == [len(asking.all), 0]
    assert asking.files() == asking.all


def test_the_same_again_pays_and_fetches_nothing(payer: Payer, asking: Asking, words: Words) -> None:
    result_of(run(*words(payer.server.url)))
    before = asking.heads()
    (asking.folder / f"dataset-{asking.venue.dataset}" / asking.all[0]).unlink()

    again = result_of(run(*words(payer.server.url)))

    assert (again["fetched"], again["present"]) == (1, len(asking.all) - 1)
    assert asking.heads() == before
    assert asking.files() == asking.all


def test_what_is_metered_by_the_second_is_used_item_by_item_within_the_exposure(
    own_venue: Venue, payer: Payer, asking: Asking, words: Words
) -> None:
    own_venue.sell(priced(own_venue, unit_price=SECOND, rights=Right.Inference))
    own_venue.read()

    done = result_of(run(*words(payer.server.url, "--max-exposure", "0.0007 MUSD", right="inference")))

    assert done["fetched"] == len(asking.all)
    (head,) = asking.heads()
    assert (head.voucher.amount, head.voucher.calls) == (SECOND * 3, 3)
    assert len(list((asking.folder / ".audiera" / "accesses").glob("*.json"))) == 3


def test_a_lost_answer_is_asked_for_again_and_charged_once(
    payer: Payer, asking: Asking, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = Remote._once

    def lost(self: Remote, method: str, path: str, *rest: object) -> Answer:
        answer = once(self, method, path, *rest)  # type: ignore[arg-type]  # handed on
        if path == "/v1/access":
            raise ProtocolError("the line is cut")
        return answer

    monkeypatch.setattr("audiera.remote.remote._TRIES", 1)
    monkeypatch.setattr(Remote, "_once", lost)
    first = run(*words(payer.server.url))
    monkeypatch.setattr(Remote, "_once", once)

    second = result_of(run(*words(payer.server.url)))

    assert first.exit_code == 1
    assert "cannot be reached" in first.output
    assert second["fetched"] == len(asking.all)
    (head,) = asking.heads()
    assert (head.voucher.amount, head.voucher.calls) == (PRICE, 1)


def test_a_licence_is_bought_and_a_deposit_made_for_exactly_what_it_takes(
    own_venue: Venue,
    payer: Payer,
    asking: Asking,
    words: Words,
    mint: Callable[[str, int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab, creator = own_venue.as_("lab"), own_venue.as_("creator")
    assert isinstance(lab.signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", lab.signer.account.key.hex())
    terms = priced(own_venue, unit_price=SECOND, rights=Right.Playback, max_units=3)
    creator.licenses.publish_terms(terms)
    creator.licenses.offer(own_venue.dataset, terms.id(), 250_000)
    mint(lab.account, 1_000_000)

    with reading_on(own_venue):
        done = result_of(run(*words(payer.server.url, right="playback")))

    assert done["fetched"] == len(asking.all)
    assert done["bought"]["value"] == "250000"
    assert lab.token(own_venue.usdc).balance_of(lab.account) == 1_000_000 - 250_000 - 3 * SECOND
    assert lab.usage.channel_of(lab.account, own_venue.as_("gateway").account, own_venue.usdc).balance == 3 * SECOND
    assert len(lab.licenses.held_by(lab.account)) == 1

    again = result_of(run(*words(payer.server.url, right="playback")))

    assert (again["present"], again["bought"], again["signed"]) == (len(asking.all), done["bought"], done["signed"])
    assert len(lab.licenses.held_by(lab.account)) == 1  # though its units are used up


def test_what_it_comes_to_above_the_limit_is_refused_before_anything_is_signed(
    payer: Payer, asking: Asking, words: Words
) -> None:
    done = run(*words(payer.server.url, spend="0.000999 MUSD"))

    assert done.exit_code == 1
    assert "It would come to 0.001 MUSD, above your 0.000999 MUSD" in done.output
    assert asking.signed() == 0


def test_what_the_disk_has_no_room_for_is_refused_before_anything_is_signed(
    payer: Payer, asking: Asking, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = sum(it.item.size for it in asking.venue.rows)
    room = size - 1
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=room))

    done = run(*words(payer.server.url))

    assert done.exit_code == 1
    assert f"has {size - 1:,} bytes free, and {size:,} are to come; make room, or pull less." in done.output
    assert asking.signed() == 0

    room = size
    assert result_of(run(*words(payer.server.url)))["fetched"] == len(asking.all)

    room = 0  # what is there takes none
    assert result_of(run(*words(payer.server.url)))["present"] == len(asking.all)


def test_a_purchase_whose_gas_costs_more_than_the_user_says_is_not_sent(
    own_venue: Venue, payer: Payer, asking: Asking, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = own_venue.as_("lab")
    assert isinstance(lab.signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", lab.signer.account.key.hex())

    done = run(*words(payer.server.url, "--max-fee", "0.000000001 ETH"))

    assert done.exit_code == 1
    assert "at most 0.000000001 ETH is paid for that." in done.output
    assert (lab.licenses.held_by(lab.account), asking.signed()) == ((), 0)


def test_an_access_above_the_exposure_is_refused_before_anything_is_signed(
    payer: Payer, asking: Asking, words: Words
) -> None:
    done = run(*words(payer.server.url, "--max-exposure", "0.000999 MUSD"))

    assert done.exit_code == 1
    assert (
        "One access of dataset 1 comes to 0.001 MUSD, above the 0.000999 MUSD that may be signed for and not be here; "
        "raise --max-exposure."
    ) in done.output
    assert "Sending transaction" not in done.output
    assert asking.heads() == []


def test_an_item_that_is_blocked_is_left_out_and_not_paid(
    own_venue: Venue, payer: Payer, asking: Asking, words: Words, tmp_path: Path
) -> None:
    own_venue.sell(priced(own_venue, unit_price=SECOND, rights=Right.Inference))
    own_venue.read()
    blocked = own_venue.rows[1]
    leaf = f"0x{blocked.item.leaf().hex()}"
    named = ["--item", leaf, "--reason", "Somebody objects.", "--journal", f"sqlite:///{tmp_path / 'journal.db'}"]
    assert run("gateway", "block", str(own_venue.dataset), *named).exit_code == 0

    done = run(*words(payer.server.url, right="inference"))

    assert done.exit_code == 1
    assert f"Not served: {blocked.metadata.path}" in done.output
    assert asking.files() == [it for it in asking.all if it != blocked.metadata.path]
    assert asking.heads()[0].voucher.amount == 2 * SECOND


def test_a_folder_of_another_pull_is_refused(payer: Payer, words: Words) -> None:
    result_of(run(*words(payer.server.url)))

    other = run(*words(payer.server.url, right="derivation"))

    assert other.exit_code == 1
    assert "is of another pull" in other.output


def test_a_pull_that_bought_nothing_leaves_a_folder_that_was_there(payer: Payer, asking: Asking, words: Words) -> None:
    asking.folder.mkdir()
    (asking.folder / "letter.txt").write_text("mine")

    refused = run("pull", "99", *words(payer.server.url)[2:])

    assert refused.exit_code == 1
    assert [it.name for it in asking.folder.iterdir()] == ["letter.txt"]


def test_what_an_earlier_pull_agreed_to_and_never_bought_is_no_claim(
    payer: Payer, asking: Asking, words: Words
) -> None:
    result_of(run(*words(payer.server.url)))
    kept = asking.folder / ".audiera"
    agreed = (kept / "pull.json").read_text()
    shutil.rmtree(asking.folder)
    kept.mkdir(parents=True)
    (kept / "pull.json").write_text(agreed.replace(asking.venue.as_("payer").account, f"0x{'1' * 40}"))

    assert result_of(run(*words(payer.server.url)))["fetched"] == len(asking.all)


def test_who_does_not_agree_has_begun_nothing(payer: Payer, asking: Asking, words: Words) -> None:
    told = [it for it in words(payer.server.url, right="derivation") if it != "--yes"]

    refused = run(*told)

    assert refused.exit_code == 1
    assert asking.signed() == 0
    assert result_of(run(*words(payer.server.url)))["fetched"] == len(asking.all)


def test_a_quote_says_what_it_comes_to_and_signs_nothing(payer: Payer, asking: Asking) -> None:
    venue = asking.venue
    named = ["--from", payer.server.url, "--token", f"MUSD={venue.usdc}", "--in", "MUSD", "--json"]

    told = result_of(
        run("quote", str(venue.dataset), "--right", "training", "--for", venue.as_("payer").account, *named)
    )

    assert told["total"]["value"] == str(PRICE)
    assert told["datasets"][0]["license"] == venue.license
    assert told["gateway"] == venue.as_("gateway").account
    assert (
        venue.as_("payer")
        .usage.channel_of(venue.as_("payer").account, venue.as_("gateway").account, venue.usdc)
        .balance
        == DEPOSIT
    )


def test_a_quote_untold_is_for_the_key_that_would_sign_and_in_the_token_that_pays_for_all(
    payer: Payer, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = asking.venue
    words = ["quote", str(venue.dataset), "--right", "training", "--from", payer.server.url, "--json"]

    told = result_of(run(*words))
    monkeypatch.delenv("AUDIERA_PRIVATE_KEY")
    nobody = result_of(run(*words))

    assert told["datasets"][0]["license"] == venue.license
    assert (told["total"]["value"], told["total"]["token"]) == (str(PRICE), venue.usdc)
    assert nobody["datasets"][0]["license"] is None


def test_a_gateway_that_lost_its_journal_gets_back_what_was_paid_and_serves_it(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    with serving(create_app(own_venue.settings(tmp_path / "first.db", explorer=False))) as server:
        result_of(run(*words(server.url)))
    heads = asking.heads()
    (asking.folder / f"dataset-{own_venue.dataset}" / asking.all[0]).unlink()

    with serving(create_app(own_venue.settings(tmp_path / "second.db", explorer=False))) as server:
        again = run(*words(server.url))

    assert "had lost 1 uses" in again.output
    assert result_of(again)["fetched"] == 1
    assert asking.heads() == heads
    assert asking.files() == asking.all


def test_a_use_that_nobody_offers_or_only_for_another_token_says_so(payer: Payer, words: Words) -> None:
    dataset = payer.venue.dataset

    unoffered = run(*words(payer.server.url, right="voicecloning"))
    dearer = run(*words(payer.server.url, spend="1 ETH"))

    assert f"Dataset {dataset} (Night Ferry) is neither licensed to you nor on offer for this use" in unoffered.output
    assert f"Dataset {dataset} (Night Ferry) is paid in MUSD, and not in ETH; name that with --in" in dearer.output
    assert (unoffered.exit_code, dearer.exit_code) == (1, 1)


def test_an_access_that_was_taken_is_had_though_its_batch_is_closed_and_the_limit_is_tight(
    payer: Payer, asking: Asking, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = Remote._once

    def lost(self: Remote, method: str, path: str, *rest: object) -> Answer:
        answer = once(self, method, path, *rest)  # type: ignore[arg-type]  # handed on
        if path == "/v1/access":
            raise ProtocolError("the line is cut")
        return answer

    monkeypatch.setattr("audiera.remote.remote._TRIES", 1)
    monkeypatch.setattr(Remote, "_once", lost)
    run(*words(payer.server.url, "--max-exposure", "0.001 MUSD", spend="0.001 MUSD"))
    monkeypatch.setattr(Remote, "_once", once)
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.db'}")
    with engine.begin() as connection:
        connection.execute(update(BATCHES).values(state=BatchState.CLOSED.value))
    engine.dispose()

    done = result_of(run(*words(payer.server.url, spend="0.001 MUSD")))

    assert done["fetched"] == len(asking.all)
    assert asking.signed() == PRICE


def test_a_dataset_that_is_used_as_a_whole_is_left_out_where_an_item_is_blocked(
    payer: Payer, asking: Asking, words: Words, tmp_path: Path
) -> None:
    leaf = f"0x{asking.venue.rows[1].item.leaf().hex()}"
    named = ["--item", leaf, "--reason", "Somebody objects.", "--journal", f"sqlite:///{tmp_path / 'journal.db'}"]
    assert run("gateway", "block", str(asking.venue.dataset), *named).exit_code == 0

    done = run(*words(payer.server.url))
    again = run(*words(payer.server.url))

    assert done.exit_code == again.exit_code == 1
    assert done.output.count("Not served: ") == len(asking.all)
    assert (asking.files(), asking.heads()) == ([], [])
    assert asking.signed() == PRICE  # who refuses may keep the voucher
    result = json.loads(again.output[again.output.index("{\n") : again.output.rindex("}") + 1])
    assert [result[it]["value"] for it in ("signed", "taken", "delivered")] == [str(PRICE), "0", "0"]


def test_what_was_signed_and_refused_is_used_first_when_it_is_served(
    payer: Payer, asking: Asking, words: Words, tmp_path: Path
) -> None:
    dataset, journal = str(asking.venue.dataset), f"sqlite:///{tmp_path / 'journal.db'}"
    run("gateway", "block", dataset, "--reason", "Somebody objects.", "--journal", journal)
    refused = run(*(it for it in words(payer.server.url) if it != "--json"))
    run("gateway", "unblock", dataset, "--journal", journal)

    served = run(*(it for it in words(payer.server.url) if it != "--json"))

    assert "0 files" in refused.output
    assert (
        "and 0 MUSD is signed for uses. Besides, 0.001 MUSD was signed and refused: the gateway could" in refused.output
    )
    assert "and 0.001 MUSD is signed for uses.\n" in served.output
    assert (asking.files(), asking.signed()) == (asking.all, PRICE)


def test_a_batch_that_was_taken_and_said_to_be_refused_is_not_extended_as_if_it_were_empty(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    lies = True

    def refusing(scope: Scope, status: int, _body: bytes) -> tuple[int, bytes] | None:
        if scope["path"] != "/v1/access" or status != 200 or not lies:
            return None
        return 403, b'{"code": "right_not_granted", "detail": "No."}'

    with lying(own_venue, tmp_path / "liar.db", refusing) as payer:
        run(*words(payer.server.url))
        lies = False
        done = result_of(run(*words(payer.server.url)))

    assert done["fetched"] == len(asking.all)
    assert [done[it]["value"] for it in ("signed", "taken", "delivered")] == [str(2 * PRICE), str(PRICE), str(PRICE)]


def test_a_deposit_is_enough_for_the_fees_of_several_batches(
    own_venue: Venue,
    asking: Asking,
    words: Words,
    mint: Callable[[str, int], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab, creator = own_venue.as_("fee lab"), own_venue.as_("creator")
    assert isinstance(lab.signer, KeySigner)
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", lab.signer.account.key.hex())
    monkeypatch.setattr("audiera.consumer.accesses.CALLS", 2)
    monkeypatch.setattr("audiera.consumer.planning.CALLS", 2)
    terms = priced(own_venue, unit_price=SECOND + 1, rights=Right.Playback)
    creator.licenses.publish_terms(terms)
    creator.licenses.offer(own_venue.dataset, terms.id(), 0)
    mint(lab.account, 1_000_000)

    settings = own_venue.settings(tmp_path / "fees.db", explorer=False, fee_ppm=15_001)
    with serving(create_app(settings)) as server, reading_on(own_venue):
        done = result_of(run(*words(server.url, "--max-exposure", "0.0016 MUSD", right="playback")))

    assert done["fetched"] == len(asking.all)
    assert [it.voucher.calls for it in asking.heads()] == [2, 1]
    assert asking.signed() == sum(it.voucher.amount + it.voucher.fee for it in asking.heads())
