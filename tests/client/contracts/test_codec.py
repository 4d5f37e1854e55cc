from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from enum import IntEnum

import pytest
from eth_abi.abi import decode

from audiera.client import Clearance, StoredTerms
from audiera.client.contracts import events
from audiera.client.contracts.artifacts import artifact, artifacts
from audiera.client.contracts.codec import decode_fields, decode_outputs, encode_call, encode_topic, expect, snake
from audiera.client.contracts.events import Event
from audiera.client.facades.datasets import Datasets
from audiera.client.facades.facade import Facade
from audiera.client.facades.incentives import Incentives
from audiera.client.facades.licenses import Licenses
from audiera.client.facades.royalty import Royalty
from audiera.client.facades.usage import Usage
from audiera.errors import ChainError, InputError
from audiera.protocol.ids import ETHER
from audiera.protocol.kinds import Kind
from audiera.protocol.licenses import Status
from audiera.protocol.meters import Meter
from tests.client.conftest import As, some_terms
from tests.support.places import ROOT

FACADES: tuple[type[Facade[object]], ...] = (Royalty, Datasets, Licenses, Usage, Incentives)
OTHERWISE = {
    *("callFor", "eip712Domain"),  # `submit`, `domain`
    *("SPLITTER", "DATASETS", "LICENSES", "LEDGER"),  # the deployment
}
BETWEEN_CONTRACTS = {"sendRoyalties", "RoyaltySplitter.credit", "RoyaltySplitter.creditOne"}


@pytest.mark.parametrize("facade", FACADES, ids=lambda it: it.NAME)
def test_every_function_of_a_contract_is_a_method(facade: type[Facade[object]]) -> None:
    functions = {it.name for it in artifact(facade.NAME).functions}
    ours = {it for it in functions - OTHERWISE if not BETWEEN_CONTRACTS & {it, f"{facade.NAME}.{it}"}}

    missing = {name for name in ours if not callable(getattr(facade, snake(name), None))}

    assert missing == set()


def test_every_event_is_a_type_with_the_fields_of_the_solidity_event_in_their_order() -> None:
    for contract in artifacts():
        for entry in contract.events.values():
            kind: type[Event] = getattr(events, entry.name)

            names = [it.name for it in fields(kind)]  # type: ignore[arg-type]  # all are dataclasses

            assert names == [snake(it.name) for it in entry.inputs], entry.name


def test_no_type_is_for_an_event_that_no_contract_has() -> None:
    emitted = {it.name for contract in artifacts() for it in contract.events.values()}

    assert set(events.__all__) - {"Event", "Log"} == emitted


@pytest.mark.parametrize(
    ("solidity", "python"),
    [
        ("unitPrice", "unit_price"),
        ("from", "from_"),
        ("tokenURI", "token_uri"),
        ("to", "to"),
        ("maxUnits", "max_units"),
    ],
)
def test_names_are_written_as_python_does(solidity: str, python: str) -> None:
    assert snake(solidity) == python


def test_a_value_that_does_not_fit_its_type_is_refused_before_anything_is_sent(as_: As) -> None:
    with pytest.raises(InputError, match="offer does not take these values"):
        as_("owner").licenses.offer(2**32, bytes(32), 1)
    with pytest.raises(InputError, match="offer does not take these values"):
        as_("owner").licenses.offer(1, bytes(33), 1)


def test_a_struct_is_encoded_like_the_tuple_of_its_fields() -> None:
    publish = artifact("LicenseRegistry").function("publishTerms", 1)

    assert encode_call(publish, [some_terms()]) == encode_call(publish, [some_terms().values()])


def test_an_answer_of_another_contract_is_refused() -> None:
    function = artifact("LicenseRegistry").function("termsOf", 1)

    with pytest.raises(ChainError, match="The answer of termsOf cannot be read"):
        decode_outputs(function, bytes(31))


@pytest.mark.parametrize(
    ("contract", "name", "data"),
    [
        ("DatasetRegistry", "datasetCount", bytes(31)),
        ("LicenseRegistry", "termsOf", bytes(9 * 32)),
        ("DatasetRegistry", "name", bytes(31) + b"\x20" + bytes(31) + b"\x07Audiera"[:4]),
    ],
    ids=["a word", "a struct", "a text"],
)
def test_an_answer_that_ends_early_is_refused_even_by_a_decoder_that_is_not_strict(
    monkeypatch: pytest.MonkeyPatch, contract: str, name: str, data: bytes
) -> None:
    """Where Ape is imported, what is not there is read as zero."""

    def lenient(types: Sequence[str], found: bytes) -> tuple[object, ...]:
        return decode(types, found.ljust(1_024, b"\0"))

    monkeypatch.setattr("audiera.client.contracts.codec.decode_words", lenient)
    (function,) = (it for it in artifact(contract).functions if it.name == name)

    with pytest.raises(ChainError, match=f"The answer of {name} cannot be read"):
        decode_outputs(function, data)


@pytest.mark.parametrize("kind", [Kind, Meter, Status], ids=lambda it: it.__name__)
def test_enums_are_those_of_the_contracts(kind: type[IntEnum]) -> None:
    sources = "".join(path.read_text() for path in sorted((ROOT / "contracts" / "interfaces").glob("*.sol")))

    declared = re.search(rf"^enum {kind.__name__} {{([^}}]*)}}", sources, re.MULTILINE)

    assert declared is not None
    names = re.findall(r"\w+", re.sub(r"//.*", "", declared[1]))
    assert [(it.name, it.value) for it in kind] == [(name, value) for value, name in enumerate(names)]


def test_enums_in_answers_are_members() -> None:
    function = artifact("LicenseRegistry").function("termsOf", 1)
    names = [it.name for it in function.outputs[0].components]
    words = [bytes(31) + b"\x02" if name == "meter" else bytes(32) for name in names]

    (stored,) = decode_outputs(function, b"".join(words))

    assert isinstance(stored, StoredTerms)
    assert stored.meter is Meter.Megabyte
    assert stored.token == ETHER


def test_structs_in_the_fields_of_an_error_are_read() -> None:
    narrower = next(it for it in artifact("LicenseRegistry").errors.values() if it.name == "Clearance_Narrower")
    words = b"".join(number.to_bytes(32) for number in (7, 4, 50, 6, 60))

    found = decode_fields(narrower, words)

    assert found == {"dataset": 7, "given": Clearance(4, 50), "current": Clearance(6, 60)}


def test_an_answer_of_another_type_is_refused() -> None:
    with pytest.raises(ChainError, match="5 was answered where bytes was due"):
        expect(bytes, 5)


def test_a_topic_that_is_no_value_of_its_argument_is_refused() -> None:
    transfer = next(it for it in artifact("DatasetRegistry").events.values() if it.name == "Transfer")

    with pytest.raises(InputError, match="'nobody' is not a value of to"):
        encode_topic(transfer.inputs[1], "nobody")


def test_what_is_not_in_the_suite_is_not_found(as_: As) -> None:
    client = as_("reader")

    with pytest.raises(InputError, match="'ERC20' is not a contract of the suite"):
        artifact("ERC20")
    with pytest.raises(InputError, match="RoyaltySplitter has no function claim with 1 arguments"):
        client.suite["RoyaltySplitter"].request("claim", 1)
    with pytest.raises(InputError, match="RoyaltySplitter has no event OfferMade"):
        list(client.royalty.logs(events.OfferMade))
    with pytest.raises(InputError, match="SplitCreated has no indexed shares"):
        list(client.royalty.logs(events.SplitCreated, shares=()))


def test_artifacts_are_those_of_the_release() -> None:
    assert [it.name for it in artifacts()] == [
        "RoyaltySplitter",
        "DatasetRegistry",
        "LicenseRegistry",
        "UsageLedger",
        "IncentivePool",
    ]
    assert all(len(it.creation_code) > 1_000 for it in artifacts())
