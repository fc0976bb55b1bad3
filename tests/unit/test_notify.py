"""Telling people: the right ones, once, with the reason in numbers and nothing that could do harm."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.once import PowertoolsOnce
from sesguard.deciding.decide import Alarm, AlarmValue, Command, Look, Operator
from sesguard.enforce import act, enforce
from sesguard.errors import AwsError
from sesguard.notices.news import Transition, read
from sesguard.notices.text import for_operator, for_owner
from sesguard.notify import Channels, notify
from sesguard.policy import Mode, Policy
from sesguard.ports.switch import Sending
from sesguard.ports.telling import Tenant
from tests.fakes.alarms import a_body, ses_trigger
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME, Memory, MemoryOnce, MemoryStreams, MemoryTenants, Sent

OWNER = "owner@acme.example"
TENANT = Tenant("acme", "Acme Ltd", (OWNER,))


@dataclass
class Office:
    """Where notices go out from, in memory."""

    tenants: MemoryTenants = field(default_factory=lambda: MemoryTenants(TENANT, streams={ACME: "acme"}))
    sent: Sent = field(default_factory=Sent)
    once: Any = field(default_factory=MemoryOnce)
    journal: MemoryStreams = field(default_factory=MemoryStreams)

    def notify(self, event: Any) -> None:
        channels = Channels(
            tenants=self.tenants, mail=self.sent, operator=self.sent, once=self.once, journal=self.journal
        )
        notify(channels, enveloped(event))

    @property
    def mail(self) -> str:
        ((_, subject, text),) = self.sent.mails
        return f"{subject}\n{text}"

    @property
    def told(self) -> str:
        ((subject, text),) = self.sent.told
        return f"{subject}\n{text}"


@pytest.fixture
def office() -> Office:
    return Office()


def enveloped(event) -> str:
    return json.dumps({"version": "0", "source": "sesguard", "detail-type": event["type"], "detail": event["detail"]})


def events_of(memory: Memory):
    return {event["type"]: event for event in memory.bus.events}


def a_pause(memory: Memory | None = None, *, mails: int = 1_000, bounces: int = 180, complaints: int = 0):
    memory = memory or Memory()
    memory.counts.sent(ACME, NOW - 5 * MINUTE, mails, bounces=bounces, complaints=complaints)
    act(memory.world, ACME, Alarm(AlarmValue.ALARM, NOW), NOW)
    return events_of(memory)["Tenant Paused"]


def changed(event, **detail):
    return {**event, "detail": {**event["detail"], **detail}}


# ---- who


def test_owner_and_operator_are_told(office):
    office.notify(a_pause())
    assert [to for to, _, _ in office.sent.mails] == [OWNER]
    assert "[sesguard] Sending through acme-news is paused" in office.told
    assert "1 told by mail" in office.told


def test_each_is_told_once_however_often_the_event_comes(office):
    event = a_pause()
    for _ in range(3):
        office.notify(event)
    assert (len(office.sent.mails), len(office.sent.told)) == (1, 1)


def test_two_transitions_are_told_apart(office):
    memory = Memory()
    office.notify(a_pause(memory, mails=2_000, bounces=199))
    act(memory.world, ACME, Alarm(AlarmValue.OK, NOW + HOUR), NOW + HOUR)
    office.notify(events_of(memory)["Tenant Resumed"])
    assert [subject for _, subject, _ in office.sent.mails] == [
        "Sending through acme-news is paused",
        "Sending through acme-news is turned on again, on probation",
    ]


def test_every_contact_has_a_mail_of_its_own(office):
    office.tenants.tenants["acme"] = Tenant("acme", "Acme", (OWNER, "ops@acme.example", OWNER))
    office.notify(a_pause())
    assert sorted(to for to, _, _ in office.sent.mails) == ["ops@acme.example", OWNER]


@pytest.mark.parametrize(
    ("tenants", "words"),
    [
        (MemoryTenants(TENANT), "has no tenant"),
        (MemoryTenants(streams={ACME: "acme"}), "not in TenantsTable"),
        (MemoryTenants(Tenant("acme", "Acme"), streams={ACME: "acme"}), "no usable contact (0 registered)"),
        (
            MemoryTenants(Tenant("acme", "Acme", ("nobody",)), streams={ACME: "acme"}),
            "no usable contact (1 registered)",
        ),
    ],
    ids=["no tenant", "unknown tenant", "no contact", "no address"],
)
def test_where_nobody_can_be_told_the_operator_is(tenants, words):
    office = Office(tenants=tenants)
    office.notify(a_pause())
    assert office.sent.mails == []
    assert "NOBODY IS TOLD" in office.told
    assert words in office.told


def test_the_tenant_of_the_event_stands_in_where_the_registry_has_none():
    office = Office(tenants=MemoryTenants(TENANT))
    office.notify(changed(a_pause(), tenant="acme"))
    assert [to for to, _, _ in office.sent.mails] == [OWNER]


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
    office = Office(tenants=MemoryTenants(Tenant("acme", "Acme", (contact, OWNER)), streams={ACME: "acme"}))
    office.notify(a_pause())
    assert [to for to, _, _ in office.sent.mails] == [OWNER]
    assert "1 not usable" in office.told


def test_what_somebody_else_had_turned_off_is_the_operators_business_alone(office):
    memory = Memory()
    memory.switch.sets[ACME] = Sending.OFF
    office.notify(a_pause(memory))
    assert office.sent.mails == []
    assert "by somebody else" in office.told


def test_a_notice_to_the_operator_goes_to_the_operator_alone_and_once(office):
    memory = Memory()
    enforce(memory.world, "no alarm at all", NOW)
    for _ in range(2):
        office.notify(memory.bus.events[0])
    assert office.sent.mails == []
    assert "An alarm message paused nobody" in office.told


# ---- what


def test_a_pause_says_why_in_numbers_what_is_next_and_what_to_do(office):
    office.notify(a_pause(mails=2_000, bounces=199))
    mail = office.mail
    assert "Hello Acme Ltd," in mail
    assert "Hard bounce rate 10 %, limit 5 %: 199 of 2,000 mails sent from 2026-11-21 17:55 UTC" in mail
    assert "If your true bounce rate were 5 %, this would happen less than once in a billion." in mail
    assert "Worst receiving domains: domain-0.example 1, " in mail
    assert "It comes back on probation, not before 21 November 2026, 19:00 UTC." in mail
    assert "Remove the addresses that bounced" in mail


def test_complaints_are_named_as_such(office):
    office.notify(a_pause(mails=10_000, bounces=0, complaints=80))
    assert "Complaint rate 0.8 %, limit 0.1 %: 80 of 10,000 mails" in office.mail
    assert "If your true complaint rate were 0.1 %" in office.mail
    assert "Remove everybody who complained" in office.mail


def test_what_waits_for_the_owner_says_so(office):
    office.notify(a_pause(bounces=200))
    assert "somebody has to tell the operator of the platform what was fixed" in office.mail
    assert "Then write to the operator" in office.mail


def test_what_does_not_wait_does_not_say_so(office):
    office.notify(a_pause(mails=2_000, bounces=199))
    assert "what was fixed" not in office.mail


def test_an_alarm_of_others_is_quoted(office):
    memory = Memory()
    enforce(memory.world, a_body(NOW, trigger=ses_trigger(), AlarmName="their alarm"), NOW)
    office.notify(events_of(memory)["Tenant Paused"])
    assert 'CloudWatch alarm "their alarm": Threshold Crossed' in office.mail


def test_observe_says_what_would_have_been(office):
    office.notify(a_pause(Memory(Policy(mode=Mode.OBSERVE))))
    assert "Sending through acme-news would have been paused" in office.mail
    assert "it has changed nothing" in office.mail
    assert "refused" not in office.mail
    assert "nothing was changed (observe)" in office.told


def test_every_transition_can_be_told(office):
    memory = Memory()
    memory.counts.sent(ACME, NOW - MINUTE, 150, bounces=26)
    act(memory.world, ACME, Look(), NOW)
    act(memory.world, ACME, Operator(Command.HOLD), NOW)
    act(memory.world, ACME, Operator(Command.RESUME), NOW + HOUR)
    memory.counts.sent(ACME, NOW + HOUR, 300)
    for at in (NOW + 2 * HOUR, NOW + 3 * HOUR):
        act(memory.world, ACME, Look(), at)
    for event in memory.bus.events:
        office.notify(event)
    assert [subject for _, subject, _ in office.sent.mails] == [
        "acme-news is at risk",
        "Sending through acme-news is stopped",
        "Sending through acme-news is turned on again, on probation",
        "acme-news has passed its probation",
    ]


# ---- no harm


HOSTILE = "x\r\nBcc: all@victim.example\n\n<script>\u202e\x00\x1b[2J"
texts = st.text(max_size=80) | st.just(HOSTILE)


def hostile_news(text: str) -> Transition:
    event = changed(a_pause(), tenant=text, incident=text, reason=text)
    evidence = {**event["detail"]["evidence"], "domains": [[text, 3]], "codes": [[text, 3]]}
    evidence |= {"alarm": {"name": text, "own": False, "reason": text}, "from": text}
    news = read(enveloped(changed(event, evidence=evidence)))
    assert isinstance(news, Transition)
    return news


@given(texts)
def test_no_text_from_outside_adds_a_line_or_a_control_character(text):
    news = hostile_news(text)
    harmless = hostile_news("a")
    for notice, plain in (
        (for_owner(news, Tenant("t", text)), for_owner(harmless, Tenant("t", "a"))),
        (for_operator(news, "told"), for_operator(harmless, "told")),
    ):
        assert notice.subject.isprintable()
        assert len(notice.subject) <= 100
        assert all(line.isprintable() for line in notice.text.split("\n"))
        assert notice.text.count("\n") <= plain.text.count("\n")


@given(texts)
def test_the_operators_subject_is_what_sns_takes(text):
    news = read(enveloped({"type": "Operator Notice", "detail": {"id": "1", "subject": text, "text": text}}))
    office = Office()
    office.notify({"type": "Operator Notice", "detail": {"id": "1", "subject": text, "text": text}})
    ((subject, _),) = office.sent.told
    assert subject.isascii()
    assert subject.isprintable()
    assert 1 <= len(subject) <= 100
    assert news is not None


def test_neither_the_journal_nor_the_memory_of_what_was_sent_holds_an_address(office):
    office.notify(a_pause())
    assert "owner" not in json.dumps([*office.journal.journal, *office.once.done])
    assert [entry["channel"].split("/")[0] for entry in office.journal.journal] == ["mail", "operator"]


@pytest.mark.parametrize("body", ["", "x", "[]", "{}", '{"detail-type": "Tenant Paused", "detail": {}}'])
def test_what_is_no_event_of_the_guards_ends_among_the_dead_letters(body):
    with pytest.raises(msgspec.DecodeError):
        read(body)


def test_a_kind_of_event_that_is_newer_than_this_is_left_alone(office):
    office.notify({"type": "Tenant Of A Later Version", "detail": {"version": "7"}})
    assert office.sent.told == []


# ---- trouble


def throttled(operation: str = "SendEmail") -> AwsError:
    return AwsError(operation, "TooManyRequestsException", retryable=True)


def test_a_channel_that_fails_holds_up_no_other_and_is_tried_again(office):
    office.tenants.tenants["acme"] = Tenant("acme", "Acme", (OWNER, "ops@acme.example"))
    office.sent.failing[OWNER] = throttled()
    event = a_pause()
    with pytest.raises(AwsError):
        office.notify(event)
    assert [to for to, _, _ in office.sent.mails] == ["ops@acme.example"]
    assert len(office.sent.told) == 1
    office.sent.failing.clear()
    office.notify(event)
    assert [to for to, _, _ in office.sent.mails] == ["ops@acme.example", OWNER]
    assert len(office.sent.told) == 1


def test_a_refusal_for_good_is_told_to_the_operator_and_not_tried_again(office):
    office.sent.failing[OWNER] = AwsError("SendEmail", "MessageRejected", retryable=False)
    for _ in range(2):
        office.notify(a_pause())
    subjects = [subject for subject, _ in office.sent.told]
    assert subjects.count("[sesguard] An owner could not be told") == 1
    assert OWNER not in json.dumps(office.sent.told)


def test_an_operator_who_cannot_be_told_is_never_given_up_silently(office):
    office.sent.failing["operator"] = AwsError("Publish", "NotFound", retryable=False)
    with pytest.raises(AwsError):
        office.notify(a_pause())
    assert len(office.sent.mails) == 1


# ---- the memory of what was sent, in the table


class Context:
    """Of a Lambda invocation, as far as Powertools asks."""

    def __init__(self, left: timedelta = timedelta(seconds=30)) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left.total_seconds() * 1000)


@pytest.fixture
def once():
    with tables() as client:
        memory = PowertoolsOnce(client, "idempotency")
        memory.register(Context())
        yield memory


def test_what_is_done_is_done_once(once):
    done = []
    for key in ("a", "b", "a"):
        once.do(key, lambda key=key: done.append(key))
    assert done == ["a", "b"]


def test_what_failed_is_not_done(once):
    def fail() -> None:
        raise throttled()

    with pytest.raises(AwsError, match="TooManyRequests"):
        once.do("a", fail)
    done = []
    once.do("a", lambda: done.append("a"))
    assert done == ["a"]


def test_what_another_is_doing_comes_again_later(once):
    def meanwhile() -> None:
        with pytest.raises(AwsError, match="AlreadyInProgress") as raised:
            once.do("a", lambda: None)
        assert raised.value.retryable

    once.do("a", meanwhile)


def test_a_table_that_does_not_answer_is_trouble_that_passes():
    with tables() as client:
        missing = PowertoolsOnce(client, "no-such-table")
        missing.register(Context())
        with pytest.raises(AwsError) as raised:
            missing.do("a", lambda: None)
        assert raised.value.retryable


def test_what_was_cut_off_runs_again_once_its_time_is_over():
    with tables() as client:
        killed = PowertoolsOnce(client, "idempotency")
        killed.register(Context(timedelta(seconds=-1)))

        class Killed(BaseException):
            pass

        def cut_off() -> None:
            raise Killed

        with pytest.raises(Killed):
            killed.do("a", cut_off)
        again = PowertoolsOnce(client, "idempotency")
        again.register(Context())
        done = []
        again.do("a", lambda: done.append("a"))
        assert done == ["a"]
