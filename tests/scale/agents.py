"""Accesses beside those of another's server: x402's own, whose channels are paid by vouchers that add up, too.

Its server keeps a channel in a file, verifies a voucher itself while it knows the channel's balance, and asks whoever
settles for it (a facilitator) else; here nobody needs to be asked. It recovers one signature, and adds one price. It
knows no licence, no item and no use, signs nothing in return, and what it has written need not outlive a power cut.
"""

import base64
import json
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from audiera.gateway.whose import ledger_of
from tests.scale.gateway import (
    GATEWAY,
    JSON,
    PAYERS,
    TOKEN,
    Timed,
    bodies_of,
    listening,
    payer_of,
    serve_gateway,
    timed,
    write_index,
)
from tests.scale.measure import Measured

__all__ = ["CASES"]

_NETWORK: Final = "eip155:31337"
_DELAY: Final = 86_400
_PRICE: Final = 5
_EACH: Final = 60
_PROMISE: Final = 1.0


def accesses_beside_x402() -> Measured:
    """Accesses of one item each, beside as many paid requests to x402's server, on one machine in turns."""
    if find_spec("x402") is None:
        raise SystemExit("There is no x402; install it (make heavy does).")
    found: dict[str, list[Timed]] = {"ours": [], "theirs": []}
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            found["theirs"].append(_theirs(Path(folder)))
        with tempfile.TemporaryDirectory() as folder:
            found["ours"].append(_ours(Path(folder)))
    ours, theirs = (min(it, key=lambda one: one.seconds) for it in (found["ours"], found["theirs"]))
    return Measured(
        f"{PAYERS * _EACH} accesses of one item, {PAYERS} channels, beside x402",
        _told(ours),
        f"{_told(theirs)}: its server with batch-settlement, nothing settled",
        ours.seconds / theirs.seconds,
        _PROMISE,
    )


def _told(took: Timed) -> str:
    slowest = took.each[len(took.each) * 99 // 100]
    return f"{len(took.each) / took.seconds:,.0f}/s, 99 of 100 within {slowest * 1e3:,.0f} ms"


def _ours(folder: Path) -> Timed:
    index = f"sqlite:///{folder}/index.db"
    write_index(index)
    domain = ledger_of(index)
    requests = [[(body, JSON) for body in bodies_of(channel, 1, domain, 1 + _EACH)] for channel in range(PAYERS)]
    return timed(lambda port: serve_gateway(folder, port), requests)


def _theirs(folder: Path) -> Timed:
    from x402.mechanisms.evm import EthAccountSigner  # noqa: PLC0415  # heavy, and of this case alone
    from x402.mechanisms.evm.batch_settlement.client.voucher import sign_voucher  # noqa: PLC0415  # likewise
    from x402.mechanisms.evm.batch_settlement.server.file_storage import (  # noqa: PLC0415  # likewise
        FileChannelStorage,
        FileChannelStorageOptions,
    )
    from x402.mechanisms.evm.batch_settlement.server.storage import Channel  # noqa: PLC0415  # likewise
    from x402.mechanisms.evm.batch_settlement.types import ChannelConfig  # noqa: PLC0415  # likewise
    from x402.mechanisms.evm.batch_settlement.utils import compute_channel_id  # noqa: PLC0415  # likewise

    storage = FileChannelStorage(FileChannelStorageOptions(directory=str(folder)))
    serve = _server(storage)
    accepted = _accepted(serve)
    requests = []
    for number in range(PAYERS):
        payer = payer_of(number)
        config = ChannelConfig(
            payer=payer.address,
            payer_authorizer=payer.address,
            receiver=GATEWAY.address,
            receiver_authorizer=GATEWAY.address,
            token=TOKEN,
            withdraw_delay=_DELAY,
            salt=f"0x{number:064x}",
        )
        name = compute_channel_id(config, _NETWORK).lower()
        kept = Channel(name, config, balance=str(10**12), onchain_synced_at=int(time.time() * 1000))
        storage.update_channel(name, lambda _, kept=kept: kept)  # type: ignore[misc]
        signer = EthAccountSigner(payer.account)
        told = []
        for at in range(1, _EACH + 2):
            voucher = sign_voucher(signer, name, at * _PRICE, _NETWORK)
            payload = {"type": "voucher", "channelConfig": config.to_dict(), "voucher": voucher.to_dict()}
            payment = json.dumps({"x402Version": 2, "accepted": accepted, "payload": payload}).encode()
            told.append((b"{}", {**JSON, "PAYMENT-SIGNATURE": base64.b64encode(payment).decode()}))
        requests.append(told)
    return timed(serve, requests)


def _server(storage: Any) -> Callable[[int], None]:  # noqa: ANN401  # of a library that is imported where it is used
    def serve(port: int) -> None:
        from x402 import x402ResourceServer  # noqa: PLC0415  # heavy, and of this case alone
        from x402.http.middleware.fastapi import payment_middleware  # noqa: PLC0415  # likewise
        from x402.mechanisms.evm.batch_settlement.server import (  # noqa: PLC0415  # likewise
            BatchSettlementEvmScheme,
            BatchSettlementEvmSchemeServerConfig,
        )

        configuration = BatchSettlementEvmSchemeServerConfig(storage=storage, withdraw_delay=_DELAY)
        scheme: Any = BatchSettlementEvmScheme(GATEWAY.address, configuration)  # typed otherwise than its own protocol
        server = x402ResourceServer(_Nobody())
        server.register(_NETWORK, scheme)
        price = {"amount": str(_PRICE), "asset": TOKEN, "extra": {"name": "Token", "version": "1"}}
        option = {"scheme": scheme.scheme, "payTo": GATEWAY.address, "price": price, "network": _NETWORK}
        app = FastAPI()
        routes: Any = {"POST /v1/access": {"accepts": option}}
        app.middleware("http")(payment_middleware(routes, server))

        @app.post("/v1/access")
        def access() -> dict[str, str]:
            return {}

        uvicorn.run(app, port=port, log_level="critical")

    return serve


class _Nobody:
    """Who would settle for the server: it says what it could, and is asked nothing more."""

    def get_supported(self) -> Any:  # noqa: ANN401  # likewise
        from x402.schemas import SupportedKind, SupportedResponse  # noqa: PLC0415  # likewise

        extra = {"receiverAuthorizer": GATEWAY.address}
        kind = SupportedKind(x402_version=2, scheme="batch-settlement", network=_NETWORK, extra=extra)
        return SupportedResponse(kinds=[kind])

    async def verify(self, payload: object, requirements: object) -> Any:  # noqa: ANN401  # likewise
        raise AssertionError(f"{requirements} of {payload} should be verified where it is asked")

    async def settle(self, payload: object, requirements: object) -> Any:  # noqa: ANN401  # likewise
        raise AssertionError(f"{requirements} of {payload} should not be settled here")


def _accepted(serve: Callable[[int], None]) -> Any:  # noqa: ANN401  # JSON
    """Return what the server wants, as it says when it is not paid."""
    with listening(serve) as port:
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/v1/access", b"{}", JSON)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 402, answer.status
        (accepted,) = json.loads(base64.b64decode(answer.headers["PAYMENT-REQUIRED"]))["accepts"]
        return accepted


CASES: Final[dict[str, Callable[[], Measured]]] = {"accesses_beside_x402": accesses_beside_x402}
