"""The gateway as an ASGI application: routes in `routes`, each a few lines over what it calls."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audiera import __version__
from audiera.errors import InputError
from audiera.explorer import Settings as PageSettings
from audiera.explorer import create_app as create_pages
from audiera.gateway.access import Desk
from audiera.gateway.answers import problem_response
from audiera.gateway.counter import Counter
from audiera.gateway.limiting import Limiter, RateLimited
from audiera.gateway.models import Models
from audiera.gateway.notices import Notices
from audiera.gateway.problems import Code, Problem
from audiera.gateway.relay import Relay
from audiera.gateway.requests import Requests
from audiera.gateway.routes import RESTORE, ROUTERS
from audiera.gateway.sessions import Sessions
from audiera.gateway.settings import Limits, Settings
from audiera.gateway.uploads import Uploads
from audiera.gateway.whose import ledger_of
from audiera.interface import BUNDLE_ITEMS, PRESIGNED_ITEMS
from audiera.storage import Store
from audiera.text import shown

__all__ = ["create_app"]

_LOG = logging.getLogger("audiera.gateway")
_SEVERAL: Final = re.compile(r"/v1/accesses/[^/]+/(items|presigned)")
_ITEMS: Final = {"items": BUNDLE_ITEMS, "presigned": PRESIGNED_ITEMS}
_LEAF: Final = 80  # bytes that one takes of a request for several, which is counted for no address


def create_app(settings: Settings) -> ASGIApp:
    """Return the gateway over an index and a journal; the pages of the explorer are mounted at the top.

    Raises:
        InputError: if the journal is another gateway's, or a database cannot be opened.
        Problem: the index is empty, so that nobody knows which ledger is served.
    """
    desk = Desk(settings, ledger_of(settings.index))
    store = Store.open(settings.store, settings.store_key)
    counter = Counter(desk, store)
    relay = Relay(desk, settings.relaying, settings.node) if settings.relaying and settings.node else None

    notices = Notices(desk, settings.noticing)
    requests = Requests(desk, notices)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        if relay:
            relay.start()
        notices.start(requests.told)
        yield
        notices.close()
        counter.close()
        if relay:
            relay.close()
        desk.close()

    app = FastAPI(
        title="Audiera gateway",
        version=__version__,
        description="Access to licensed music data, each use on the record.",
        lifespan=living,
        redoc_url=None,
        docs_url=None,
        openapi_url="/v1/openapi.json",
        responses={"4XX": _PROBLEM, "5XX": _PROBLEM},
        strict_content_type=False,
    )
    app.state.settings, app.state.desk, app.state.counter = settings, desk, counter
    app.state.sessions, app.state.relay, app.state.requests = Sessions(desk), relay, requests
    app.state.models = Models(desk)
    app.state.work = Limiter(settings.limits.work)
    app.state.free = Limiter(settings.limits.free)
    app.state.uploads = Uploads(desk, settings.uploading, store) if settings.uploading else None
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Problem, _answered)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(InputError, _unfit)
    app.add_exception_handler(HTTPException, _missed)
    app.add_exception_handler(Exception, _broken)
    if settings.explorer:
        pages = PageSettings(
            database=settings.index,
            public_url=settings.public_url,
            stores=[settings.store],
            tokens=settings.tokens,
            asking=True,
        )
        app.mount("/", _Below(app.router.routes[:], create_pages(pages)))
    return RateLimited(_Bounded(_Whole(app), settings.limits), settings, counter.grants)


_PROBLEM: dict[str, object] = {
    "description": "A problem (RFC 9457) with a `code` for machines, and `repeat`: whether the same may do later.",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


async def _answered(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    request.app.state.desk.figures.refused(error.code)
    return problem_response(error)


async def _malformed(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(it) for it in first["loc"][1:]) or "the body"
    detail = f"{shown(where)[:200]}: {shown(str(first['msg']))[:300]}."
    return problem_response(Problem(Code.MALFORMED, detail))


async def _unfit(_: Request, error: Exception) -> Response:
    return problem_response(Problem(Code.MALFORMED, shown(str(error))[:500]))


async def _missed(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}.get(error.status_code, Code.MALFORMED)
    detail = {Code.NOT_FOUND: "There is nothing here.", Code.METHOD_NOT_ALLOWED: "Not by this method."}
    return problem_response(Problem(code, detail.get(code, shown(str(error.detail))[:300])))


async def _broken(_request: Request, _error: Exception) -> Response:
    return problem_response(
        Problem(Code.INTERNAL, "Something broke here and is written down; the very same request may be sent again.")
    )


class _Below:
    """The pages, but for paths of the interface: what is not there of those is a problem and not a page."""

    def __init__(self, routes: Sequence[BaseRoute], pages: ASGIApp) -> None:
        self._routes, self._pages = routes, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._pages(scope, receive, send)
            return
        known = any(it.matches(scope)[0] is not Match.NONE for it in self._routes)
        raise HTTPException(405 if known else 404)


class _Whole:
    """Writes down what failed, and keeps it from the server once its answer is sent: that would cut the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def told(message: Message) -> None:
            nonlocal answered
            await send(message)
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self._app(scope, receive, told)
        except Exception:  # whatever it is: told, and raised again while there is no answer that it would spoil
            _LOG.exception("a request failed")
            if not answered:
                raise


class _Bounded:
    """Ends requests with more bytes than are read, before they are."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = _header(scope, b"content-length")
        most = self._most(scope["path"])
        problem = Problem(Code.TOO_LARGE, f"A request has {most:,} bytes at most; ask for less at once.")
        if told.isdigit() and int(told[:20]) > most:
            await problem_response(problem)(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise problem
            return message

        await self._app(scope, bounded, send)

    def _most(self, path: str) -> int:
        if path == RESTORE:
            return self._limits.restoration
        several = _SEVERAL.fullmatch(path)
        return min(_LEAF * _ITEMS[several[1]], self._limits.body) if several else self._limits.body


def _header(scope: Mapping[str, object], name: bytes) -> bytes:
    headers = scope["headers"]
    assert isinstance(headers, list)
    return next((value for key, value in headers if key == name), b"")
