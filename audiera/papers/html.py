"""A paper as a page: one file that loads nothing, runs nothing, and prints well."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from audiera.papers.paper import Chapter, Paper, Sentence, Table

__all__ = ["html_of"]


def html_of(paper: Paper) -> bytes:
    """Return the page; whatever strangers wrote in it is text."""
    return "".join(_page(paper)).encode("utf-8", "replace")


def _page(paper: Paper) -> Iterator[str]:
    css = files("audiera.papers").joinpath("paper.css").read_text("utf-8")
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{escape(paper.title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n"
    yield f'<h1 dir="auto">{escape(paper.title)}</h1>\n<p class="under" dir="auto">{escape(paper.under)}</p>\n'
    for chapter in paper.chapters:
        yield from _chapter(chapter, paper)
    yield "</main>\n</body>\n</html>\n"


def _chapter(chapter: Chapter, paper: Paper) -> Iterator[str]:
    level = chapter.level + 1
    yield f"<h{level}>{escape(chapter.title)}</h{level}>\n"
    for sentence in chapter.sentences:
        yield _sentence(sentence, paper)
    for table in chapter.tables:
        yield from _table(table)


def _sentence(said: Sentence, paper: Paper) -> str:
    proofs = ", ".join(f"<code>{escape(it)}</code>" for it in said.proofs)
    word = escape(paper.words[said.source])
    where = f'<span class="from">{word}{": " if proofs else ""}{proofs}</span>'
    return f'<p class="said {said.source.value}" dir="auto">{escape(said.text)} {where}</p>\n'


def _table(table: Table) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{escape(it)}</th>' for it in table.columns)
    yield f'<div class="scroll" tabindex="0">\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
    for row in table.rows:
        cells = "".join(f'<td dir="auto">{escape(it)}</td>' for it in row)
        yield f"<tr>{cells}</tr>\n"
    yield "</tbody>\n</table>\n</div>\n"
