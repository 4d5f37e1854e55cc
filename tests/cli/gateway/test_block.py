"""`audiera gateway block` and its likes: what is not served any more, in the journal of a gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from audiera.cli.main import main
from audiera.gateway import complain
from audiera.gateway.tables import EDITION, JOURNAL, METADATA
from audiera.indexer import batch, open_index

LEAF = f"0x{'ab' * 32}"


@pytest.fixture
def journal(tmp_path: Path) -> str:
    """The journal of a gateway that was begun."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    engine = open_index(url, durable=True)
    ours = {"edition": EDITION, "chain_id": 1, "ledger": "0x", "gateway": "0x"}
    with batch(engine) as connection:
        METADATA.create_all(connection)
        connection.execute(insert(JOURNAL).values(ours))
        complain(connection, "Ada Moreau", "Dataset 1", "It is my song.\x1b[2J")
    engine.dispose()
    return url


def typed(*words: str, code: int = 0) -> Result:
    result = CliRunner(mix_stderr=False).invoke(main, ["gateway", *words])
    assert result.exit_code == code, result.stderr
    return result


def test_what_is_blocked_is_listed_with_its_reason_until_it_is_served_again(journal: str) -> None:
    typed("block", "7", "--reason", "A court said so.", "--journal", journal)
    typed("block", "7", "--item", LEAF, "--reason", "First.", "--journal", journal)
    again = typed("block", "7", "--item", LEAF, "--reason", "Second.", "--journal", journal, "--json")
    listed = json.loads(typed("blocked", "--journal", journal, "--json").stdout)["blocked"]
    typed("unblock", "7", "--journal", journal)
    left = typed("blocked", "--journal", journal).stdout

    assert json.loads(again.stdout) == {"dataset": 7, "leaf": LEAF, "reason": "Second."}
    assert [(it["leaf"], it["reason"]) for it in listed] == [(None, "A court said so."), (LEAF, "Second.")]
    assert "Second." in left
    assert "court" not in left


def test_what_is_not_blocked_cannot_be_unblocked(journal: str) -> None:
    result = typed("unblock", "7", "--journal", journal, code=1)

    assert "Dataset 7 is not blocked; see `audiera gateway blocked`." in result.stderr


def test_complaints_are_read_from_where_one_was(journal: str) -> None:
    people = typed("complaints", "--journal", journal).stdout
    machines = json.loads(typed("complaints", "--journal", journal, "--json").stdout)["complaints"]
    later = typed("complaints", "--after", "1", "--journal", journal).stdout

    assert people.startswith("1  ")
    assert "It is my song." in people
    assert "\x1b" not in people
    assert [(it["number"], it["who"], it["what"]) for it in machines] == [(1, "Ada Moreau", "Dataset 1")]
    assert later == "Nobody has complained.\n"


def test_a_journal_that_no_gateway_began_is_said_to_be_none(tmp_path: Path) -> None:
    result = typed("blocked", "--journal", f"sqlite:///{tmp_path / 'none.db'}", code=1)

    assert "is no journal that `audiera gateway serve` began (" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_backup_says_what_it_found_when_it_was_read_through(journal: str, tmp_path: Path) -> None:
    told = typed("backup", "--journal", journal, str(tmp_path / "copy.db")).stderr
    document = json.loads(typed("backup", "--journal", journal, str(tmp_path / "again.db"), "--json").stdout)

    assert "0 batches, 0 accesses" in told
    assert document["bytes"] == (tmp_path / "again.db").stat().st_size
    assert "complained" not in typed("complaints", "--journal", f"sqlite:///{tmp_path / 'copy.db'}").stdout
