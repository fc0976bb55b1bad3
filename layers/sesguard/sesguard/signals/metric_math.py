"""Whether an expression of CloudWatch's metric math rises with a rate: then "over" of it says that the rate is over.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. Only what certainly rises is
taken: whatever else it may be (a sum of rates, a difference, missing data filled with a high value) is UNCLEAR.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/^()\[\],<>]))"
)
_LONGEST: Final = 2_048
_DEEPEST: Final = 40


class Slope(Enum):
    """How a term follows the rate."""

    CONSTANT = auto()
    RISES = auto()
    FALLS = auto()
    APART = auto()  # another metric, whose value says nothing of the rate
    UNCLEAR = auto()


class Role(Enum):
    """What a count is of: bad outcomes by volume are a rate."""

    BAD = auto()
    VOLUME = auto()


class Term(NamedTuple):
    """A part of an expression. value: of a constant. role: of a count."""

    slope: Slope
    value: float = 0.0
    role: Role | None = None


RATE: Final = Term(Slope.RISES)
APART: Final = Term(Slope.APART)
BAD: Final = Term(Slope.APART, role=Role.BAD)
VOLUME: Final = Term(Slope.APART, role=Role.VOLUME)
UNCLEAR: Final = Term(Slope.UNCLEAR)
_TURNED: Final = {Slope.RISES: Term(Slope.FALLS), Slope.FALLS: RATE}
_KEEPS: Final = frozenset({"ABS", "CEIL", "FLOOR", "AVG", "MAX", "MIN"})


class _SyntaxError(Exception):
    pass


def rises(expression: str, terms: Callable[[str], Term], threshold: float | None) -> bool:
    """Whether ``expression`` rises with the rate, and no constant in it can be over ``threshold`` by itself.

    terms: what an identifier stands for. threshold: None where it is not known; then no constant but 0 is trusted.
    """
    try:
        parser = _Parser(expression, terms, threshold or 0.0)
        return parser.whole().slope is Slope.RISES
    except (_SyntaxError, RecursionError, ZeroDivisionError, OverflowError):
        return False


class _Parser:
    def __init__(self, text: str, terms: Callable[[str], Term], threshold: float) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0
        self._terms = terms
        self._threshold = threshold

    def whole(self) -> Term:
        found = self._either()
        if self._at != len(self._tokens):
            raise _SyntaxError
        return found

    def _next(self, *among: str) -> str:
        """The next token if it is one of ``among`` (in capitals), else ""."""
        if self._at < len(self._tokens) and self._tokens[self._at].upper() in among:
            self._at += 1
            return self._tokens[self._at - 1].upper()
        return ""

    def _need(self, token: str) -> None:
        if not self._next(token):
            raise _SyntaxError

    def _either(self) -> Term:
        found = self._both()
        while self._next("||", "OR"):
            found = _together(found, self._both(), self._threshold)
        return found

    def _both(self) -> Term:
        found = self._compared()
        while self._next("&&", "AND"):
            found = _narrowed(found, self._compared())
        return found

    def _compared(self) -> Term:
        left = self._sum()
        while sign := self._next("<", "<=", ">", ">=", "==", "!="):
            left = _compare(left, sign, self._sum())
        return left

    def _sum(self) -> Term:
        found = self._product()
        while sign := self._next("+", "-"):
            right = self._product()
            found = _add(found, right if sign == "+" else _negative(right))
        return found

    def _product(self) -> Term:
        found = self._factor()
        while sign := self._next("*", "/"):
            found = _multiply(found, self._factor(), divide=sign == "/")
        return found

    def _factor(self) -> Term:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _SyntaxError
        found = _negative(self._factor()) if self._next("-") else self._atom()
        self._depth -= 1
        return UNCLEAR if self._next("^") and self._factor() else found

    def _atom(self) -> Term:
        if self._next("("):
            found = self._either()
            self._need(")")
            return found
        if self._next("["):
            return self._all(self._list("]"))
        if self._at >= len(self._tokens):
            raise _SyntaxError
        token = self._tokens[self._at]
        self._at += 1
        if token[0].isdigit() or token[0] == ".":
            return Term(Slope.CONSTANT, float(token))
        if not (token[0].isalpha() or token[0] == "_"):
            raise _SyntaxError
        return self._call(token.upper(), self._list(")")) if self._next("(") else self._terms(token)

    def _list(self, end: str) -> list[Term]:
        found = [self._either()]
        while self._next(","):
            found.append(self._either())
        self._need(end)
        return found

    def _all(self, parts: list[Term]) -> Term:
        found = parts[0]
        for part in parts[1:]:
            found = _together(found, part, self._threshold)
        return found

    def _call(self, name: str, parts: list[Term]) -> Term:
        if name == "IF" and len(parts) == 3:
            return self._if(*parts)
        if name == "FILL" and len(parts) == 2:
            return parts[0] if self._harmless(parts[1]) else UNCLEAR
        if name == "MIN":
            found = parts[0]
            for part in parts[1:]:
                found = _narrowed(found, part)
            return found
        return self._all(parts) if name in _KEEPS else UNCLEAR

    def _if(self, condition: Term, then: Term, otherwise: Term) -> Term:
        if condition.slope is Slope.RISES and then.slope is otherwise.slope is Slope.CONSTANT:
            return RATE if then.value > otherwise.value else UNCLEAR
        if condition.slope in {Slope.APART, Slope.RISES} and then.slope is Slope.RISES and self._harmless(otherwise):
            return RATE
        if condition.slope is Slope.APART and otherwise.slope is Slope.RISES and self._harmless(then):
            return RATE
        return UNCLEAR

    def _harmless(self, term: Term) -> bool:
        """Whether the term cannot be over the threshold unless the rate is."""
        return term.slope is Slope.RISES or (term.slope is Slope.CONSTANT and term.value <= self._below)

    @property
    def _below(self) -> float:
        return self._threshold - 1e-12 if self._threshold > 0 else 0.0


def _tokens(text: str) -> list[str]:
    if len(text) > _LONGEST:
        raise _SyntaxError
    found: list[str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _SyntaxError
        found.append(match[match.lastindex or 0])
        at = match.end()
    return found


def _negative(term: Term) -> Term:
    if term.slope is Slope.CONSTANT:
        return Term(Slope.CONSTANT, -term.value)
    return _TURNED.get(term.slope, term)


def _add(left: Term, right: Term) -> Term:
    if left.slope is right.slope is Slope.CONSTANT:
        return Term(Slope.CONSTANT, left.value + right.value)
    if left.slope is Slope.CONSTANT:
        return right
    if right.slope is Slope.CONSTANT:
        return left
    return APART if left.slope is right.slope is Slope.APART else UNCLEAR


def _multiply(left: Term, right: Term, *, divide: bool) -> Term:
    if right.slope is Slope.CONSTANT:
        if left.slope is Slope.CONSTANT:
            return Term(Slope.CONSTANT, left.value / right.value if divide else left.value * right.value)
        return left if right.value > 0 else _negative(left) if right.value < 0 else UNCLEAR
    if left.slope is Slope.CONSTANT and not divide:
        return _multiply(right, left, divide=False)
    if divide and left.role is Role.BAD and right.role is Role.VOLUME:
        return RATE
    apart = {left.slope, right.slope} <= {Slope.APART, Slope.CONSTANT}
    return APART if apart else UNCLEAR


def _compare(left: Term, sign: str, right: Term) -> Term:
    if sign in {"<", "<="}:
        left, right = right, left
    elif sign not in {">", ">="}:
        return APART if {left.slope, right.slope} <= {Slope.APART, Slope.CONSTANT} else UNCLEAR
    if left.slope is Slope.RISES and right.slope is Slope.CONSTANT:
        return RATE
    if right.slope is Slope.RISES and left.slope is Slope.CONSTANT:
        return Term(Slope.FALLS)
    return APART if {left.slope, right.slope} <= {Slope.APART, Slope.CONSTANT} else UNCLEAR


def _together(left: Term, right: Term, threshold: float) -> Term:
    """Of which the highest counts: all have to rise, or be constants that are not over by themselves."""
    slopes = {left.slope, right.slope}
    if slopes == {Slope.CONSTANT}:
        return Term(Slope.CONSTANT, max(left.value, right.value))
    constants = [term.value for term in (left, right) if term.slope is Slope.CONSTANT]
    if slopes <= {Slope.RISES, Slope.CONSTANT} and all(value < threshold or value <= 0 for value in constants):
        return RATE
    if slopes <= {Slope.APART, Slope.CONSTANT}:
        return left if right.slope is Slope.CONSTANT else right if left.slope is Slope.CONSTANT else APART
    return UNCLEAR


def _narrowed(left: Term, right: Term) -> Term:
    """Of which the lowest counts: whatever stands beside the rate can only keep it from being over."""
    slopes = {left.slope, right.slope}
    if Slope.UNCLEAR in slopes or Slope.FALLS in slopes:
        return UNCLEAR
    if slopes == {Slope.CONSTANT}:
        return Term(Slope.CONSTANT, min(left.value, right.value))
    return RATE if Slope.RISES in slopes else APART
