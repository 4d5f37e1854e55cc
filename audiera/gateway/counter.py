"""Where granted bytes are handed out."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from audiera.gateway.access import Desk
from audiera.gateway.grants import Grants
from audiera.gateway.limiting import Limiter
from audiera.gateway.objects import Objects
from audiera.gateway.problems import Code, Problem
from audiera.interface import ItemKey
from audiera.storage import Store

__all__ = ["Counter"]


class Counter:
    """What was granted, and the store that has it. Threads share it; `close` it."""

    def __init__(self, desk: Desk) -> None:
        self.settings = desk.settings
        self.grants = Grants(desk)
        self.objects = Objects(Store.open(self.settings.store, self.settings.store_key), self.settings.limits.verify)
        self.complaints = Limiter(self.settings.limits.complaints)

    def close(self) -> None:
        """Stop verifying."""
        self.objects.close()

    async def key(self, access: bytes, leaf: bytes) -> ItemKey:
        """Return the key of a granted item that lies sealed in public.

        Raises:
            Problem: the item is not granted, it is not sealed, or no keys are released here.
        """
        grant = await run_in_threadpool(self.grants.item, access, leaf)
        place = self.settings.public_store
        if place is None:
            raise Problem(Code.NOT_FOUND, "This gateway releases no keys; fetch the item's bytes from it.")
        it = await self.objects.get(grant.sha256, grant.size)
        if not it.found.sealed:
            raise Problem(Code.NOT_FOUND, "The item is not sealed here; fetch its bytes from this gateway.")
        return ItemKey(
            item=leaf,
            sha256=grant.sha256,
            size=grant.size,
            url=f"{place.rstrip('/')}/{it.found.name}",
            sealed_size=it.found.stored,
            data_key=await self.objects.data_key(it),
        )
