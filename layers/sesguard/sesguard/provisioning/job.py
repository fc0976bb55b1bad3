"""What onboarding works with, and one stream on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sesguard.pausing.ports import Bus, Journal, Streams
from sesguard.provisioning.desired import TAG, Desired, LastApplied
from sesguard.provisioning.ports import ProvisioningTasks, StreamRegistrations
from sesguard.provisioning.ses_ports import KeptAlarms, Setup
from sesguard.provisioning.task import ProvisioningTask
from sesguard.stream import StreamId


@dataclass(frozen=True, slots=True, kw_only=True)
class SesJob:
    """Everything that is asked. stack: the guard's, as its tags name it. partition: of ARNs."""

    setup: Setup
    rows: ProvisioningTasks
    registered: StreamRegistrations
    streams: Streams
    journal: Journal
    alarms: KeptAlarms
    bus: Bus
    stack: str
    partition: str = "aws"


@dataclass(slots=True)
class Job:
    """A row in work. was: what SES held for it, if that is known. now: when the work on it began."""

    deps: SesJob
    row: ProvisioningTask
    was: LastApplied | None
    now: datetime

    @property
    def stream(self) -> StreamId:
        return StreamId.parse(self.row.key)

    def begin(self) -> None:
        """What was true is about to change: from here on it is not known, whatever happens."""
        if self.row.was:
            self.row = self.deps.rows.save(replace(self.row, was="", at=self.now))

    def note(self, *things: str) -> None:
        """Remember what the guard is about to change. Raises AwsError or ConflictError, and then it must not."""
        if not self.row.made.issuperset(things):
            self.row = self.deps.rows.save(replace(self.row, made=self.row.made | set(things), at=self.now))

    def forget(self, *things: str) -> None:
        """It is as if the guard had not changed them; put on record with whatever is written next."""
        self.row = replace(self.row, made=self.row.made - set(things))

    def noted(self, kind: str) -> list[str]:
        """What of that kind was changed: the rest of each note's text, sorted."""
        return sorted(thing.removeprefix(kind) for thing in self.row.made if thing.startswith(kind))

    def tag_also(self, arn: str, there: Mapping[str, str], desired: Desired) -> None:
        """Tag what others made: only add, and remember which."""
        missing = {key: value for key, value in desired.own_tags.items() if key not in there}
        if missing:
            self.note(*(f"{TAG}{key}={arn}" for key in missing))
            self.deps.setup.tag(arn, missing)
