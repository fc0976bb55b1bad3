"""A tenant's streams weighed together: what must hold in whatever order and however often things come."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sesguard.detection.columns import SENT
from sesguard.detection.history import History
from sesguard.detection.together import weigh_tenant
from sesguard.pausing.record import Sending
from sesguard.pausing.tenants import look_at_tenants
from sesguard.policy import Policy
from sesguard.stream import StreamId
from tests.fakes.account import stream
from tests.fakes.clock import MINUTE, NOW, minute_of
from tests.fakes.tenants import HOME, MemoryRegisteredStreams, MemoryTenantMarks, tenant_deps
from tests.fakes.world import Memory

POLICY = Policy()
LIMITS = POLICY.limits(probation=False)
AT = minute_of(NOW)

sets = st.sampled_from(["a", "b", "c", "d", "e"])
mail = st.tuples(sets, st.integers(0, 6_000), st.integers(1, 60), st.integers(0, 30), st.integers(0, 3))
"""Of a set: minutes ago, mails, bounces at most, and how many domains those are at."""
traffic = st.lists(mail, max_size=40)


def histories(rows: list[tuple[str, int, int, int, int]]) -> dict[str, History]:
    found: dict[str, History] = {}
    for name, ago, mails, bounces, domains in rows:
        history = found.setdefault(name, History.under(POLICY))
        history.add(AT - ago, SENT, mails)
        for number in range(min(mails, bounces)):
            history.add_bounces(AT - ago, 1, f"{number % domains}.example" if domains else f"{name}{number}.example")
    return found


def found(histories: dict[str, History]):
    result = weigh_tenant(histories, LIMITS, POLICY.clumps, AT)
    return result.verdict, result.shares, [(each.stream, each.its, each.verdict) for each in result.to_pause]


@given(traffic.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_no_order_changes_what_is_found(both):
    rows, shuffled = both
    if rows:
        assert found(histories(rows)) == found(histories(shuffled))


@given(traffic)
def test_whoever_is_under_the_limit_in_the_run_is_not_to_be_paused_and_the_worst_comes_first(rows):
    if not rows:
        return
    result = weigh_tenant(histories(rows), LIMITS, POLICY.clumps, AT)
    for each in result.to_pause:
        assert each.verdict.risk >= 1
        assert each.its.bad > each.verdict.worst.limit * each.its.volume
    names = [each.stream for each in result.to_pause]
    assert len(names) == len(set(names))
    excess = [share.bad - result.verdict.worst.limit * share.volume for _, share in result.shares]
    assert excess == sorted(excess, reverse=True)


@given(traffic)
def test_a_stream_without_bad_outcomes_is_never_paused_for_the_others(rows):
    every = histories(rows)
    for ago in range(0, 3_000, 100):
        every.setdefault("clean", History.under(POLICY)).add(AT - ago, SENT, 5)
    assert "clean" not in {each.stream for each in weigh_tenant(every, LIMITS, POLICY.clumps, AT).to_pause}


class Platform:
    """Two tenants; ``bad`` has what tests draw, ``good`` sends well."""

    def __init__(self, rows, notes: int) -> None:
        self.memory, self.marks, self.registry = Memory(), MemoryTenantMarks(), MemoryRegisteredStreams()
        self.tenants = tenant_deps(self.marks, self.registry)
        for name, ago, mails, bounces, _ in rows:
            self._sent("bad", stream(f"bad-{name}"), ago, mails, min(mails, bounces))
        for number in range(3):
            self._sent("good", stream(f"good-{number}"), 10, 400, 6)
        for _ in range(notes):
            for tenant in self.registry.streams:
                self.marks.note(HOME, tenant, 10, 0, NOW)

    def _sent(self, tenant: str, it: StreamId, ago: int, mails: int, bounces: int) -> None:
        streams = self.registry.streams.setdefault(tenant, [])
        if it not in streams:
            streams.append(it)
        self.memory.switch.sets[it] = Sending.ON
        self.memory.counts.sent(it, NOW - ago * MINUTE, mails, bounces=bounces)

    def run(self, minutes: int) -> set[str]:
        for minute in range(minutes):
            look_at_tenants(self.memory.deps, self.tenants, NOW + timedelta(minutes=minute))
        off = [it for it, sending in self.memory.switch.sets.items() if sending is Sending.OFF]
        return {it.configuration_set for it in off}


@given(traffic, st.integers(1, 3))
def test_one_tenants_streams_are_never_paused_for_anothers_and_what_is_noted_twice_changes_nothing(rows, notes):
    once, again = Platform(rows, 1).run(3), Platform(rows, notes).run(3)
    assert once == again
    assert not {name for name in once if name.startswith("good")}
