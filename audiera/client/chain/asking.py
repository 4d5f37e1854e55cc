"""One question to a node: asked within bounds, and whatever goes wrong told in one kind of error."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from json import JSONDecodeError
from reprlib import repr as brief
from urllib.parse import urlsplit

from requests.exceptions import HTTPError, RequestException
from web3 import HTTPProvider, Web3
from web3._utils.http_session_manager import HTTPSessionManager
from web3.providers import BaseProvider
from web3.providers.rpc.utils import ExceptionRetryConfiguration
from web3.types import RPCEndpoint

from audiera.client.chain.answers import bytes_of, object_of
from audiera.client.chain.bounded import BoundError, bounded_session
from audiera.client.chain.reverts import decode_revert
from audiera.errors import ChainError, InputError
from audiera.text import reason_of

__all__ = ["FundsError", "RefusalError", "ask", "bounded", "check_url", "name_of", "url_of"]

_LONGEST = 500  # letters of what a node said


class RefusalError(ChainError):
    """The node answered with an error of its own; `text` is what it said, and `code` its number.

    `node` and `method` say which one, and what it was asked.
    """

    def __init__(self, text: str, code: object = None, *, node: str = "The node", method: str = "") -> None:
        self.text, self.code = text, code
        super().__init__(f"{node} refused{f' {method}' if method else ''}: {text}.")


class FundsError(RefusalError):
    """The sender has too little ETH for a transaction and its gas."""

    def __init__(self, message: str) -> None:
        super().__init__("insufficient funds")
        self.args = (message,)


def ask(web3: Web3, method: str, params: Sequence[object]) -> object:
    """Make a request; return its result.

    Raises:
        RevertError: if a contract refused.
        ChainError: if the node did, or its answer cannot be used.
    """
    with _asking(web3, method):
        reply: object = web3.provider.make_request(RPCEndpoint(method), list(params))
    answer = object_of(reply)
    if answer.get("error") is not None:
        raise _refusal(answer["error"], name_of(web3), method)
    return answer.get("result")


@contextmanager
def _asking(web3: Web3, method: str) -> Iterator[None]:
    """Turn whatever goes wrong with a request into a `ChainError` that names the node and the method."""
    try:
        yield
    except BoundError as error:
        raise ChainError(
            f"{name_of(web3)} answered {method} with {error}; ask for less at once, or another node."
        ) from (error)
    except HTTPError as error:
        status = f"HTTP {error.response.status_code} {error.response.reason}".strip()[:_LONGEST]
        raise ChainError(
            f"{name_of(web3)} refused {method} ({status}); check its URL, the key in that, and what it may be asked."
        ) from error
    except JSONDecodeError as error:
        raise _unusable(web3, method, error) from error
    except (RequestException, OSError) as error:
        raise ChainError(
            f"{name_of(web3)} cannot be reached for {method} ({reason_of(error)}); check that it runs and that its "
            "URL is right."
        ) from error
    except Exception as error:  # whatever a library makes of what a node answers
        raise _unusable(web3, method, error) from error


def _unusable(web3: Web3, method: str, error: Exception) -> ChainError:
    return ChainError(
        f"{name_of(web3)} answered {method} with what cannot be used ({type(error).__name__}); check that the URL is a "
        "node's."
    )


def bounded(web3: Web3, patience: float, tries: int = 5) -> Web3:
    """Return a Web3 for the same node whose answers over HTTP are bounded; what is no HTTP is asked as it is.

    Args:
        web3: the node.
        patience: seconds for one answer.
        tries: how often a server that refuses is asked.
    """
    inner = _inner(web3)
    if not isinstance(inner, HTTPProvider):
        return web3
    provider, manager = copy.copy(inner), inner._request_session_manager  # noqa: SLF001  # with its address, headers
    if not isinstance(manager, _Sessions):
        manager = _Sessions()
    changed = {
        "_request_session_manager": manager,
        "_request_kwargs": {**inner.get_request_kwargs(), "timeout": patience, "allow_redirects": False},
        "_request_func_cache": (None, None),
        "_exception_retry_configuration": ExceptionRetryConfiguration(errors=(HTTPError,), retries=tries),
    }
    for name, value in changed.items():  # web3 has no other way to share connections and wait less
        setattr(provider, name, value)
    return Web3(provider)


class _Sessions(HTTPSessionManager):
    """The connections to a node, of which every answer is bounded."""

    def __init__(self) -> None:
        super().__init__(explicit_session=bounded_session())


def check_url(url: str) -> None:
    """Refuse what cannot be the URL of a node; it is not asked.

    Raises:
        InputError: it is none.
    """
    if not url.lower().startswith(("http://", "https://")):  # which is not repeated: there may be a key in it
        raise InputError("That is no URL of a node; write it like http://127.0.0.1:8545.")


def name_of(web3: Web3) -> str:
    """Name a node by scheme, host and port of its URL: what else is in it may be a password or a key."""
    url = urlsplit(url_of(web3))
    return f"The node at {url.scheme}://{url.netloc.rpartition('@')[2]}" if url.netloc else "The node"


def url_of(web3: Web3) -> str:
    """Return where a node is asked, with whatever key is in that; empty where it has no address."""
    return str(getattr(_inner(web3), "endpoint_uri", None) or "")


def _inner(web3: Web3) -> BaseProvider:
    """Return the provider that asks: Ape's chooses one of several."""
    chosen: BaseProvider | None = getattr(web3.provider, "_active_provider", None)
    return chosen or web3.provider


def _refusal(error: object, node: str, method: str) -> ChainError:
    """Return what an error object of JSON-RPC means. Nodes agree on little: not even on where revert data is."""
    fields = error if isinstance(error, Mapping) else {"message": error}
    said = fields.get("message")
    text = (said if isinstance(said, str) else brief(said))[:_LONGEST].rstrip(".")
    data = fields.get("data")
    if isinstance(data, Mapping):
        data = data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        return decode_revert(bytes_of(data))
    if "revert" in text.lower():
        return decode_revert(b"")
    if "insufficient funds" in text.lower():
        return FundsError(
            "The account has too little ETH for this transaction and its gas; send it some and try again."
        )
    return RefusalError(text, fields.get("code"), node=node, method=method)
