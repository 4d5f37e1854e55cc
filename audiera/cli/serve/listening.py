"""Ports that something is to be served at, looked at before anything is begun."""

from __future__ import annotations

import socket

from audiera.errors import InputError
from audiera.text import reason_of

__all__ = ["find_free"]


def find_free(host: str, port: int, option: str = "--port or --host") -> None:
    """Return if a port of this machine can be had.

    Args:
        host: the name or address to listen at.
        port: of it; 0 is any.
        option: what names another port.

    Raises:
        InputError: another program listens there, or the address is not this machine's.
    """
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InputError(
            f"There is no address {host} ({reason_of(error)}); name one of this machine by --host."
        ) from error
    for family, kind, _, _, address in places:
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what ended just now does not count
            try:
                listener.bind(address)
            except OSError as error:
                told = f"Port {port} of {host} cannot be had ({reason_of(error)}); name another by {option}."
                raise InputError(told) from error
