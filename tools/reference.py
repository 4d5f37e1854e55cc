"""Writes the reference page of a contract from its ABI and NatSpec."""

from collections.abc import Iterator, Sequence

from tools.contracts import AbiEntry, AbiParam, Contract, NatSpec

__all__ = ["page"]


ASSUMPTIONS = "Assumptions: - "  # how they start in the @dev of an interface; each further one starts with its dash


def page(contract: Contract, interfaces: Sequence[Contract]) -> str:
    """Markdown: what the contract is and assumes, then every function, event, error and struct, each documented."""
    user, dev = contract.output["userdoc"], contract.output["devdoc"]
    abi = contract.output["abi"]
    lines = [f"# {contract.name}", "", "<!-- Written by `make build` from the contract. -->", *_prose(user, dev)]
    lines.extend(_assumptions(contract, interfaces))

    def section(title: str, kind: str, docs: "dict[str, tuple[NatSpec, NatSpec]]") -> None:
        entries = sorted((e for e in abi if e["type"] == kind), key=lambda e: e["name"].casefold())
        if entries:
            lines.extend(["", f"## {title}"])
        for entry in entries:
            lines.extend(
                ["", f"### `{_heading(entry)}`", *_prose(*docs.get(_selector(entry), ({}, {})), _names(entry))]
            )

    section("Functions", "function", _pairs(user.get("methods", {}), dev.get("methods", {})))
    section("Events", "event", _pairs(user.get("events", {}), dev.get("events", {})))
    section("Errors", "error", _pairs(_first(user.get("errors", {})), _first(dev.get("errors", {}))))

    structs = dict(sorted(item for entry in abi for item in _structs(entry)))
    if structs:
        lines.extend(["", "## Structs", ""])
        lines.extend(f"- `{name} {{ {'; '.join(fields)} }}`" for name, fields in structs.items())
    return "\n".join(lines) + "\n"


def _assumptions(contract: Contract, interfaces: Sequence[Contract]) -> Iterator[str]:
    """What is taken for granted by the interfaces whose every function and error the contract has."""
    implemented = [it.output["devdoc"] for it in interfaces if _surface(it) <= _surface(contract)]
    stated = [dev for dev in implemented if dev.get("details", "").startswith(ASSUMPTIONS)]
    if stated:
        yield from ("", "## Assumptions")
    for dev in stated:
        yield from ("", f"### {dev['title']}", "")
        yield from (f"- {each.strip()}" for each in dev["details"].removeprefix(ASSUMPTIONS).split(" - "))


def _surface(contract: Contract) -> set[str]:
    return {_selector(entry) for entry in contract.output["abi"] if entry["type"] in ("function", "error")}


def _pairs(user: dict[str, NatSpec], dev: dict[str, NatSpec]) -> dict[str, tuple[NatSpec, NatSpec]]:
    return {key: (user.get(key, {}), dev.get(key, {})) for key in user.keys() | dev.keys()}


def _first(errors: dict[str, list[NatSpec]]) -> dict[str, NatSpec]:
    """Return the first error of each signature: it may be declared in several places."""
    return {key: docs[0] for key, docs in errors.items()}


def _prose(user: NatSpec, dev: NatSpec, order: Sequence[str] = ()) -> Iterator[str]:
    """Notice, details, parameters and return values (the compiler sorts them by name: here as the source does)."""
    for text in (user.get("notice"), dev.get("details")):
        if text:
            yield from ("", text.strip())
    values = {**dev.get("params", {}), **dev.get("returns", {})}
    if values:
        yield ""
    for name, text in sorted(values.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)):
        yield f"- {'returns' if name.startswith('_') else f'`{name}`'}: {text.strip()}"


def _names(entry: AbiEntry) -> list[str]:
    return [parameter["name"] for parameter in [*entry["inputs"], *entry.get("outputs", [])]]


def _heading(entry: AbiEntry) -> str:
    """Return the signature as a reader of Solidity expects it."""
    text = f"{entry['name']}({', '.join(_parameter(p) for p in entry['inputs'])})"
    mutability = entry.get("stateMutability", "nonpayable")
    if mutability != "nonpayable":
        text += f" {mutability}"
    if outputs := entry.get("outputs", []):
        text += f" returns ({', '.join(_parameter(p) for p in outputs)})"
    return text


def _parameter(parameter: AbiParam) -> str:
    indexed = "indexed " if parameter.get("indexed") else ""
    return f"{_type(parameter)} {indexed}{parameter['name']}".strip()


def _type(parameter: AbiParam) -> str:
    """Return the type's name in the source: `Share[]`, not `tuple[]`."""
    return parameter.get("internalType", parameter["type"]).removeprefix("struct ").split(" ")[-1]


def _selector(entry: AbiEntry) -> str:
    """Return the signature as NatSpec names it: canonical types only."""
    return f"{entry['name']}({','.join(_canonical(p) for p in entry['inputs'])})"


def _canonical(parameter: AbiParam) -> str:
    if not parameter["type"].startswith("tuple"):
        return parameter["type"]
    inner = ",".join(_canonical(component) for component in parameter["components"])
    return f"({inner}){parameter['type'].removeprefix('tuple')}"


def _structs(entry: AbiEntry) -> Iterator[tuple[str, list[str]]]:
    """Every struct that a signature mentions, with its fields, nested ones too."""
    pending = [*entry.get("inputs", []), *entry.get("outputs", [])]
    while pending:
        parameter = pending.pop()
        if components := parameter.get("components"):
            yield _type(parameter).split("[")[0], [_parameter(component) for component in components]
            pending.extend(components)
