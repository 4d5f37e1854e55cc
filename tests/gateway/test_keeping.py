"""What is kept in memory, by its weight."""

from audiera.gateway.keeping import Keeping


def test_what_was_not_asked_for_longest_is_forgotten_when_all_weighs_too_much() -> None:
    """AUD-G8"""
    keeping = Keeping[str, list[int]](6, len)
    for name, weight in (("a", 2), ("b", 2), ("c", 2)):
        keeping.put(name, [0] * weight)
    keeping.get("a")

    keeping.put("d", [0] * 3)

    assert [name in keeping for name in "abcd"] == [True, False, False, True]


def test_what_is_kept_anew_weighs_what_it_weighs_now() -> None:
    keeping = Keeping[str, list[int]](6, len)
    for weight in (1, 5, 1):
        keeping.put("a", [0] * weight)

    keeping.put("b", [0] * 5)
    both = ["a" in keeping, "b" in keeping]
    keeping.forget("b")
    keeping.put("c", [0] * 5)

    assert (both, keeping.get("a"), keeping.get("b"), keeping.get("c")) == ([True, True], [0], None, [0] * 5)


def test_what_many_keys_have_is_the_last_to_be_forgotten() -> None:
    keeping = Keeping[str, int](3)
    for number, key in enumerate("abc"):
        keeping.put(key, number)

    found = keeping.those(["a", "none", "b"])
    keeping.put("d", 3)

    assert (found, keeping.those("abcd")) == ({"a": 0, "b": 1}, {"a": 0, "b": 1, "d": 3})


def test_one_thing_that_is_too_heavy_is_kept_alone() -> None:
    """AUD-G8"""
    keeping = Keeping[str, list[int]](6, len)
    keeping.put("a", [0])

    keeping.put("heavy", [0] * 1_000)
    alone = ["a" in keeping, "heavy" in keeping]
    keeping.put("b", [0])

    assert (alone, ["heavy" in keeping, "b" in keeping]) == ([False, True], [False, True])


def test_one_thing_is_kept_under_many_keys_as_under_each_of_them() -> None:
    keeping = Keeping[str, int](3)
    for number, key in enumerate("abc"):
        keeping.put(key, number)

    keeping.put_all(iter("ad"), 7)

    assert keeping.those("abcd") == {"a": 7, "c": 2, "d": 7}
