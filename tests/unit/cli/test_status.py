"""What the operator's commands print, and the exit codes they end with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as replace_state

from sesguard.bus.events import operator_notice
from sesguard.cli import connect, output
from sesguard.cli.main import main
from sesguard.errors import AwsError
from sesguard.pausing.decision import Alarm, RefusalSeen
from sesguard.pausing.enforce import act
from sesguard.pausing.journal import read_entry
from sesguard.pausing.operator_command import Order, Word, operate
from sesguard.pausing.record import QueuedAlarm, Sending, StreamRecord, Waiting
from sesguard.pausing.state import Origin, StreamState
from sesguard.pausing.tenant_standing import TenantStanding
from sesguard.policy import Mode, Policy
from sesguard.posture.changes import PostureRecord
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from sesguard.wiring.operator import Guard
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.guard import ALICE, a_guard
from tests.fakes.states import held, paused, probation, watched
from tests.fakes.world import ACME, NOTICES, Memory

LATER = NOW + 12 * MINUTE
SHOP = StreamId(ACME.account, ACME.region, "shop")
ABROAD = StreamId(ACME.account, "us-east-1", "acme-news")


class Terminal:
    """Runs commands on a guard in memory, twelve minutes past NOW."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.memory = Memory()
        self.dead_letters: dict[str, int] = {"AlarmDeadLetters": 0}
        self._capsys = capsys
        self.errors = ""
        monkeypatch.setattr(connect, "find", lambda _: self.guard())
        monkeypatch.setattr(connect, "now", lambda: LATER)

    def guard(self) -> Any:
        return a_guard(self.memory, policy=self.memory.streams.policy, dead_letters=self.dead_letters)

    def run(self, *words: str) -> tuple[int, str]:
        """The exit code, and what was printed without spaces at the ends of lines."""
        code = main(list(words))
        printed, self.errors = self._capsys.readouterr()
        assert {"--json", "--export"} & set(words) or max(map(len, printed.splitlines()), default=0) <= 100
        return code, "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")

    def json(self, *words: str) -> tuple[int, Any]:
        code, printed = self.run(*words, "--json")
        return code, json.loads(printed)

    def put(self, stream: StreamId, state: StreamState, **changes: Any) -> None:
        record = StreamRecord(stream, 1, state, self.memory.streams.policy, **{"turned_off": state.off, **changes})
        self.memory.streams.records[stream] = record
        self.memory.switch.sets[stream] = Sending.OFF if record.turned_off else Sending.ON

    def pause(self) -> None:
        """acme-news is paused for its bounces, by the guard."""
        self.memory.counts.sent(ACME, NOW - 5 * MINUTE, 400, bounces=72)
        act(
            self.memory.deps,
            ACME,
            Alarm(AlarmValue.ALARM, NOW),
            NOW,
            {"alarm": {"name": "x", "own": True, "reason": ""}},
        )


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capsys)


# ---- status


def test_status_of_a_healthy_platform_is_short_and_ends_with_0(terminal):
    code, printed = terminal.run("status")
    assert code == 0
    assert printed.splitlines() == [
        "sesguard enforce  stack sesguard, 123456789012 eu-west-1, 2026-11-21 18:12:00Z",
        "0 held, 0 paused, 0 probation, 0 watched, 2 healthy",
        ACCOUNT_LINE,
    ]


ACCOUNT_LINE = "SES: healthy, 12,000 of 50,000 mails a day (24%), bounces 2.1% of 5%, complaints 0.03% of 0.1%"


def test_status_says_how_the_account_stands_and_that_it_is_known_by_the_guards_count(terminal, monkeypatch):
    guard = terminal.guard()
    monkeypatch.setattr(connect, "find", lambda _: guard)
    guard.clients.account = {
        "EnforcementStatus": "PROBATION",
        "SendQuota": {"Max24HourSend": -1.0, "SentLast24Hours": 90_000.0},
    }
    guard.clients.rates = {"Reputation.BounceRate": 0.061}
    line = terminal.run("status")[1].splitlines()[-1]
    assert line == "SES: probation, 90,000 mails a day, without a limit, bounces 6.1% of 5%"
    _, document = terminal.json("status")
    assert document["ses_account"]["status"] == "PROBATION"
    assert document["ses_account"]["rates"] == {"bounces": 0.061}
    assert document["ses_account"]["by_ses"] is True


def test_status_says_what_of_the_account_it_may_not_read_and_shows_the_rest(terminal, monkeypatch):
    guard = terminal.guard()
    monkeypatch.setattr(connect, "find", lambda _: guard)
    refused = AwsError("GetAccount", "AccessDeniedException", retryable=False)

    def refuses() -> None:
        raise refused

    monkeypatch.setattr(guard.clients, "get_account", refuses)
    code, printed = terminal.run("status")
    assert code == 0
    assert "what SES says of the account is not known: GetAccount failed: AccessDeniedException" in printed
    assert "bounces 2.1% of 5%" in printed


def test_status_shows_the_worst_first_and_what_each_waits_for(terminal):
    terminal.pause()
    terminal.put(SHOP, held(NOW - 2 * DAY), tenant="a-shop")
    terminal.put(ABROAD, probation(NOW - HOUR))
    code, printed = terminal.run("status")
    assert code == 4
    assert printed.splitlines() == [
        "sesguard enforce  stack sesguard, 123456789012 eu-west-1, 2026-11-21 18:12:00Z",
        "1 held, 1 paused, 1 probation, 0 watched, 1 healthy",
        "",
        " stream               tenant  state      since       risk  waits for                       reason",
        " ──────────────────────────────────────────────────────────────────────────────────────────────────",
        " shop                 a-shop  held       2 d         0.00  operator",
        " acme-news                    paused     12 min      5.21  owner's word, cool-down 48 min  bounces",
        " us-east-1/acme-news          probation  1 h 12 min  0.00  good mail",
        "",
        ACCOUNT_LINE,
    ]


def test_status_has_a_line_a_stream_on_a_screen_of_80_columns(terminal, monkeypatch):
    monkeypatch.setattr(output, "WIDTH", 80)
    terminal.pause()
    terminal.put(SHOP, held(NOW - 2 * DAY), tenant="a-shop-of-many-letters")
    printed = terminal.run("status")[1].splitlines()
    assert [line.split()[0] for line in printed[5:7]] == ["shop", "acme-news"]
    assert max(map(len, printed)) <= 80
    assert "…" not in "".join(printed[3:])


def test_a_stream_whose_alarm_is_up_is_on_its_way_to_a_pause_and_not_to_a_calm_day(terminal, monkeypatch):
    terminal.memory.counts.sent(ACME, NOW - 5 * MINUTE, 400, bounces=72)
    terminal.put(ACME, watched())
    terminal.put(SHOP, watched())
    assert "calm day" in terminal.run("status")[1]
    guard = terminal.guard()
    guard.alarms.put(ACME, AlarmValue.ALARM, NOW)
    guard.alarms.put(SHOP, AlarmValue.ALARM, NOW)  # which nothing bears out any more
    monkeypatch.setattr(connect, "find", lambda _: guard)
    code, document = terminal.json("status")
    assert code == 4
    waits = {each["stream"]: each["waits_for"] for each in document["streams"]}
    assert waits[str(ACME)] == [{"what": "pause", "until": None, "place": None}]
    assert waits[str(SHOP)][0]["what"] == "calm"


def test_a_pause_says_its_place_among_those_that_wait_for_ses(terminal, monkeypatch):
    alarms = [QueuedAlarm(stream, 2.0, Alarm(AlarmValue.ALARM, NOW), {}) for stream in (SHOP, ACME)]
    resume = QueuedAlarm(ABROAD, 0.0, Alarm(AlarmValue.OK, NOW), {})
    monkeypatch.setattr(Guard, "queued_alarms", lambda _: [*alarms, resume])
    terminal.put(ACME, watched())
    code, printed = terminal.run("status")
    assert code == 4
    assert "its pause (2 in line)" in printed
    places = {each["stream"]: each["waits_for"] for each in terminal.json("status")[1]["streams"]}
    assert [wait["place"] for wait in places[str(SHOP)]] == [1]  # though it is healthy on record
    assert str(ABROAD) not in places


def test_where_the_queue_cannot_be_read_status_says_so_and_shows_the_rest(terminal, monkeypatch):
    def refused(_):
        raise AwsError("Query", "AccessDeniedException", retryable=False)

    monkeypatch.setattr(Guard, "queued_alarms", refused)
    terminal.put(ACME, watched())
    code, printed = terminal.run("status")
    assert code == 0
    assert "on their way to a pause is not known: Query failed: AccessDeniedException" in printed


@pytest.mark.parametrize(
    ("state", "code"),
    [(watched(), 0), (probation(), 0), (paused(), 4), (held(), 4)],
    ids=lambda it: getattr(it, "status", it),
)
def test_status_ends_with_4_where_a_stream_is_off(terminal, state, code):
    terminal.put(ACME, state)
    assert terminal.run("status")[0] == code


def test_status_ends_with_4_where_a_pause_waits_for_an_operator(terminal):
    terminal.put(ACME, watched(), waiting=Waiting(NOW, "bounces", 1.2))
    code, printed = terminal.run("status")
    assert code == 4
    assert "an operator (backlog)" in printed


def test_status_shows_what_is_not_delivered(terminal):
    notice = operator_notice("x", "y", "z", NOW)
    terminal.put(ACME, StreamState(), turned_off=True, switch_due="on", trouble="AccessDenied", announce=(notice,))
    code, printed = terminal.run("status")
    assert code == 4
    assert "acme-news: SES has yet to turn sending on; SES refuses it: AccessDenied" in printed
    assert "acme-news: 1 of the guard's events are not published yet" in printed


@pytest.mark.parametrize(("messages", "code"), [(0, 0), (3, 4)])
def test_status_counts_dead_letters(terminal, messages, code):
    terminal.dead_letters = {"AlarmDeadLetters": messages}
    assert terminal.run("status")[0] == code
    assert terminal.json("status")[1]["dead_letters"] == {"AlarmDeadLetters": messages}


def test_status_names_domains_whose_mail_may_be_counted_nowhere(terminal, monkeypatch):
    lacking = [f"d{number}.example" for number in range(12)]
    monkeypatch.setattr("sesguard.wiring.fleet.without_default_set", lambda _: lacking)
    code, out = terminal.run("status")
    assert code == 0
    assert "12 domains without a default configuration set: d0.example, d1.example," in " ".join(out.split())
    assert "d10.example" not in out
    assert terminal.json("status")[1]["without_default_set"] == lacking


def test_a_stream_that_is_watched_for_its_domain_waits_for_its_records(terminal):
    act(terminal.memory.deps, ACME, RefusalSeen("acme.example", refused=True, at=NOW), NOW)
    _, document = terminal.json("status")
    (stream,) = document["streams"]
    assert (stream["state"], stream["reason"]) == ("watched", "domain_refused")
    assert stream["waits_for"] == [{"what": "records", "until": None}]


def test_explain_says_how_the_domains_of_the_stream_stand(terminal, monkeypatch):
    record = PostureRecord(name="acme.example", effect="refused", findings=("dkim.missing",), looked_at=NOW)
    monkeypatch.setattr("sesguard.wiring.fleet.posture_records", lambda *_: [record])
    assert "acme.example: mail is refused (dkim.missing)" in " ".join(terminal.run("explain", "acme-news")[1].split())
    _, document = terminal.json("explain", "acme-news")
    assert document["domains"][0]["effect"] == "refused"


def test_status_says_where_a_pause_is_only_observed(terminal):
    terminal.memory.streams.policy = Policy(mode=Mode.OBSERVE)
    terminal.put(ACME, paused(), turned_off=False)
    assert "paused (observed)" in terminal.run("status")[1]


def test_a_stream_whose_evidence_cannot_be_read_is_shown_all_the_same(terminal):
    terminal.put(ACME, watched())
    terminal.memory.counts.hook = failing("Query", "Throttling")
    code, printed = terminal.run("status")
    assert code == 4
    assert "acme-news: Query failed: Throttling" in printed
    assert "?" in printed


def test_status_names_who_publishes_no_volume_healthy_or_not(terminal):
    terminal.put(ACME, StreamState(volume_told=NOW))
    terminal.put(SHOP, replace_state(watched(), volume_told=NOW))
    code, printed = terminal.run("status")
    assert code == 0
    assert "2 streams without the volume that outcomes are held against: acme-news, shop" in printed
    assert terminal.json("status")[1]["without_volume"] == [str(ACME), str(SHOP)]
    assert "not published, people were told" in terminal.run("show", "acme-news")[1]


def test_status_names_ten_of_many_that_publish_no_volume(terminal):
    for number in range(25):
        terminal.put(SHOP._replace(configuration_set=f"shop-{number:02}"), StreamState(volume_told=NOW))
    printed = " ".join(terminal.run("status")[1].split())
    assert "shop-09, and 15 more" in printed


def test_status_for_programs_has_keys_that_stay(terminal):
    terminal.pause()
    code, document = terminal.json("status")
    assert code == 4
    assert list(document) == [
        "stack", "account", "region", "mode", "at", "counts", "streams", "dead_letters",
        "without_default_set", "without_volume", "attention", "ses_account",
    ]  # fmt: skip
    assert document["counts"] == {"held": 0, "paused": 1, "probation": 0, "watched": 0, "healthy": 1}
    (stream,) = document["streams"]
    assert list(stream) == [
        "stream", "tenant", "state", "since", "origin", "incident", "mode", "risk", "reason", "who", "why", "waits_for",
        "cool_down_until", "acknowledge", "strikes", "counted_from", "turned_off", "undelivered",
        "volume_told", "failed",
    ]  # fmt: skip
    assert stream["waits_for"] == [
        {"what": "acknowledgement", "until": None},
        {"what": "cool_down", "until": "2026-11-21T19:00:00+00:00"},
    ]


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (paused(), "the cool-down (48 min)"),
        (paused(NOW - HOUR), "its alarm's OK"),
        (paused(acknowledge=True, cool_down=MINUTE), "the owner's word"),
        (paused(origin=Origin.OPERATOR, cool_down_until=None), "whoever turned it off"),
        (paused(origin=Origin.AWS), "AWS"),
        (held(), "an operator"),
        (watched(calm_since=NOW), "a calm day (≥ 23 h 48 min)"),
        (watched(), "a calm day"),
        (probation(), "good mail (≥ 48 min)"),
    ],
)
def test_every_state_says_what_it_waits_for(terminal, state, waits):
    terminal.put(ACME, state)
    printed = terminal.run("stream", "show", "acme-news")[1]
    assert f"\nwaits for    {waits}\n" in printed


# ---- explain


def test_explain_tells_the_run_behind_the_last_decision_and_how_it_is_now(terminal):
    terminal.pause()
    terminal.memory.counts.mail.clear()
    assert terminal.run("explain", "acme-news") == (
        0,
        """\
acme-news: paused, for 12 min

Last decision
  2026-11-21 18:00:00Z, 12 min ago: pause (bounces) → paused, asked
  Worst run: of 400 mails sent from 2026-11-21T17:55Z to 2026-11-21T18:01Z, 72 were hard bounces:
  18 %, limit 5 %.
  If its true rate were 5 %, this would happen less than once in a billion, with 60 mails of credit
  added to the run.
  Evidence 36.02, risk 5.21, of which 1 is enough to pause. 400 mails weighed in all.
  Worst receiving domains: domain-0.example 1, domain-1.example 1, domain-10.example 1,
  domain-11.example 1, domain-12.example 1.

Now (2026-11-21 18:12:00Z)
  Risk 0.00: no run of its mail is over a limit (0 mails weighed).""",
    )


def test_explain_still_tells_the_evidence_after_an_operators_word(terminal):
    terminal.pause()
    operate(terminal.memory.deps, ACME, Order.HOLD, Word(ALICE, "wait"), NOW + MINUTE)
    code, document = terminal.json("explain", "acme-news")
    assert code == 0
    assert (document["last"]["action"], document["last"]["who"]) == ("hold", ALICE)
    assert (document["weighed"]["action"], document["weighed"]["evidence"]["bad"]) == ("pause", 72)
    assert document["now"]["bad"] == 72


def test_explain_of_a_stream_that_never_did_anything_says_so(terminal):
    code, printed = terminal.run("explain", "acme-news")
    assert code == 0
    assert "None is on record." in printed
    assert terminal.json("explain", "acme-news")[1]["last"] is None


def test_explain_tells_how_all_streams_of_its_tenant_stand_together(terminal, monkeypatch):
    sentence = "3 streams of its tenant together: hard bounce rate 9 % > 5 % over 3 h: 45 of 500 mails"
    standing = TenantStanding(at=NOW, streams=3, volume=500, risk=0.61, sentence=sentence)
    monkeypatch.setattr("sesguard.wiring.fleet.GuardFleet.together", lambda fleet, tenant: standing)
    printed = terminal.run("explain", "acme-news")[1]
    assert "All streams of its tenant together\n  Risk 0.61 when they were weighed last, 12 min ago" in printed
    assert terminal.json("explain", "acme-news")[1]["together"]["streams"] == 3


def test_somebody_elses_alarm_is_named(terminal):
    alarm = {"name": "theirs", "own": False, "reason": "Threshold Crossed"}
    act(terminal.memory.deps, ACME, Alarm(AlarmValue.ALARM, NOW), NOW, {"alarm": alarm})
    printed = terminal.run("explain", "acme-news")[1]
    assert '  An alarm of somebody else\'s, "theirs": Threshold Crossed.' in printed


# ---- stream show


def test_a_stream_is_shown_with_everything_on_record(terminal):
    terminal.memory.streams.policy = Policy(cool_down=2 * HOUR)
    terminal.pause()
    record = terminal.memory.streams.records[ACME]
    own = replace(record.policy, cool_down=HOUR / 2, bounce_limit=0.03)
    terminal.memory.streams.records[ACME] = replace(record, tenant="acme", policy=own)
    terminal.memory.alarms.put(ACME, AlarmValue.ALARM, NOW)
    printed = terminal.run("stream", "show", "acme-news")[1]
    for line in (
        "123456789012/eu-west-1/acme-news",
        "state        paused since 2026-11-21 18:00:00Z, for 12 min",
        "SES sending  off, turned off by the guard",
        "tenant       acme Acme Ltd",
        "contacts     owner@acme.example",
        " 24 hours    2026-11-20 19:00Z     400        72   18 %            0    0 %",
        "bounce_limit                3 % *",
        "cool_down                   30 min *",
        "cool_down_at_most           1 d",
        "2026-11-21 18:00:00Z  pause (bounces) → paused, asked",
        "                      done: SES has turned sending off",
    ):
        assert line in printed.splitlines()


def test_a_stream_for_programs_has_keys_that_stay(terminal):
    terminal.pause()
    code, document = terminal.json("stream", "show", "acme-news")
    assert code == 0
    assert list(document) == [
        "stream", "standing", "sending", "alarm", "tenant", "policy", "overrides", "counts", "domains", "journal",
    ]  # fmt: skip
    assert (document["sending"], document["alarm"], document["tenant"]) == ("off", None, None)
    assert document["policy"]["cool_down"] == 3600
    assert document["overrides"] == []
    assert document["counts"]["hour"] == {
        "from": "2026-11-21T17:13:00+00:00", "volume": 400, "bounces": 72, "complaints": 0,
    }  # fmt: skip
    assert [entry["kind"] for entry in document["journal"]] == ["decided", "done", "announced"]


@pytest.mark.parametrize(
    ("ago", "counted"),
    [
        (59 * MINUTE, ["hour", "day", "week", "month"]),
        (60 * MINUTE, ["day", "week", "month"]),
        (23 * HOUR + 12 * MINUTE, ["day", "week", "month"]),
        (23 * HOUR + 13 * MINUTE, ["week", "month"]),
        (6 * DAY + 18 * HOUR, ["week", "month"]),
        (6 * DAY + 19 * HOUR, ["month"]),
    ],
)
def test_counts_are_of_the_spans_that_they_say(terminal, ago, counted):
    terminal.memory.counts.sent(ACME, LATER - ago, 10)
    document = terminal.json("stream", "show", "acme-news")[1]
    assert [name for name, sums in document["counts"].items() if sums["volume"]] == counted


# ---- incidents


def test_incidents_of_all_streams_are_a_line_each(terminal):
    terminal.pause()
    operate(terminal.memory.deps, ACME, Order.RESUME, Word(ALICE, "clean now"), NOW + 3 * MINUTE)
    assert terminal.run("incidents") == (
        0,
        """\
 began                  stream      lasted          now         pauses   reasons   operators
 ───────────────────────────────────────────────────────────────────────────────────────────
 2026-11-21 18:00:00Z   acme-news   12 min so far   probation        1   bounces   alice

1 incident, 1 of them going on.""",
    )


def test_the_incidents_of_a_stream_are_shown_whole(terminal):
    terminal.pause()
    operate(terminal.memory.deps, ACME, Order.RESUME, Word(ALICE, "clean now"), NOW + 3 * MINUTE)
    code, printed = terminal.run("incidents", "acme-news")
    assert code == 0
    assert printed.splitlines()[:3] == [
        "Incident of 123456789012/eu-west-1/acme-news  2026-11-21T18:00:00.000000Z",
        "2026-11-21 18:00:00Z and going on (12 min), probation",
        "2026-11-21 18:00:00Z  pause (bounces) → paused, asked",
    ]
    assert printed.splitlines()[-6:] == [
        "                      done: SES has turned sending off",
        "                      published: an event on the guard's bus",
        "2026-11-21 18:03:00Z  resume (operator) → probation, asked",
        f"                        by {ALICE}: clean now",
        "                      done: SES has turned sending on",
        "                      published: an event on the guard's bus",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "done", "outcome": "failed", "error": "AccessDenied"}, "done: SES refuses (AccessDenied)"),
        ({"kind": "announced", "events": '["1", "2"]'}, "published: 2 events on the guard's bus"),
        ({"kind": "notified", "type": "Tenant Held", "channel": "mail/0123"}, "told: Tenant Held by mail"),
        (
            {"kind": "undelivered", "type": "Tenant Held", "channel": "slack/0123", "reason": "HTTP 404"},
            "not told: Tenant Held by slack: HTTP 404",
        ),
        (
            {"kind": "drift", "outcome": "found_off", "to": "paused"},
            "drift: sending was found turned off by somebody else → paused",
        ),
        ({"kind": "backlog", "outcome": "dropped"}, "backlog: the waiting pause was dismissed"),
        ({"kind": "from a later version", "outcome": "x"}, "from a later version: x"),
    ],
    ids=lambda it: it.get("kind") if isinstance(it, dict) else "",
)
def test_every_kind_of_entry_reads_as_a_line(terminal, fields, said):
    texts = {"stream": str(ACME), "at": "2026-11-21T18:00:00.000000Z#1", "incident": "1", **fields}
    terminal.memory.streams.journal.append(read_entry(texts))
    assert terminal.run("incidents", "acme-news")[1].splitlines()[-1] == f"2026-11-21 18:00:00Z  {said}"


def test_an_export_is_an_incident_a_line(terminal):
    terminal.pause()
    code, printed = terminal.run("incidents", "--export")
    (line,) = printed.splitlines()
    assert code == 0
    assert json.loads(line) == terminal.json("incidents")[1]["incidents"][0]
    assert json.loads(line)["entries"][0]["evidence"]["bad"] == 72


def test_no_incident_ends_with_1(terminal):
    assert terminal.run("incidents") == (1, "No incident is on record.")
    assert terminal.json("incidents", "acme-news") == (1, {"incidents": []})


@pytest.mark.parametrize(
    ("since", "found"), [("12m", 1), ("11m", 0), ("2026-11-21T18:00Z", 1), ("2026-11-21T18:01", 0), ("2026-11-20", 1)]
)
def test_since_takes_lengths_and_times(terminal, since, found):
    terminal.pause()
    assert len(terminal.json("incidents", "--since", since)[1]["incidents"]) == found


@pytest.mark.parametrize("since", ["yesterday", "7", "-3d", "", "9999999d"])
def test_since_takes_nothing_else(terminal, since):
    assert terminal.run("incidents", f"--since={since}")[0] == 2
    assert "expected a length such as 7d" in terminal.errors


# ---- the operator's word


def test_a_hold_says_what_it_did_and_ends_with_0(terminal):
    code, printed = terminal.run("hold", "acme-news", "--reason", "ticket 12")
    assert (code, printed) == (0, "acme-news: healthy → held. Sending is off. It waits for an operator.")


def test_pause_is_hold_under_another_name(terminal):
    code, document = terminal.json("pause", "acme-news", "--reason", "ticket 12")
    assert code == 0
    assert document == {
        "stream": str(ACME),
        "command": "hold",
        "answer": "done",
        "from": "healthy",
        "to": "held",
        "outcome": "paused",
        "waits_for": [{"what": "operator", "until": None}],
        "who": ALICE,
        "why": "ticket 12",
        "problem": None,
    }


@pytest.mark.parametrize(
    ("word", "state", "said"),
    [
        (
            "release",
            held(),
            "acme-news: held → paused. The hold is over, the guard's own pause is not. It waits for the ",
        ),
        ("resume", held(), "acme-news: held → probation. Sending is on. It waits for good mail (≥ 1 h)."),
        ("acknowledge", paused(acknowledge=True), "acme-news is paused. Acknowledged for its owner. It waits for the "),
    ],
)
def test_other_words_say_what_comes_of_them(terminal, word, state, said):
    terminal.put(ACME, state)
    code, printed = terminal.run(word, "acme-news", "--reason", "ticket 12")
    assert code == 0
    assert printed.startswith(said.strip())


def test_holding_the_guards_own_mail_says_what_that_means(terminal):
    printed = terminal.run("hold", NOTICES.configuration_set, "--reason", "ticket 12")[1]
    assert "no owner is told of anything until it is on again" in printed


def test_nothing_to_do_ends_with_1_and_says_so(terminal):
    code, printed = terminal.run("release", "acme-news", "--reason", "ticket 12")
    assert (code, printed) == (1, "acme-news is not held: nothing to do. It is healthy.")


def test_what_ses_has_yet_to_do_ends_with_5(terminal):
    terminal.memory.switch.hook = failing("PutConfigurationSetSendingOptions", "TooManyRequestsException", "turn")
    code, printed = terminal.run("hold", "acme-news", "--reason", "ticket 12")
    assert code == 5
    assert "It is on record, and SES has yet to turn sending off." in printed
    assert "TooManyRequestsException" in printed


@pytest.mark.parametrize("reason", [[], ["--reason", ""], ["--reason", " \n\t "]])
def test_a_word_without_a_reason_is_not_taken(terminal, monkeypatch, reason):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert terminal.run("hold", "acme-news", *reason)[0] == 2
    assert "--reason" in terminal.errors
    assert terminal.memory.switch.turns == []


def test_a_terminal_is_asked_for_the_reason(terminal, monkeypatch):
    monkeypatch.setattr("sys.stdin", Typed("ticket 12\n"))
    assert terminal.json("hold", "acme-news")[1]["why"] == "ticket 12"
    assert terminal.errors == "Why? "


# ---- names of streams, and what cannot be reached


@pytest.mark.parametrize("name", ["acme-news", "eu-west-1/acme-news", "123456789012/eu-west-1/acme-news"])
def test_a_stream_can_be_named_in_short(terminal, name):
    assert terminal.json("explain", name)[1]["stream"] == str(ACME)


def test_a_stream_that_nobody_knows_ends_with_1_and_names_what_comes_near(terminal):
    assert terminal.run("explain", "acme-new")[0] == 1
    assert terminal.errors == (
        "sesguard: there is no stream 123456789012/eu-west-1/acme-new; did you mean acme-news?\n"
    )


@pytest.mark.parametrize(
    "name",
    ["", "a/b", "1/eu-west-1/acme", "123456789012/eu-west-1/", "a/b/c/d", "acme news", "acme\x1b[31m", "é" * 300],
)
def test_what_can_be_no_stream_ends_with_2(terminal, name):
    assert terminal.run("hold", name, "--reason", "x")[0] == 2
    assert "\x1b" not in terminal.errors


def test_what_aws_refuses_ends_with_3_and_says_what_to_do(terminal):
    terminal.memory.streams.hook = failing("GetItem", "ExpiredTokenException")
    assert terminal.run("explain", "acme-news")[0] == 3
    assert terminal.errors == (
        "sesguard: GetItem failed: ExpiredTokenException: the AWS credentials have expired; sign in again\n"
    )


def test_hostile_text_from_the_record_cannot_touch_the_screen(terminal):
    hostile = "[bold]x[/]\x1b[2J\n1 held\u202e"
    terminal.put(ACME, held(), tenant=hostile, trouble=hostile, switch_due="off")
    operate(terminal.memory.deps, SHOP, Order.HOLD, Word(hostile, hostile), NOW)
    texts = dict.fromkeys(("kind", "incident", "to", "outcome"), hostile)
    entry = read_entry({"stream": str(ACME), "at": "2026-11-21T18:00:00Z#1", **texts})
    terminal.memory.streams.journal.append(entry)
    for words in (
        ["status"],
        ["incidents"],
        ["incidents", "acme-news"],
        ["explain", "acme-news"],
        ["stream", "show", "acme-news"],
    ):
        printed = terminal.run(*words)[1]
        assert "[bold]x[/]" in printed
        assert not {"\x1b", "\u202e"} & set(printed)
        assert "1 held\u202e" not in printed


@pytest.mark.parametrize(
    ("command", "codes"),
    [("status", "0234"), ("explain", "0123"), ("incidents", "0123"), ("hold", "01235"), ("acknowledge", "01235")],
)
def test_help_says_what_each_exit_code_means(terminal, capsys, command, codes):
    assert main([command, "--help"]) == 0
    said = capsys.readouterr().out.partition("Exit code: ")[2].partition("\n\n")[0]
    assert sorted({word.rstrip(";") for word in said.split()} & set("012345")) == list(codes)


class Typed:
    """A terminal at which somebody types a line."""

    def __init__(self, line: str) -> None:
        self._line = line

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self._line


def failing(operation: str, code: str, at: str = "") -> Callable[[str], None]:
    def hook(step: str) -> None:
        if at in ("", step):
            raise AwsError(operation, code, retryable=True)

    return hook


def test_a_stream_is_shown_with_its_domains_as_posture_last_saw_them(terminal, monkeypatch):
    gone = PostureRecord(name="acme.example", effect="refused", findings=("dkim.missing",))
    monkeypatch.setattr("sesguard.wiring.fleet.posture_records", lambda guard, tenant, stream: [gone])
    terminal.pause()
    printed = " ".join(terminal.run("show", "acme-news")[1].split())
    assert "acme.example: mail is refused (dkim.missing)" in printed
    document = terminal.json("show", "acme-news")[1]
    assert document["domains"] == [
        {"domain": "acme.example", "effect": "refused", "findings": ["dkim.missing"], "looked_at": None}
    ]
