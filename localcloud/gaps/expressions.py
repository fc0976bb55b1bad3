"""What DynamoDB refuses of a request's expressions before it looks at any item. Pure, so that twins refuse it, too.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

import re
from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Any, Final

Operation = dict[str, Any]
Path = tuple[str, ...]

_CONDITIONS: Final = ("ConditionExpression", "FilterExpression", "KeyConditionExpression")
_KINDS: Final = ("UpdateExpression", "ProjectionExpression", *_CONDITIONS)
_WORD: Final = re.compile(r"(?<![#:\w])[A-Za-z_]\w*(?!\w*\()")  # neither an alias, a value nor a function
_GRAMMAR: Final = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
_SECTION: Final = re.compile(r"(?<![#:.\w])(SET|REMOVE|ADD|DELETE)(?=\s+[#\w])", re.IGNORECASE)
_IN: Final = re.compile(r"\bIN\s*\(([^)]*)\)", re.IGNORECASE)
_STEP: Final = re.compile(r"#?\w+|\[\d+\]")
_MOST_OPERANDS: Final = 100


def operations(request: Operation) -> Iterator[Operation]:
    """Yield what a request asks of a table or an item, each with its TableName: one alone, or those of a batch."""
    if "TransactItems" in request:
        for item in request["TransactItems"]:
            yield from item.values()
    elif isinstance(of_tables := request.get("RequestItems"), dict):
        yield from ({"TableName": name} | each for name, each in of_tables.items() if isinstance(each, dict))
    else:
        yield request


def problem(operation: Operation, reserved: Collection[str]) -> str | None:
    """Say what is wrong with the expressions of one operation, with DynamoDB's words; None where nothing is.

    ``reserved`` holds words in capitals.
    """
    expressions = {kind: operation[kind] for kind in _KINDS if isinstance(operation.get(kind), str)}
    for kind, expression in expressions.items():
        found = _reserved(expression, kind, reserved) or _operands(expression)
        if not found and kind == "UpdateExpression":
            found = _sections(expression) or _overlap(updated(operation))
        if found:
            return f"Invalid {kind}: {found}"
    return None


def updated(operation: Operation) -> list[Path]:
    """The paths that an update changes, in its order, their aliases resolved."""
    names = operation.get("ExpressionAttributeNames") or {}
    sections = _SECTION.split(operation.get("UpdateExpression", ""))[2::2]
    actions = (action for section in sections for action in _without_calls(section).split(","))
    return [_path(re.split(r"[=\s]", action.strip(), maxsplit=1)[0], names) for action in actions]


def read_by(expression: str, names: dict[str, str]) -> set[str]:
    """The attributes of items that a condition names, their aliases resolved."""
    aliases = {names.get(alias, alias) for alias in re.findall(r"(?<!\.)#\w+", expression)}
    words = (match for match in _WORD.finditer(expression) if expression[match.start() - 1 : match.start()] != ".")
    return aliases | {word[0] for word in words if word[0].upper() not in _GRAMMAR}


def key_problem(operation: Operation, keys: Collection[str]) -> str | None:
    """Say where an operation changes a table's key, or filters by the key that it queries; None where it does not."""
    for path in updated(operation):
        if path and path[0] in keys:
            reason = f"Cannot update attribute {path[0]}. This attribute is part of the key"
            return f"One or more parameter values were invalid: {reason}"
    if "KeyConditionExpression" in operation and "FilterExpression" in operation:
        read = read_by(operation["FilterExpression"], operation.get("ExpressionAttributeNames") or {})
        for key in sorted(read & set(keys)):
            reason = f"Primary key attribute: {key}"
            return f"Filter Expression can only contain non-primary key attributes: {reason}"
    return None


def _reserved(expression: str, kind: str, reserved: Collection[str]) -> str | None:
    if kind == "UpdateExpression":
        expression = _SECTION.sub("", expression)
    grammar = _GRAMMAR if kind in _CONDITIONS else ()
    words = (match[0] for match in _WORD.finditer(expression))
    found = next((word for word in words if word.upper() in reserved and word.upper() not in grammar), None)
    return found and f"Attribute name is a reserved keyword; reserved keyword: {found}"


def _operands(expression: str) -> str | None:
    numbers = (operands.count(",") + 1 for operands in _IN.findall(expression))
    found = next((number for number in numbers if number > _MOST_OPERANDS), None)
    return found and f"The IN operator is provided with too many operands; number of operands: {found}"


def _sections(expression: str) -> str | None:
    names = [section.upper() for section in _SECTION.findall(expression)]
    found = next((name for name in names if names.count(name) > 1), None)
    return found and f'The "{found}" section can only be used once in an update expression;'


def _overlap(paths: list[Path]) -> str | None:
    for one, two in combinations(paths, 2):
        shorter = min(len(one), len(two))
        if one[:shorter] == two[:shorter]:
            shown = f"path one: [{', '.join(one)}], path two: [{', '.join(two)}]"
            return f"Two document paths overlap with each other; must remove or rewrite one of these paths; {shown}"
    return None


def _without_calls(text: str) -> str:
    """Remove what stands in parentheses, whose commas part no actions."""
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return text


def _path(text: str, names: dict[str, str]) -> Path:
    return tuple(names.get(step, step) for step in _STEP.findall(text))
