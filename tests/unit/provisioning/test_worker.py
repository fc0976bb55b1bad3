"""A stream is made true in SES, repaired, changed and taken away; what others made stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from sesguard.errors import RecordError
from sesguard.pausing.record import DesiredAlarm
from sesguard.pausing.state import Origin, Status
from sesguard.provisioning.past import leave
from sesguard.provisioning.problems import TRIES_TO_FIND
from sesguard.provisioning.task import TaskState
from sesguard.provisioning.worker import A_LOOK
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.onboarding import HOME, STACK, TOPIC, Platform
from tests.fakes.ses import MemorySes, arn, failure

NEWS = HOME._replace(configuration_set="acme-news")
OURS = {"sesguard": STACK, "tenant": "acme"}
CREATE, DESTINE = "create_configuration_set", "create_configuration_set_event_destination"
READ, DEFAULT = "get_email_identity", "put_email_identity_configuration_set_attributes"


def a_platform(*identities: str) -> Platform:
    platform = Platform()
    for name in identities:
        platform.ses.add_identity(name)
    return platform


def onboarded(*identities: str, **stream: object) -> Platform:
    """Acme with a stream that is made true already."""
    platform = a_platform(*identities)
    acme(platform, identities=list(identities), **stream)
    platform.settle()
    platform.ses.calls.clear()
    return platform


def acme(platform: Platform, **stream: object) -> None:
    platform.tenant("acme", {"configuration_set": "acme-news", **stream})


def test_a_new_stream_takes_four_calls_and_is_complete():
    platform = a_platform("acme.example")
    acme(platform, identities=["acme.example"], tags={"cost-centre": "42"}, suppression=["bounce"], tls="require")
    assert platform.work().done == 1
    assert platform.calls() == [CREATE, DESTINE, READ, DEFAULT]
    made = platform.ses.sets["acme-news"]
    assert made["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "SendingPoolName": "ses-shared-pool"}
    assert made["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert made["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE"]}
    assert made["events"]["sesguard"] == {
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT"],
        "SnsDestination": {"TopicArn": TOPIC},
    }
    assert platform.ses.tags[arn("configuration-set", "acme-news")] == {**OURS, "cost-centre": "42"}
    assert platform.ses.identities["acme.example"] == {"ConfigurationSetName": "acme-news"}
    assert (platform.row("acme-news").calls, platform.row("acme-news").state) == (4, TaskState.DONE)


MANAGED = {
    "ConditionThreshold": {
        "ConditionThresholdEnabled": "ENABLED",
        "OverallConfidenceThreshold": {"ConfidenceVerdictThreshold": "MANAGED"},
    }
}


def test_a_new_stream_has_the_scope_of_its_suppression_and_auto_validation_from_the_start():
    platform = a_platform()
    acme(platform, suppression_scope="tenant", validation="managed", ses_tenant="acme")
    platform.work()
    assert platform.ses.sets["acme-news"]["SuppressionOptions"] == {
        "SuppressionScope": "TENANT",
        "ValidationOptions": MANAGED,
    }


def test_a_changed_scope_leaves_the_reasons_and_what_others_set_as_they_were():
    platform = onboarded(suppression=["bounce"])
    platform.ses.sets["acme-news"]["SuppressionOptions"] = {
        "SuppressedReasons": ["BOUNCE"],
        "ValidationOptions": MANAGED,
        "SomethingNew": "kept",
    }
    acme(platform, suppression=["bounce"], suppression_scope="account")
    platform.work()
    assert platform.ses.sets["acme-news"]["SuppressionOptions"] == {
        "SuppressedReasons": ["BOUNCE"],
        "SuppressionScope": "ACCOUNT",
        "ValidationOptions": MANAGED,
        "SomethingNew": "kept",
    }


@pytest.mark.parametrize("threshold", ["high", "medium", "managed"])
def test_auto_validation_is_changed_and_switched_off(threshold):
    platform = onboarded(validation=threshold)
    acme(platform, validation="off")
    platform.work()
    options = platform.ses.sets["acme-news"]["SuppressionOptions"]["ValidationOptions"]
    assert options == {"ConditionThreshold": {"ConditionThresholdEnabled": "DISABLED"}}


def test_a_key_that_is_absent_leaves_what_ses_has():
    platform = onboarded()
    platform.ses.sets["acme-news"]["SuppressionOptions"] = {"ValidationOptions": MANAGED, "SuppressionScope": "TENANT"}
    acme(platform, tls="require")
    platform.work()
    assert platform.ses.sets["acme-news"]["SuppressionOptions"] == {
        "ValidationOptions": MANAGED,
        "SuppressionScope": "TENANT",
    }


def test_ses_own_policy_of_a_tenant_is_said_once_and_again_when_it_changes():
    platform = onboarded(ses_tenant="acme", ses_tenant_policy="none")
    (policy,) = platform.ses.policies.values()
    assert policy == "arn:aws:ses:eu-west-1:aws:reputation-policy/none"
    platform.ses.policies.clear()
    acme(platform, ses_tenant="acme", ses_tenant_policy="none", overrides={"bounce_limit": 0.03})
    platform.work()
    assert platform.ses.policies == {}
    acme(platform, ses_tenant="acme", ses_tenant_policy="strict")
    platform.work()
    assert [each.rpartition("/")[2] for each in platform.ses.policies.values()] == ["strict"]


def test_without_the_key_ses_own_policy_is_left_alone():
    assert onboarded(ses_tenant="acme").ses.policies == {}


def test_an_identity_of_others_is_not_tagged():
    assert onboarded("acme.example").ses.tags[arn("identity", "acme.example")] == {}


def test_a_change_that_only_the_guard_weighs_by_takes_no_call():
    platform = onboarded()
    acme(platform, overrides={"bounce_limit": 0.03})
    platform.work()
    assert platform.calls() == []
    assert platform.registered.records[str(NEWS)]["policy"] == {"bounce_limit": 0.03}


def test_moving_to_another_pool_is_one_put_that_keeps_what_is_not_ours():
    platform = onboarded()
    platform.ses.sets["acme-news"]["DeliveryOptions"]["MaxDeliverySeconds"] = 600
    platform.ses.add_pool("main")
    acme(platform, pool="main")
    platform.work()
    assert platform.calls() == ["get_configuration_set", "put_configuration_set_delivery_options"]
    options = {"TlsPolicy": "OPTIONAL", "SendingPoolName": "main", "MaxDeliverySeconds": 600}
    assert platform.ses.sets["acme-news"]["DeliveryOptions"] == options


def test_moving_back_to_shared_addresses_names_them():
    platform = a_platform()
    platform.ses.add_pool("main")
    acme(platform, pool="main")
    platform.settle()
    acme(platform)
    platform.settle()
    assert platform.ses.sets["acme-news"]["DeliveryOptions"]["SendingPoolName"] == "ses-shared-pool"


def test_a_repair_looks_at_everything_and_puts_only_what_differs():
    platform = onboarded("acme.example")
    platform.ses.sets["acme-news"]["ReputationOptions"] = {"ReputationMetricsEnabled": False}
    platform.ses.sets["acme-news"]["events"]["sesguard"]["Enabled"] = False
    platform.ses.identities["acme.example"] = {}
    repair(platform)
    assert platform.calls() == [
        CREATE,
        "get_configuration_set",
        "put_configuration_set_reputation_options",
        DESTINE,
        "get_configuration_set_event_destinations",
        "update_configuration_set_event_destination",
        READ,
        DEFAULT,
    ]
    assert platform.ses.sets["acme-news"]["events"]["sesguard"]["Enabled"] is True


def test_a_destination_that_a_retired_guard_took_away_comes_back_at_a_repair_and_not_before():
    """As docs/removing.md has it of a stack that takes over the tables."""
    platform = onboarded()
    platform.ses.sets["acme-news"]["events"].clear()
    acme(platform)
    platform.settle()
    assert platform.ses.sets["acme-news"]["events"] == {}
    repair(platform)
    assert platform.ses.sets["acme-news"]["events"]["sesguard"]["Enabled"] is True


def test_what_is_right_is_only_looked_at():
    platform = onboarded("acme.example")
    repair(platform)
    assert [call for call in platform.calls() if call.startswith(("put", "update", "tag", "delete"))] == []


def repair(platform: Platform) -> None:
    row = platform.row("acme-news")
    platform.rows.save(replace(row, state=TaskState.WAITING, was="", due=platform.now))
    platform.work()


def test_a_set_that_somebody_deleted_is_made_again():
    platform = onboarded()
    del platform.ses.sets["acme-news"]
    acme(platform, tls="require")
    platform.settle()
    assert platform.ses.sets["acme-news"]["events"]["sesguard"]["Enabled"] is True


@pytest.mark.parametrize(
    ("tags", "whose"),
    [({}, "was not made by the guard"), ({"sesguard": "other"}, "was made by the guard of stack other")],
)
def test_a_set_of_others_is_refused_and_stays_as_it_is(tags, whose):
    platform = a_platform()
    platform.ses.add_set("acme-news", tags=tags)
    before = repr(platform.ses.sets)
    acme(platform)
    platform.settle()
    assert platform.row("acme-news").problem.startswith(f"configuration set acme-news is there already and {whose}: ")
    assert (repr(platform.ses.sets), platform.ses.tags[arn("configuration-set", "acme-news")]) == (before, tags)


def test_a_set_of_others_is_adopted_tags_only_added_and_given_back_when_it_leaves():
    platform = a_platform("acme.example")
    platform.ses.add_set(
        "acme-news", tags={"tenant": "old", "team": "web"}, DeliveryOptions={"MaxDeliverySeconds": 900}
    )
    acme(platform, identities=["acme.example"], adopt=True, tags={"cost-centre": "42"})
    platform.settle()
    tags = platform.ses.tags[arn("configuration-set", "acme-news")]
    assert tags == {"tenant": "old", "team": "web", "cost-centre": "42"}
    assert platform.ses.sets["acme-news"]["DeliveryOptions"]["MaxDeliverySeconds"] == 900
    assert platform.ses.tags[arn("identity", "acme.example")] == {"tenant": "acme", "cost-centre": "42"}
    platform.delete("acme")
    platform.settle()
    assert tags == {"tenant": "old", "team": "web"}
    assert platform.ses.sets["acme-news"]["events"] == {}
    assert (platform.ses.identities["acme.example"], platform.ses.tags[arn("identity", "acme.example")]) == ({}, {})


def test_an_adopted_destination_of_the_guards_name_that_was_there_stays():
    platform = a_platform()
    platform.ses.add_set("acme-news")
    there = {"Enabled": True, "MatchingEventTypes": ["BOUNCE"], "SnsDestination": {"TopicArn": TOPIC}}
    platform.ses.sets["acme-news"]["events"]["sesguard"] = there
    acme(platform, adopt=True)
    platform.settle()
    platform.delete("acme")
    platform.settle()
    assert set(platform.ses.sets["acme-news"]["events"]) == {"sesguard"}


def test_a_default_set_of_others_is_refused_unless_adopted():
    platform = a_platform()
    platform.ses.add_set("theirs")
    platform.ses.add_identity("acme.example", default="theirs")
    acme(platform, identities=["acme.example"])
    platform.settle()
    assert "has a default configuration set of others' choosing, theirs" in platform.row("acme-news").problem
    assert platform.ses.identities["acme.example"] == {"ConfigurationSetName": "theirs"}
    acme(platform, identities=["acme.example"], adopt=True)
    platform.settle()
    assert platform.ses.identities["acme.example"] == {"ConfigurationSetName": "acme-news"}


def test_an_identity_that_moves_between_streams_is_handed_over():
    platform = onboarded("acme.example")
    platform.tenant(
        "acme",
        {"configuration_set": "acme-first", "identities": ["acme.example"]},
        {"configuration_set": "acme-news"},
    )
    platform.settle()
    assert platform.ses.identities["acme.example"] == {"ConfigurationSetName": "acme-first"}
    assert platform.row("acme-news").made == frozenset()


def test_an_identity_that_moves_to_another_stream_and_back_before_the_first_was_looked_at_is_handed_back():
    platform = onboarded("acme.example")
    first = {"configuration_set": "acme-first", "identities": ["acme.example"]}
    news = {"configuration_set": "acme-news", "identities": ["acme.example"]}
    platform.tenant("acme", first)  # acme-news is to go, in a minute
    platform.work()
    assert platform.ses.identities["acme.example"] == {"ConfigurationSetName": "acme-first"}
    platform.tenant("acme", news)
    platform.settle()
    assert platform.ses.identities["acme.example"] == {"ConfigurationSetName": "acme-news"}


def test_an_identity_that_is_not_there_is_a_problem_that_shows_no_address():
    platform = a_platform()
    acme(platform, identities=["jane@acme.example"])
    platform.settle()
    assert platform.row("acme-news").problem.startswith("identity at acme.example is not there: verify it in SES")


def test_an_identity_that_leaves_the_stream_loses_its_default():
    platform = onboarded("acme.example", "shop.example")
    acme(platform, identities=["shop.example"])
    platform.settle()
    assert platform.ses.identities["acme.example"] == {}
    assert platform.row("acme-news").made == {"identity:shop.example"}


# ---- SES's own tenants


def test_an_ses_tenant_is_made_associated_and_turns_the_stream():
    platform = onboarded("acme.example", ses_tenant="acme", switch="both")
    tenant = platform.ses.tenants["acme"]
    assert tenant["resources"] == {arn("configuration-set", "acme-news"), arn("identity", "acme.example")}
    assert platform.ses.tags[tenant["TenantArn"]] == OURS
    assert platform.registered.records[str(NEWS)]["switch"] == ("both", tenant["TenantArn"])
    assert platform.row("acme-news").calls == 7


def test_two_streams_share_an_ses_tenant_until_the_last_leaves():
    platform = a_platform()
    platform.tenant("acme", "acme-news", "acme-mail", ses_tenant="acme")
    platform.settle()
    assert len(platform.ses.tenants["acme"]["resources"]) == 2
    platform.tenant("acme", "acme-mail", ses_tenant="acme")
    platform.settle()
    assert platform.ses.tenants["acme"]["resources"] == {arn("configuration-set", "acme-mail")}
    platform.delete("acme")
    platform.settle()
    assert (platform.ses.tenants, platform.ses.sets) == ({}, {})


def test_an_identity_that_came_from_another_stream_of_the_same_ses_tenant_goes_with_the_stream_it_went_to():
    platform = a_platform("acme.example")
    with_it = {"configuration_set": "acme-news", "identities": ["acme.example"]}
    platform.tenant("acme", with_it, "acme-mail", ses_tenant="acme")
    platform.settle()
    with_it["configuration_set"] = "acme-first"
    platform.tenant("acme", with_it, "acme-mail", ses_tenant="acme")
    platform.settle()
    platform.tenant("acme", "acme-mail", ses_tenant="acme")
    platform.settle()
    assert platform.ses.tenants["acme"]["resources"] == {arn("configuration-set", "acme-mail")}


def test_an_ses_tenant_of_others_is_refused_unless_adopted_and_keeps_what_it_had():
    platform = a_platform("acme.example")
    platform.ses.add_tenant("theirs", {"team": "web"})
    platform.ses.tenants["theirs"]["resources"].add(arn("identity", "acme.example"))
    acme(platform, identities=["acme.example"], ses_tenant="theirs")
    platform.settle()
    assert "SES tenant theirs is there already" in platform.row("acme-news").problem
    acme(platform, identities=["acme.example"], ses_tenant="theirs", adopt=True)
    platform.settle()
    assert arn("configuration-set", "acme-news") in platform.ses.tenants["theirs"]["resources"]
    platform.delete("acme")
    platform.settle()
    assert platform.ses.tenants["theirs"]["resources"] == {arn("identity", "acme.example")}
    assert platform.ses.tags[platform.ses.tenants["theirs"]["TenantArn"]] == {"team": "web"}


def test_what_turns_a_stream_is_not_changed_while_it_is_off():
    platform = onboarded()
    record = platform.streams.load(NEWS)
    platform.streams.save(replace(record, turned_off=True))
    acme(platform, ses_tenant="acme", switch="tenant")
    platform.work()
    assert platform.row("acme-news").problem.startswith("the stream is turned off")
    platform.streams.save(replace(platform.streams.load(NEWS), turned_off=False))
    platform.settle()
    assert platform.registered.records[str(NEWS)]["switch"][0] == "tenant"


# ---- alarms


def test_an_alarm_is_made_at_onboarding_only_where_it_is_asked_for():
    assert onboarded().alarms.alarms == {}
    desired = DesiredAlarm(kept=True, tags=(("tenant", "acme"),))
    assert onboarded(alarm="always").alarms.alarms == {NEWS: desired}


def test_an_alarm_that_is_not_to_be_kept_any_more_is_left_to_the_sweep():
    platform = onboarded(alarm="always")
    acme(platform)
    platform.settle()
    assert platform.alarms.alarms[NEWS].kept is False


# ---- pools


def test_a_pool_is_made_before_the_stream_that_sends_through_it():
    platform = a_platform()
    acme(platform, pool="main")
    platform.put(id="@pool/main", scaling="managed")
    platform.work()
    assert platform.calls()[:2] == ["create_dedicated_ip_pool", CREATE]
    assert platform.ses.tags[arn("dedicated-ip-pool", "main")] == {"sesguard": STACK}


def test_a_pool_whose_event_comes_behind_the_tenants_is_made_first_all_the_same():
    platform = a_platform()
    platform.items.stored["@pool/main"] = {"id": "@pool/main", "scaling": "managed"}
    acme(platform, pool="main")
    platform.settle()
    assert platform.row("acme-news").state is TaskState.DONE
    assert platform.calls()[:2] == ["create_dedicated_ip_pool", CREATE]
    platform.register("@pool/main")
    assert platform.rows.stored["@pool/main"].state is TaskState.DONE


def test_a_pool_that_is_nowhere_is_a_problem_until_it_is_declared():
    platform = a_platform()
    acme(platform, pool="main")
    platform.work()
    assert "whether its pool is there" in platform.row("acme-news").problem
    platform.put(id="@pool/main", scaling="standard")
    platform.settle()
    assert platform.row("acme-news").state is TaskState.DONE


def test_a_standard_pool_becomes_managed_and_never_back():
    platform = a_platform()
    for scaling in ("standard", "managed", "standard"):
        platform.put(id="@pool/main", scaling=scaling)
        platform.settle()
    assert platform.ses.pools == {"main": "MANAGED"}
    assert "SES makes no managed pool standard" in platform.rows.stored["@pool/main"].problem


def test_a_pool_that_is_used_cannot_leave_and_an_unused_one_goes():
    platform = a_platform()
    platform.put(id="@pool/main", scaling="standard")
    acme(platform, pool="main")
    platform.settle()
    platform.delete("@pool/main")
    platform.settle()
    assert "not in the registry any more, and tenants still use it: acme" in platform.rows.stored["@pool/main"].problem
    acme(platform)
    platform.settle()
    platform.register("@pool/main")
    platform.settle()
    assert (platform.ses.pools, platform.rows.stored.keys()) == ({}, {str(NEWS)})


def test_a_pool_of_others_is_used_and_never_removed():
    platform = a_platform()
    platform.ses.add_pool("theirs")
    platform.put(id="@pool/theirs", scaling="standard")
    platform.settle()
    platform.delete("@pool/theirs")
    platform.settle()
    assert platform.ses.pools == {"theirs": "STANDARD"}


def test_the_fifty_first_pool_is_refused_with_what_to_do():
    platform = Platform(MemorySes(most_pools=0))
    platform.put(id="@pool/main", scaling="standard")
    platform.settle()
    assert "a region takes 50 pools" in platform.rows.stored["@pool/main"].problem


# ---- offboarding


def test_offboarding_takes_the_default_away_before_the_set():
    platform = onboarded("acme.example", ses_tenant="acme")
    platform.delete("acme")
    platform.work()
    assert platform.calls() == []  # not at once: the stream may turn up at another tenant
    platform.settle()
    assert platform.calls() == [
        "get_configuration_set",
        READ,
        DEFAULT,
        "get_tenant",
        "list_tenant_resources",
        "delete_tenant",
        "delete_configuration_set",
    ]
    assert (platform.ses.sets, platform.ses.tenants, platform.rows.stored) == ({}, {}, {})


def test_the_record_of_a_stream_that_leaves_paused_stays_as_it_is_and_nobody_looks_after_it():
    platform = onboarded()
    record = platform.streams.load(NEWS)
    paused = changed(record.state, status=Status.PAUSED, origin=Origin.GUARD, since=NOW, incident="1", strikes=(NOW,))
    platform.streams.save(replace(record, state=paused, turned_off=True, switch_due="off"))
    platform.delete("acme")
    platform.settle()
    (entry,) = platform.streams.entries(NEWS, "offboarded")
    assert (entry.before, entry.to, entry.incident) == ("paused", "paused", "1")
    left = platform.streams.load(NEWS)
    assert (left.state.status, left.state.strikes, left.turned_off, left.switch_due) == (
        Status.PAUSED,
        (NOW,),
        True,  # should it come back, it comes back off
        "",
    )
    assert left.offboarded
    assert list(platform.streams.not_healthy()) == []
    acme(platform)
    platform.settle()
    assert not platform.streams.load(NEWS).offboarded
    assert platform.ses.sets["acme-news"]["events"]


def test_news_that_is_ready_is_still_told_and_what_waits_for_the_switch_is_not():
    record = replace(
        Platform().streams.load(NEWS),
        announce=({"detail": {"outcome": "paused"}}, {"detail": {"outcome": "asked"}}),
    )
    assert leave(record, NOW, set_goes=True).announce == ({"detail": {"outcome": "paused"}},)


def test_a_stream_that_was_refused_leaves_nothing_behind_and_takes_nothing_away():
    platform = a_platform()
    platform.ses.add_set("acme-news")
    platform.ses.sets["acme-news"]["events"]["sesguard"] = {"Enabled": True, "MatchingEventTypes": ["BOUNCE"]}
    acme(platform)
    platform.settle()
    platform.delete("acme")
    platform.settle()
    assert set(platform.ses.sets["acme-news"]["events"]) == {"sesguard"}
    assert platform.rows.stored == {}


def test_a_set_with_an_association_of_others_stays_and_says_why():
    platform = onboarded()
    platform.ses.add_tenant("theirs")
    platform.ses.tenants["theirs"]["resources"].add(arn("configuration-set", "acme-news"))
    platform.delete("acme")
    platform.settle()
    assert "remove the association that somebody else made" in platform.row("acme-news").problem


# ---- the worker


def test_ten_thousand_and_first_set_is_refused_with_what_to_do():
    platform = Platform(MemorySes(most_sets=0))
    acme(platform)
    platform.settle()
    assert "a region takes 10,000 configuration sets" in platform.row("acme-news").problem


def test_one_that_fails_stops_no_other():
    platform = a_platform()
    platform.ses.add_set("acme-news")
    acme(platform)
    platform.tenant("shop", "shop-news")
    worked = platform.work()
    assert (worked.failed, worked.done) == ([str(NEWS)], 1)


def test_rows_that_this_version_cannot_read_stop_no_other(monkeypatch):
    """A newer version wrote them before a rollback; they are due first, and as many as are read at once."""
    platform = a_platform()
    for number in range(A_LOOK + 1):
        platform.tenant(f"newer-{number}", f"newer-{number}")
    platform.ses.sleep(60)
    acme(platform)
    load = platform.rows.load

    def unreadable(key):
        row = load(key)
        if "/newer-" in key:
            raise RecordError(key, "'parked' is not a valid TaskState")
        return row

    monkeypatch.setattr(platform.rows, "load", unreadable)
    worked = platform.work()
    assert (worked.done, len(worked.unreadable)) == (1, A_LOOK + 1)
    monkeypatch.undo()
    assert platform.work().done == A_LOOK + 1


def test_what_ses_held_before_that_cannot_be_read_is_told_too():
    platform = onboarded()
    row = platform.row("acme-news")
    platform.rows.save(replace(row, was='{"tenant": 7}', state=TaskState.WAITING, due=platform.now))
    assert list(platform.work().unreadable) == [str(NEWS)]


def test_a_stream_whose_row_cannot_be_read_is_its_tenants_problem_and_nobody_elses(monkeypatch):
    platform = onboarded()
    load = platform.rows.load

    def unreadable(key):
        if key == str(NEWS):
            raise RecordError(key, "newer")
        return load(key)

    monkeypatch.setattr(platform.rows, "load", unreadable)
    platform.tenant("acme", "acme-news", "acme-mail")
    assert "cannot be read" in platform.rows.problems["acme"]
    assert platform.work().done == 1


def test_no_two_calls_come_within_a_second_not_even_of_two_workers():
    platform = a_platform()
    for number in range(5):
        platform.tenant(f"t{number}", f"set-{number}")
    platform.work(lambda: len(platform.ses.calls) < 5)
    platform.work()
    assert platform.ses.too_early == []
    assert platform.ses.now < 1_000 + 10 * 1.02 + 4


def test_a_refused_call_is_tried_again_and_others_are_given_room():
    platform = a_platform()
    platform.ses.throttled = 4
    acme(platform)
    began = platform.ses.now
    assert platform.work().done == 1
    assert 1 + 2 + 4 + 8 <= platform.ses.now - began < 1 + 2 + 4 + 8 + 6
    assert platform.gates[-1].refusals == 4


def test_no_call_is_made_while_anybody_waits_for_a_pause():
    platform = a_platform()
    platform.waiting = 100
    acme(platform)
    began = platform.ses.now
    platform.work()
    assert platform.ses.calls[0][1] - began >= 100


def test_a_worker_that_has_lost_the_line_calls_no_more():
    platform = a_platform()
    platform.holds = lambda: len(platform.ses.calls) < 1
    acme(platform)
    assert platform.work().left
    assert platform.calls() == [CREATE]
    platform.holds = lambda: True
    platform.settle()
    assert platform.row("acme-news").state is TaskState.DONE


def test_what_a_retry_can_heal_comes_again_later_each_time():
    platform = a_platform()
    acme(platform)
    waits = []

    def unavailable(name: str) -> None:
        if name == CREATE:
            raise platform_error()

    platform.ses.hook = unavailable
    for _ in range(3):
        platform.work()
        waits.append(platform.row("acme-news").due - platform.now)
        platform.ses.sleep(3_600)
    assert [round(wait / MINUTE) for wait in waits] == [1, 2, 4]
    assert all(wait <= HOUR for wait in waits)
    platform.ses.hook = lambda _: None
    platform.settle()
    assert (platform.row("acme-news").state, platform.row("acme-news").tries) == (TaskState.DONE, 0)


def not_found(of: str, times: int):
    """SES that does not find what it was just told to make, so often."""
    left = [times]

    def hook(name: str) -> None:
        if name == of and left[0]:
            left[0] -= 1
            raise failure("NotFoundException", 404)

    return hook


def test_a_set_that_ses_does_not_find_a_moment_after_it_made_it_is_waited_for():
    platform = a_platform()
    acme(platform)
    platform.ses.hook = not_found("create_configuration_set_event_destination", 2)
    for _ in range(3):
        platform.work()
        platform.ses.sleep(3_600)
    assert platform.row("acme-news").state is TaskState.DONE


def test_what_ses_does_not_find_for_a_quarter_of_an_hour_is_missing():
    platform = a_platform()
    acme(platform)
    platform.ses.hook = not_found("create_configuration_set_event_destination", 99)
    states = []
    for _ in range(TRIES_TO_FIND + 1):
        platform.work()
        states.append(platform.row("acme-news").state)
        platform.ses.sleep(3_600)
    assert states == [TaskState.WAITING] * TRIES_TO_FIND + [TaskState.FAILED]


def platform_error():
    return failure("InternalFailure", 500)


def test_a_bug_with_one_row_stops_no_other():
    platform = a_platform()
    acme(platform)
    platform.tenant("shop", "shop-news")

    def break_first(name: str) -> None:
        if name == CREATE and len(platform.ses.calls) == 0:
            platform.ses.calls.append(("broken", platform.ses.now - 10))
            raise KeyError(name)

    platform.ses.hook = break_first
    worked = platform.work()
    assert (worked.again, worked.done) == (1, 1)
    assert platform.row("acme-news").problem == "KeyError"


def test_time_that_is_up_leaves_the_rest_to_the_next():
    platform = a_platform()
    for number in range(10):
        platform.tenant(f"t{number}", f"set-{number}")
    worked = platform.work(lambda: len(platform.ses.calls) < 6)
    assert (worked.done, worked.left) == (3, True)
    platform.settle()
    assert len(platform.ses.sets) == 10


# ---- what is another tenant's


def test_no_adopt_takes_another_tenants_identity():
    platform = a_platform("victim.example")
    platform.tenant("victim", {"configuration_set": "victim-mail", "identities": ["victim.example"]})
    platform.settle()
    desired = {"configuration_set": "mallory-1", "identities": ["victim.example"], "adopt": True}
    platform.tenant("mallory", desired)
    platform.settle()
    assert platform.ses.identities["victim.example"]["ConfigurationSetName"] == "victim-mail"
    row = platform.row("mallory-1")
    assert (row.state, platform.row("victim-mail").problem) == (TaskState.FAILED, "")
    assert "that of stream victim-mail of tenant victim: an identity has one default" in row.problem


def test_no_adopt_takes_it_by_another_spelling():
    """SES takes a domain by any case."""
    platform = a_platform("sales@victim.example")
    platform.tenant("victim", {"configuration_set": "victim-mail", "identities": ["sales@victim.example"]})
    platform.settle()
    desired = {"configuration_set": "mallory-1", "identities": ["sales@Victim.EXAMPLE"], "adopt": True}
    platform.tenant("mallory", desired)
    platform.settle()
    assert platform.ses.identities["sales@victim.example"]["ConfigurationSetName"] == "victim-mail"
    assert platform.row("mallory-1").state is TaskState.FAILED


def test_an_identity_that_its_tenant_gave_away_can_be_taken():
    platform = a_platform("victim.example")
    platform.tenant("victim", {"configuration_set": "victim-mail", "identities": ["victim.example"]})
    platform.settle()
    platform.tenant("victim", "victim-mail")
    platform.tenant("other", {"configuration_set": "other-1", "identities": ["victim.example"]})
    platform.settle()
    assert platform.ses.identities["victim.example"]["ConfigurationSetName"] == "other-1"


def test_no_adopt_takes_a_place_in_another_tenants_ses_tenant():
    platform = a_platform()
    platform.tenant("victim", {"configuration_set": "victim-mail", "ses_tenant": "shared", "switch": "tenant"})
    platform.settle()
    desired = {"configuration_set": "mallory-1", "ses_tenant": "shared", "switch": "tenant", "adopt": True}
    platform.tenant("mallory", desired)
    platform.settle()
    assert "SES tenant shared is that of stream victim-mail of tenant victim" in platform.row("mallory-1").problem
    resources = platform.ses.tenants["shared"]["resources"]
    assert [each.rpartition("/")[2] for each in resources] == ["victim-mail"]
