"""Every struct against eth-account's own EIP-712 encoder."""

import pytest
from eth_abi.abi import encode
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from audiera.errors import InputError
from audiera.protocol.ids import to_address
from audiera.protocol.items import Item
from audiera.protocol.requests import LicenseAnswer, LicenseRequest
from audiera.protocol.splits import Share
from audiera.protocol.structs import Call, Receipt, Statement, Use, Voucher
from audiera.protocol.terms import Terms
from audiera.protocol.typed import CONTRACTS, Domain, Struct

ADDRESS = to_address("0x" + "11" * 20)
ADDRESSES = [to_address("0x" + digit * 40) for digit in "123"]
STRUCTS: list[Struct] = [
    Item(b"\x01" * 32, 2**64 - 1, 2**32 - 1, b"\x02" * 32),
    Share(b"\x01" * 32, 1_000_000),
    Terms(
        rights=1,
        meter=2,
        unit_price=3,
        token=ADDRESS,
        duration=5,
        notice=6,
        max_units=7,
        derivative_ppm=8,
        flags=2,
        text=b"\x09" * 32,
    ),
    Voucher(
        payer=ADDRESSES[0],
        gateway=ADDRESSES[1],
        token=ADDRESSES[2],
        batch=1,
        amount=2,
        fee=3,
        calls=4,
        statements=5,
        root=b"\x06" * 32,
    ),
    Receipt(b"\x01" * 32),
    Use(license=1, dataset=2, version=3, item=b"\x04" * 32, right=5, units=6, at=7, nonce=b"\x08" * 32),
    Statement(license=1, dataset=2, units=3, calls=4, uses=b"\x05" * 32),
    Call(account=ADDRESS, data=b"\x01\x02\x03", nonce=4, deadline=5),
    LicenseRequest(
        gateway=ADDRESSES[0],
        asker=ADDRESSES[1],
        dataset=3,
        rights=4,
        purpose="Zoë\nand more",
        extent="",
        who="小林",
        contact="a@example.org",
        at=5,
        nonce=b"\x06" * 32,
    ),
    LicenseAnswer(request=b"\x01" * 32, owner=ADDRESS, terms=b"\x02" * 32, price=3, count=4, reason="Gladly.", at=5),
]
IDS = [type(struct).__name__ for struct in STRUCTS]


@pytest.mark.parametrize("struct", STRUCTS, ids=IDS)
def test_a_digest_is_what_a_wallet_signs(struct: Struct) -> None:
    domain = Domain("UsageLedger", 31_337, ADDRESS)

    message = encode_typed_data(full_message=domain.typed_message(struct))

    assert message.header == domain.separator()
    assert message.body == struct.struct_hash()
    assert domain.digest(struct) == keccak(b"\x19\x01" + message.header + message.body)


@pytest.mark.parametrize("struct", STRUCTS, ids=IDS)
def test_members_are_the_fields_in_camel_case(struct: Struct) -> None:
    def camel(field: str) -> str:
        first, *rest = field.split("_")
        return first + "".join(part.title() for part in rest)

    assert list(struct.abi()) == [camel(field) for field in struct.__slots__]
    assert tuple(struct.abi().values()) == struct.values()


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_domain_separator_is_that_of_eip_712(name: str) -> None:
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    values = [keccak(text=kind), keccak(text=name), keccak(text="1"), 5, ADDRESS]

    separator = Domain(name, 5, ADDRESS).separator()

    assert separator == keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], values))


def test_a_signature_is_good_for_one_contract_on_one_chain() -> None:
    """Attacks: chain fork, other contract, other chain."""
    home = Domain("UsageLedger", 1, ADDRESS)
    others = [Domain("RoyaltySplitter", 1, ADDRESS), Domain("UsageLedger", 2, ADDRESS)]
    others.append(Domain("UsageLedger", 1, ADDRESSES[1]))

    digests = {domain.digest(STRUCTS[0]) for domain in [home, *others]}

    assert len(digests) == 4


def test_a_domain_spells_its_contract_one_way() -> None:
    lower = "0x" + "ab" * 20

    assert Domain("UsageLedger", 1, to_address(lower)) == Domain("UsageLedger", 1, lower)  # type: ignore[arg-type]  # as typed by people


def test_a_message_for_a_wallet_has_plain_members() -> None:
    message = Domain("UsageLedger", 7, ADDRESS).typed_message(Receipt(b"\x01" * 32))

    assert message["primaryType"] == "Receipt"
    assert isinstance(message["types"], dict)
    assert message["types"]["Receipt"] == [{"name": "voucher", "type": "bytes32"}]
    assert message["domain"] == {
        "name": "UsageLedger",
        "version": "1",
        "chainId": 7,
        "verifyingContract": ADDRESS,
    }


def test_a_chain_id_that_is_no_uint256_is_refused() -> None:
    with pytest.raises(InputError, match="is not a uint256"):
        Domain("UsageLedger", -1, ADDRESS).separator()
