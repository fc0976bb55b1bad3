"""The notices of an incident, written anew of what is on record: as they were when they were sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sesguard.bus.details import Transition
from sesguard.bus.read import read
from sesguard.cli.incident_view import read_incident
from sesguard.errors import AwsError
from sesguard.fleet.past_transitions import past_transition
from sesguard.fleet.sent_notices import NO_LINK, SentNotice, read_notices
from sesguard.notices import compose
from sesguard.notices.wording import Wording
from sesguard.notify.route import enveloped
from sesguard.pausing.decision import Acknowledge, Alarm, Command, Look, Operator, Signal
from sesguard.pausing.enforce import act
from sesguard.pausing.incidents import incidents
from sesguard.pausing.journal import NotifiedEntry, UndeliveredEntry
from sesguard.pausing.record import Sending
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from tests.fakes.clock import NOW
from tests.fakes.fleet import MemoryFleet
from tests.fakes.world import ACME

HOUR = timedelta(hours=1)
HOSTILE = "<script>document.title='owned'</script>"


class Past:
    """A stream of acme's that lives through things."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.fleet = MemoryFleet()
        memory = self.fleet.memory
        self.memory = memory
        self.now = NOW
        if policy is not None:
            memory.streams.policy = policy
        memory.switch.sets[ACME] = Sending.ON

    def send(self, mails: int, bounces: int = 0, complaints: int = 0) -> None:
        self.memory.counts.sent(ACME, self.now, mails, bounces=bounces, complaints=complaints)

    def hear(self, signal: Signal, after: timedelta = timedelta(minutes=1)) -> None:
        self.now += after
        act(self.memory.deps, ACME, signal, self.now)

    def alarm(self, value: AlarmValue = AlarmValue.ALARM, after: timedelta = timedelta(minutes=1)) -> None:
        self.hear(Alarm(value, self.now + after, name="theirs"), after)

    @property
    def transitions(self) -> list[Transition]:
        """What was published, each once."""
        events = {it["detail"]["id"]: it for it in self.memory.bus.events}.values()
        news = [read(enveloped(event)) for event in events]
        return [it for it in news if isinstance(it, Transition)]

    def tell(self, news: Transition, channel: str, failed: str = "") -> None:
        head = str(ACME), f"{news.at.isoformat()}#told#{news.id}#{channel}", news.incident
        told = {"event": news.id, "type": news.kind, "channel": channel}
        self.memory.streams.note(
            UndeliveredEntry(*head, **told, reason=failed) if failed else NotifiedEntry(*head, **told)
        )

    def notices(self) -> tuple[SentNotice, ...]:
        journal = self.fleet.journal.of(ACME)
        return read_notices(self.fleet, incidents(journal)[-1], journal)


def a_year(past: Past) -> None:
    """Warned, paused for complaints, reminded, acknowledged, resumed, relapsed, held and released by an operator."""
    past.send(1_000, bounces=90)
    past.hear(Look())
    past.send(4_000, complaints=120)
    past.hear(Look())
    past.hear(Look(), 30 * HOUR)
    past.hear(Acknowledge(), HOUR)
    past.alarm(AlarmValue.OK, HOUR)
    past.send(3_000, bounces=600)
    past.hear(Look())
    past.hear(Operator(Command.HOLD), HOUR)
    past.hear(Operator(Command.RELEASE), HOUR)
    past.hear(Operator(Command.RESUME), HOUR)
    for _ in range(4):
        past.alarm(after=2 * HOUR)
        past.hear(Operator(Command.RESUME), HOUR)
    past.hear(Look(), timedelta(days=20))


@pytest.mark.parametrize("policy", [Policy(), Policy(cool_down=2 * HOUR, strikes_to_hold=2)], ids=["default", "own"])
def test_every_event_of_a_streams_past_is_made_anew_as_it_was_published(policy):
    past = Past(policy)
    a_year(past)
    record, journal = past.memory.streams.load(ACME), past.fleet.journal.of(ACME)
    published = past.transitions
    assert {it.kind.value for it in published} >= {
        "Tenant Warned", "Tenant Paused", "Tenant Held", "Tenant Resumed", "Tenant Awaiting Acknowledgement"
    }  # fmt: skip
    assert [past_transition(journal, it.id, it.kind, record) for it in published] == published


def test_a_pause_that_somebody_else_had_made_is_told_as_it_was():
    past = Past()
    past.memory.switch.sets[ACME] = Sending.OFF
    past.send(4_000, bounces=900)
    past.hear(Look())
    record, journal = past.memory.streams.load(ACME), past.fleet.journal.of(ACME)
    (published,) = past.transitions
    assert published.outcome == "already_off"
    assert past_transition(journal, published.id, published.kind, record) == published


@pytest.mark.parametrize(("event", "kind"), [("0" * 32, "Tenant Paused"), ("", ""), ("x", "Tenant Sold")])
def test_what_is_not_on_record_is_made_of_nothing(event, kind):
    past = Past()
    a_year(past)
    assert past_transition(past.fleet.journal.of(ACME), event, kind, past.memory.streams.load(ACME)) is None


def paused() -> tuple[Past, Transition]:
    past = Past()
    past.send(4_000, complaints=120)
    past.hear(Look())
    return past, past.transitions[-1]


def test_a_notice_is_shown_once_with_each_channel_and_what_became_of_it():
    past, news = paused()
    past.tell(news, "mail/0123456789abcdef")
    past.tell(news, "slack/0123456789abcdef", HOSTILE)
    past.tell(news, "operator")
    past.tell(news, "operator/teams/0123456789abcdef")
    owner, operator = past.notices()
    assert owner.results == (("mail", ""), ("slack", HOSTILE))
    assert operator.results == (("operator's topic", ""), ("operator's teams", ""))
    assert owner.text == compose.for_owner(news, "", Wording.built_in(), NO_LINK)
    assert operator.text == compose.for_operator(news, "1 told, 1 could not be told", Wording.built_in())


def test_the_owners_link_is_in_no_notice_that_is_shown():
    past, news = paused()
    past.tell(news, "mail/0123456789abcdef")
    (owner,) = past.notices()
    assert owner.text is not None
    assert news.acknowledge
    assert NO_LINK in owner.text.html


def test_a_notice_of_what_is_not_on_record_is_named_without_words():
    past, news = paused()
    past.memory.streams.note(
        NotifiedEntry(str(ACME), f"{NOW.isoformat()}#told", news.incident, event="gone", type="Tenant Paused",
                      channel="mail/0123456789abcdef")
    )  # fmt: skip
    (notice,) = past.notices()
    assert notice.text is None
    assert "does not hold" in read_incident(incidents(past.fleet.journal.of(ACME))[-1], [notice]).as_markdown()


def test_markdown_holds_the_notices_and_no_markup_of_anybodys():
    past, news = paused()
    past.tell(news, "mail/0123456789abcdef", HOSTILE)
    notices = past.notices()
    text = read_incident(incidents(past.fleet.journal.of(ACME))[-1], notices).as_markdown()
    assert "## To the owner" in text
    assert "As rendered from the record" in text
    assert "acme\\-news" in text.partition("## To the owner")[2]
    assert "not sent" in text
    assert "<script>" not in text


def test_a_wording_that_cannot_be_read_is_said_so():
    past, news = paused()
    past.tell(news, "operator")
    past.fleet.failing.add("wording")
    with pytest.raises(AwsError):
        past.notices()
