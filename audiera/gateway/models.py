"""Models behind the gateway: a call is reserved, forwarded, paid for once the service has answered, and then passed on.

The service has answered when it has begun an answer with a status of 2xx. It is charged there and no later, since what
is passed on cannot be taken back; and no sooner, since until then there is nothing to pay for.
"""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Final, TypeAlias

import anyio
from sqlalchemy import bindparam, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from audiera.gateway.access import Call, Desk
from audiera.gateway.answers import patient
from audiera.gateway.limiting import Scale
from audiera.gateway.problems import Code, Problem
from audiera.gateway.service import FAILURES, Heard, Service
from audiera.gateway.taken import Answer
from audiera.indexer.tables import DATASETS
from audiera.interface import INFERENCE, Invocation
from audiera.protocol import Kind

__all__ = ["ACCESS", "Calling", "Models"]

Said: TypeAlias = Callable[[Answer], Mapping[str, str]]
"""Makes the headers that say what was paid."""

ACCESS: Final = "Audiera-Access"
"""The header that has the answer to the access, JSON in base64."""

_LOG: Final = logging.getLogger("audiera.gateway")
_KIND: Final = select(DATASETS.c.kind).where(DATASETS.c.id == bindparam("dataset"))
_PASSED_ON: Final = ("content-type", "content-length", "content-encoding", "content-language")
_SAFE: Final = {  # it is a stranger's word, at the gateway's own address
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_SAID: Final = 2_000  # bytes of what a service says against a call


class Models:
    """The services behind a gateway."""

    def __init__(self, desk: Desk) -> None:
        """Look where they are.

        Raises:
            InputError: if a URL is none.
        """
        self.desk, self.limits = desk, desk.settings.limits
        self._services = {dataset: Service.at(url) for dataset, url in desk.settings.models.items()}
        self._running = 0

    def check(self, model: int, request: Invocation) -> None:
        """Return if a model is called here, and by this request.

        Raises:
            Problem: it is not.
        """
        with self.desk.index() as index:
            kind = index.execute(_KIND, {"dataset": model}).scalar() if model in self._services else None
        if kind != Kind.Model:
            raise Problem(Code.NOT_FOUND, f"No model stands behind dataset {model} here.")
        if request.dataset != model or request.right != INFERENCE:
            raise Problem(Code.MALFORMED, f"A call of this model is a use of dataset {model}, by the right Inference.")

    def call(self, request: Invocation, key: str | None, scale: Scale, accept: str, paid: Said) -> Calling:
        """Reserve a call, and return the answer that forwards it when it is sent.

        Args:
            request: what is asked for, with the voucher for it.
            key: what a repeat of the request has in common with it; unless told, the voucher.
            scale: weighs it.
            accept: the media types that are wanted.
            paid: makes the headers that say what was paid.

        Raises:
            Problem: why it is refused.
        """
        with scale.unless_granted() as weigh:
            call = self.desk.reserve(request, key, weigh, scale.give)
        told = {
            "Content-Type": "application/json",
            "Accept": accept,
            "Accept-Encoding": "identity",
            "Idempotency-Key": call.name,
            "Audiera-Payer": request.payer,
            "Audiera-License": str(request.license),
            **({} if request.seconds is None else {"Audiera-Seconds": str(request.seconds)}),
        }
        return Calling(self, self._services[request.dataset], call, told, json.dumps(request.input).encode(), paid)

    @contextmanager
    def room(self) -> Iterator[None]:
        """Be one of those that are forwarded at the same time; in the event loop, so nobody else looks meanwhile.

        Raises:
            Problem: `UNAVAILABLE`: they are too many.
        """
        if self._running >= self.limits.calls:
            detail = "As many calls as may be are on their way here, and nothing was charged; send the same again."
            raise Problem(Code.UNAVAILABLE, detail, headers={"Retry-After": "5"})
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1


class Calling(Response):
    """A model's answer, as it comes."""

    def __init__(  # noqa: PLR0917  # all of it belongs to one call
        self,
        models: Models,
        service: Service,
        call: Call,
        told: Mapping[str, str],
        body: bytes,
        paid: Said,
    ) -> None:
        """Prepare it; the service is asked when it is sent."""
        super().__init__()
        self._models, self._service, self._call = models, service, call
        self._told, self._body, self._paid = told, body, paid

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the call, write down that it is paid for, and pass the answer on.

        Raises:
            Problem: the service refuses or fails, or it cannot be paid for any more; nothing was charged.
        """
        async with AsyncExitStack() as held:
            try:
                held.enter_context(self._models.room())
                heard = await self._heard(receive, held)
                paid = None if heard is None else await run_in_threadpool(self._models.desk.charge, self._call)
            except BaseException:
                await self._release()
                raise
            if heard is None or paid is None:
                await self._release()
                return
            self._models.desk.figures.granted(paid.calls)
            headers = {name: value for name, value in heard.headers.items() if name in _PASSED_ON}
            headers |= {**_SAFE, ACCESS: b64encode(paid.body).decode(), **self._paid(paid)}
            try:
                answer = StreamingResponse(self._blocks(heard), heard.status, headers)
                await answer(scope, receive, patient(send, self._models.limits.stall))
            except FAILURES as error:  # an answer that ends early is the only way to say so
                _LOG.warning("an answer of the model at %s broke off: %r", self._service.host, error)

    async def _heard(self, receive: Receive, held: AsyncExitStack) -> Heard | None:
        """Return the answer once it has begun; none: the client has gone.

        Raises:
            Problem: the service refuses, or fails.
        """
        heard, why = None, None
        async with anyio.create_task_group() as both:

            async def leave() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                both.cancel_scope.cancel()

            both.start_soon(leave)
            try:
                with anyio.fail_after(self._models.limits.call_wait):
                    heard = await held.enter_async_context(self._service.asked(self._told, self._body))
                    why = await self._against(heard)
            except FAILURES as error:
                _LOG.warning("the model at %s did not answer: %r", self._service.host, error)
                why = _failed()
            both.cancel_scope.cancel()
        if why is not None:
            raise why
        return heard

    async def _against(self, heard: Heard) -> Problem | None:
        """Return what an answer says against the call; none: it is one."""
        if 200 <= heard.status < 300:
            return None
        if not 400 <= heard.status < 500:
            _LOG.warning("the model at %s answered %d", self._service.host, heard.status)
            return _failed()
        said = b""
        while len(said) < _SAID and (block := await heard.block()):
            said += block
        text = said[:_SAID].decode("utf-8", "replace")
        detail = "The model refuses this call, and nothing was charged; see what it says."
        return Problem(Code.MODEL_REFUSED, detail, more={"model_status": heard.status, "said": text})

    async def _blocks(self, heard: Heard) -> AsyncIterator[bytes]:
        limits, left = self._models.limits, self._models.limits.call_bytes
        ends = anyio.current_time() + limits.call_time
        while True:
            with anyio.fail_after(min(limits.stall, ends - anyio.current_time())):
                block = await heard.block()
            left -= len(block)
            if left < 0:
                raise OSError("its answer is too long")
            if not block:
                return
            yield block

    async def _release(self) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await run_in_threadpool(self._models.desk.release, self._call)
            except Problem:
                _LOG.warning("what a call reserves could not be freed; it lapses by itself")


def _failed() -> Problem:
    detail = "The model did not answer, and nothing was charged; send the very same request again."
    return Problem(Code.MODEL_FAILED, detail, headers={"Retry-After": "5"})
