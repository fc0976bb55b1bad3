"""moto, saying the same in half the time. Importing this is enough.

Most of what a call to its DynamoDB computes is asking of each node of an expression, ten times over, which class it has
by way of `abc`, and trying six spellings of each name that an answer may have. And each `mock_aws` makes some thousand
patterns for the library `requests`, which nothing here calls AWS with.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from moto.core import models
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.parsing import ast_nodes
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Expression, Node, UpdateExpressionFunction

_picked: Final = ResponseSerializer.get_value

_is_of: Final = cache(issubclass)


def _find_clauses(self: Node, clause_types: list[type[Node]]) -> list[Node]:
    """`Node.find_clauses`."""
    found: list[Node] = []
    for child in self.children or []:
        if type(child) in clause_types:
            found.append(child)
        elif _is_of(type(child), (Expression, UpdateExpressionFunction)):
            found.extend(child.find_clauses(clause_types))
    return found


def _traverse(self: DepthFirstTraverser, node: Any, child_id: int = -1) -> Any:
    """`DepthFirstTraverser.traverse_node_recursively`."""
    if not _is_of(type(node), Node):
        return node
    parent = node.parent
    for number, child in enumerate(node.children or []):
        self.pre_processing_of_child(node, number)
        self.traverse_node_recursively(child, number)
    if _is_of(type(node), self.nodes_to_be_processed()):
        node = self.process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


def _get_value(self: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
    """`ResponseSerializer.get_value`, where the value has the names of the answer already."""
    structure = getattr(shape, "parent", None)
    if type(value) is not dict or structure is None or self._value_picker.response_transformers:
        return _picked(self, value, key, shape)
    return value.get(key) if value.keys() <= structure.members.keys() else _picked(self, value, key, shape)


models.RESPONSES_METHODS.clear()
ast_nodes.Node.find_clauses = _find_clauses
DepthFirstTraverser.traverse_node_recursively = _traverse
ResponseSerializer.get_value = _get_value
