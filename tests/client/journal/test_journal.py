"""What is written down is there again, for all who share it; and what is told is not found any more."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from audiera.client.journal import Entry, SentJournal, State
from audiera.client.journal import journal as journal_module
from audiera.errors import StorageError
from tests.client.journal.pages import an_entry


@pytest.fixture
def journal(tmp_path: Path) -> SentJournal:
    return SentJournal(tmp_path, tmp_path / "journal" / "1-00" / "0xAda.sqlite")


def write(journal: SentJournal, *entries: Entry) -> None:
    for it in entries:
        with journal.alone() as page:
            page.add(it)


def refusal(journal: SentJournal, reason: str) -> str:
    return (
        f"The journal {journal.path} cannot be used ({reason}), and what is sent is written down there first; see to "
        "that and try again."
    )


def test_what_is_written_is_read_as_it_was(journal: SentJournal) -> None:
    plain = an_entry()
    large = an_entry("large", value=10**30, max_fee=1 << 63, tip=(1 << 63) - 1, gas=1 << 24, told=True)
    old = an_entry("old", tip=None, purpose=b"", state=State.MINED, block=7)

    write(journal, plain, large, old)

    assert journal.entries() == [plain, large, old]
    assert journal.get(large.hash) == large
    assert journal.get(b"\x01" * 32) is None


def test_a_journal_is_for_its_user_alone(journal: SentJournal) -> None:
    write(journal, an_entry())

    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert journal.path.parent.stat().st_mode & 0o777 == 0o700


def test_looking_makes_no_journal(journal: SentJournal) -> None:
    journal.mark(b"\x01" * 32, State.SENT)

    assert (journal.entries(), journal.of_intent(b"intent"), journal.of_purpose(b"purpose")) == ([], [], [])
    assert not journal.path.exists()


def test_what_is_done_alone_is_done_whole_or_not_at_all(journal: SentJournal) -> None:
    def write_and_end() -> None:
        with journal.alone() as page:
            page.add(an_entry())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_end()

    assert journal.entries() == []


def sign_some(journal: SentJournal, name: str) -> None:
    """Signs ten, each under the first nonce that is free."""
    for number in range(10):
        with journal.alone() as page:
            page.add(an_entry(f"{name} {number}", nonce=page.free_nonce(0)))


def test_two_processes_never_choose_the_same_nonce(journal: SentJournal) -> None:
    processes = [multiprocessing.get_context("fork").Process(target=sign_some, args=(journal, it)) for it in "ab"]

    for it in processes:
        it.start()
    for it in processes:
        it.join()

    assert [it.exitcode for it in processes] == [0, 0]
    assert [it.nonce for it in journal.entries()] == list(range(20))


def test_who_waits_too_long_for_others_is_told(journal: SentJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_PATIENCE", 0.05)
    write(journal, an_entry())

    with journal.alone(), pytest.raises(StorageError) as refused, journal.alone():
        pass

    assert str(refused.value) == refusal(journal, "database is locked")


def test_a_file_that_is_no_journal_is_left_alone(journal: SentJournal) -> None:
    journal.path.parent.mkdir(parents=True)
    journal.path.write_text("Dear diary, this is far longer than the head of a database would be. " * 9)
    before = journal.path.read_bytes()

    with pytest.raises(StorageError) as refused:
        write(journal, an_entry())

    assert str(refused.value) == refusal(journal, "file is not a database")
    assert journal.path.read_bytes() == before


def test_a_folder_in_the_place_of_a_journal_is_named(journal: SentJournal) -> None:
    journal.path.mkdir(parents=True)

    with pytest.raises(StorageError) as refused:
        journal.entries()

    assert str(refused.value) == refusal(journal, f"[Errno 21] Is a directory: '{journal.path}'")


def test_a_journal_of_a_later_release_is_neither_read_nor_written(journal: SentJournal) -> None:
    write(journal, an_entry())
    with closing(sqlite3.connect(journal.path)) as other:
        other.execute("PRAGMA user_version = 2")

    for use in (journal.entries, lambda: write(journal, an_entry("two"))):
        with pytest.raises(StorageError) as refused:
            use()
        assert str(refused.value) == refusal(journal, "it is of version 2, and this release writes 1")


def test_a_table_of_somebody_elses_is_not_taken_for_a_journal(journal: SentJournal) -> None:
    journal.path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(journal.path)) as other:
        other.execute("CREATE TABLE transactions (hash BLOB)")
        other.execute("INSERT INTO transactions VALUES (x'00')")
        other.commit()

    with pytest.raises(StorageError, match="cannot be used"):
        journal.entries()


@pytest.mark.parametrize("state", State)
def test_a_call_finds_what_took_effect_or_may_yet_until_it_is_told(journal: SentJournal, state: State) -> None:
    sent = an_entry(state=state)
    write(journal, sent, an_entry("other", intent=b"other", purpose=b"other"))
    before = journal.of_intent(b"intent"), journal.of_purpose(b"purpose")
    again = journal.of_intent(b"intent", besides={sent.hash})

    journal.tell([sent.hash])

    found = [sent] if state in ("signed", "sent", "mined") else []
    assert (*before, again) == (found, found, [])
    assert (journal.of_intent(b"intent"), journal.of_purpose(b"purpose")) == ([], [])
    assert [it.told for it in journal.entries()] == [True, False]


def test_what_no_command_asked_for_has_no_purpose(journal: SentJournal) -> None:
    write(journal, an_entry(purpose=b""))

    assert journal.of_purpose(b"") == []


def test_only_what_may_be_mined_and_nobody_heard_of_keeps_a_nonce(journal: SentJournal) -> None:
    write(journal, *(an_entry(state.name, nonce=5 + number, state=state) for number, state in enumerate(State)))
    write(journal, an_entry("told", nonce=11, told=True))

    with journal.alone() as page:
        free = [page.free_nonce(it) for it in range(4, 13)]
    before = [it.nonce for it in journal.before(11)]

    assert list(State)[:2] == [State.SIGNED, State.SENT]
    assert free == [4, 7, 7, 7, 8, 9, 10, 11, 12]
    assert before == [5, 6]


def test_one_that_is_mined_replaces_all_of_its_nonce_but_what_was_refused(journal: SentJournal) -> None:
    names = {"first": State.SIGNED, "faster": State.SENT, "refused": State.DROPPED}
    first, faster, refused = (an_entry(name, state=state) for name, state in names.items())
    write(journal, first, faster, refused, an_entry("next", nonce=1))

    journal.settle(faster, State.MINED, 9, told=False)
    untold = journal.get(faster.hash)
    journal.settle(faster, State.MINED, 10, told=True)
    journal.settle(faster, State.FAILED, 11, told=False)

    assert untold == an_entry("faster", state=State.MINED, block=9)
    assert [(it.state, it.block, it.told) for it in journal.entries()] == [
        (State.REPLACED, None, False),
        (State.FAILED, 11, True),
        (State.DROPPED, None, False),
        (State.SIGNED, None, False),
    ]
    assert [it.hash for it in journal.of_nonce(0)] == [first.hash, faster.hash]


def test_a_mark_says_what_became_of_one(journal: SentJournal) -> None:
    write(journal, an_entry(state=State.MINED, block=7), an_entry("two"))

    journal.mark(an_entry().hash, State.SENT)

    assert [(it.state, it.block) for it in journal.entries()] == [(State.SENT, None), (State.SIGNED, None)]


def test_what_was_given_up_holds_nothing_up_and_is_found_by_whoever_asks_for_it(journal: SentJournal) -> None:
    given = an_entry(state=State.GIVEN_UP, nonce=1)
    write(journal, an_entry("told", state=State.GIVEN_UP, told=True), given)

    assert journal.given_up(given.intent) == journal.given_up(given.purpose) == [given]
    assert journal.given_up(b"another") == journal.given_up(b"") == []
    assert journal.of_intent(given.intent) == journal.of_purpose(given.purpose) == journal.before(2) == []
    with journal.alone() as page:
        assert page.free_nonce(1) == 1


def test_the_last_nonce_that_is_used_is_that_of_what_was_mined(journal: SentJournal) -> None:
    with journal.alone() as page:
        assert page.last_used() is None

    mined = (State.MINED, State.FAILED, State.REPLACED)
    write(
        journal,
        *(an_entry(str(it), nonce=number, state=it) for number, it in enumerate((*mined, *set(State) - {*mined}))),
    )

    with journal.alone() as page:
        assert page.last_used() == 2


def test_the_same_bytes_signed_again_are_one_entry_and_the_newest(journal: SentJournal) -> None:
    refused = an_entry(state=State.DROPPED)
    write(journal, refused, an_entry("two"), an_entry(signed_at=9))

    assert journal.entries() == [an_entry("two"), an_entry(signed_at=9)]


def test_what_another_process_signed_is_an_orphan_when_that_ended(journal: SentJournal) -> None:
    assert journal.is_orphan(an_entry(owner="1-somebody"))
    assert not journal.is_orphan(an_entry(owner=journal.owner()))
