"""Wire the setting aside of messages that never heal to AWS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property

from sesguard.aws.clients import Clients
from sesguard.aws.queues import SqsSetAside
from sesguard.aws.settings import SetAsideSettings
from sesguard.errors import SesguardError

_log = logging.getLogger(__name__)


class Aside:
    """Puts messages among the dead letters of the function. settings: reads where those are, when first needed."""

    def __init__(self, settings: Callable[[], SetAsideSettings]) -> None:
        self._settings = settings

    @cached_property
    def _queue(self) -> SqsSetAside:
        return SqsSetAside(Clients(), self._settings().dead_letters_url)

    def put(self, body: str, cause: str) -> bool:
        """Put it there; whether that is done. Where it is not, the message has to come again through its own queue."""
        try:
            self._queue.put(body, cause)
        except SesguardError as error:
            _log.warning("message not set aside, it comes again: %s", error)
            return False
        return True
