"""Whether a port can be had, by what whoever listens there does: the same names, families and addresses."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest

from audiera.cli.serve.listening import find_free
from audiera.errors import InputError

V4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
V6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "")


@pytest.fixture
def _no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose kernel makes no IPv6, and whose names have addresses of it all the same."""

    class Old(socket.socket):
        def __init__(self, family: int = -1, *rest: Any, **more: Any) -> None:  # noqa: ANN401  # as its base
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *rest, **more)

    def addresses(host: str, port: int, *_: object, **__: object) -> list[Any]:
        found = [(*V4, ("127.0.0.1", port))] if host == "localhost" else []
        return [(*V6, ("::1", port, 0, 0)), *found]

    monkeypatch.setattr(socket, "socket", Old)
    monkeypatch.setattr(socket, "getaddrinfo", addresses)


@pytest.mark.usefixtures("_no_ipv6")
def test_an_address_of_a_kind_that_this_machine_does_not_have_is_passed_over() -> None:
    find_free("localhost", 0)


@pytest.mark.usefixtures("_no_ipv6")
def test_a_host_with_no_other_address_is_said_to_be_none_of_this_machine() -> None:
    with pytest.raises(InputError) as refused:
        find_free("six.example", 0)

    assert str(refused.value) == ("This machine has no addresses of the kind of six.example; name another by --host.")


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_every_address_of_ipv6_can_be_had_beside_a_program_that_has_those_of_ipv4() -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:
        find_free("::", other.getsockname()[1])


def test_what_was_looked_at_is_free_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as before:
        port = before.getsockname()[1]

    find_free("127.0.0.1", port)

    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_port_that_is_taken_is_told_by_the_option_that_names_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError) as refused:
            find_free("127.0.0.1", port, "--node-port")

    assert str(refused.value) == (
        f"Port {port} of 127.0.0.1 cannot be had (Address already in use); name another by --node-port."
    )


@pytest.mark.parametrize("host", ["a..b", "a" * 64], ids=["an empty part", "too long"])
def test_what_cannot_be_a_name_is_refused(host: str) -> None:
    with pytest.raises(InputError) as refused:
        find_free(host, 0)

    assert str(refused.value).startswith(f"There is no address {host} (")
