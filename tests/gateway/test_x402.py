"""The same access in the envelope of x402."""

import base64
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import PRICE, Payer

ROOT = Path(__file__).parents[2]

RECOVER = """
import { recoverTypedDataAddress } from 'viem';
const [message, signature] = JSON.parse(process.argv[1]);
const text = (name) => ({ name, type: 'string' }), number = (name) => ({ name, type: 'uint256' });
const types = { Receipt: [number('version'), ...['network', 'resourceUrl', 'payer'].map(text), number('issuedAt'),
                          text('transaction')] };
const domain = { name: 'x402 receipt', version: '1', chainId: 1 };
console.log(await recoverTypedDataAddress({ domain, types, primaryType: 'Receipt', message, signature }));
"""
"""Whose receipt it is, by section 5.3 of the extension and a library that is not ours."""


def run_node(script: str, *values: object) -> str:
    """What a module prints that is told values."""
    told = subprocess.run(
        ["node", "--input-type=module", "--eval", script, json.dumps(values)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


def decoded(header: str) -> Any:  # noqa: ANN401  # JSON
    return json.loads(base64.b64decode(header))


def asked(payer: Payer, request: dict[str, object], payment: object = None) -> tuple[int, Any, Mapping[str, str]]:
    """Status, JSON and headers of an access that is asked for with a payment in its header."""
    headers = {"Content-Type": "application/json"}
    if payment is not None:
        raw = payment if isinstance(payment, str) else base64.b64encode(json.dumps(payment).encode()).decode()
        headers["PAYMENT-SIGNATURE"] = raw
    body = json.dumps(request).encode()
    answer = payer.server.http.request("POST", f"{payer.server.url}/v1/access", body=body, headers=headers)
    return answer.status, json.loads(answer.data), answer.headers


def plain(payer: Payer) -> dict[str, object]:
    """A request that leaves time and nonce to the gateway."""
    request = payer.request([0, 1])
    del request["at"], request["nonce"]
    return request


def pay(payer: Payer, request: dict[str, object], accepted: dict[str, Any]) -> dict[str, object]:
    """The payment for what is accepted, whose head the payer computes itself."""
    extra = accepted["extra"]
    uses = payer.uses({**request, "at": extra["at"], "nonce": extra["nonce"]})
    signed = payer.sign(payer.kept.extend(uses))
    payload = {**signed, "at": extra["at"], "nonce": extra["nonce"]}
    return {"x402Version": 2, "accepted": accepted, "payload": payload}


def test_a_402_says_in_its_header_what_is_to_be_paid_to_whom_and_on_which_chain(payer: Payer) -> None:
    status, body, headers = asked(payer, plain(payer))

    envelope = decoded(headers["PAYMENT-REQUIRED"])
    (accepted,) = envelope["accepts"]
    assert (status, envelope["x402Version"], body["accepts"]) == (402, 2, envelope["accepts"])
    assert {name: accepted[name] for name in ("scheme", "network", "amount", "asset", "payTo")} == {
        "scheme": "audiera-voucher",
        "network": f"eip155:{payer.venue.as_('payer').chain_id}",
        "amount": str(2 * PRICE),
        "asset": payer.venue.usdc,
        "payTo": payer.venue.as_("gateway").account,
    }
    assert envelope["resource"]["url"] == f"{payer.server.url}/v1/access"


def test_the_same_request_with_its_payment_in_the_header_is_granted(payer: Payer) -> None:
    request = plain(payer)
    _, _, headers = asked(payer, request)
    (accepted,) = decoded(headers["PAYMENT-REQUIRED"])["accepts"]

    status, body, headers = asked(payer, request, pay(payer, request, accepted))

    assert (status, len(body["granted"])) == (200, 2)
    response = decoded(headers["PAYMENT-RESPONSE"])
    signed = response.pop("extensions")["offer-receipt"]["info"]["receipt"]
    assert (signed["format"], signed["payload"]) == (
        "eip712",
        {
            "version": 1,
            "network": accepted["network"],
            "resourceUrl": f"{payer.server.url}/v1/access",
            "payer": payer.venue.as_("payer").account,
            "issuedAt": int(accepted["extra"]["at"]),
            "transaction": "",
        },
    )
    assert response == {
        "success": True,
        "payer": payer.venue.as_("payer").account,
        "transaction": "",
        "network": accepted["network"],
        "amount": str(2 * PRICE),
    }


def test_the_same_payment_again_gets_the_same_answer(payer: Payer) -> None:
    request = plain(payer)
    (accepted,) = decoded(asked(payer, request)[2]["PAYMENT-REQUIRED"])["accepts"]
    payment = pay(payer, request, accepted)

    first, second = asked(payer, request, payment), asked(payer, request, payment)

    assert first[0] == 200
    assert first[:2] == second[:2]
    assert first[2]["PAYMENT-RESPONSE"] == second[2]["PAYMENT-RESPONSE"]


@pytest.mark.parametrize(
    "payment", ["", "?", "e30=", "bnVsbA==", {"x402Version": 1}, {"x402Version": 2, "accepted": {}}]
)
def test_a_header_that_is_no_payment_is_refused_in_a_sentence(payer: Payer, payment: object) -> None:
    status, body, _ = asked(payer, plain(payer), payment)

    assert (status, body["code"]) == (400, "malformed")


@pytest.mark.heavy
def test_the_packages_own_schemas_and_client_take_our_answers(payer: Payer) -> None:
    from x402.client import x402ClientSync  # noqa: PLC0415
    from x402.http.utils import (  # noqa: PLC0415
        decode_payment_required_header,
        decode_payment_response_header,
        encode_payment_signature_header,
    )

    request = plain(payer)

    class Scheme:
        scheme = "audiera-voucher"

        def create_payment_payload(self, requirements: Any) -> Any:  # noqa: ANN401
            return pay(payer, request, requirements.model_dump(by_alias=True))["payload"]

    client = x402ClientSync()
    client.set_spend_controls(False)
    client.register("eip155:*", Scheme())
    _, _, headers = asked(payer, request)
    wanted = decode_payment_required_header(headers["PAYMENT-REQUIRED"])

    payment = client.create_payment_payload(wanted)
    status, _, headers = asked(payer, request, encode_payment_signature_header(payment))

    assert status == 200
    settled = decode_payment_response_header(headers["PAYMENT-RESPONSE"])
    assert (settled.success, settled.amount) == (True, str(2 * PRICE))


@pytest.mark.heavy
def test_a_receipt_has_the_form_and_the_signature_that_the_extension_wants(payer: Payer) -> None:
    from jsonschema_rs import validate  # noqa: PLC0415
    from x402.http.utils import decode_payment_response_header  # noqa: PLC0415

    request = plain(payer)
    (accepted,) = decoded(asked(payer, request)[2]["PAYMENT-REQUIRED"])["accepts"]
    _, _, headers = asked(payer, request, pay(payer, request, accepted))

    extensions = decode_payment_response_header(headers["PAYMENT-RESPONSE"]).extensions or {}
    extension = extensions["offer-receipt"]
    receipt = extension["info"]["receipt"]

    validate(extension["schema"], extension["info"])
    signer = run_node(RECOVER, receipt["payload"], receipt["signature"])
    assert signer == payer.venue.as_("gateway").account
    assert run_node(RECOVER, {**receipt["payload"], "issuedAt": 1}, receipt["signature"]) != signer
