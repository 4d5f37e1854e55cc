"""Where granted bytes are handed out."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from audiera.gateway.access import Desk
from audiera.gateway.delivery import naming
from audiera.gateway.grants import Grants
from audiera.gateway.limiting import Limiter
from audiera.gateway.objects import Objects, Verified
from audiera.gateway.presigning import Presigner
from audiera.gateway.problems import Code, Problem
from audiera.gateway.taken import Grant
from audiera.interface import BUNDLE_BYTES, PRESIGNED_BYTES, ItemKey
from audiera.storage import Store
from audiera.text import hex_of

__all__ = ["Counter"]


class Counter:
    """What was granted, and the store that has it. Threads share it; `close` it."""

    def __init__(self, desk: Desk, store: Store) -> None:
        """Open what a desk's settings name.

        Raises:
            InputError: the secret of presigned URLs is none.
            StorageError: there can be no such store.
        """
        self.settings = desk.settings
        self.grants = Grants(desk)
        self.objects = Objects(store, self.settings.limits.verify)
        self.presigner = Presigner(self.objects, self.settings)
        self.complaints = Limiter(self.settings.limits.complaints)

    def close(self) -> None:
        """Stop verifying."""
        self.objects.close()

    def bundle(self, access: bytes, leaves: Sequence[bytes]) -> list[Grant]:
        """Return granted items that are sent in one answer.

        Only files are: of a bucket or a server, each would be waited for in turn while others wait for the thread.

        Raises:
            Problem: an item is not granted, or nobody gets it now, they have too many bytes, or are no files here.
        """
        if not self.objects.are_files:
            raise Problem(Code.METHOD_NOT_ALLOWED, "This gateway sends items one by one; ask for each alone.")
        grants, size = self.grants.items(access, leaves), 0
        for it in grants:
            size += it.size
            if size > BUNDLE_BYTES:
                raise Problem(
                    Code.TOO_LARGE,
                    f"A bundle has {BUNDLE_BYTES:,} bytes at most, and with item {hex_of(it.leaf)} it has more; ask "
                    "for fewer, or for that one alone.",
                    more={"item": hex_of(it.leaf)},
                )
        return grants

    async def presigned(self, access: bytes, leaves: Sequence[bytes]) -> tuple[int, int, list[str | None]]:
        """Return now, until when granted items are sent by another than the gateway, and where; None: it sends one
        itself, or has not verified it in time.

        Raises:
            Problem: an item is not granted, or nobody gets it now, or nobody else sends any.
        """
        if not self.presigner.seconds:
            raise Problem(
                Code.METHOD_NOT_ALLOWED,
                "This gateway sends all items itself, so it gives out no URLs; ask for several of them by POST to the "
                "access's /items, or for each alone.",
            )

        def look() -> tuple[Sequence[Grant], Sequence[tuple[bytes, int]], Sequence[Verified | None]]:
            grants = self.grants.items(access, leaves)
            wanted = [(it.sha256, it.size) for it in grants]
            return grants, wanted, self.objects.known(wanted)

        def sign() -> tuple[int, int, list[str | None]]:
            return self.presigner.urls(grants, found, self.grants.until(access))

        grants, wanted, found = await run_in_threadpool(look)
        if None in found:
            new = [it for it, known in zip(wanted, found, strict=True) if known is None]
            fresh = await self.objects.some_of(new, PRESIGNED_BYTES)
            found = [known or fresh.get(it) for it, known in zip(wanted, found, strict=True)]
        with naming(grants):
            return await run_in_threadpool(sign)

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
            url=f"{place.rstrip('/')}/{it.name}",
            sealed_size=it.found.stored,
            data_key=await self.objects.data_key(it),
        )
