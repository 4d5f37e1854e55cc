"""Ranges and tags as RFC 9110 has them."""

import pytest

from audiera.gateway.problems import Code, Problem
from audiera.gateway.ranges import is_held, part_of

TAG = '"t"'


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=99-", (99, 100)),
        ("bytes=10-19", (10, 20)),
        ("Bytes= 10-19 ", (10, 20)),
        ("bytes=10-1000000000000000000", (10, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-1000", (0, 100)),
    ],
)
def test_one_range_is_understood(told: str, part: tuple[int, int]) -> None:
    assert part_of({"range": told}, 100, TAG) == part


@pytest.mark.parametrize(
    "told",
    [
        *("", "bytes", "bytes=", "bytes=-", "bytes=1-0", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=+1-2"),
        *("bytes=0x1-", "bytes=1-2-3", "bytes=٣-", f"bytes={'9' * 20}-"),
    ],
)
def test_what_is_no_single_range_means_all_of_it(told: str) -> None:
    assert part_of({"range": told}, 100, TAG) is None


@pytest.mark.parametrize(("told", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_a_range_in_which_nothing_is_is_refused_with_the_size(told: str, size: int) -> None:
    with pytest.raises(Problem) as refused:
        part_of({"range": told}, size, TAG)

    assert (refused.value.code, refused.value.status) == (Code.RANGE_BEYOND_END, 416)
    assert refused.value.headers["Content-Range"] == f"bytes */{size}"


def test_a_part_of_what_has_changed_is_all_of_it() -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"

    assert part_of({"range": "bytes=1-2", "if-range": TAG}, 100, TAG) == (1, 3)
    assert [part_of({"range": "bytes=1-2", "if-range": it}, 100, TAG) for it in ('"u"', f"W/{TAG}", date)] == [None] * 3


@pytest.mark.parametrize(
    ("told", "held"), [("*", True), (TAG, True), (f'"a", W/{TAG}', True), ('"a"', False), ("", False)]
)
def test_what_is_held_is_known_by_its_tag(told: str, held: bool) -> None:
    assert is_held({"if-none-match": told}, TAG) is held
