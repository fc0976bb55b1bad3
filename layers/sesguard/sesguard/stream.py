"""A stream: one configuration set in one account and region, the unit that is counted, paused and resumed."""

from __future__ import annotations

from typing import NamedTuple, Self

DRILL = "sesguard-drill-"
"""How the configuration sets of drills begin; no account's sums have them."""


class StreamId(NamedTuple):
    """Names a stream. Its text form, ``account/region/configuration_set``, is the key in tables and records.

    ``configuration_set`` is empty for mail sent without one: the *unattributed* mail of an account and region,
    which is counted but can be neither weighed nor paused.
    """

    account: str
    region: str
    configuration_set: str

    def __str__(self) -> str:
        return f"{self.account}/{self.region}/{self.configuration_set}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form. Raises ValueError naming the text where it has another form."""
        parts = text.split("/")
        if len(parts) != 3 or not parts[0] or not parts[1]:
            raise ValueError(f"stream {text[:200]!r}: expected account/region/configuration-set")
        return cls(*parts)

    @property
    def attributed(self) -> bool:
        """Whether the mail named a configuration set, so that there is something to pause."""
        return self.configuration_set != ""
