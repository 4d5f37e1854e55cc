"""What commands do not print themselves: letters that an encoding lacks, and what libraries log and warn of."""

from __future__ import annotations

import io
import logging
import sys
import traceback

from audiera.text import cut, plain

__all__ = ["PlainRecord", "write_anything"]


class PlainRecord(logging.LogRecord):
    """A log record whose text is escaped, whoever writes it where; each further line is marked as one."""

    def __init__(self, *args: object, **more: object) -> None:
        """Take what a logger says; the traceback is written here, so that no formatter writes it otherwise."""
        super().__init__(*args, **more)  # type: ignore[arg-type]  # as a logger calls it
        if isinstance(self.exc_info, tuple) and self.exc_info[0] is not None:
            self.exc_text = f"  | {_marked(''.join(traceback.format_exception(*self.exc_info)))}"

    def getMessage(self) -> str:  # noqa: N802  # the name of the library
        """Return the message, escaped and cut."""
        return _marked(super().getMessage())


def write_anything() -> None:
    """Let standard output and standard error escape what their encoding cannot write, instead of failing.

    Theirs is not UTF-8 where output goes to a file on Windows, or where the locale is an old one.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    _escape_logs()


def _escape_logs() -> None:
    """Have all that is logged and warned of from here on escaped: nodes, servers and files speak through libraries."""
    logging.setLogRecordFactory(PlainRecord)
    logging.captureWarnings(capture=True)


def _marked(text: str) -> str:
    return "\n  | ".join(map(plain, cut(text).splitlines()))
