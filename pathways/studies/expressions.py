"""Small sums over varied fields: ``2 * policy.response.judge_at + 7 d``, ``min(a, b) <= c``.

Known are + - * / and parentheses, ``min`` and ``max``, numbers with or without a unit, and the
paths of fields; in a constraint also comparisons. Nothing else is understood, so nothing is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

from pathways.errors import ValueProblem, shown
from pathways.reading.units import unit_parts
from pathways.studies.amounts import Amount, amount_of
from pathways.studies.paths import canonical

LONGEST = 500
KNOWN = "+ - * / ( ), min(...), max(...), numbers with or without a unit, and paths of fields"
KNOWN_IN_CONSTRAINTS = f"<= < >= > == != between {KNOWN}"

_OPERAND = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9.]))"
    r"(?:[ ]*(?P<unit>[A-Za-zµμ%]+(?:/[A-Za-zµμ]+)*)(?![\w(.\[]))?"
    r"|(?P<function>(?:min|max)(?=[ ]*\())"
    r'|(?P<path>[A-Za-z_]\w*(?:\.\w+|\[[0-9]+\]|\["[^"\\]*"\])*)'
)
_PLACEHOLDER = "_{}"
_OPERATIONS: dict[type, Callable[[Amount, Amount], Amount]] = {
    ast.Add: Amount.plus,
    ast.Sub: Amount.minus,
    ast.Mult: Amount.times,
    ast.Div: Amount.over,
}
_FUNCTIONS = {"min": Amount.least, "max": Amount.most}
_COMPARISONS = {
    ast.LtE: "<=",
    ast.Lt: "<",
    ast.GtE: ">=",
    ast.Gt: ">",
    ast.Eq: "==",
    ast.NotEq: "!=",
}

Values = Mapping[str, Amount]


@dataclass(frozen=True)
class Expression:
    """A sum, or a comparison of sums, over the values of fields.

    Attributes
    ----------
    text : str
        As written.
    paths : tuple of str
        The fields it needs, each once, in the order written.
    """

    text: str
    paths: tuple[str, ...]
    _operands: tuple[Amount | str, ...]
    _body: ast.expr

    def value(self, values: Values) -> Amount:
        """Return the sum for the values of the fields.

        Raises
        ------
        ValueProblem
            If units do not fit, or it divides by 0.
        """
        return self._evaluated(self._body, values)

    def holds(self, values: Values) -> bool:
        """Tell whether the comparison holds; errors as :meth:`value`."""
        compared = self._body
        sides = [self._evaluated(one, values) for one in (compared.left, *compared.comparators)]
        symbols = [_COMPARISONS[type(one)] for one in compared.ops]
        pairs = zip(sides[:-1], symbols, sides[1:], strict=True)
        return all(left.compares(symbol, right) for left, symbol, right in pairs)

    def _evaluated(self, node: ast.expr, values: Values) -> Amount:
        if isinstance(node, ast.BinOp):
            left, right = (self._evaluated(one, values) for one in (node.left, node.right))
            return _OPERATIONS[type(node.op)](left, right)
        if isinstance(node, ast.UnaryOp):
            return -self._evaluated(node.operand, values)
        if isinstance(node, ast.Call):
            parts = [self._evaluated(one, values) for one in node.args]
            return reduce(_FUNCTIONS[node.func.id], parts)
        operand = self._operands[int(node.id[1:])]
        return operand if isinstance(operand, Amount) else values[operand]


def read_sum(text: str) -> Expression:
    """Return the sum that `text` says.

    Raises
    ------
    ValueProblem
        If it is not made of what is known.
    """
    return _read(text, is_comparison=False)


def read_constraint(text: str) -> Expression:
    """Return the comparison that `text` says; errors as :func:`read_sum`."""
    return _read(text, is_comparison=True)


def _read(text: str, *, is_comparison: bool) -> Expression:
    if len(text) > LONGEST:
        raise ValueProblem(f"this is longer than {LONGEST} characters; split it")
    plain, operands = _split(text)
    body = _tree(plain, text).body
    if isinstance(body, ast.Compare) != is_comparison:
        problem = "compares nothing" if is_comparison else "compares, where a value is expected"
        raise ValueProblem(f"{shown(text)} {problem}", _known(is_comparison))
    sides = [body.left, *body.comparators] if isinstance(body, ast.Compare) else [body]
    symbols = body.ops if isinstance(body, ast.Compare) else []
    if not all(map(_is_known, sides)) or any(type(one) not in _COMPARISONS for one in symbols):
        raise ValueProblem(f"{shown(text)} is not understood", _known(is_comparison))
    paths = tuple(dict.fromkeys(one for one in operands if isinstance(one, str)))
    return Expression(text, paths, operands, body)


def _known(is_comparison: bool) -> str:
    return KNOWN_IN_CONSTRAINTS if is_comparison else KNOWN


def _split(text: str) -> tuple[str, tuple[Amount | str, ...]]:
    """Return the text with a name in the place of each number and path, and these."""
    operands: list[Amount | str] = []
    parts, position = [], 0
    while position < len(text):
        found = _OPERAND.match(text, position)
        if found is None:
            # An underscore or a letter here would stand for an operand.
            if text[position].isalnum() or text[position] == "_":
                raise ValueProblem(f"{shown(text)} is not understood", KNOWN)
            parts.append(text[position])
            position += 1
        elif found["function"]:
            parts.append(found["function"])
            position = found.end()
        else:
            operand, position = _operand(found)
            parts.append(_PLACEHOLDER.format(len(operands)))
            operands.append(operand)
    return "".join(parts), tuple(operands)


def _operand(found: re.Match[str]) -> tuple[Amount | str, int]:
    """Return a number with its unit, or a path, and where it ends."""
    if found["path"]:
        return canonical(found["path"]), found.end()
    unit = found["unit"]
    if unit is None:
        return amount_of(found["number"]), found.end("number")
    unit_parts(unit)
    return amount_of(f"{found['number']} {unit}"), found.end()


def _tree(plain: str, text: str) -> ast.Expression:
    try:
        return ast.parse(plain.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueProblem(f"{shown(text)} is not understood", KNOWN) from None


def _is_known(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return type(node.op) in _OPERATIONS and _is_known(node.left) and _is_known(node.right)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and _is_known(node.operand)
    if isinstance(node, ast.Call):
        is_function = isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
        return (
            is_function and bool(node.args) and not node.keywords and all(map(_is_known, node.args))
        )
    return isinstance(node, ast.Name) and node.id.startswith("_")
