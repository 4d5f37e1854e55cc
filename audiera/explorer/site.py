"""Where pages are: every link is made here, so that the explorer may be mounted anywhere."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request

from audiera.explorer.asked import Asked

__all__ = ["Site"]

_NOTHING: Final = Asked({}, {})


@dataclass(frozen=True, slots=True)
class Site:
    """The explorer as one request sees it."""

    root: str
    """The path that it is mounted at; empty at the top."""
    origin: str
    """Scheme, host and path of its top, for what is read elsewhere: feeds, canonical links."""
    path: str
    """Of the page, below the root."""
    stem: str
    """What the page's other forms begin with: `.json`, and `/NAME.csv` for each table."""
    asked: Asked

    @classmethod
    def of(cls, request: Request, public_url: str | None, stem: str = "", asked: Asked = _NOTHING) -> Site:
        """Return the site as a request found it."""
        root = request.scope.get("root_path", "").rstrip("/")
        origin = public_url or f"{request.url.scheme}://{request.url.netloc}{root}"
        path = request.scope["path"].removeprefix(root)
        return cls(root, origin.rstrip("/"), path, stem or path, asked)

    def link(self, path: str) -> str:
        """Return the link to a path of the explorer."""
        return f"{self.root}{quote(path, safe='/?&=#%+')}"

    def full(self, path: str) -> str:
        """Return the same as it is written outside of the explorer."""
        return f"{self.origin}{quote(path, safe='/?&=#%+')}"

    @property
    def typed(self) -> str:
        """Where its top is, as one word of a command: a request may say of its host what it likes."""
        return shlex.quote(self.origin)

    def again(self, **values: object) -> str:
        """Return the link to this page, asked with some values changed."""
        query = self.asked.changed(**values)
        return self.link(f"{self.path}?{query}" if query else self.path)

    @property
    def json(self) -> str:
        """The link to this page as JSON."""
        return self._other(".json")

    def table(self, name: str) -> str:
        """Return the link to a table of this page as CSV."""
        return self._other(f"/{name}.csv")

    def _other(self, suffix: str) -> str:
        query = self.asked.changed()
        return self.link(f"{self.stem}{suffix}?{query}" if query else f"{self.stem}{suffix}")
