"""Who has to hear of what the guard did, and by which channels: the right ones, whatever comes twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from sesguard.bus.events import DetailType
from sesguard.notify.bad_contact import CONTACT_TAG, TENANT_TAG, tags
from sesguard.notify.channel import OPERATORS_TOPIC, Channel, Kind, TenantContacts, fingerprint
from sesguard.pausing.decision import Alarm, Command, Look, Operator, RefusalSeen
from sesguard.pausing.enforce import act
from sesguard.pausing.record import Sending
from sesguard.policy import Mode, Policy
from sesguard.signals.alarm_value import AlarmValue
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.notify import NotifyScene
from tests.fakes.world import ACME, Memory, MemoryTenants

OWNER = "owner@acme.example"
MAIL = Channel(Kind.MAIL, OWNER)
SLACK = Channel(Kind.SLACK, "ssm:/sesguard/acme/slack")
HOOK = Channel(Kind.WEBHOOK, "https://hooks.acme.example/mail", "ssm:/sesguard/acme/hook")
TENANT = TenantContacts("acme", "Acme Ltd", (OWNER,))


@pytest.fixture
def scene() -> NotifyScene:
    return NotifyScene(MemoryTenants(TENANT, streams={ACME: "acme"}))


def events_of(memory: Memory):
    return {event["type"]: event for event in memory.bus.events}


def a_pause(memory: Memory | None = None, *, mails: int = 1_000, bounces: int = 180):
    memory = memory or Memory()
    memory.counts.sent(ACME, NOW - 5 * MINUTE, mails, bounces=bounces)
    act(memory.deps, ACME, Alarm(AlarmValue.ALARM, NOW), NOW)
    return events_of(memory)["Tenant Paused"]


def changed(event, **detail):
    return {**event, "detail": {**event["detail"], **detail}}


def the_told(scene: NotifyScene) -> str:
    ((subject, text),) = scene.sent.told
    return f"{subject}\n{' '.join(text.split())}"


# ---- who


def test_owner_and_operator_are_told(scene):
    scene.notify(a_pause())
    assert [to for to, _, _ in scene.sent.mails] == [OWNER]
    assert "acme-news" in the_told(scene)
    assert "1 told by mail" in the_told(scene)


def test_every_channel_of_the_owner_and_of_the_operator_is_used(scene):
    scene.tenants.tenants["acme"] = TenantContacts("acme", "Acme", (OWNER,), (SLACK, HOOK))
    topic = Channel(Kind.SNS, "arn:aws:sns:eu-west-1:123456789012:sesguard-acme")
    scene.tenants.of_the_operator += [SLACK, topic]
    scene.notify(a_pause())
    assert [to for to, _ in scene.sent.all] == [MAIL, SLACK, HOOK, OPERATORS_TOPIC, SLACK, topic]
    assert "1 told by mail, 1 told by slack, 1 told by webhook" in the_told(scene)


@pytest.mark.parametrize("refused", [True, False])
def test_that_a_stream_is_watched_for_its_domain_is_told_by_the_domains_own_notice_alone(scene, refused):
    memory = Memory()
    for said in (True, refused):
        act(memory.deps, ACME, RefusalSeen("acme.example", said, NOW), NOW)
    for event in memory.bus.events:
        scene.notify(event)
    assert scene.sent.all == []


def test_two_transitions_are_told_apart(scene):
    memory = Memory()
    scene.notify(a_pause(memory, mails=2_000, bounces=199))
    act(memory.deps, ACME, Alarm(AlarmValue.OK, NOW + HOUR), NOW + HOUR)
    scene.notify(events_of(memory)["Tenant Resumed"])
    assert len({subject for _, subject, _ in scene.sent.mails}) == 2


def test_every_contact_has_a_mail_of_its_own_and_only_one(scene):
    scene.tenants.tenants["acme"] = TenantContacts("acme", "Acme", (OWNER, "ops@acme.example", OWNER))
    scene.notify(a_pause())
    assert sorted(to for to, _, _ in scene.sent.mails) == ["ops@acme.example", OWNER]


@pytest.mark.parametrize(
    ("tenants", "words"),
    [
        (MemoryTenants(TENANT), "has no tenant"),
        (MemoryTenants(streams={ACME: "acme"}), "not in TenantsTable"),
        (MemoryTenants(TenantContacts("acme", "Acme"), streams={ACME: "acme"}), "no usable contact (0 registered)"),
        (
            MemoryTenants(TenantContacts("acme", "Acme", ("nobody",)), streams={ACME: "acme"}),
            "no usable contact (1 registered), 1 not usable",
        ),
    ],
    ids=["no tenant", "unknown tenant", "no contact", "no address"],
)
def test_where_nobody_can_be_told_the_operator_is(tenants, words):
    scene = NotifyScene(tenants)
    scene.notify(a_pause())
    assert scene.sent.mails == []
    assert "NOBODY IS TOLD" in the_told(scene)
    assert words in the_told(scene)


def test_the_tenant_of_the_event_stands_in_where_the_registry_has_none():
    scene = NotifyScene(MemoryTenants(TENANT))
    scene.notify(changed(a_pause(), tenant="acme"))
    assert [to for to, _, _ in scene.sent.mails] == [OWNER]


@pytest.mark.parametrize(
    "contact",
    [
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example, c@d.example",
        "Ada <a@b.example>",
        "a b@c.example",
        "ä@b.example",
        "a@b",
        "@b.example",
        "a@b.example@c.example",
        "a" * 65 + "@b.example",
        "",
    ],
)
def test_a_contact_that_is_no_plain_address_is_never_written_to(contact):
    scene = NotifyScene(MemoryTenants(TenantContacts("acme", "Acme", (contact, OWNER)), streams={ACME: "acme"}))
    scene.notify(a_pause())
    assert [to for to, _, _ in scene.sent.mails] == [OWNER]
    assert "1 not usable" in the_told(scene)


def test_what_somebody_else_had_turned_off_is_the_operators_business_alone(scene):
    memory = Memory()
    memory.switch.sets[ACME] = Sending.OFF
    scene.notify(a_pause(memory))
    assert scene.sent.mails == []
    assert "not told, as nothing was done" in the_told(scene)


def test_a_notice_to_the_operator_goes_to_the_operator_alone_and_once(scene):
    memory = Memory()
    enforce(memory.deps, "no alarm at all", NOW)
    for _ in range(2):
        scene.notify(memory.bus.events[0])
    assert scene.sent.mails == []
    assert "An alarm message paused nobody" in the_told(scene)


def test_a_reminder_of_the_owners_word_goes_to_the_owner_alone(scene):
    scene.notify({**a_pause(), "type": DetailType.AWAITING.value})
    assert [to for to, _, _ in scene.sent.mails] == [OWNER]
    assert scene.sent.told == []


def test_and_to_the_operator_where_there_is_nobody_else():
    scene = NotifyScene(MemoryTenants(streams={ACME: "acme"}))
    scene.notify({**a_pause(), "type": DetailType.AWAITING.value})
    assert "NOBODY IS TOLD" in the_told(scene)


def test_every_transition_can_be_told(scene):
    memory = Memory()
    memory.counts.sent(ACME, NOW - MINUTE, 100, bounces=17)
    act(memory.deps, ACME, Look(), NOW)
    act(memory.deps, ACME, Operator(Command.HOLD), NOW)
    act(memory.deps, ACME, Operator(Command.RESUME), NOW + HOUR)
    memory.counts.sent(ACME, NOW + HOUR, 300)
    for at in (NOW + 2 * HOUR, NOW + 3 * HOUR):
        act(memory.deps, ACME, Look(), at)
    scene.notify(*memory.bus.events)
    kinds = [notice.about.kind for to, notice in scene.sent.all if to == MAIL]
    assert kinds == ["Tenant Warned", "Tenant Held", "Tenant Resumed", "Tenant Recovered"]


@pytest.mark.parametrize("body", ["", "x", "[]", "{}", '{"detail-type": "Tenant Paused", "detail": {}}'])
def test_what_is_no_event_of_the_guards_ends_among_the_dead_letters(scene, body):
    scene.put(body)
    with pytest.raises(msgspec.DecodeError):
        scene.work()


def test_a_kind_of_event_that_is_newer_than_this_is_left_alone(scene):
    scene.notify({"type": "Tenant Of A Later Version", "detail": {"version": "7"}})
    assert scene.sent.all == []


def test_no_address_and_no_secret_is_in_a_queue(scene):
    scene.tenants.tenants["acme"] = TenantContacts("acme", "Acme", (OWNER,), (SLACK, HOOK))
    bodies: list[Any] = []
    scene.send = bodies.extend  # type: ignore[method-assign]  # looks into the queue instead
    scene.notify(a_pause())
    assert len(bodies) == 4
    for address in (OWNER, "hooks.acme", "ssm:/"):
        assert address not in repr(bodies)


# ---- the page's link


@pytest.mark.parametrize(
    ("event", "linked"),
    [
        (a_pause(bounces=200), True),
        (a_pause(mails=2_000, bounces=199), False),
        (a_pause(Memory(Policy(mode=Mode.OBSERVE)), bounces=200), False),
    ],
    ids=["waits for the owner's word", "waits for nobody's word", "observed"],
)
def test_a_notice_has_a_link_where_the_owners_word_is_waited_for(scene, event, linked):
    scene.notify(event)
    ((_, _, text),) = scene.sent.mails
    assert (scene.links in "".join(text.split())) is linked
    assert scene.links not in "".join(scene.sent.told[0][1].split())


def test_a_reminder_has_a_link(scene):
    scene.notify({**a_pause(bounces=200), "type": DetailType.AWAITING.value})
    ((_, _, text),) = scene.sent.mails
    assert scene.links in "".join(text.split())


# ---- contacts that bounce or complain themselves


def ses_says(kind: str, contact: str = fingerprint(OWNER), tenant: str = "acme", **details: Any) -> str:
    known_by = {name: [value] for name, value in tags(tenant, contact).items()}
    mail = {"tags": {"ses:configuration-set": ["notices"], **known_by}, "destination": [OWNER]}
    detail = {"eventType": kind.title(), "mail": mail, kind: details}
    return json.dumps({"source": "aws.ses", "detail-type": f"Email {kind}", "detail": detail})


def heard(scene: NotifyScene, body: str) -> None:
    scene.put(body)
    scene.work()


@pytest.mark.parametrize(
    ("body", "days"),
    [
        (ses_says("bounce", bounceType="Permanent", bounceSubType="OnAccountSuppressionList"), 30),
        (ses_says("complaint", complaintFeedbackType="abuse"), 365),
        (ses_says("complaint", complaintFeedbackType=None), 365),
    ],
    ids=["hard bounce", "complaint", "complaint of no type"],
)
def test_a_contact_that_bounces_or_complains_is_not_written_to_for_a_while(scene, body, days):
    heard(scene, body)
    scene.notify(a_pause())
    assert scene.sent.mails == []
    assert "1 bounced or complained before" in " ".join(scene.sent.told[-1][1].split())
    scene.pass_time(timedelta(days=days))
    scene.notify(changed(a_pause(), id="f" * 32))
    assert [to for to, _, _ in scene.sent.mails] == [OWNER]


def test_its_other_channels_are_used_as_before(scene):
    scene.tenants.tenants["acme"] = TenantContacts("acme", "Acme", (OWNER, "ops@acme.example"), (SLACK,))
    heard(scene, ses_says("bounce", bounceType="Permanent"))
    scene.notify(a_pause())
    owners = [to for to, notice in scene.sent.all if notice.tenant]
    assert owners == [Channel(Kind.MAIL, "ops@acme.example"), SLACK]


def test_the_operator_is_told_once_of_which_tenant_and_not_of_what_address(scene):
    for _ in range(3):
        heard(scene, ses_says("bounce", tenant="acme.inc", bounceType="Permanent"))
    assert "A contact of acme.inc cannot be used" in the_told(scene)
    assert OWNER not in the_told(scene)


@pytest.mark.parametrize(
    "body",
    [
        ses_says("bounce", bounceType="Transient", bounceSubType="MailboxFull"),
        ses_says("bounce", bounceType="Undetermined"),
        ses_says("complaint", complaintFeedbackType="not-spam"),
        ses_says("bounce", contact="../../other", bounceType="Permanent"),
        ses_says("bounce", bounceType="Permanent").replace(CONTACT_TAG, "x"),
        ses_says("delivery"),
    ],
    ids=["soft bounce", "undetermined", "not spam", "hostile tag", "no tag", "delivered"],
)
def test_what_says_nothing_against_a_contact_changes_nothing(scene, body):
    heard(scene, body)
    assert (scene.sent.all, scene.contacts.marks) == ([], {})


@pytest.mark.parametrize("tag", ["", "____", "=", "\\u00e4", "QUFB" * 100])
def test_a_tag_that_names_no_tenant_is_no_trouble(scene, tag):
    body = json.loads(ses_says("bounce", bounceType="Permanent"))
    body["detail"]["mail"]["tags"][TENANT_TAG] = [tag]
    heard(scene, json.dumps(body))
    assert len(scene.contacts.marks) == 1
    assert len(scene.sent.told) == 1


# ---- domains


def of_a_domain(tenant: str = "acme"):
    detail = {
        "version": "1",
        "id": "d" * 32,
        "at": "2026-11-26T12:00:00.000000Z",
        "account": "111122223333",
        "region": "eu-west-1",
        "domain": "acme.example",
        "tenant": tenant,
        "configuration_sets": ["acme-news"],
        "occasion": "refused",
        "lines": ["Mail from acme.example is refused because it is not authenticated, and this is why:"],
        "findings": [{"code": "dkim.missing", "says": "A record is missing.", "do": "Publish it again."}],
        "todo": [],
        "records": [
            {"name": "t._domainkey.acme.example", "type": "CNAME", "value": "t.dkim.example", "line": "t. CNAME"}
        ],
    }
    return {"type": DetailType.DOMAIN.value, "detail": detail}


def test_what_is_wrong_with_a_domain_is_told_to_its_tenant_and_to_the_operator_once(scene):
    for _ in range(2):
        scene.notify(of_a_domain())
    assert [to for to, _, _ in scene.sent.mails] == [OWNER]
    assert "1 told by mail" in the_told(scene)
    assert "acme.example" in the_told(scene)


def test_a_domain_that_no_tenant_names_is_told_to_the_operator_alone(scene):
    scene.notify(of_a_domain(tenant=""))
    assert scene.sent.mails == []
    assert "NOBODY IS TOLD" in the_told(scene)


def test_a_domain_of_a_tenant_that_is_gone_is_told_to_the_operator_alone(scene):
    scene.notify(of_a_domain(tenant="gone"))
    assert scene.sent.mails == []
    assert "NOBODY IS TOLD" in the_told(scene)
