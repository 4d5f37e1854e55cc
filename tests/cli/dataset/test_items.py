"""`dataset withdraw-items`: what is withdrawn, and who may."""

from __future__ import annotations

import pytest

from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset import versions as dataset_versions
from audiera.cli.dataset.items import find_items, withdraw_items
from audiera.client.contracts.events import ItemsWithdrawn
from audiera.dataset.record import load_version, record_folder
from audiera.errors import InputError
from audiera.text import hex_of
from tests.cli.conftest import Album, Sessions
from tests.cli.works import changed, new
from tests.support.music import write_tone

Out = pytest.CaptureFixture[str]


def leaf(session: Sessions, album: Album, path: str, version: int = 1) -> bytes:
    """The leaf of an item of dataset 1, by the record."""
    _, digest = session("label").client.datasets.content_of(1, version)
    rows = load_version(record_folder(album.folder), digest).rows
    return next(row.item.leaf() for row in rows if row.metadata.path == path)


def test_items_are_named_by_paths_of_any_version_or_by_their_leaves(
    pair: Album, session: Sessions, capsys: Out
) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    gone = leaf(session, pair, "b.ogg")
    (pair.folder / "b.ogg").unlink()
    write_tone(pair.folder / "a.flac", hertz=111)
    dataset_versions.publish(label, changed(pair, 1))
    newest = leaf(session, pair, "a.flac", version=2)
    capsys.readouterr()

    items = find_items(label, 1, ["b.ogg", "a.flac", f"0x{gone.hex()}", "0x" + "ab" * 32], pair.folder)
    withdraw_items(label, 1, items)

    assert list(items) == [gone, newest, b"\xab" * 32]
    (withdrawn,) = label.client.datasets.logs(ItemsWithdrawn, id=1)
    assert withdrawn.event.items == (gone, newest, b"\xab" * 32)
    printed = capsys.readouterr()
    assert printed.out.startswith("Consent to 3 items of dataset 1 is withdrawn;")
    named = [tuple(line.split()) for line in printed.err.splitlines()[2:5]]
    assert named == [("b.ogg", hex_of(gone)), ("a.flac", hex_of(newest)), ("0x" + "ab" * 32,) * 2]


def test_what_names_no_item_is_refused(pair: Album, session: Sessions) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())

    with pytest.raises(InputError, match=r"'a\.flac' is no leaf of an item; name the folder that it is in"):
        find_items(label, 1, ["a.flac"], None)
    with pytest.raises(InputError, match=r"did you mean a\.flac\?"):
        find_items(label, 1, ["a.flak"], pair.folder)
    with pytest.raises(InputError, match="is not an item's leaf"):
        find_items(label, 1, ["0xabc"], None)


def test_consent_is_the_owners_to_withdraw(pair: Album, session: Sessions) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())

    with pytest.raises(InputError, match=f"^Dataset 1 belongs to {label.me}; use that account\\.$"):
        withdraw_items(session("stranger"), 1, {b"\x01" * 32: "an item"})


def test_what_was_withdrawn_already_is_not_sent_again(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    first, second = leaf(session, pair, "a.flac"), leaf(session, pair, "b.ogg")
    withdraw_items(label, 1, {first: "a.flac"})
    block = label.client.node.block_number()
    capsys.readouterr()

    with pytest.raises(
        InputError, match=rf"^Consent to a\.flac of dataset 1 was withdrawn already, in block {block:,}; "
    ):
        withdraw_items(label, 1, {first: "a.flac"})
    withdraw_items(label, 1, {first: "a.flac", second: "b.ogg"})

    assert "Consent to a.flac of dataset 1 was withdrawn already" in capsys.readouterr().err
    withdrawn = [it.event.items for it in label.client.datasets.logs(ItemsWithdrawn, id=1)]
    assert withdrawn == [(first,), (second,)]


def test_an_item_that_a_later_version_has_again_can_be_withdrawn_again(pair: Album, session: Sessions) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    kept = leaf(session, pair, "a.flac")
    withdraw_items(label, 1, {kept: "a.flac"})
    (pair.folder / "b.ogg").unlink()
    dataset_versions.publish(label, changed(pair, 1))

    withdraw_items(label, 1, {kept: "a.flac"})

    assert len(list(label.client.datasets.logs(ItemsWithdrawn, id=1))) == 2
