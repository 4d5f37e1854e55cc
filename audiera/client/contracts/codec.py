"""Between Python values and the words of the ABI, in both directions and for every struct and enum of the suite."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from eth_abi.abi import decode as decode_words
from eth_abi.abi import encode as encode_words
from eth_abi.exceptions import DecodingError, EncodingError

from audiera.client.contracts import model
from audiera.client.contracts.artifacts import Entry, Param
from audiera.client.contracts.extent import check_extent
from audiera.errors import ChainError, InputError
from audiera.protocol import Kind, Meter, Parent, Share, Statement, Status, Terms, Use, Voucher, to_address

__all__ = ["decode_fields", "decode_log", "decode_outputs", "encode_call", "encode_topic", "expect", "snake"]

T = TypeVar("T")

_TYPES: Final[Mapping[str, Callable[..., object]]] = {
    **{
        f"struct {kind.__name__}": kind
        for kind in (
            *(Share, Parent, Terms, Voucher, Statement, Use),
            *(model.Content, model.Dataset, model.StoredTerms, model.License, model.Membership, model.Clearance),
            *(model.UsageTerms, model.Channel, model.DatasetUsage, model.LicenseUsage),
            *(model.Campaign, model.Standing),
        )
    },
    **{f"enum {kind.__name__}": kind for kind in (Kind, Meter, Status)},
}


def snake(name: str) -> str:
    """Return a Solidity name as Python writes it: ``unitPrice`` is ``unit_price``, ``from`` is ``from_``."""
    written = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    return f"{written}_" if written in {"from"} else written


def encode_call(function: Entry, arguments: Sequence[object]) -> bytes:
    """Return selector and arguments.

    Raises:
        InputError: if an argument does not fit its type.
    """
    try:
        words = encode_words([it.type for it in function.inputs], _plains(function.inputs, arguments))
    except (EncodingError, OverflowError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{function.name} does not take these values ({error}); see docs/reference.") from error
    return function.selector + words


def decode_outputs(function: Entry, data: bytes) -> tuple[object, ...]:
    """Return what a function answered, one object for each output.

    Raises:
        ChainError: if the bytes are not such an answer.
    """
    return tuple(_decode(function.outputs, data, function.name))


def expect(kind: type[T], value: object) -> T:
    """Return a decoded value as what the ABI says it is.

    Raises:
        ChainError: if it is something else, because the ABI is another release's.
    """
    if not isinstance(value, kind):
        raise ChainError(
            f"{value!r} was answered where {kind.__name__} was due; check that client and contracts agree."
        )
    return value


def decode_fields(entry: Entry, data: bytes) -> dict[str, object]:
    """Return the arguments of an error by their Solidity names; `data` is without the selector.

    Raises:
        ChainError: if the bytes are not such arguments.
    """
    names = [it.name or str(position) for position, it in enumerate(entry.inputs)]
    return dict(zip(names, _decode(entry.inputs, data, entry.name), strict=True))


def decode_log(event: Entry, topics: Sequence[bytes], data: bytes) -> dict[str, object]:
    """Return the arguments of an event by their Python names.

    Raises:
        ChainError: if topics and data are not such an event's.
    """
    indexed = [it for it in event.inputs if it.indexed]
    plain = [it for it in event.inputs if not it.indexed]
    found = dict(zip((it.name for it in plain), _decode(plain, data, event.name), strict=True))
    for param, topic in zip(indexed, topics[1:], strict=True):
        (found[param.name],) = _decode([param], topic, event.name)
    return {snake(it.name): found[it.name] for it in event.inputs}


def encode_topic(param: Param, value: object) -> bytes:
    """Return an indexed argument as logs carry it.

    Raises:
        InputError: if the value does not fit the argument's type.
    """
    try:
        return encode_words([param.type], [_plain(param, value)])
    except (EncodingError, OverflowError, TypeError) as error:
        raise InputError(f"{value!r} is not a value of {param.name} ({error}).") from error


def _decode(params: Sequence[Param], data: bytes, name: str) -> list[object]:
    try:
        types = [it.type for it in params]
        check_extent(types, data)  # Ape lets the decoder take for zero what is missing, and offsets may unfold
        values = decode_words(types, data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise ChainError(
            f"The answer of {name} cannot be read; check that the address holds the contract and not another one."
        ) from error
    return [_rich(param, value) for param, value in zip(params, values, strict=True)]


def _rich(param: Param, value: object) -> object:
    """Turn a decoded value into the type the source names."""
    if isinstance(value, (tuple, list)) and param.type.endswith("]"):
        return tuple(_rich(_element(param), it) for it in value)
    build = _TYPES.get(param.origin)
    if isinstance(value, (tuple, list)):
        values = [_rich(component, it) for component, it in zip(param.components, value, strict=True)]
        return build(**dict(zip(_names(param), values, strict=True))) if build else tuple(values)
    if build is not None:
        return build(value)
    return to_address(value) if param.type == "address" and isinstance(value, str) else value


def _plains(params: Sequence[Param], values: Sequence[object]) -> list[object]:
    return [_plain(param, value) for param, value in zip(params, values, strict=True)]


def _plain(param: Param, value: object) -> object:
    """Turn a dataclass into the tuple that its Solidity struct is, at any depth."""
    if isinstance(value, (tuple, list)):
        if param.type.endswith("]"):
            return [_plain(_element(param), it) for it in value]
        return tuple(_plains(param.components, value))
    if param.components:
        return tuple(_plains(param.components, [getattr(value, name) for name in _names(param)]))
    return value


def _element(param: Param) -> Param:
    return replace(param, type=param.type.rsplit("[", 1)[0])


def _names(param: Param) -> list[str]:
    """Return what the fields of a struct are called in Python: so their order is the contract's business alone."""
    return [snake(it.name) for it in param.components]
