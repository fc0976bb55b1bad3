"""A tenant's month as its owner gets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from sesguard.cli import connect, report
from sesguard.cli.main import main
from sesguard.costs.month import Month
from sesguard.costs.usage import MailCounts
from sesguard.pausing.incidents import Incident
from tests.unit.cli.test_cost import NEWS, NOW, READ, SHOP, STACK

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    journal = SimpleNamespace(all=list)
    monkeypatch.setattr(connect, "find", lambda _: SimpleNamespace(stack=STACK, journal=journal))
    monkeypatch.setattr(connect, "now", lambda: NOW)
    monkeypatch.setattr(report, "read_month", lambda *_: READ)
    monkeypatch.setattr(report, "incidents", lambda *_: INCIDENTS)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(["report", *words])
        return code, *capsys.readouterr()

    return call


def incident(stream: str, began: datetime) -> Any:
    said = "hard bounce rate 12 % > 5 %: 12 of 100 mails; <script>alert(1)</script>"
    return SimpleNamespace(stream=stream, began=began, ended=None, pauses=1, sentence=said)


INCIDENTS: list[Incident] = [
    incident(str(NEWS), datetime(2026, 11, 20, 9, tzinfo=UTC)),
    incident("111122223333/us-east-1/other", datetime(2026, 11, 20, 9, tzinfo=UTC)),
    incident(str(NEWS), datetime(2026, 12, 1, 9, tzinfo=UTC)),
]


def test_the_numbers_are_the_tenants_own(run: Run) -> None:
    code, printed, _ = run("acme", "--month", "2026-11", "--json")
    found = json.loads(printed)
    assert code == 0
    assert (found["name"], found["month"], found["complete"]) == ("Acme Ltd", "2026-11", True)
    assert [(it["stream"].rpartition("/")[2], it["volume"]) for it in found["streams"]] == [
        ("acme-news", 900_000),
        ("acme-shop", 100_000),
    ]
    assert found["total"]["bounces"] == 9_100
    assert found["total"]["bounce_rate"] == pytest.approx(0.0091)
    assert found["cost"]["ses"] == pytest.approx(100.0)  # a million recipients à la carte
    assert found["cost"]["guard"] > 0
    assert [it["stream"] for it in found["incidents"]] == [str(NEWS)]  # of that month, and of nobody else


def test_the_page_says_the_same_and_holds_nothing_from_elsewhere(run: Run) -> None:
    code, printed, _ = run("acme", "--month", "2026-11")
    assert code == 0
    assert "<h1>Acme Ltd</h1>" in printed
    assert "900,000" in printed
    assert "$100.00" in printed
    assert "2026-11-20 09:00 UTC to now" in printed
    links: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(name for name, _ in attrs if name in {"src", "href"})
            assert tag not in {"script", "img", "link"}

    Links().feed(printed)
    assert links == []
    assert "&lt;script&gt;" in printed


def test_what_is_over_a_review_line_is_marked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {**READ.counts, NEWS: READ.counts[NEWS]._replace(bounces=90_000)}
    monkeypatch.setattr(report, "read_month", lambda *_: replace(READ, counts=counts))
    _, printed, _ = run("acme", "--month", "2026-11")
    assert 'class="over">10.00&nbsp;%' in printed
    assert printed.count('class="over"') == 2  # the stream, and all of them together


def test_a_tenant_that_is_unknown_is_named(run: Run) -> None:
    code, _, errors = run("acmee", "--month", "2026-11")
    assert code == 1
    assert "did you mean acme?" in errors


def test_hostile_names_stay_text(run: Run) -> None:
    _, printed, _ = run("[bold]x\x1b[31m", "--month", "2026-11")
    assert "\x1b" not in printed
    assert "<h1>[bold]x" in printed


def test_every_day_of_the_month_has_its_numbers_and_one_of_which_nothing_is_known_none(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Month(2026, 11).days.start
    days = {
        NEWS: {first + 2: MailCounts(600_000, 60_000)},
        SHOP: {first + 2: MailCounts(200_000), first + 5: MailCounts(9)},
    }
    read = replace(READ, days=days, unknown=(first, first + 1), since=first + 2)
    monkeypatch.setattr(report, "read_month", lambda *_: read)
    found = json.loads(run("acme", "--month", "2026-11", "--json")[1])
    assert found["unknown"] == ["2026-11-01", "2026-11-02"]
    assert len(found["days"]) == 30
    assert found["days"][0] == {"day": "2026-11-01", **dict.fromkeys(found["days"][2].keys() - {"day"})}
    assert found["days"][2] == {
        "day": "2026-11-03", "volume": 800_000, "bounces": 60_000, "complaints": 0, "bounce_rate": 0.075,
        "complaint_rate": 0.0,
    }  # fmt: skip
    assert found["days"][3]["bounce_rate"] is None
    _, printed, _ = run("acme", "--month", "2026-11")
    assert "Nothing is known of 2 days of this month." in printed
    assert printed.count("not known") == 2
    assert 'style="width:100.0%"' in printed
    assert 'class="over">7.50&nbsp;%' in printed


def test_a_month_of_which_nothing_is_known_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    read = replace(READ, unknown=tuple(Month(2026, 1).days), since=Month(2026, 9).days.start)
    monkeypatch.setattr(report, "read_month", lambda *_: read)
    code, printed, errors = run("acme", "--month", "2026-01")
    assert (code, printed) == (2, "")
    assert "on record since 2026-09-01" in errors
