from __future__ import annotations

import json
from dataclasses import replace

import pytest
from web3 import Web3

from audiera.client import Audiera, ReadOnly, SignedCall
from audiera.client.contracts import events
from audiera.client.deployment.deployments import Deployment
from audiera.errors import InputError, RevertError
from audiera.protocol.ids import ETHER
from audiera.protocol.kinds import Kind
from tests.client.conftest import As, Studio, content_of, some_terms


def test_a_creator_without_ether_registers_and_offers_through_a_relayer(as_: As, studio: Studio) -> None:
    creator, relayer = as_("creator"), as_("relayer")
    creator.node.request("anvil_setBalance", creator.account, "0x0")
    terms = some_terms()

    register = creator.signing().datasets.register(content_of(Kind.Lyrics), studio.split())
    registered = relayer.submit(register)
    publish = relayer.submit(creator.signing().licenses.publish_terms(terms))
    offered = relayer.submit(creator.signing().licenses.offer(1, terms.id(), 9))

    assert registered.sender == relayer.account
    assert registered.event(events.DatasetRegistered).creator == creator.account
    relayed = registered.event(events.CallRelayed)
    assert (relayed.account, relayed.nonce, relayed.relayer) == (creator.account, register.call.nonce, relayer.account)
    assert publish.event(events.TermsPublished).terms == terms
    assert offered.event(events.OfferMade).price == 9
    assert creator.datasets.is_nonce_used(creator.account, register.call.nonce) is True


def test_a_multicall_is_relayed_as_one_signature(as_: As, studio: Studio) -> None:
    creator, relayer, dataset = as_("creator"), as_("relayer"), studio.dataset()
    first, second = some_terms(), some_terms(unit_price=6)
    parts = creator.encoding().licenses

    signed = creator.signing().licenses.multicall([parts.publish_terms(first), parts.publish_terms(second)])
    receipt = relayer.submit(signed)

    assert [it.terms for it in receipt.events(events.TermsPublished)] == [first, second]
    assert dataset


def test_a_signed_call_survives_json(as_: As) -> None:
    signed = as_("creator").signing(nonce=2**255, deadline=2**40).royalty.set_recipient(ETHER)

    read = SignedCall.from_json(signed.to_json())

    assert read == signed
    assert json.loads(signed.to_json())["nonce"] == str(2**255)


def test_a_signed_call_is_carried_out_once(as_: As) -> None:
    creator, relayer = as_("creator"), as_("relayer")
    signed = creator.signing(nonce=5).royalty.set_recipient(relayer.account)
    relayer.submit(signed)

    with pytest.raises(RevertError) as refused:
        relayer.submit(signed)

    assert refused.value.name == "Relay_NonceUsed"
    assert refused.value.fields == {"account": creator.account, "nonce": 5}


def test_a_cancelled_call_is_void(as_: As) -> None:
    creator, relayer = as_("creator"), as_("relayer")
    signed = creator.signing(nonce=5).royalty.set_recipient(relayer.account)

    cancelled = creator.royalty.cancel([5]).event(events.NonceCancelled)

    assert cancelled == events.NonceCancelled(creator.account, 5)
    with pytest.raises(RevertError, match="Relay_NonceUsed"):
        relayer.submit(signed)


def test_a_call_expires(as_: As) -> None:
    creator, relayer = as_("creator"), as_("relayer")
    signed = creator.signing(lifetime=60).royalty.set_recipient(relayer.account)
    creator.node.request("evm_increaseTime", 61)
    creator.node.request("evm_mine")

    with pytest.raises(RevertError, match="later deadline") as refused:
        relayer.submit(signed)

    assert refused.value.name == "Relay_Expired"
    assert refused.value.fields["deadline"] == signed.call.deadline


def test_an_altered_call_is_refused(as_: As) -> None:
    creator, thief = as_("creator"), as_("thief")
    signed = creator.signing().royalty.set_recipient(creator.account)
    data = creator.suite["RoyaltySplitter"].request("setRecipient", thief.account).data

    with pytest.raises(RevertError, match=f"Sign the call with the key of {creator.account}") as refused:
        thief.submit(replace(signed, call=replace(signed.call, data=data)))

    assert refused.value.name == "Relay_InvalidSignature"


def test_the_inner_revert_reads_as_if_called_directly(as_: As, studio: Studio) -> None:
    creator, relayer, dataset = as_("creator"), as_("relayer"), studio.dataset()
    signed = creator.signing().datasets.withdraw_all(dataset)
    creator.datasets.transfer_from(creator.account, relayer.account, dataset)

    with pytest.raises(RevertError) as refused:
        relayer.submit(signed)

    assert refused.value.name == "Registry_NotOwner"
    assert refused.value.fields == {"id": dataset, "caller": creator.account, "owner": relayer.account}


def test_nobody_is_asked_to_sign_what_would_revert(w3: Web3, deployment: Deployment, as_: As, studio: Studio) -> None:
    dataset, never_asked = studio.dataset(), ReadOnly(as_("thief").account)
    thief = Audiera.connect(w3, never_asked, deployment)

    with pytest.raises(RevertError, match="Registry_NotOwner"):
        thief.signing().datasets.withdraw_all(dataset)


def test_a_transfer_is_never_signed_because_it_cannot_be_relayed(as_: As, studio: Studio) -> None:
    creator, dataset = as_("creator"), studio.dataset()

    with pytest.raises(RevertError, match="Send this call from the account itself") as refused:
        creator.signing().datasets.transfer_from(creator.account, as_("buyer").account, dataset)

    assert refused.value.name == "Relay_NotRelayable"
    assert refused.value.fields == {"selector": bytes.fromhex("23b872dd")}


def test_ether_cannot_go_along_with_a_signed_call_or_a_part(as_: As) -> None:
    payer = as_("payer")

    with pytest.raises(InputError, match="deposit needs 5 wei along, which a signed call cannot carry"):
        payer.signing().usage.deposit(payer.account, payer.account, ETHER, 5)
    with pytest.raises(InputError, match="deposit needs 5 wei along; it cannot be part of a multicall"):
        payer.encoding().usage.deposit(payer.account, payer.account, ETHER, 5)


def test_a_call_for_another_chain_or_address_is_not_submitted(as_: As) -> None:
    relayer = as_("relayer")
    signed = as_("creator").signing().royalty.set_recipient(ETHER)

    with pytest.raises(InputError, match="signed for chain 1; connect to it and not to 31337"):
        relayer.submit(replace(signed, chain_id=1))
    with pytest.raises(InputError, match="signed for RoyaltySplitter at 0x0000"):
        relayer.submit(replace(signed, address=ETHER))
    with pytest.raises(InputError, match="'Else' is not a contract of the suite"):
        relayer.submit(replace(signed, contract="Else"))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"account": 5}'],
    ids=["nothing", "no fields", "a list", "null", "another type"],
)
def test_text_that_is_no_signed_call_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="This is not a signed call"):
        SignedCall.from_json(text)


def test_a_preview_sends_nothing(as_: As, studio: Studio) -> None:
    creator = as_("creator")
    before = creator.node.block_number()

    preview = creator.preview().datasets.register(content_of(), studio.split())

    assert preview.outputs == (1,)
    assert preview.value == 0
    assert 100_000 < preview.gas < 400_000
    assert creator.node.block_number() == before
    assert creator.datasets.dataset_count() == 0
