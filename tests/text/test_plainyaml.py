from collections.abc import Iterator

import pytest
import yaml

from audiera.errors import InputError
from audiera.text.plainyaml import Branch, Leaf, Twig, read_yaml

ADDRESS = "0x000000000000000000000000000000000000dEaD"


def test_every_value_is_the_text_as_written() -> None:
    """What YAML 1.1 would turn into numbers, dates, truth values and base-60 numbers."""
    texts = [
        ADDRESS,
        "0000000121032683",
        "007",
        "1_000",
        "no",
        "1:30",
        "2026-11-21",
        "1e3",
        "60 %",
        ".5",
        "NO",
        "=",
        "<<",
    ]

    read = read_yaml("".join(f"- {text}\n" for text in texts))

    assert read == Twig(1, tuple(Leaf(line, text) for line, text in enumerate(texts, start=1)))


def test_nothing_is_empty_text_unless_it_is_quoted() -> None:
    assert read_yaml("a:\nb: ~\nc: null\nd: 'null'\ne: \"~\"\nf: Null\n") == Branch(
        1,
        (
            (Leaf(1, "a"), Leaf(1, "")),
            (Leaf(2, "b"), Leaf(2, "")),
            (Leaf(3, "c"), Leaf(3, "")),
            (Leaf(4, "d"), Leaf(4, "null")),
            (Leaf(5, "e"), Leaf(5, "~")),
            (Leaf(6, "f"), Leaf(6, "Null")),
        ),
    )


def test_lists_and_mappings_know_their_lines() -> None:
    assert read_yaml("# who\na:\n  - {b: c}\n  - []\n") == Branch(
        2,
        ((Leaf(2, "a"), Twig(3, (Branch(3, ((Leaf(3, "b"), Leaf(3, "c")),)), Twig(4, ())))),),
    )


def test_an_empty_document_is_empty_text() -> None:
    assert read_yaml("# nothing but this\n") == Leaf(1, "")


@pytest.mark.parametrize("loader", ["with the C parser", "without it"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3 has 'a' again (line 1); keep one."),
        ("{a: 1, a: 2}", "line 1 has 'a' again (line 1); keep one."),
        ("a: &x 1\nb: *x\n", "line 1 uses an anchor (& or *); write the text out, or quote it."),
        ("a:\n  <<: *x\n", "line 2 uses an anchor (& or *); write the text out, or quote it."),
        ("a: !!int 3\n", "line 1 uses a tag (!); everything is text here, so leave it out or quote it."),
        ("!!python/object/apply:os.system [ls]\n", "line 1 uses a tag (!); "),
        ("a: 1\n---\nb: 1\n", "line 2 begins a second document; keep one."),
        ("a:\n  ? [b]\n  : c\n", "line 2 has a key that is not text; quote it."),
        ("a:\n\t- b\n", "line 2 is not YAML ("),
        ("a: -\n", "line 1 is not YAML ("),
        ("a: 'b\n", "line "),
        ("a: \x1b[31m\n", "it holds control characters; remove them."),
        ("[" * 100_000, "line 1 is nested too deeply; see the examples for the form."),
    ],
)
def test_what_is_not_plain_is_refused(monkeypatch: pytest.MonkeyPatch, loader: str, text: str, message: str) -> None:
    if loader == "without it":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)

    with pytest.raises(InputError) as caught:
        read_yaml(text)

    assert str(caught.value).startswith(message)


def test_more_than_fits_in_memory_many_times_is_refused() -> None:
    with pytest.raises(InputError, match="it has more than 8,388,608 letters"):
        read_yaml("- a\n" * (1 << 21) + "b")


def test_a_bomb_of_anchors_does_not_go_off(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    seen: list[yaml.Event] = []
    parse = yaml.parse

    def watched(text: str, Loader: type[yaml.SafeLoader]) -> Iterator[yaml.Event]:  # noqa: N803  # PyYAML's name
        for event in parse(text, Loader=Loader):
            seen.append(event)
            yield event

    monkeypatch.setattr(yaml, "parse", watched)

    with pytest.raises(InputError, match="line 1 uses an anchor"):
        read_yaml("\n".join(lines))

    assert len(seen) == 5  # the file, its document, the mapping, its first key, and what has the anchor
