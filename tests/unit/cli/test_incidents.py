"""Incidents out of the journal: one record from the first warning to the recovery; and reading the journal back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sesguard.aws.tables.journal import DynamoJournalReader
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.bus.events import iso
from sesguard.pausing.decision import Alarm
from sesguard.pausing.enforce import act
from sesguard.pausing.incidents import Incident, incidents
from sesguard.pausing.journal import DecisionEntry, JournalEntry, NotifiedEntry
from sesguard.pausing.operator_command import Order, Word, operate
from sesguard.pausing.sweep import sweep
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.guard import MemoryJournal
from tests.fakes.journal import a_decision
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME, Memory, MemoryStreams

SHOP = StreamId("123456789012", "us-east-1", "shop")
ALICE = "arn:aws:iam::123456789012:user/alice"


def entry(minutes: float, *, incident: str = "1", stream: StreamId = ACME, **fields: Any) -> DecisionEntry:
    return a_decision(NOW + minutes * MINUTE, stream, incident=incident, **fields)


WARNED = entry(0, action="warn", reason="bounces", to="watched", evidence={"sentence": "half way", "risk": 0.6})
PAUSED = entry(9, action="pause", reason="bounces", to="paused", evidence={"sentence": "over it", "risk": 1.2})
HELD = entry(20, action="hold", reason="operator", to="held", evidence={}, who=ALICE, why="ticket 12")
RESUMED = entry(30, action="resume", reason="operator", to="probation", evidence={}, who=ALICE, why="clean now")
RECOVERED = entry(90, action="recover", reason="probation_passed", to="healthy", evidence={"sentence": "no run"})
TOLD = NotifiedEntry(
    str(ACME),
    f"{iso(NOW + 91 * MINUTE)}#notified#1#operator",
    "1",
    event="1",
    type="Tenant Recovered",
    channel="operator",
)
LIFE = [WARNED, PAUSED, HELD, RESUMED, RECOVERED, TOLD]


def one(*entries: JournalEntry) -> Incident:
    (found,) = incidents(entries)
    return found


def test_an_incident_holds_its_whole_life_in_order_however_it_was_read():
    found = one(*reversed(LIFE))
    assert list(found.entries) == LIFE
    assert (found.began, found.ended, found.last) == (NOW, NOW + 90 * MINUTE, NOW + 91 * MINUTE)
    assert (found.status, found.pauses) == ("healthy", 2)
    assert found.reasons == ("bounces", "operator")
    assert found.operators == (ALICE,)


def test_an_incident_goes_on_until_the_stream_is_healthy():
    assert one(*LIFE[:4]).ended is None
    assert one(*LIFE[:4]).status == "probation"


def test_what_it_rested_on_is_the_last_sentence_of_evidence():
    assert one(WARNED).sentence == "half way"
    assert one(WARNED, PAUSED, HELD).sentence == "over it"
    assert one(HELD).sentence == ""


def test_episodes_and_streams_are_apart_and_come_in_the_order_in_which_they_began():
    later, elsewhere = entry(500, incident="2", to="watched"), entry(-5, stream=SHOP, to="watched")
    assert [(it.stream, it.id) for it in incidents([later, *LIFE, elsewhere])] == [
        (str(SHOP), "1"),
        (str(ACME), "1"),
        (str(ACME), "2"),
    ]


def test_what_belongs_to_no_incident_is_none():
    assert incidents([entry(0, incident="")]) == []


@pytest.mark.parametrize(("minutes", "found"), [(91, 1), (92, 0)])
def test_since_keeps_what_still_went_on_then_and_all_of_it(minutes, found):
    assert [len(it.entries) for it in incidents(LIFE, NOW + minutes * MINUTE)] == [len(LIFE)] * found


def test_its_data_hold_every_entry_as_it_was_written():
    data = one(*LIFE).as_dict()
    assert data["stream"] == str(ACME)
    assert (data["began"], data["ended"]) == ("2026-11-21T18:00:00+00:00", "2026-11-21T19:30:00+00:00")
    assert data["entries"] == [{key: value for key, value in it.as_dict().items() if key != "stream"} for it in LIFE]
    assert one(PAUSED).as_dict()["ended"] is None


def test_a_life_as_the_guard_writes_it_is_one_incident_news_of_the_recovery_included():
    quick = Policy(cool_down=MINUTE, probation_for=MINUTE, probation_mails=10, acknowledge_bounce_rate=1.0)
    memory = Memory(quick)
    memory.counts.sent(ACME, NOW - MINUTE, 400, bounces=72)
    act(memory.deps, ACME, Alarm(AlarmValue.ALARM, NOW), NOW)
    operate(memory.deps, ACME, Order.HOLD, Word(ALICE, "wait"), NOW + MINUTE)
    operate(memory.deps, ACME, Order.RESUME, Word(ALICE, "go on"), NOW + 2 * MINUTE)
    memory.counts.sent(ACME, NOW + 3 * MINUTE, 200)
    sweep(memory.deps, memory.alarms, NOW + 4 * MINUTE)
    found = one(*memory.streams.journal)
    assert [it.action for it in found.entries if it.kind == "decided"] == ["pause", "hold", "resume", "recover"]
    assert found.ended == NOW + 4 * MINUTE
    assert sum(it.kind == "announced" for it in found.entries) == 4


@pytest.fixture(params=["memory", "dynamodb"])
def journal(request) -> Iterator[Any]:
    """A journal that was written through the port Streams: its writer and its reader."""
    if request.param == "memory":
        streams = MemoryStreams()
        yield streams, MemoryJournal(streams)
    else:
        with tables() as client:
            written = DynamoStreams(client, "streams", "incidents", Policy())
            yield written, DynamoJournalReader(client, "incidents")


def test_what_was_written_is_read_back_as_it_was(journal):
    streams, reader = journal
    hostile = {"why": '{"not": "ours"}', "evidence": {"chance": 1e-200, "domains": [["a.example", 3]]}}
    streams.save(streams.load(ACME), [entry(0, **hostile)])
    assert list(reader.of(ACME)) == [entry(0, **hostile)]
    assert list(reader.all()) == [entry(0, **hostile)]


def test_entries_of_a_stream_come_oldest_first_and_of_the_last_the_newest(journal):
    streams, reader = journal
    for minutes in (2, 0, 1):
        streams.save(streams.load(ACME), [entry(minutes)])
    streams.save(streams.load(SHOP), [entry(5, stream=SHOP)])
    assert list(reader.of(ACME)) == [entry(0), entry(1), entry(2)]
    assert list(reader.last(ACME, 2)) == [entry(1), entry(2)]
    assert len(list(reader.all())) == 4


def test_a_stream_of_which_nothing_is_on_record_has_no_entries(journal):
    _, reader = journal
    assert (list(reader.of(ACME)), list(reader.last(ACME, 5)), list(reader.all())) == ([], [], [])
