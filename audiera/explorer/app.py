"""The explorer as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from audiera import __version__
from audiera.explorer.asked import Asked, Reading
from audiera.explorer.covers import COVERS, covers
from audiera.explorer.drawing import ENVIRONMENT
from audiera.explorer.headers import Guarded
from audiera.explorer.money import Tokens
from audiera.explorer.papers import PAPERS, license_headers
from audiera.explorer.refusals import NAMES, RefusalError, not_found
from audiera.explorer.settings import Settings
from audiera.explorer.site import Site
from audiera.explorer.sounds import SOUNDS, sounds
from audiera.explorer.source import Index, Source
from audiera.explorer.static import STATIC
from audiera.explorer.stating import json_text, table_text
from audiera.explorer.view import Page
from audiera.explorer.views import PAGES

__all__ = ["create_app"]

_HTML, _JSON, _CSV = "text/html; charset=utf-8", "application/json", "text/csv; charset=utf-8"
_FRESH: Final = 5
"""Seconds for which nobody needs to ask again: about as long as a block takes."""

_Endpoint = Callable[[Request], Response]


def create_app(settings: Settings) -> ASGIApp:
    """Return the explorer of an index, to be served at the top or mounted anywhere."""
    source = Source(settings.database, settings.seconds)
    explorer = _Explorer(settings, source)
    routes = [Route(each.path, explorer.static) for each in STATIC.values()]
    routes += [Route("/robots.txt", explorer.robots)]
    routes += [Route(f"{SOUNDS}{{name}}.mp3", sounds(explorer.source, settings.stores))]
    routes += [Route(f"{COVERS}{{name}}", covers(explorer.source, settings.stores))]
    routes += [Route(each.path, explorer.answer(each.write, each.media_type)) for each in PAPERS]
    for page in PAGES:
        routes += [
            Route(f"{page.stem}.json", explorer.answer(_stated(page), _JSON)),  # before a path that ends in any text
            Route(page.path, explorer.answer(_drawn(page, asking=settings.asking), _HTML, page.other)),
        ]
        if page.view.TABLES:
            routes.append(Route(f"{page.stem}/{{table}}.csv", explorer.answer(_tabled(page), _CSV)))

    @asynccontextmanager
    async def closing(_app: Starlette) -> AsyncIterator[None]:
        yield
        source.close()

    return Guarded(
        Starlette(
            routes=routes,
            lifespan=closing,
            middleware=[Middleware(_Zipped, minimum_size=1_000)],
            exception_handlers={RefusalError: _refused, HTTPException: _missed, Exception: _broken},
        )
    )


class _Zipped(GZipMiddleware):
    """Compresses all but sound, which is as small as it gets."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", "").rstrip("/"))
        if path.startswith(SOUNDS):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Explorer:
    settings: Settings
    source: Source

    def answer(self, write: Callable[[Reading, Site], bytes], media_type: str, other: str = "") -> _Endpoint:
        """Return the endpoint of what is written from the index."""

        def endpoint(request: Request) -> Response:
            parts = {name: str(value) for name, value in request.path_params.items()}
            asked = Asked(parts, dict(request.query_params))
            site = Site.of(request, self.settings.public_url, other, asked)
            with self.source.reading() as (connection, index):
                tag = _tag(index, site)
                headers = {"ETag": tag, "Cache-Control": f"public, max-age={_FRESH}, stale-while-revalidate=60"}
                if tag in request.headers.get("if-none-match", ""):
                    return Response(status_code=304, headers=headers)
                tokens = Tokens(self.settings.tokens, connection)
                reading = Reading(connection, index, asked, tokens, has_stores=bool(self.settings.stores))
                body = write(reading, site)
                if "dataset" in parts:
                    headers |= license_headers(reading, site)
            return Response(body, media_type=media_type, headers=headers)

        return endpoint

    def static(self, request: Request) -> Response:
        """Answer a file that never changes."""
        path = Site.of(request, None).path
        found = next(each for each in STATIC.values() if each.path == path)
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    def robots(self, request: Request) -> Response:
        """Let everybody read everything."""
        site = Site.of(request, self.settings.public_url)
        return PlainTextResponse(f"User-agent: *\nAllow: /\nSitemap: {site.full('/sitemap.xml')}\n")


def _drawn(page: Page, *, asking: bool) -> Callable[[Reading, Site], bytes]:
    template = ENVIRONMENT.get_template(page.template)

    def draw(reading: Reading, site: Site) -> bytes:
        drawn = template.render(view=page.view.of(reading), site=site, static=STATIC, asking=asking)
        return drawn.encode("utf-8", "backslashreplace")

    return draw


def _stated(page: Page) -> Callable[[Reading, Site], bytes]:
    return lambda reading, _site: json_text(page.view.of(reading))


def _tabled(page: Page) -> Callable[[Reading, Site], bytes]:
    def write(reading: Reading, _site: Site) -> bytes:
        name = reading.asked.part("table")
        if name not in page.view.TABLES:
            raise not_found(f"This page has no table of that name; it has {', '.join(page.view.TABLES)}.")
        return table_text(getattr(page.view.of(reading), name))

    return write


def _tag(index: Index, site: Site) -> str:
    """Return the tag of a page as of a block and a revision; what is asked, and by which release, is in it."""
    said = (__version__, index, site.origin, site.root, site.path, site.asked.changed())
    return f'W/"{sha256(repr(said).encode()).hexdigest()[:24]}"'


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return _sentence(request, error.status, str(error))


def _missed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _sentence(request, 404, "There is no such page; begin at the catalogue.")
    return _sentence(request, error.status_code, "Pages are only read here; ask with GET.")


def _broken(request: Request, error: Exception) -> Response:  # noqa: ARG001  # the server writes it down
    return _sentence(request, 500, "This page could not be made; it is written down, and the others still work.")


def _sentence(request: Request, status: int, sentence: str) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "10"} if status == 503 else {})
    path = request.scope["path"]
    if path.endswith(".json"):
        return Response(json_text({"error": sentence}), status, headers, _JSON)
    if path.endswith((".csv", ".xml")):
        return PlainTextResponse(f"{sentence}\n", status, headers)
    site = Site.of(request, None)
    page = ENVIRONMENT.get_template("refusal.html").render(
        title=NAMES.get(status, "Not that way"), status=status, sentence=sentence, site=site, static=STATIC
    )
    return Response(page, status, headers, _HTML)
