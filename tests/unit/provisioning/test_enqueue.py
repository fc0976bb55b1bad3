"""What the registry says is written into the records of streams and lined up, whatever order its events come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sesguard.errors import AwsError, ConflictError
from sesguard.provisioning.enqueue import GRACE
from sesguard.provisioning.report import tell_failures
from sesguard.provisioning.task import TaskState
from tests.fakes.clock import HOUR
from tests.fakes.onboarding import HOME, Platform
from tests.fakes.world import MemoryBus, no_hook

NEWS = str(HOME._replace(configuration_set="acme-news"))


def keys(platform: Platform) -> set[str]:
    return {row.key.rpartition("/")[2] for row in platform.rows.stored.values()}


def test_the_record_of_a_stream_gets_its_tenant_its_whole_policy_alarm_and_tags():
    platform = Platform()
    platform.put(id="@policy/careful", values={"mode": "observe", "cool_down": "2h"})
    stream = {"configuration_set": "acme-news", "overrides": {"cool_down": "3h"}, "alarm": "always"}
    platform.tenant("acme", stream, policy="careful", tags={"cost-centre": "42"})
    record = platform.registered.records[NEWS]
    assert record["policy"] == {"mode": "observe", "cool_down": "3h"}
    assert (record["tenant"], record["alarm"], record["tags"]) == ("acme", "always", {"cost-centre": "42"})


def test_a_changed_policy_reaches_all_who_use_it_and_takes_no_call():
    platform = Platform()
    platform.put(id="@policy/careful", values={"mode": "observe"})
    platform.tenant("acme", "acme-news", policy="careful")
    platform.tenant("shop", "shop-news")
    platform.settle()
    platform.ses.calls.clear()
    platform.put(id="@policy/careful", values={"mode": "enforce"})
    platform.settle()
    assert platform.registered.records[NEWS]["policy"] == {"mode": "enforce"}
    assert platform.ses.calls == []


def test_the_same_event_again_changes_nothing():
    platform = Platform()
    platform.tenant("acme", "acme-news")
    platform.settle()
    before = platform.row("acme-news")
    platform.register("acme")
    assert platform.row("acme-news") == before


def test_a_stream_of_another_region_is_on_record_and_left_to_its_own_guard():
    platform = Platform()
    platform.tenant("acme", {"configuration_set": "far", "region": "us-east-1"})
    (row,) = platform.rows.stored.values()
    assert (row.state, row.problem) == (TaskState.LEFT, f"served by the guard of {HOME.account}/us-east-1")
    platform.work()
    assert platform.ses.calls == []
    platform.delete("acme")
    assert platform.rows.stored == {}


def test_an_item_that_cannot_be_used_is_told_of_once_and_leaves_everything_as_it_was():
    platform = Platform()
    platform.tenant("acme", "acme-news")
    platform.settle()
    for _ in range(2):
        platform.put(id="acme", streams=[{"configuration_set": "no set"}], policy="none")
    assert "streams[0].configuration_set" in platform.rows.problem_of("acme")
    assert "policy" in platform.rows.problem_of("acme")
    assert platform.rows.untold().many == 1
    assert platform.row("acme-news").state is TaskState.DONE
    platform.tenant("acme", "acme-news")
    assert platform.rows.problem_of("acme") == ""


@pytest.mark.parametrize("first", ["acme", "shop"])
def test_a_stream_that_moves_to_another_tenant_ends_there_in_either_order_and_is_never_taken_away(first):
    platform = Platform()
    platform.tenant("acme", "acme-news")
    platform.settle()
    platform.ses.calls.clear()
    del platform.items.stored["acme"]
    platform.items.stored["shop"] = {
        "id": "shop",
        "contacts": ["o@shop.example"],
        "streams": [{"configuration_set": "acme-news"}],
    }
    for name in sorted(["acme", "shop"], reverse=first == "shop"):
        platform.register(name)
    platform.settle()
    assert platform.row("acme-news").tenant == platform.registered.records[NEWS]["tenant"] == "shop"
    assert platform.calls() == ["get_configuration_set", "tag_resource"]


def test_a_stream_that_two_tenants_want_stays_with_the_first_and_goes_to_the_second_when_that_lets_go():
    platform = Platform()
    platform.tenant("acme", "acme-news")
    platform.tenant("shop", "acme-news", "shop-news")
    assert platform.rows.problem_of("shop") == f"stream {NEWS} belongs to tenant acme: take it away there first"
    assert keys(platform) == {"acme-news", "shop-news"}
    platform.tenant("acme", "acme-mail")
    platform.settle()
    assert platform.row("acme-news").tenant == "shop"
    assert platform.rows.problem_of("shop") == ""


def test_nothing_is_taken_away_at_once():
    platform = Platform()
    platform.tenant("acme", "acme-news")
    platform.settle()
    platform.delete("acme")
    assert platform.row("acme-news").due - platform.row("acme-news").since == GRACE


def test_a_tenant_that_comes_back_before_its_stream_is_taken_away_keeps_it():
    platform = Platform()
    platform.tenant("acme", "acme-news")
    platform.settle()
    platform.delete("acme")
    platform.tenant("acme", "acme-news")
    platform.settle()
    assert "acme-news" in platform.ses.sets
    assert "delete_configuration_set" not in platform.calls()


def test_what_failed_is_tried_again_when_its_tenant_changes():
    platform = Platform()
    platform.tenant("acme", {"configuration_set": "acme-news", "identities": ["acme.example"]})
    platform.settle()
    assert platform.row("acme-news").state is TaskState.FAILED
    platform.ses.add_identity("acme.example")
    platform.register("acme")
    platform.settle()
    assert platform.row("acme-news").state is TaskState.DONE


def test_whoever_was_overtaken_looks_again_and_the_newest_word_stands():
    platform = Platform()
    platform.tenant("acme", "acme-news")

    def overtake(name: str) -> None:
        if name == "put":
            platform.registered.hook = lambda _: None
            platform.items.stored["acme"] = {**platform.items.stored["acme"], "tags": {"cost-centre": "42"}}

    platform.registered.hook = overtake
    platform.register("acme")
    assert platform.registered.records[NEWS]["tags"] == {"cost-centre": "42"}


def test_a_row_that_is_written_by_others_all_the_time_comes_again():
    platform = Platform()
    platform.tenant("acme", "acme-news")

    def bump(name: str) -> None:
        if name == "save":
            row = platform.row("acme-news")
            platform.rows.stored[NEWS] = replace(row, version=row.version + 1)

    platform.rows.hook = bump
    with pytest.raises(ConflictError):
        platform.tenant("acme", {"configuration_set": "acme-news", "tls": "require"})


def test_reserved_items_that_concern_no_stream_are_passed_over():
    platform = Platform()
    platform.put(id="@notices", templates={})
    assert platform.rows.stored == {}


# ---- telling


def test_ten_thousand_failures_are_one_notice_and_the_next_comes_an_hour_later():
    platform, bus = Platform(), MemoryBus()
    for number in range(30):
        platform.put(id=f"t{number:02}", streams=[{"configuration_set": "no set"}])
    assert tell_failures(platform.rows, bus, platform.now)
    (notice,) = bus.details("Operator Notice")
    assert notice["subject"] == "30 streams could not be set up"
    assert "@tenant/t00: contacts" in notice["text"]
    assert "… and 20 more" in notice["text"]
    platform.put(id="late", streams=[{"configuration_set": "no set"}])
    assert not tell_failures(platform.rows, bus, platform.now)
    assert tell_failures(platform.rows, bus, platform.now + HOUR)
    assert [it["subject"] for it in bus.details("Operator Notice")][1:] == ["1 stream could not be set up"]


def test_a_notice_that_was_published_before_a_crash_is_published_under_the_same_id():
    platform, bus = Platform(), MemoryBus()
    platform.put(id="bad", streams=[{"configuration_set": "no set"}])
    untold = platform.rows.news
    tell_failures(platform.rows, bus, platform.now)
    platform.rows.news = untold
    tell_failures(platform.rows, bus, platform.now + timedelta(seconds=5))
    assert len(bus.details("Operator Notice")) == 1


def test_of_two_that_tell_at_once_both_say_the_same_and_nothing_is_told_twice():
    platform, bus = Platform(), MemoryBus()
    platform.put(id="bad", streams=[{"configuration_set": "no set"}])

    def other_tells_first(_: str) -> None:
        bus.hook = no_hook
        assert tell_failures(platform.rows, bus, platform.now)

    bus.hook = other_tells_first
    assert tell_failures(platform.rows, bus, platform.now)
    assert len({event["id"] for event in bus.details("Operator Notice")}) == 1
    assert platform.rows.untold().many == 0
    assert not tell_failures(platform.rows, bus, platform.now + 2 * HOUR)


def test_a_bus_that_fails_leaves_it_to_be_told():
    platform, bus = Platform(), MemoryBus()
    platform.put(id="bad", streams=[{"configuration_set": "no set"}])

    def fail(_: str) -> None:
        raise AwsError("PutEvents", "InternalFailure", retryable=True)

    bus.hook = fail
    with pytest.raises(AwsError):
        tell_failures(platform.rows, bus, platform.now)
    assert platform.rows.untold().many == 1
