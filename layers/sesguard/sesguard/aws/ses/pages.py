"""All pages of what SES lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def every(call: Callable[..., Any], key: str, **request: Any) -> Iterator[Any]:  # noqa: ANN401  # as SES's
    """Everything below ``key`` of what ``call``, a client's method, answers to ``request``, page by page."""
    while True:
        page = call(**request)
        yield from page.get(key) or ()
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]
