"""What strangers settle and publish: nobody's report is spoiled by it, and the report of everything has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.audit import Report, Severity, Subject
from audiera.audit.figures import _is_relied_on as is_relied_on
from audiera.audit.scope import scope_of
from audiera.audit.works import Works
from audiera.client import events
from audiera.errors import ChainError
from audiera.indexer import Wire
from audiera.indexer.follow.refusals import TooMuchError, refused
from audiera.indexer.follow.wire import Call
from audiera.protocol import ETHER, Kind, Right, Split, payee_of
from tests.support.artifacts import Artifact
from tests.support.audit import Market, run_audit
from tests.support.gateway import PRICE
from tests.support.studio import Studio, content_of, some_terms

pytestmark = pytest.mark.heavy

NO_TOKEN = "0x000000000000000000000000000000000000dEaD"
BALANCE_OF = "70a08231"


def found(report: Report) -> set[tuple[str, Severity]]:
    """What is found, each once."""
    return {(it.code, it.severity) for it in report.findings}


def test_a_stranger_s_wrong_log_is_in_the_report_of_everything_alone(market: Market) -> None:
    market.settle(market.uses([0]))
    voucher = market.strangers(market.uses([1]), published=False)
    market.publish(voucher, market.uses([2]))

    own, licensee, everything = (
        market.audit(),
        market.audit("licensee", market.venue.as_("payer").account),
        market.audit("all", "all"),
    )

    assert own.findings == licensee.findings == ()
    assert [it["payer"] for it in own.section("batches").rows()] == [market.venue.as_("payer").account]
    assert ("log-of-another-batch", Severity.ERROR) in found(everything)


@pytest.mark.parametrize("published", [True, False], ids=["published", "hidden"])
def test_what_a_stranger_says_and_pays_of_others_licences_is_noted_once(market: Market, *, published: bool) -> None:
    uses = market.uses([0, 0], price=1)
    again = [*uses, replace(uses[0], price=2)]
    for each in (uses, again):
        market.strangers(each, published=published, collected=True)

    reports = [market.audit(), market.audit("licensee", market.venue.as_("payer").account)]

    for report in reports:
        assert found(report) == {("strangers-say", Severity.NOTE)}
        assert [it.about["count"] for it in report.findings] == [2]


def test_a_licence_that_is_to_be_had_for_nothing_makes_nobody_a_party_to_the_others(market: Market) -> None:
    stranger, others = market.venue.as_("stranger"), market.venue.license
    terms = some_terms(rights=Right.Training, unit_price=PRICE, token=market.venue.usdc)
    market.sell(terms)
    stranger.licenses.acquire(market.venue.dataset, terms.id(), stranger.account)
    market.strangers(market.uses([0], license=others, price=1))

    assert found(market.audit()) == {("strangers-say", Severity.NOTE)}


def test_the_command_says_that_all_adds_up_whatever_strangers_say(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.strangers(market.uses([0], price=1))

    told = run_audit(market, monkeypatch)(str(market.venue.dataset))

    assert told.exit_code == 0, told.stderr
    assert "NOTE strangers-say: 1 batch of accounts that never held these licences" in told.stdout
    assert told.stdout.endswith("0 that wait, 1 that strangers say).\n")


def test_a_gateway_that_the_owner_named_is_no_stranger(market: Market) -> None:
    creator, stranger = market.venue.as_("creator"), market.venue.as_("stranger")
    creator.datasets.set_gateways(market.venue.dataset, [stranger.account])
    creator.datasets.set_gateways(market.venue.dataset, [])
    market.strangers(market.uses([0]), collected=True)

    assert ("payer-not-holder", Severity.ERROR) in found(market.audit())


def test_a_wrong_log_of_a_licensee_s_is_missing_until_it_is_shown_to_be_of_this(market: Market) -> None:
    voucher = market.settle(market.uses([0, 1]), published=False, collected=False)
    market.publish(voucher, market.uses([2]))

    own, licensee = market.audit(), market.audit("licensee", market.venue.as_("payer").account)

    assert found(own) == {("log-missing", Severity.WARNING), ("not-collected", Severity.OPEN)}
    assert found(licensee) == {("log-of-another-batch", Severity.ERROR), ("not-collected", Severity.OPEN)}


def test_a_token_that_is_none_ends_no_audit(market: Market) -> None:
    market.strangers(market.uses([0], price=0), token=NO_TOKEN)

    assert found(market.audit()) == {("strangers-say", Severity.NOTE)}
    assert ("token-differs", Severity.ERROR) in found(market.audit("all", "all"))


def test_a_token_short_of_what_it_owes_is_an_error_where_others_than_the_owner_paid_in_it(
    market: Market,
    w3: Web3,
    deploy_mock: Callable[..., ChecksumAddress],
    artifact: Callable[[str], Artifact],
) -> None:
    token, stranger = deploy_mock("RebasingToken"), market.venue.as_("stranger")
    contract = w3.eth.contract(token, abi=artifact("RebasingToken").abi)

    def send(name: str, *arguments: object) -> None:
        w3.eth.wait_for_transaction_receipt(contract.functions[name](*arguments).transact({"from": w3.eth.accounts[0]}))

    def buy(role: str, price: int, units: int) -> None:
        buyer, dataset = market.venue.as_(role), market.venue.dataset
        terms = some_terms(unit_price=PRICE, token=token, max_units=units)
        Studio(market.venue.as_("creator")).offer(dataset, terms, price)
        send("rebase", 100)
        send("mint", buyer.account, 1_000)
        buyer.approve("LicenseRegistry", token, 1_000)
        buyer.licenses.acquire(dataset, terms.id(), buyer.account, max_price=price)
        send("rebase", 50)

    send("mint", stranger.account, 1_000)
    stranger.approve("RoyaltySplitter", token, 1_000)
    stranger.royalty.pay(stranger.datasets.account_of(market.venue.dataset), token, 1_000)
    send("rebase", 50)
    before = market.audit()
    buy("payer", 0, 1)
    free = market.audit("all", "all")
    buy("creator", 1, 2)
    own = market.audit("all", "all")
    buy("payer", 1, 3)

    after = market.audit()
    w3.provider.make_request(RPCEndpoint("anvil_setCode"), [token, "0x60006000fd"])
    silent = market.audit()

    assert found(before) == found(free) == found(own) == {("balance-short", Severity.NOTE)}
    assert found(after) == {("balance-short", Severity.ERROR)}
    assert "RoyaltySplitter owes 0.000000000000001002 BASE" in after.findings[0].text
    assert found(silent) == {("balance-short", Severity.WARNING)}


@pytest.mark.parametrize("answers", [None, {"error": {"code": -32005, "message": "too many requests"}}])
def test_a_node_that_fails_is_not_taken_for_a_token_that_does_not_answer(
    market: Market, monkeypatch: pytest.MonkeyPatch, answers: dict[str, object] | None
) -> None:
    market.settle(market.uses([0]))
    ask, is_over = Wire.ask, list[bool]()

    def failing(wire: Wire, calls: Sequence[Call]) -> list[object]:
        if is_over or BALANCE_OF in str(calls):
            is_over.extend([True] if answers else [])  # else it fails at this alone
            raise TooMuchError("It gave no answer.") if answers is None else refused("It", "eth_call", answers["error"])
        return ask(wire, calls)

    monkeypatch.setattr(Wire, "ask", failing)

    with pytest.raises(ChainError, match=r"It (gave no answer|refused eth_call: too many requests)"):
        market.audit()


def test_an_owner_s_second_account_that_buys_in_a_token_of_his_own_is_an_error_of_his_dataset_alone(
    market: Market,
    w3: Web3,
    deploy_mock: Callable[..., ChecksumAddress],
    artifact: Callable[[str], Artifact],
) -> None:
    token, owner, second = deploy_mock("RebasingToken"), market.venue.as_("stranger"), market.venue.as_("hot key")
    contract = w3.eth.contract(token, abi=artifact("RebasingToken").abi)
    payer, creator = market.venue.as_("payer").account, market.venue.as_("creator").account
    model = Studio(market.venue.as_("creator")).dataset(kind=Kind.Model)
    split = Split.of({payee_of(owner.account): 500_000, payee_of(creator): 500_000})
    dataset = owner.datasets.register(content_of(), split).event(events.DatasetRegistered).id
    terms = Studio(owner).offer(dataset, some_terms(token=token), 1)
    for name, arguments in (("mint", (second.account, 1_000)), ("rebase", (50,))):
        made = contract.functions[name](*arguments).transact({"from": w3.eth.accounts[0]})
        w3.eth.wait_for_transaction_receipt(made)
        second.approve("LicenseRegistry", token, 1_000)
        if name == "mint":
            for holder in (payer, creator):
                second.licenses.acquire(dataset, terms, holder, max_price=1)
            second.approve("RoyaltySplitter", token, 100)
            second.royalty.pay(owner.datasets.account_of(model), token, 100)

    def severity(kind: str, named: str) -> list[Severity]:
        findings = market.audit(kind, named).findings
        return [it.severity for it in findings if it.code == "balance-short"]

    assert severity("dataset", str(dataset)) == [Severity.ERROR]
    assert severity("dataset", str(market.venue.dataset)) == [Severity.NOTE]  # of the one split of all that is his
    assert severity("licensee", payer) == []
    assert severity("model", str(model)) == [Severity.NOTE]
    assert severity("contributor", creator) == [Severity.WARNING]
    assert severity("all", "all") == [Severity.WARNING]
    assert market.audit("all", "all").count(Severity.ERROR) == 0


def test_a_token_that_everybody_knows_is_relied_on_in_every_audit(market: Market) -> None:
    market.settle(market.uses([0]))

    with market.history(Subject("all", ("all",))) as history:
        scope = scope_of(history.connection, Works(history.connection), Subject("all", ("all",)))

        assert is_relied_on(history, scope, ETHER)
        assert not is_relied_on(history, scope, market.venue.usdc)
        assert is_relied_on(history, replace(scope, subject=Subject("dataset", ("1",))), market.venue.usdc)
