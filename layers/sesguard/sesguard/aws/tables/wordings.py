"""The platform's own templates of notices, and its brand: item ``@notices`` of TenantsTable."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.dynamodb import plain_item
from sesguard.aws.tables.table import TableAdapter
from sesguard.errors import SesguardError
from sesguard.notices.brand import Brand, read_brand
from sesguard.notices.wording import Wording

ACTIONS: Final = frozenset({"dynamodb:GetItem"})
KEPT_SECONDS: Final = 60
_KEY: Final = {"id": {"S": "@notices"}}

_log = logging.getLogger(__name__)


class DynamoWordings(TableAdapter):
    """The port ``Wordings`` over DynamoDB. What was read is kept in memory for a minute."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(client, table)
        self._clock = clock
        self._until = 0.0
        self._known: tuple[dict[str, Any], Wording] | None = None

    def now(self) -> Wording:
        if self._known is None or self._clock() >= self._until:
            item = plain_item(self._get(_KEY, consistent=False))
            if self._known is None or item != self._known[0]:  # templates are compiled once
                self._known = (item, _wording(item))
            self._until = self._clock() + KEPT_SECONDS
        return self._known[1]


class DynamoBrand(TableAdapter):
    """The brand alone. What was read, or could not be, is kept in memory for a minute."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(client, table)
        self._clock = clock
        self._until = 0.0
        self._known = Brand()

    def now(self) -> Brand:
        """The brand of now; the one before, or the built-in one, where it cannot be read. Raises nothing of AWS's."""
        if self._clock() >= self._until:
            self._known = self._read()
            self._until = self._clock() + KEPT_SECONDS
        return self._known

    def _read(self) -> Brand:
        try:
            item = self._get(_KEY, consistent=False, ProjectionExpression="brand")
        except SesguardError as error:
            _log.warning("brand not read: %s", error)
            return self._known
        brand, problems = read_brand(_named(plain_item(item), "brand"))
        for problem in problems:
            _log.warning("%s", problem)
        return brand


def _wording(item: Mapping[str, Any]) -> Wording:
    templates, brand = _named(item, "templates"), _named(item, "brand")
    return Wording.with_own(templates, brand) if templates or brand else Wording.built_in()


def _named(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What is there by names. Anything else stands under its own, so that Wording says that it is no template."""
    value = item.get(name, {})
    return value if isinstance(value, dict) else {name: value}
