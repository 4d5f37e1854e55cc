"""What may be wrong with a line: every small change of a module that its tests should notice.

Names, messages and types are left alone, and so is what only tools read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

__all__ = ["Mutation", "mutations"]

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
"""What each operator is mistaken for. A division is mostly a path's."""

UNHEARD = {"TypeVar", "dataclass", "field"}
"""Whose arguments only tools and the eye would miss."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of one module, as it stands in its text: `start` and `end` are offsets in its UTF-8 bytes."""

    line: int
    start: int
    end: int
    before: str
    after: str

    def applied(self, source: str) -> str:
        """Return the module with the change."""
        raw = source.encode()
        return (raw[: self.start] + self.after.encode() + raw[self.end :]).decode()


def mutations(source: str) -> list[Mutation]:
    """Return every change of a module, in the order of its text.

    Raises:
        SyntaxError: if it is not Python.
    """
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    raw, found = source.encode(), set()
    for node in _live(ast.parse(source)):
        for place, after in _changes(node):
            assert place.end_lineno is not None
            assert place.end_col_offset is not None
            start = starts[place.lineno - 1] + place.col_offset
            end = starts[place.end_lineno - 1] + place.end_col_offset
            written = f"({after})" if isinstance(place, ast.expr) else after
            found.add(Mutation(place.lineno, start, end, raw[start:end].decode(), written))
    return sorted(found, key=lambda it: (it.start, it.end, it.after))


def _live(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs and decides something: no annotation, no message, no list of names, no dataclass's switches."""
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):  # positions within an f-string are not to be had
        return
    if isinstance(node, ast.Assign) and any(isinstance(it, ast.Name) and it.id == "__all__" for it in node.targets):
        return
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"TypeVar", "dataclass", "field"}
    ):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns"} or (isinstance(node, ast.ClassDef) and name == "keywords"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _live(child)


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield what could stand in a place: in that of the node, or of the condition it rests on."""
    match node:
        case ast.expr():
            yield from ((node, it) for it in _other_values(node))
        case ast.Return(value=ast.expr() as answer) if ast.unparse(answer) != "None":
            yield node, "return None"
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Delete():
            yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield node, "pass"
        case _:
            pass
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.comprehension(ifs=[test]):
            yield test, ast.unparse(ast.UnaryOp(ast.Not(), test))
        case _:
            pass


def _other_values(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare():
            for position, operator in enumerate(node.ops):
                compared = deepcopy(node)
                compared.ops[position] = cast("ast.cmpop", OTHER[type(operator)]())
                yield ast.unparse(compared)
        case ast.BoolOp():
            yield ast.unparse(ast.BoolOp(cast("ast.boolop", OTHER[type(node.op)]()), node.values))
        case ast.BinOp() if type(node.op) in OTHER:
            yield ast.unparse(ast.BinOp(node.left, cast("ast.operator", OTHER[type(node.op)]()), node.right))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield ast.unparse(node.operand)
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() | float() as value):
            yield str(value + 1)
        case _:
            pass
