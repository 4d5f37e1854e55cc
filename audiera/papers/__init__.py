"""Papers: sentences with their proofs, and tables, as a page of one file and as a PDF for print."""

from audiera.papers.html import html_of
from audiera.papers.paper import Chapter, Paper, Sentence, Source, Table
from audiera.papers.pdf import check_typesetter, is_set_alike, pdf_of

__all__ = ["Chapter", "Paper", "Sentence", "Source", "Table", "check_typesetter", "html_of", "is_set_alike", "pdf_of"]
