"""Who waits for SES, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from sesguard.pausing.record import QueuedAlarm
from tests.fakes.world import Hook, no_hook


class Line:
    """Whoever waits, and the one who serves: shared by the workers."""

    def __init__(self) -> None:
        self.waiting: list[QueuedAlarm] = []
        self.server: MemoryPauseQueue | None = None


class MemoryPauseQueue:
    """The port PauseQueue of one worker."""

    def __init__(self, line: Line | None = None) -> None:
        self.line = line or Line()
        self.hook: Hook = no_hook

    def enqueue(self, queued: QueuedAlarm) -> None:
        self.hook("enqueue")
        if queued not in self.line.waiting:
            self.line.waiting.append(queued)

    def worst(self, most: int) -> Sequence[QueuedAlarm]:
        self.hook("worst")
        return sorted(self.line.waiting, key=lambda queued: (-queued.urgency, queued.alarm.at))[:most]

    def served(self, queued: QueuedAlarm) -> None:
        self.hook("served")
        if queued in self.line.waiting:
            self.line.waiting.remove(queued)

    def take(self) -> bool:
        self.hook("take")
        if self.line.server not in (None, self):
            return False
        self.line.server = self
        return True

    def leave(self) -> None:
        self.hook("leave")
        if self.line.server is self:
            self.line.server = None
