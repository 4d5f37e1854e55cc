"""Ports that something is to be served at, looked at before anything is begun."""

from __future__ import annotations

import asyncio
import os
import socket

from audiera.errors import InputError
from audiera.text import reason_of

__all__ = ["find_free"]


def find_free(host: str, port: int, option: str = "--port or --host") -> None:
    """Return if a port of this machine can be had: by whom listens there, as our servers do, through asyncio.

    Args:
        host: the name or address to listen at.
        port: of it; 0 is any.
        option: what names another port.

    Raises:
        InputError: another program listens there, or the address is not this machine's.
    """
    try:
        found = asyncio.run(_bind(host, port))
    except (socket.gaierror, UnicodeError) as error:
        raise InputError(
            f"There is no address {host} ({reason_of(error)}); name one of this machine by --host."
        ) from error
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else reason_of(error)  # asyncio has words of its own
        raise InputError(f"Port {port} of {host} cannot be had ({why}); name another by {option}.") from error
    if not found:
        raise InputError(f"This machine has no addresses of the kind of {host}; name another by --host.")


async def _bind(host: str, port: int) -> int:
    """Bind to all that a name stands for, without listening; return how many that were, passing over a kind of
    addresses that this machine does not have.
    """
    loop = asyncio.get_running_loop()
    async with await loop.create_server(asyncio.Protocol, host, port, start_serving=False) as server:
        return len(server.sockets)
