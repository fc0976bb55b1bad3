"""SES's own verdicts on tenants: read in every documented shape, asked about, recorded, told, and never undone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.clients import Clients
from sesguard.aws.ses.tenant_streams import SesTenantStreams
from sesguard.errors import AwsError, ConflictError
from sesguard.notify.channel import TenantContacts
from sesguard.pausing.decision import Action, Command, Operator
from sesguard.pausing.enforce import act
from sesguard.pausing.record import PauseTarget, Sending
from sesguard.pausing.ses_status import follow_ses_status
from sesguard.pausing.state import Origin, Status
from sesguard.pausing.sweep import sweep
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.ses_status_event import Said, SesStatusEvent, Unusable, read
from sesguard.stream import StreamId
from tests.fakes.alarms import a_body
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.notify import NotifyScene
from tests.fakes.world import ACME, Memory, MemoryTenants
from tests.template.stack import ROOT
from tests.unit.cli.test_edges import client

TENANT = "arn:aws:ses:eu-west-1:123456789012:tenant/acme/tn-0123456789"
SHOP = StreamId(ACME.account, ACME.region, "acme-shop")
HOME = StreamId(ACME.account, ACME.region, "")


def an_event(kind: str, detail: Any, **envelope: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "5f0c2b1a-7d3e-4f60-8a9b-0c1d2e3f4a5b",
        "detail-type": kind,
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2026-11-21T17:59:00Z",
        "region": "eu-west-1",
        "resources": [TENANT],
        "detail": detail,
        **envelope,
    }


def sending(status: str = "DISABLED", origin: str = "AWS_MANAGED", **record: Any) -> dict[str, Any]:
    instant = [2026, 11, 21, 17, 58, 9, 995000000]
    fields = {"status": status, "cause": "Too many bounces", "lastUpdatedTimestamp": instant}
    kind = f"Sending Status {'Disabled' if status == 'DISABLED' else 'Enabled'}"
    return an_event(kind, {"version": "1.0.0", "data": {"origin": origin, "record": {**fields, **record}}})


def finding(status: str = "Open", **metadata: Any) -> dict[str, Any]:
    detail = {
        "version": "1.0.0",
        "data": "The bounce rate exceeded 15.0% based on a representative volume of 664 emails",
        "metadata": {"impact": "HIGH", "type": "BOUNCE", **metadata},
    }
    return an_event(f"Advisor Recommendation Status {status}", detail)


def verdict_of(event: dict[str, Any]) -> SesStatusEvent:
    verdict = read(json.dumps(event))
    assert isinstance(verdict, SesStatusEvent)
    return verdict


# ---- reading


def test_a_tenant_that_ses_has_stopped():
    assert verdict_of(sending()) == SesStatusEvent(
        Said.DISABLED,
        TENANT,
        "123456789012",
        "eu-west-1",
        "acme",
        by_aws=True,
        at=datetime(2026, 11, 21, 17, 58, 9, 995000, tzinfo=UTC),
        text="Too many bounces",
    )


@pytest.mark.parametrize(
    ("status", "origin", "said", "by_aws"),
    [
        ("ENABLED", "AWS_MANAGED", Said.ENABLED, True),
        ("REINSTATED", "CUSTOMER_MANAGED", Said.ENABLED, False),
        ("DISABLED", "CUSTOMER_MANAGED", Said.DISABLED, False),
        ("DISABLED", "SOMETHING_NEW", Said.DISABLED, True),
    ],
)
def test_whether_it_may_send_and_whose_doing_that_is(status, origin, said, by_aws):
    verdict = verdict_of(sending(status, origin))
    assert (verdict.said, verdict.by_aws) == (said, by_aws)


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ([2025, 7, 24, 12, 44, 28, 995000000], datetime(2025, 7, 24, 12, 44, 28, 995000, tzinfo=UTC)),
        ([2025, 7, 24, 12, 44, 28], datetime(2025, 7, 24, 12, 44, 28, tzinfo=UTC)),
        ([2025, 7, 24, 12, 44], datetime(2025, 7, 24, 12, 44, tzinfo=UTC)),
        ([2025, 13, 24, 12, 44, 28, 0], datetime(2026, 11, 21, 17, 59, tzinfo=UTC)),
        ([2025, 7, 24, 12, 44, 28, True], datetime(2026, 11, 21, 17, 59, tzinfo=UTC)),
        ("2025-07-24T12:44:28Z", datetime(2026, 11, 21, 17, 59, tzinfo=UTC)),
        (None, datetime(2026, 11, 21, 17, 59, tzinfo=UTC)),
    ],
)
def test_its_time_is_an_array_and_the_envelopes_stands_in_for_any_other(timestamp, at):
    assert verdict_of(sending(lastUpdatedTimestamp=timestamp)).at == at


@pytest.mark.parametrize(
    ("status", "said"), [("Open", Said.FOUND), ("Resolved", Said.RESOLVED), ("Closed", Said.RESOLVED)]
)
def test_a_finding_is_open_or_not_by_both_names(status, said):
    verdict = verdict_of(finding(status))
    assert (verdict.said, verdict.impact, verdict.kind) == (said, "HIGH", "BOUNCE")
    assert verdict.text.startswith("The bounce rate exceeded 15.0%")


@pytest.mark.parametrize("name", ["sending-status-disabled", "advisor-recommendation"])
def test_the_sample_events_are_read(name):
    (record,) = json.loads((ROOT / "events" / "beside" / f"{name}.json").read_text())["Records"]
    assert isinstance(read(record["body"]), SesStatusEvent)


@pytest.mark.parametrize(
    "body",
    [
        "hello",
        "[]",
        "{}",
        json.dumps(an_event("Email Bounced", {})),
        json.dumps(an_event("Sending Status Paused", {})),
        json.dumps(an_event("Sending Status Disabled", {}, source="aws.s3")),
        a_body(NOW),
    ],
)
def test_anything_else_is_no_verdict(body):
    assert read(body) is None


@pytest.mark.parametrize(
    "resources",
    [None, [], "tenant", [1], ["arn:aws:ses:eu-west-1:123456789012:identity/acme.example"], [TENANT + "\n"]],
)
def test_a_verdict_on_no_tenant_is_unusable(resources):
    assert isinstance(read(json.dumps(an_event("Sending Status Disabled", {}, resources=resources))), Unusable)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=4,
)
KINDS = st.sampled_from(
    [
        "Sending Status Enabled",
        "Sending Status Disabled",
        "Advisor Recommendation Status Open",
        "Advisor Recommendation Status Closed",
    ]
)


@given(KINDS, JSON, JSON, JSON, st.lists(JSON, max_size=8))
def test_no_content_raises_or_brings_more_than_a_line(kind, data, record, time, instant):
    for detail in (data, {"data": data, "metadata": record}, {"data": {"origin": data, "record": record}}):
        whole = an_event(kind, detail, time=time)
        verdict = read(json.dumps(whole))
        assert isinstance(verdict, SesStatusEvent)
        assert verdict.text.isprintable()
        assert verdict.at.tzinfo is not None
    assert isinstance(read(json.dumps(sending(lastUpdatedTimestamp=instant, cause=data))), SesStatusEvent)


@given(st.binary() | st.text())
def test_no_body_raises(body):
    assert read(body) is None


# ---- heeding


class MemoryTenantStreams:
    """The port TenantStreams."""

    def __init__(self, *streams: StreamId) -> None:
        self.streams = streams

    def streams_of(self, home: StreamId, tenant: str) -> Sequence[StreamId]:
        assert (home, tenant) == (HOME, "acme")
        return self.streams


class Platform:
    """acme-news is turned by the SES tenant acme, acme-shop by its configuration set; both send for that tenant."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.memory.switch.sets[SHOP] = Sending.ON
        self.associated = MemoryTenantStreams(ACME, SHOP)
        for stream, target in ((ACME, PauseTarget(configuration_set=False, tenant_arn=TENANT)), (SHOP, PauseTarget())):
            self.memory.streams.save(replace(self.memory.streams.load(stream), target=target))

    def follow_ses_status(self, event: dict[str, Any], at: datetime = NOW) -> list[StreamId]:
        return follow_ses_status(self.memory.deps, self.associated, verdict_of(event), at)

    def ses_says(self, sending_: Sending, event: dict[str, Any], at: datetime = NOW) -> list[StreamId]:
        self.memory.switch.sets[ACME] = sending_
        return self.follow_ses_status(event, at)


@pytest.fixture
def platform() -> Platform:
    return Platform()


def test_a_tenant_that_ses_stopped_is_paused_by_aws_on_record_and_told_and_nothing_is_turned(platform):
    assert platform.ses_says(Sending.OFF_BY_AWS, sending()) == [ACME]
    state = platform.memory.state()
    assert (state.status, state.origin) == (Status.PAUSED, Origin.AWS)
    (event,) = platform.memory.bus.details("Tenant Paused")
    assert (event["reason"], event["outcome"], event["resumes_after"]) == ("aws", "off_by_aws", None)
    (entry,) = platform.memory.streams.entries(ACME, "drift")
    assert (entry.origin, entry.incident) == ("aws", state.incident)
    assert platform.memory.switch.turns == []
    assert platform.memory.state(SHOP).status is Status.HEALTHY, "it is turned by its set"


def test_the_event_is_a_hint_and_what_ses_answers_counts(platform):
    assert platform.ses_says(Sending.ON, sending()) == []
    assert platform.memory.state().status is Status.HEALTHY
    assert platform.memory.bus.events == []


def test_an_event_that_comes_twice_is_told_once(platform):
    platform.ses_says(Sending.OFF_BY_AWS, sending())
    assert platform.follow_ses_status(sending(), NOW + MINUTE) == []
    assert platform.memory.bus.types == ["Tenant Paused"]


def test_no_alarm_no_time_and_no_sweep_turns_on_what_ses_stopped(platform):
    platform.ses_says(Sending.OFF_BY_AWS, sending())
    for hours in (1, 25, 800):
        at = NOW + hours * HOUR
        platform.memory.alarms.put(ACME, AlarmValue.OK, at - HOUR)
        assert enforce(platform.memory.deps, a_body(at, "OK"), at).reason == "not_ours"
        sweep(platform.memory.deps, platform.memory.alarms, at)
    assert platform.memory.switch.turns == []


def test_when_ses_lets_it_send_again_it_is_on_probation_from_then(platform):
    platform.ses_says(Sending.OFF_BY_AWS, sending())
    assert platform.ses_says(Sending.ON, sending("ENABLED"), NOW + HOUR) == [ACME]
    state = platform.memory.state()
    assert (state.status, state.counted_from, state.origin) == (Status.PROBATION, NOW + HOUR, None)
    (event,) = platform.memory.bus.details("Tenant Resumed")
    assert (event["reason"], event["outcome"]) == ("aws", "on_by_aws")
    assert platform.memory.switch.turns == []


def test_a_lost_event_is_made_good_by_the_sweep(platform):
    platform.ses_says(Sending.OFF_BY_AWS, sending())
    platform.memory.switch.sets[ACME] = Sending.ON
    sweep(platform.memory.deps, platform.memory.alarms, NOW + MINUTE)
    assert platform.memory.state().status is Status.PROBATION


def test_the_guards_own_pause_and_resume_come_back_as_echoes_that_change_nothing(platform):
    platform.memory.counts.sent(ACME, NOW - MINUTE, 400, bounces=72)
    enforce(platform.memory.deps, a_body(NOW), NOW)
    assert platform.follow_ses_status(sending("DISABLED", "CUSTOMER_MANAGED")) == []
    act(platform.memory.deps, ACME, Operator(Command.RESUME), NOW + MINUTE)
    assert platform.follow_ses_status(sending("ENABLED", "CUSTOMER_MANAGED"), NOW + MINUTE) == []
    assert platform.memory.bus.types == ["Tenant Paused", "Tenant Resumed"]
    assert platform.memory.switch.turns == [(ACME, False), (ACME, True)]


def test_an_echo_that_comes_before_the_outcome_is_on_record_changes_nothing(platform):
    record = platform.memory.streams.load(ACME)
    platform.memory.streams.save(replace(record, switch_due="off", turned_off=True))
    assert platform.ses_says(Sending.OFF, sending("DISABLED", "CUSTOMER_MANAGED")) == []


def test_what_somebody_did_in_the_console_is_seen_at_once(platform):
    assert platform.ses_says(Sending.OFF, sending("DISABLED", "CUSTOMER_MANAGED")) == [ACME]
    assert platform.memory.state().origin is Origin.OPERATOR


def test_an_alarm_that_finds_it_stopped_by_ses_never_claims_the_pause(platform):
    platform.memory.counts.sent(ACME, NOW - MINUTE, 400, bounces=72)
    platform.memory.switch.sets[ACME] = Sending.OFF_BY_AWS
    result = enforce(platform.memory.deps, a_body(NOW), NOW)
    assert (result.action, result.outcome.value) == (Action.PAUSE, "off_by_aws")
    state = platform.memory.state()
    assert (state.status, state.origin, state.strikes) == (Status.PAUSED, Origin.AWS, ())
    assert platform.memory.switch.turns == []


def test_after_the_guards_own_pause_ends_what_ses_still_stops_is_sess(platform):
    enforce(platform.memory.deps, a_body(NOW), NOW)
    act(platform.memory.deps, ACME, Operator(Command.RESUME), NOW + MINUTE)
    assert platform.ses_says(Sending.OFF_BY_AWS, sending("ENABLED", "CUSTOMER_MANAGED"), NOW + MINUTE) == [ACME]
    assert platform.memory.state().origin is Origin.AWS


def test_a_verdict_on_a_tenant_that_turns_no_stream_is_told_to_the_operator_once(platform):
    platform.associated = MemoryTenantStreams(SHOP)
    for _ in range(2):
        assert platform.follow_ses_status(sending()) == []
    (notice,) = platform.memory.bus.details("Operator Notice")
    assert notice["subject"] == "SES has stopped tenant acme"
    assert "acme-shop" in notice["text"]


def test_what_this_account_did_to_such_a_tenant_is_nobodys_news(platform):
    platform.associated = MemoryTenantStreams(SHOP)
    platform.follow_ses_status(sending("DISABLED", "CUSTOMER_MANAGED"))
    assert platform.memory.bus.events == []


@pytest.mark.parametrize(("status", "words"), [("Open", "SES has a finding"), ("Closed", "SES has closed a finding")])
def test_a_finding_is_told_to_the_operator_and_on_record_of_each_stream(platform, status, words):
    platform.follow_ses_status(finding(status))
    (notice,) = platform.memory.bus.details("Operator Notice")
    assert notice["subject"] == f"{words} on tenant acme"
    assert "(HIGH BOUNCE)" in notice["text"]
    for stream in (ACME, SHOP):
        (entry,) = platform.memory.streams.entries(stream, "finding")
        assert (entry.impact, entry.type) == ("HIGH", "BOUNCE")
        assert platform.memory.state(stream).status is Status.HEALTHY


def test_whoever_loses_a_race_reads_again(platform):
    lost = [ConflictError(str(ACME))]

    def loses(name: str) -> None:
        if name == "save" and lost:
            raise lost.pop()

    platform.memory.streams.hook = loses
    assert platform.ses_says(Sending.OFF_BY_AWS, sending()) == [ACME]


def test_trouble_that_passes_comes_back_through_the_queue(platform):
    def refuses(name: str) -> None:
        if name == "look":
            raise AwsError("GetReputationEntity", "TooManyRequestsException", retryable=True)

    platform.memory.switch.hook = refuses
    with pytest.raises(AwsError):
        platform.follow_ses_status(sending())


@pytest.mark.parametrize(
    ("back", "subject"),
    [(False, "Amazon SES has stopped sending through acme-news"), (True, "Amazon SES lets acme-news send again")],
)
def test_the_owner_and_the_operator_are_told_that_it_was_ses(platform, back, subject):
    platform.ses_says(Sending.OFF_BY_AWS, sending())
    if back:
        platform.ses_says(Sending.ON, sending("ENABLED"), NOW + HOUR)
    tenants = MemoryTenants(TenantContacts("acme", "Acme", ("owner@acme.example",)), streams={ACME: "acme"})
    scene = NotifyScene(tenants, platform.memory.streams)
    scene.notify(platform.memory.bus.events[-1])
    ((_, mailed, text),) = scene.sent.mails
    assert mailed == subject
    assert "Amazon SES" in text
    ((told, _),) = scene.sent.told
    assert told.endswith(mailed)


# ---- whose tenant it is, as SES has it


def tenant_streams(*pages: dict[str, Any], error: str = "") -> Sequence[StreamId]:
    ses = client("sesv2")
    stub = Stubber(ses)
    wanted: dict[str, Any] = {"TenantName": "acme"}
    for page in pages:
        stub.add_response("list_tenant_resources", page, wanted)
        wanted = {**wanted, "NextToken": page.get("NextToken")}
    if error:
        stub.add_client_error("list_tenant_resources", error, http_status_code=400)
    clients = Clients()
    clients.__dict__["sesv2"] = ses
    with stub:
        return SesTenantStreams(clients, HOME.account, HOME.region).streams_of(HOME, "acme")


def a_set(name: str) -> dict[str, str]:
    arn = f"arn:aws:ses:eu-west-1:123456789012:configuration-set/{name}"
    return {"ResourceType": "CONFIGURATION_SET", "ResourceArn": arn}


def test_the_streams_of_a_tenant_are_its_configuration_sets_on_all_pages():
    identity = {"ResourceType": "identity", "ResourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/acme.example"}
    first = {"TenantResources": [a_set("acme-shop"), identity], "NextToken": "more"}
    assert tenant_streams(first, {"TenantResources": [a_set("acme-news")]}) == [ACME, SHOP]


def test_a_tenant_that_is_gone_has_none():
    assert tenant_streams(error="NotFoundException") == []


def test_a_refusal_is_an_error():
    with pytest.raises(AwsError, match="TooManyRequests"):
        tenant_streams(error="TooManyRequestsException")


@pytest.mark.parametrize("elsewhere", [{"account": "999999999999"}, {"region": "us-east-1"}])
def test_a_tenant_of_another_account_or_region_is_out_of_reach(elsewhere):
    stranger = HOME._replace(**elsewhere)
    assert SesTenantStreams(Clients(), HOME.account, HOME.region).streams_of(stranger, "acme") == []
