"""The volume of one stream's hour of sending, with the messages that it rests on."""

from __future__ import annotations

import msgspec

from sesguard.detection.sample import names_of
from sesguard.stream import StreamId

COLUMNS = 4
"""Columns of volume, numbered as :mod:`sesguard.detection.history` does."""


class Volume(msgspec.Struct, gc=False):
    """Volume of one stream's mail sent in one epoch hour.

    entries: of each event in turn, flat, its slot (minute of the hour * COLUMNS + column), its recipients, and the
    number of its message.
    sample: recipients of the events in the sample by where they are, None for no such event: see
    :func:`sesguard.detection.sample.names_of`.
    """

    stream: StreamId
    hour: int
    entries: list[int]
    sample: dict[str, int] | None = None

    def sums(self) -> dict[int, int]:
        """Slot -> recipients."""
        sums: dict[int, int] = {}
        entries = self.entries
        for slot, count in zip(entries[::3], entries[1::3], strict=True):
            sums[slot] = sums.get(slot, 0) + count
        return sums

    def all_messages(self) -> list[int]:
        return self.entries[2::3]

    def count_sample(self, domain: str, minute: int, count: int) -> None:
        """Count ``count`` mails of the sample to ``domain``, sent in epoch ``minute``."""
        sample = self.sample
        if sample is None:
            sample = self.sample = {}
        for name in names_of(domain, minute):
            sample[name] = sample.get(name, 0) + count
