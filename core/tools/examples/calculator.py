"""Arithmetic that is right, which a language model's own is not. Needs nothing to be set.

The expression is parsed, never run: only numbers, operators and the functions named here exist, and each is
bounded, so that no input can take long.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable

from core.tools import tool

Number = int | float

LENGTH = 500
"""Characters of an expression."""
BITS = 4096
"""Of a whole number; about 1,200 digits."""

OPERATORS: dict[type, Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def _rounded(number: Number, digits: int = 0) -> Number:
    """`round` itself would compute 10 ** digits first, however many those are."""
    if abs(digits) > 100:
        raise ValueError("round takes at most 100 digits")
    return round(number, digits) if digits else round(number)


FUNCTIONS: dict[str, Callable[..., Number]] = {
    **{name: getattr(math, name) for name in ("sqrt", "exp", "log", "log2", "log10", "floor", "ceil")},
    **{
        name: getattr(math, name)
        for name in ("sin", "cos", "tan", "asin", "acos", "atan", "radians", "degrees")
    },
    "abs": abs,
    "round": _rounded,
    "min": min,
    "max": max,
}
CONSTANTS = {"pi": math.pi, "e": math.e}


@tool
def calculate(expression: str) -> str:
    """The exact value of an arithmetic expression. Use it for every calculation, also for simple ones.

    Args:
        expression: numbers with + - * / // % ** and parentheses; sqrt exp log log2 log10 floor ceil sin cos
            tan asin acos atan radians degrees abs round min max; pi and e. Example: (1.19 * 250) / 12
    """
    if len(expression) > LENGTH:
        raise ValueError(f"the expression is longer than {LENGTH} characters")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, MemoryError, RecursionError):
        raise ValueError("this is no arithmetic expression, or its parentheses do not match") from None
    try:
        return _text(_value(tree.body))
    except OverflowError:
        raise ValueError("a number is too large") from None


def _value(node: ast.expr) -> Number:
    """The value of a part. Raises ValueError, ZeroDivisionError or OverflowError."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(op=ast.BitXor()):
            raise ValueError("^ is not known here: write ** for a power")
        case ast.BinOp(op=op, left=left, right=right) if type(op) in OPERATORS:
            return _bounded(OPERATORS[type(op)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _bounded(FUNCTIONS[name](*map(_value, arguments)))
    raise ValueError(f"“{ast.unparse(node)[:40]}” is not arithmetic: see which functions and signs there are")


def _power(base: Number, exponent: Number) -> Number:
    """Refused before it is computed when the result would be too long."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and int(base).bit_length() * abs(exponent) > BITS:
        raise ValueError(f"the result of {str(base)[:20]} ** {str(exponent)[:20]} is too long")
    result = base**exponent
    if isinstance(result, complex):
        raise ValueError("the result is not a real number")
    return _bounded(result)


def _bounded(number: Number) -> Number:
    if isinstance(number, int) and number.bit_length() > BITS:
        raise ValueError(f"a number has more than {BITS} bits")
    if not math.isfinite(number):
        raise OverflowError
    return number


def _text(number: Number) -> str:
    """Whole numbers in full, others with the 15 digits that are certain."""
    return str(number) if isinstance(number, int) else f"{number:.15g}"
