"""`docs/architecture.md` against the table of rooms: the same rooms on the same floors, the same arrows."""

import re

from tests.house.test_rooms import ROOMS
from tests.support.places import DOCS, ROOT

PAGE = (DOCS / "architecture.md").read_text("utf-8")
(DIAGRAM,) = re.findall(r"```mermaid\nflowchart TD\n(.*?)```", PAGE, re.DOTALL)
TOP = {room: room.split(".")[0] for room in ROOMS}
TAKES = {
    top: {TOP[other] for room, others in ROOMS.items() if TOP[room] == top for other in others} - {top}
    for top in dict.fromkeys(TOP.values())
}
"""The outermost rooms, and those that they or rooms within take from."""


def below(room: str) -> set[str]:
    """All rooms that a room stands on."""
    return TAKES[room].union(*map(below, TAKES[room]))


def floor(room: str) -> int:
    return 1 + max(map(floor, TAKES[room]), default=-1)


def test_the_table_has_every_room_with_all_that_it_takes_from() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .+ \| ?(.*) \|$", PAGE, re.MULTILINE)

    assert {room: set(re.findall(r"`(\w+)`", others)) for room, others in rows} == TAKES
    assert [room for room, _ in rows] == list(TAKES)


def test_the_diagram_has_every_room_on_its_floor() -> None:
    floors = re.findall(r"subgraph floor(\d) .*?\n(.*?)    end", DIAGRAM, re.DOTALL)

    assert {room: int(number) for number, rooms in floors for room in rooms.split()} == {it: floor(it) for it in TAKES}


def test_the_diagram_has_every_arrow_that_no_other_way_leads_to() -> None:
    direct = {
        (room, other)
        for room, others in TAKES.items()
        for other in others
        if not any(other in below(between) for between in others)
    }

    assert sorted(re.findall(r"(\w+) --> (\w+)", DIAGRAM)) == sorted(direct)


def test_rooms_within_are_listed_by_their_noun() -> None:
    for outer in ("client", "cli"):
        table = PAGE.split(f"| `audiera/{outer}/` | is |")[1].split("\n\n")[0]
        within = {room.partition(".")[2] for room in ROOMS if room.startswith(f"{outer}.")}

        assert set(re.findall(r"`(\w+)/`", table)) == within


def test_every_path_on_a_page_is_there() -> None:
    pages = "".join(page.read_text("utf-8") for page in [ROOT / "README.md", *DOCS.rglob("*.md")])
    named = set(re.findall(r"`((?:audiera|contracts|tests|tools)/[\w./*]+)`", pages))

    assert sorted(path for path in named if not any(ROOT.glob(path.rstrip("/")))) == []
