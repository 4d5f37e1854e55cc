"""The reference page says of a contract what its NatSpec says, under signatures as the source writes them."""

from tools.contracts import AbiEntry, AbiParam, Contract, Layout, Output
from tools.reference import page

CLAIM: AbiEntry = {"type": "function", "name": "claim", "inputs": [], "outputs": []}
PAY: AbiEntry = {"type": "function", "name": "pay", "inputs": [], "outputs": []}
REFUSED: AbiEntry = {"type": "error", "name": "Custody_Refused", "inputs": []}
EMPTY: Layout = {"storage": [], "types": None}


def contract(abi: list[AbiEntry]) -> Contract:
    output: Output = {
        "abi": abi,
        "evm": {"bytecode": {"object": "6000"}, "deployedBytecode": {"object": "60"}},
        "storageLayout": EMPTY,
        "transientStorageLayout": EMPTY,
        "userdoc": {
            "notice": "Keeps splits.",
            "methods": {"create((bytes32,uint32)[])": {"notice": "Creates a split."}},
            "errors": {"Splitter_Empty(uint256)": [{"notice": "A split has payees."}]},
        },
        "devdoc": {
            "methods": {
                "create((bytes32,uint32)[])": {"params": {"shares": "Ascending."}, "returns": {"_0": "Its id."}}
            }
        },
    }
    return Contract("Splitter", public=True, output=output)


def test_a_page_lists_functions_errors_and_structs_with_their_documentation() -> None:
    shares: AbiParam = {
        "name": "shares",
        "type": "tuple[]",
        "internalType": "struct Share[]",
        "components": [{"name": "payee", "type": "bytes32"}, {"name": "ppm", "type": "uint32"}],
    }

    text = page(
        contract(
            [
                {
                    "type": "function",
                    "name": "create",
                    "inputs": [shares],
                    "outputs": [{"name": "", "type": "bytes32"}],
                    "stateMutability": "nonpayable",
                },
                {"type": "error", "name": "Splitter_Empty", "inputs": [{"name": "count", "type": "uint256"}]},
            ]
        ),
        [],
    )

    assert text == (
        "# Splitter\n\n<!-- Written by `make build` from the contract. -->\n\nKeeps splits.\n\n"
        "## Functions\n\n### `create(Share[] shares) returns (bytes32)`\n\nCreates a split.\n\n"
        "- `shares`: Ascending.\n- returns: Its id.\n\n"
        "## Errors\n\n### `Splitter_Empty(uint256 count)`\n\nA split has payees.\n\n"
        "## Structs\n\n- `Share { bytes32 payee; uint32 ppm }`\n"
    )


def interface(title: str, details: str, *abi: AbiEntry) -> Contract:
    output: Output = {
        "abi": list(abi),
        "evm": {"bytecode": {"object": ""}, "deployedBytecode": {"object": ""}},
        "devdoc": {"title": title, "details": details},
    }
    return Contract(title, public=False, output=output, interface=True)


def test_a_page_lists_what_the_contracts_interfaces_assume() -> None:
    text = page(
        contract([CLAIM]),
        [
            interface("Who is owed", "Assumptions: - Tokens: they are exact. - Chain: it goes on.", CLAIM),
            interface("Who pays", "Assumptions: - Payers: they are rich.", CLAIM, PAY),
            interface("Who waits", "Nobody knows.", CLAIM),
            interface("Who holds", "Assumptions: - Holders: they are many.", REFUSED),
        ],
    )

    assert text == (
        "# Splitter\n\n<!-- Written by `make build` from the contract. -->\n\nKeeps splits.\n\n"
        "## Assumptions\n\n### Who is owed\n\n- Tokens: they are exact.\n- Chain: it goes on.\n\n"
        "## Functions\n\n### `claim()`\n"
    )
