"""One fleet of many guards: streams of the same name apart, who cannot be read named, a tenant seen as one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sesguard.cli.live.many_feed import ManyFeed
from sesguard.cli.screen import name
from sesguard.cli.watch import how_it_stands
from sesguard.errors import AwsError, StackError
from sesguard.fleet.fleet import Fleet, GuardPlace
from sesguard.fleet.many import join, read_each
from sesguard.fleet.read import read_fleet, read_unhealthy
from sesguard.fleet.tenant_places import by_tenant, in_several
from sesguard.pausing.state import Status
from sesguard.policy import Mode
from sesguard.stream import StreamId
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.fleet import MemoryFleet, an_hour
from tests.fakes.guard import ALICE, OneByOne
from tests.fakes.member_guard import MemoryMember
from tests.fakes.states import held
from tests.fakes.world import ACME

ABROAD = StreamId(ACME.account, "us-east-1", ACME.configuration_set)
OTHER = StreamId("999988887777", ACME.region, ACME.configuration_set)


class Guard(MemoryMember):
    """A guard of one stream, of which a thousand mails were sent."""

    def __init__(self, stream: StreamId, mode: Mode = Mode.ENFORCE) -> None:
        super().__init__(MemoryFleet(), ALICE)
        self.fleet.place = GuardPlace("sesguard", stream.account, stream.region, mode)
        self.fleet.sets = [stream.configuration_set]
        self.fleet.registered = {stream: "acme"}
        self.fleet.sent = {stream: an_hour(1_000, 10)}


def read(*guards: Guard) -> Fleet:
    return join(guards, read_each(guards, lambda _, source: read_fleet(source, NOW), OneByOne()), NOW)


def test_sets_of_one_name_in_two_accounts_are_two_streams() -> None:
    fleet = read(Guard(ACME), Guard(OTHER))
    assert {row.stream for row in fleet.rows} == {ACME, OTHER}
    assert fleet.counts[Status.HEALTHY] == 2
    assert {name(row.stream, fleet.place).plain for row in fleet.rows} == {str(ACME), str(OTHER)}


def test_where_only_regions_differ_names_have_the_region_only() -> None:
    fleet = read(Guard(ACME), Guard(ABROAD))
    assert {name(row.stream, fleet.place).plain for row in fleet.rows} == {"eu-west-1/acme-news", "us-east-1/acme-news"}


def test_a_guard_that_cannot_be_reached_is_named_and_the_rest_is_shown() -> None:
    broken = Guard(OTHER)
    broken.broken = StackError("sesguard", "does not exist")
    fleet = read(Guard(ACME), broken)
    assert [row.stream for row in fleet.rows] == [ACME]
    assert fleet.attention
    assert fleet.unread == {broken.name: "stack 'sesguard' does not exist"}
    assert any(broken.name in problem for problem in fleet.problems)
    assert fleet.where == "1 guard of 1 account, 1 region; 1 not read"
    # Names do not grow longer and shorter with who answers just now.
    assert name(ACME, fleet.place).plain == str(ACME)


def test_a_stream_that_another_guard_has_on_record_is_its_own_guards() -> None:
    here, there = Guard(ACME), Guard(OTHER)
    here.fleet.registered[OTHER] = "somebody"
    for guards in ((here, there), (there, here)):
        (row,) = [row for row in read(*guards).rows if row.stream == OTHER]
        assert row.tenant == "acme"


def test_what_is_not_known_of_one_guard_is_not_known_of_all() -> None:
    mute = Guard(OTHER)
    mute.fleet.failing = {"letters", "sets"}
    fleet = read(Guard(ACME), mute)
    assert fleet.dead_letters is None
    assert fleet.counts[Status.HEALTHY] is None
    assert fleet.attention


def test_dead_letters_are_told_by_guard() -> None:
    fleet = read(Guard(ACME), Guard(OTHER))
    assert set(fleet.dead_letters or {}) == {
        f"{ACME.account}/{ACME.region}/sesguard AlarmDeadLetters",
        f"{OTHER.account}/{OTHER.region}/sesguard AlarmDeadLetters",
    }


def test_modes_that_differ_are_both_said() -> None:
    assert read(Guard(ACME), Guard(OTHER)).modes == "enforce"
    assert read(Guard(ACME), Guard(OTHER, Mode.OBSERVE)).modes == "enforce and observe"


def test_only_what_is_unhealthy_can_be_read_of_many() -> None:
    guards = (Guard(ACME), Guard(OTHER))
    found = read_each(guards, lambda _, source: read_unhealthy(source, NOW), OneByOne())
    assert join(guards, found, NOW).statuses == []


def test_a_tenant_of_two_accounts_is_seen_as_one_with_its_counts_side_by_side() -> None:
    fleet = read(Guard(ACME), Guard(OTHER), Guard(ABROAD))
    places = by_tenant(fleet.rows)["acme"]
    assert [(it.account, it.region, it.sums and it.sums.volume) for it in places] == [
        (ACME.account, "eu-west-1", 1_000),
        (ACME.account, "us-east-1", 1_000),
        (OTHER.account, "eu-west-1", 1_000),
    ]
    assert set(in_several(fleet.rows)) == {"acme"}
    assert in_several(read(Guard(ACME)).rows) == {}
    assert "nobody" not in by_tenant(fleet.rows)


def test_watch_says_side_by_side_what_a_tenant_in_need_sent_from_each_place() -> None:
    here, there = Guard(ACME), Guard(OTHER)
    calm = [line.plain for line in how_it_stands(read(here, there), read(here, there).place)]
    assert not any("1,000 mails" in line for line in calm)
    record = here.fleet.memory.streams.load(ACME)
    held_now = replace(record, version=1, state=held(NOW), tenant="acme", turned_off=True)
    here.fleet.memory.streams.records[ACME] = held_now
    fleet = read(here, there)
    said = next(line.plain for line in how_it_stands(fleet, fleet.place) if "1,000 mails" in line.plain)
    assert f"acme: {ACME.account} eu-west-1 1,000 mails, bounces" in said
    assert f"; {OTHER.account} eu-west-1 1,000 mails, bounces" in said


def test_a_tenant_of_whom_nothing_was_counted_has_no_sums() -> None:
    fleet = read(Guard(ACME))
    bare = [replace(row, counts=None) for row in fleet.rows]
    assert by_tenant(bare)["acme"][0].sums is None


class TestLive:
    """A live view over several guards."""

    def feed(self, *guards: Guard, **options: Any) -> ManyFeed:
        self.now = NOW
        return ManyFeed(guards, lambda: ALICE, OneByOne(), refused={}, clock=lambda: self.now, **options)

    def test_a_word_goes_to_the_streams_own_guard_by_that_accounts_credentials(self) -> None:
        here, there = Guard(ACME), Guard(OTHER)
        there.caller = "arn:aws:sts::999988887777:assumed-role/sesguard-operator/alice"
        there.fleet.memory.switch.sets = {OTHER: there.fleet.memory.switch.sets[ACME]}
        feed = self.feed(here, there)
        (done,) = feed.give("hold", [OTHER], "they asked")
        assert not done.failed, done.text
        assert there.fleet.memory.streams.load(OTHER).state.status is Status.HELD
        assert there.caller in {entry.who for entry in there.fleet.memory.streams.entries(OTHER)}
        assert here.fleet.memory.streams.load(ACME).state.status is Status.HEALTHY
        assert not here.fleet.memory.streams.load(OTHER).known

    def test_a_word_on_a_stream_of_no_guard_changes_nothing(self) -> None:
        here = Guard(ACME)
        (done,) = self.feed(here).give("hold", [OTHER], "they asked")
        assert done.failed
        assert "no guard that is shown" in done.text
        assert not here.fleet.memory.streams.load(OTHER).known

    def test_a_guard_that_fails_keeps_its_last_reading_is_named_and_comes_back(self) -> None:
        here, there = Guard(ACME), Guard(OTHER)
        feed = self.feed(here, there)
        feed.read()
        there.broken = AwsError("DescribeStacks", "Throttling", retryable=True)
        self.now += MINUTE
        told = feed.read()
        assert feed.fleet is not None
        assert {row.stream for row in feed.fleet.rows} == {ACME, OTHER}
        assert any(there.name in each.text for each in told)
        assert feed.fleet.unread
        there.broken = None
        feed.read()
        assert not feed.fleet.unread
        assert feed.fleet.dead_letters is not None

    def test_the_fleet_of_one_guard_can_be_had_alone(self) -> None:
        here, there = Guard(ACME), Guard(OTHER)
        feed = self.feed(here, there)
        feed.read()
        own = feed.fleet_of(there.name)
        assert own is not None
        assert [row.stream for row in own.rows] == [OTHER]
        assert feed.fleet_of("x/y/z") is None

    def test_without_any_guard_that_answers_there_is_still_a_fleet_that_says_so(self) -> None:
        here = Guard(ACME)
        here.broken = AwsError("AssumeRole", "AccessDenied", retryable=False)
        feed = self.feed(here)
        feed.read()
        assert feed.fleet is not None
        assert feed.fleet.unread == {here.name: str(here.broken)}
        assert feed.fleet.rows == ()
