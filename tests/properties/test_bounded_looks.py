"""However little one look reads, whatever was read before, under which policy: the looks together read it right.

What is rolled up of old mail is kept, so that what one look leaves out or weighs by another rule must not stay so.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from sesguard.aws.counts import counts, fold_writes
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.volume_fold import VolumeFold
from sesguard.aws.workers import Workers
from sesguard.detection.history import History
from sesguard.detection.rows import Row
from sesguard.ingest.tally import Tally
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from tests.fakes.clock import DAY, NOW, minute_of
from tests.fakes.tables import TABLES, in_memory
from tests.fakes.world import ACME

POLICIES = (
    Policy(),
    Policy(clump_per_domain=2),
    Policy(clump_forgiven_a_day=3, clump_forgiven_share=0.0),
    Policy(clump_young_days=2),
)
MUCH = 10**9
LATE = (0, 1, 30, 90, 200, 600, 1_500, 4_000, 4_500, 6_000, 9_000, 20_000)
"""Minutes that an event may come after its mail was sent."""
LATER = (1, 20, 60, 300, 1_440, 3_000)
"""Minutes from one look to another."""


class Scenario:
    """A stream's mail as it comes in, and looks at it that read more or less."""

    def __init__(self, seed: int, patch: pytest.MonkeyPatch) -> None:
        self._chance = Random(seed)  # noqa: S311 - traffic, not secrets
        self._patch = patch
        self._seen: list[Observation] = []
        self._store = in_memory()
        home = ACME._replace(configuration_set="")
        self._writer = DynamoCountsWriter(
            self._store, TABLES, Workers(1), pause=lambda _: None, home=home, clock=lambda: self.now.timestamp()
        )
        patch.setattr(fold_writes, "AT_ONCE", 1)  # so that a fold is left at any hour of the stream
        self._fold = VolumeFold(self._store, TABLES.cohorts, home, Workers(1))
        self.now: datetime = NOW - DAY * 34
        self.policy = POLICIES[0]
        self.all_days = self.all_names = True

    def step(self) -> None:
        chance = self._chance
        match chance.choices(("mail", "time", "fold", "policy", "limits", "look"), (50, 15, 8, 7, 5, 15))[0]:
            case "mail":
                self._add([self._event() for _ in range(chance.randint(1, 4))])
            case "time":
                self.now = min(NOW, self.now + timedelta(minutes=chance.choice(LATER)))
            case "fold":
                time_left = iter([True] * chance.choice((0, 1, 9)))
                self._fold.fold(self.now, lambda: next(time_left, False))
            case "policy":
                self.policy = chance.choice(POLICIES)
            case "limits":
                self.limit(chance.choice((0, 5, 50, MUCH)), chance.choice((0, 5, 20, MUCH)), chance.choice((0, 1, 24)))
            case _:
                self.look(names=chance.random() < 0.5)

    def limit(self, names: int, numbers: int, hours: int) -> None:
        self.all_names, self.all_days = names == MUCH, numbers == MUCH
        self._patch.setattr(counts, "MOST_NAMES", names)
        self._patch.setattr(counts, "MOST_ATTRIBUTES", numbers)
        self._patch.setattr(counts, "MOST_HOURS_AT_ONCE", hours)
        self._patch.setattr(counts, "WORTH_ROLLING_UP", self._chance.choice((0, 10, 400, 1_600)))

    def look(self, *, names: bool) -> None:
        minute = minute_of(self.now)
        reader = DynamoCounts(self._store, TABLES.cohorts)
        found = reader.history(ACME, self.now, None, self.policy, names=names).rows(minute)
        if not self.all_days:
            return
        truth = self._truth(minute)
        if names and self.all_names:
            assert found == truth
        else:
            assert [_unforgiven(row) for row in found] == [_unforgiven(row) for row in truth]
            assert all(ours[2] >= its[2] for ours, its in zip(found, truth, strict=True)), "never too mild"

    def _truth(self, minute: int) -> list[Row]:
        history = History.under(self.policy)
        for seen in self._seen:
            if seen.counts_for is CountsFor.HARD_BOUNCE:
                history.add_bounces(seen.minute, seen.count, seen.domains[0][0])
            elif seen.counts_for is CountsFor.COMPLAINT:
                history.add_complaints(seen.minute, 1, seen.domains[0][0])
            else:
                history.add(seen.minute, (seen.kind != "send") + 2 * (seen.via is Via.EVENTBRIDGE), seen.count)
        history.prune(minute)
        return history.rows(minute)

    def _event(self) -> Observation:
        chance = self._chance
        minute = minute_of(self.now) - chance.choice(LATE)
        kind = chance.choices(("send", "delivery", "bounce", "complaint"), (25, 25, 40, 10))[0]
        if kind in {"send", "delivery"}:
            via = chance.choice((Via.SNS, Via.EVENTBRIDGE))
            return Observation(kind, ACME, minute, chance.randint(1, 300), CountsFor.VOLUME, "", via)
        name = f"{kind}-{len(self._seen)}-{chance.random()}"
        if kind == "complaint":
            return Observation(kind, ACME, minute, 1, CountsFor.COMPLAINT, "", Via.SNS, name, (("c.example", 1),))
        count = chance.randint(1, 15)
        domains = ((chance.choice(("dead.example", "b.example")), count),)
        return Observation(
            kind, ACME, minute, count, CountsFor.HARD_BOUNCE, "", Via.SNS, name, domains, (("5.1.1", count),)
        )

    def _add(self, observations: list[Observation]) -> None:
        tally = Tally()
        for number, seen in enumerate(observations):
            tally.add(seen, number)
        first, rest = tally.parts()
        assert self._writer.add([*first, *rest], self.now, lambda: True) == []
        self._seen += observations


def _unforgiven(row: Row) -> tuple[int | float, ...]:
    return (*row[:2], *row[3:])


@pytest.mark.parametrize("seed", range(60))
def test_bounded_looks_together_read_all_of_it_right(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(seed, monkeypatch)
    for _ in range(40):
        scenario.step()
    scenario.limit(MUCH, MUCH, 24)
    for names in (False, True, True):
        scenario.look(names=names)
