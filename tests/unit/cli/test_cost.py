"""What ``sesguard cost`` prints, and the exit codes it ends with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from sesguard.aws.stack import Stack
from sesguard.cli import connect, cost
from sesguard.cli.main import main
from sesguard.costs.bill import BilledStream
from sesguard.costs.charge import SesPlan
from sesguard.costs.month import Month
from sesguard.costs.own import StandingCost
from sesguard.costs.usage import MailCounts
from sesguard.fleet.fleet import ReadCost
from sesguard.stream import StreamId
from sesguard.wiring.cost import MonthRead

HOME = StreamId("111122223333", "us-east-1", "")
NEWS, SHOP, OTHER = (HOME._replace(configuration_set=name) for name in ("acme-news", "acme-shop", "other"))
STACK = Stack("sesguard", HOME.account, HOME.region, {}, {"BatchingWindowSeconds": "2"})
NOW = datetime(2026, 12, 2, 6, tzinfo=UTC)
READ = MonthRead(
    counts={NEWS: MailCounts(900_000, 9_000, 90), SHOP: MailCounts(100_000, 100, 1), OTHER: MailCounts(50_000)},
    known={NEWS: BilledStream("acme"), SHOP: BilledStream("acme"), OTHER: BilledStream("[bold]x\x1b[31m")},
    names={"acme": "Acme Ltd"},
    standing=StandingCost(alarms=34, keys=1, secrets=1, queues_read=6),
    reads=ReadCost(requests=12, units=40.5),
    problems=(),
)


class Terminal:
    def __init__(self, monkeypatch, capsys):
        self.read, self.asked = READ, []
        self._capsys = capsys
        monkeypatch.setattr(connect, "find", lambda _: SimpleNamespace(stack=STACK))
        monkeypatch.setattr(connect, "now", lambda: NOW)
        monkeypatch.setattr(cost, "read_month", self._read)

    def _read(self, _guard, days, _now):
        self.asked.append(days)
        return self.read

    def run(self, *words):
        code = main(["cost", *words])
        printed, self.errors = self._capsys.readouterr()
        return code, printed

    def json(self, *words):
        code, printed = self.run(*words, "--json")
        assert code == 0, self.errors
        return json.loads(printed)


@pytest.fixture
def terminal(monkeypatch, capsys):
    return Terminal(monkeypatch, capsys)


def test_each_tenant_is_a_line_the_dearest_first_and_the_guard_itself_is_nobodys(terminal):
    code, printed = terminal.run("--month", "2026-11")
    assert code == 0
    lines = [line.split() for line in printed.splitlines()]
    (acme,) = [line for line in lines if line[:2] == ["Acme", "Ltd"]]
    assert acme[2:7] == ["(acme)", "1,000,000", "9,100", "91", "$100.00"]
    order = [printed.index(word) for word in ("Acme Ltd", "[bold]x", "the guard itself", "total")]
    assert order == sorted(order)
    assert "\x1b" not in printed
    assert "until" not in printed
    assert "Attachments, dedicated addresses" in printed


def test_polls_of_a_queue_that_always_holds_something_are_not_billed_as_idle(terminal):
    quiet = replace(READ, counts={NEWS: MailCounts(1)})
    busy = replace(READ, counts={NEWS: MailCounts(30_000_000)})

    def idle_queues(read):
        terms = cost.terms_of(SimpleNamespace(stack=STACK), SesPlan.A_LA_CARTE, Month(2026, 11), NOW)
        return cost.bill_by_stream(read, terms).guard["idle queues"]

    one_queue = 5 * 30 * 86_400 / 20 * 0.4e-6
    assert idle_queues(quiet) - idle_queues(busy) == pytest.approx(one_queue, rel=0.05)


def test_a_month_that_is_over_has_all_its_days_and_this_one_those_up_to_now(terminal):
    over = terminal.json("--month", "2026-11")
    running = terminal.json()
    assert (over["complete"], running["complete"]) == (True, False)
    assert (running["month"], running["until"]) == ("2026-12", "2026-12-02T06:00:00+00:00")
    assert [len(days) for days in terminal.asked] == [30, 2]
    assert running["guard_itself"]["alarms"] == pytest.approx(3.4 * 1.25 / 31)


@pytest.mark.parametrize("word", [*SesPlan, "a-la-carte"])
def test_a_plan_is_named_as_json_and_the_help_name_it(terminal, word):
    assert terminal.json("--month", "2026-11", "--plan", word)["plan"] == word.replace("-", "")


def test_programs_get_every_number(terminal):
    printed = terminal.json("--month", "2026-11", "--plan", "pro")
    first = printed["lines"][0]
    assert (first["tenant"], first["name"], first["volume"], first["bounces"]) == ("acme", "Acme Ltd", 1_000_000, 9_100)
    assert first["ses"] == pytest.approx(220)
    assert first["guard"] == pytest.approx(sum(first["parts"].values()))
    assert printed["fee"] == 105
    total = printed["total"]
    assert total["ses"] == pytest.approx(1_050_000 * 0.22 / 1_000 + 105)
    assert total["guard"] == pytest.approx(
        sum(line["guard"] for line in printed["lines"]) + sum(printed["guard_itself"].values())
    )
    assert total["share"] == pytest.approx(total["guard"] / total["ses"])
    assert printed["reads"] == {"requests": 12, "units": 40.5, "dollars": pytest.approx(40.5 * 0.125e-6)}


def test_by_stream_each_says_whose_it_is(terminal):
    lines = terminal.json("--month", "2026-11", "--by", "stream")["lines"]
    assert [(line["stream"], line["tenant"]) for line in lines[:2]] == [(str(NEWS), "acme"), (str(SHOP), "acme")]
    _, printed = terminal.run("--month", "2026-11", "--by", "stream")
    assert "acme-news" in printed


def test_mail_without_a_set_and_mail_of_nobody_are_lines_of_their_own(terminal):
    terminal.read = replace(READ, counts={NEWS: MailCounts(1_000), HOME: MailCounts(2_000)}, known={})
    _, printed = terminal.run("--month", "2026-11")
    assert "(no tenant)" in printed
    assert "mail without a set" in printed
    assert terminal.json("--month", "2026-11")["unattributed"]["volume"] == 2_000


def test_what_could_not_be_read_is_said(terminal):
    terminal.read = replace(READ, problems=("streams that are not on record are left out: AccessDenied",))
    _, printed = terminal.run()
    assert "left out: AccessDenied" in printed


def test_a_month_that_has_not_begun_is_not_read(terminal):
    code, printed = terminal.run("--month", "2027-01")
    assert (code, printed) == (2, "")
    assert "2027-01 has not begun" in terminal.errors
    assert terminal.asked == []


def test_a_month_of_which_nothing_is_known_is_not_shown(terminal):
    terminal.read = replace(READ, unknown=tuple(Month(2026, 7).days), since=Month(2026, 9).days.start + 4)
    code, printed = terminal.run("--month", "2026-07")
    assert (code, printed) == (2, "")
    assert "nothing is known of 2026-07: what streams sent is on record since 2026-09-05" in terminal.errors


def test_of_a_month_that_is_known_in_part_the_days_that_are_missing_are_named(terminal):
    terminal.read = replace(READ, unknown=tuple(Month(2026, 9).days)[:4], since=Month(2026, 9).days.start + 4)
    problem = "nothing is known of 4 days of 2026-09, 2026-09-01 to 2026-09-04: they are left out"
    assert terminal.json("--month", "2026-09")["problems"] == [problem]


def test_the_oldest_month_that_is_there_whole_is_shown(terminal):
    assert terminal.json("--month", "2026-10")["complete"]


def test_a_month_in_another_form_is_refused(terminal):
    assert terminal.run("--month", "November")[0] == 2
    assert "November" in terminal.errors


@pytest.mark.parametrize(
    ("created", "dollars"), [(None, 1.0), (NOW - timedelta(400), 1.0), (NOW - timedelta(hours=1), 0.05)]
)
def test_what_stands_is_counted_from_the_day_on_which_the_stack_was_made(terminal, monkeypatch, created, dollars):
    """Else a guard of four minutes would seem to cost as much as one of four weeks."""
    stack = replace(STACK, created=created)
    monkeypatch.setattr(connect, "find", lambda _: SimpleNamespace(stack=stack))
    whole = sum(terminal.json()["guard_itself"].values())
    monkeypatch.setattr(connect, "find", lambda _: SimpleNamespace(stack=replace(STACK, created=None)))
    since_the_first = sum(terminal.json()["guard_itself"].values())
    assert whole == pytest.approx(since_the_first) if dollars == 1.0 else whole < dollars * since_the_first


def test_beside_hardly_any_mail_no_share_is_shown(terminal):
    terminal.read = replace(READ, counts={NEWS: MailCounts(10)})
    printed = terminal.run()[1]
    assert next(line for line in printed.splitlines() if line.split()[:1] == ["total"]).split()[-1] == "–"


def test_a_month_without_mail_says_so_by_its_exit_code(terminal):
    terminal.read = replace(READ, counts={}, known={})
    assert terminal.run()[0] == 1
