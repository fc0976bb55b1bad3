"""Failing providers: what must hold in whatever order counts come, and whatever one tenant does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sesguard.detection.outage import OutageWatch

NOW = 29_400_000
DAY = 1_440

counts = st.lists(
    st.tuples(
        st.sampled_from([f"s{number}" for number in range(8)]),
        st.sampled_from(["google", "microsoft", ""]),
        st.integers(0, 40),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=60,
)


def watched(rows, tenant_of=lambda _: "") -> OutageWatch:
    watch = OutageWatch(lambda _: None, tenant_of=tenant_of)
    for number in range(8):
        watch.add(f"s{number}", "google", NOW - 5 * DAY, mails=300, bounces=2)
        watch.add(f"s{number}", "microsoft", NOW - 5 * DAY, mails=300, bounces=2)
    for stream, provider, ago, mails, bounces in rows:
        watch.add(stream, provider, NOW - ago, mails=mails, bounces=min(mails, bounces))
    watch.look(NOW)
    return watch


def found(watch: OutageWatch):
    return watch.records(), dict(watch.set_aside(NOW))


@given(counts.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_no_order_changes_what_is_found(both):
    rows, shuffled = both
    assert found(watched(rows)) == found(watched(shuffled))


@given(counts)
def test_what_is_kept_between_two_processes_changes_nothing(rows):
    one = watched(rows)
    again = OutageWatch(lambda _: None)
    again.restore(one.records())
    assert again.records() == one.records()
    assert {it.provider for it in again.failures()} == {it.provider for it in one.failures()}


@given(counts)
def test_the_streams_of_one_tenant_declare_nothing_by_themselves(rows):
    assert watched(rows, tenant_of=lambda _: "acme").failures() == []


@given(counts, st.integers(1, 3))
def test_three_tenants_of_many_streams_declare_nothing(rows, most):
    watch = watched(rows, tenant_of=lambda name: f"tenant-{int(name[1:]) % most}")
    assert watch.failures() == []


@given(counts)
def test_nobody_is_set_aside_more_than_bounced(rows):
    for its in dict(watched(rows).set_aside(NOW)).values():
        assert all(0 <= it.share <= 1 for it in its)
