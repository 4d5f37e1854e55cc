"""What is said of a gateway's refusal: its own words, or what to do; and how long it is waited for another answer."""

import json
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.responses import JSONResponse

from audiera.client import Audiera, TxReceipt
from audiera.consumer import read_about
from audiera.errors import GatewayError
from audiera.remote import Answer, Remote
from audiera.storage import ObjectError
from tests.support.explorer import serving


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (json.dumps({"detail": "The item is blocked; ask for others."}), "The item is blocked; ask for others."),
        ("", "HTTP 502; run it again later, or ask its operator."),
        ("<html>", "HTTP 502; run it again later, or ask its operator."),
        (json.dumps({"detail": 7}), "HTTP 502; run it again later, or ask its operator."),
    ],
    ids=["words", "nothing", "a page", "a number"],
)
def test_a_refusal_without_words_says_what_to_do(body: str, told: str) -> None:
    answer = Answer(502, {}, body.encode())

    assert answer.refusal("https://gateway.example") == f"https://gateway.example refused: {told}"


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that are waited between tries; none of them passes."""
    waited = list[float]()
    monkeypatch.setattr("audiera.remote.remote.time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.mark.parametrize(
    ("after", "tries"),
    [("86400", 0), ("301", 0), ("300", 5), ("2", 5), ("soon", 5)],
    ids=["a day", "longer than all tries", "as long", "shortly", "no number"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_gateway_that_wants_to_be_left_alone_for_longer_than_all_tries_is_not_asked_again(
    waited: list[float], after: str, tries: int, status: int
) -> None:
    refusal = JSONResponse({"detail": "Go on tomorrow."}, status, {"Retry-After": after})

    with serving(refusal) as server:
        remote = Remote(server.url)
        answer = remote.ask_openly("POST", "/v1/access", b"{}")
        asked = len(waited)
        with pytest.raises(ObjectError, match="refused: Go on tomorrow"):
            list(remote.blocks("/v1/thing", 0, 10))

    assert (answer.status, answer.problem()) == (status, "Go on tomorrow")
    assert (asked, len(waited)) == (tries, 2 * tries)
    assert max(waited, default=0) <= 60


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (429, {"code": "rate_limited", "detail": "Go on tomorrow."}, "{} refused: Go on tomorrow."),
        (404, {"code": "not_found", "detail": "Nothing."}, "{} is no gateway (Nothing); name another with --from."),
        (502, {}, "{} is no gateway (HTTP 502); name another with --from."),
    ],
    ids=["refused", "not there", "something else"],
)
@pytest.mark.usefixtures("waited")
def test_a_gateway_that_refuses_to_say_what_it_is_is_one_all_the_same(
    status: int, body: dict[str, str], told: str
) -> None:
    with serving(JSONResponse(body, status)) as server:
        with pytest.raises(GatewayError) as refused:
            read_about(cast("Audiera[TxReceipt]", None), Remote(server.url))

        assert str(refused.value) == told.format(server.url)
