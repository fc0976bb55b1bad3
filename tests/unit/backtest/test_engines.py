"""The engines that sum before the replay: the same decisions as from every event, whatever lies in the folder."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.in_athena import AthenaInputs
from sesguard.backtest.in_duckdb import OtherInputError, SummedInputs
from sesguard.backtest.inputs import Inputs
from sesguard.backtest.moment import UnusableError
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.backtest.summary import summaries
from sesguard.lake.counts_query import grain_of
from sesguard.lake.flatten import Flattener
from sesguard.lake.personal import PersonalFields
from sesguard.lake.record import LakeRecord, encode
from sesguard.policy import Policy
from sesguard.ses_events.context import Context
from tests.ses_events import a_bounce, a_bounced, a_complaint, a_delivery, a_mail, a_send, in_eventbridge

START = datetime(2026, 11, 20, 8, tzinfo=UTC).timestamp()
DOMAINS = ("gmail.com", "yahoo.com", "shop.example", "mail.example")


def iso(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def traffic(seed: int, mails: int = 2_500) -> list[dict[str, Any]]:
    """Two streams over some hours, one of which turns bad; some of it twice, by two paths, out of order."""
    chance = random.Random(seed)  # noqa: S311 - traffic, not secrets
    events: list[dict[str, Any]] = []
    for number in range(mails):
        stream = chance.choice(("good-set", "bad-set"))
        second = START + number * chance.uniform(3, 5)
        to = f"p{number}@{chance.choice(DOMAINS)}"
        mail = a_mail(to, configuration_set=stream) | {"timestamp": iso(second), "messageId": f"m{number}"}
        events.append(a_send(to, mail=mail))
        bad = stream == "bad-set" and number > 600
        if chance.random() < (0.3 if bad else 0.01):
            bounce = a_bounce(a_bounced(to, chance.choice(("5.1.1", "5.7.26"))), mail=mail)
            bounce["bounce"] |= {"timestamp": iso(second + chance.uniform(0, 900)), "feedbackId": f"f{number}"}
            events += [bounce] * chance.choice((1, 1, 2))
        elif chance.random() < 0.02:
            complaint = a_complaint(to, mail=mail)
            complaint["complaint"] |= {"timestamp": iso(second + 5_000), "feedbackId": f"c{number}"}
            events += [complaint, in_eventbridge(complaint)]
        else:
            delivery = a_delivery(to, mail=mail)
            delivery["delivery"]["timestamp"] = iso(second + 2)
            events.append(delivery)
    chance.shuffle(events)
    return events


def lake_lines(events: list[dict[str, Any]]) -> bytes:
    flattener = Flattener(Context(), PersonalFields.DROP)
    records = [flattener.flatten(json.dumps(event)) for event in events]
    assert all(isinstance(record, LakeRecord) for record in records)
    return b"".join(encode(record) + b"\n" for record in records)


def told(decided: list[Decided]) -> list[Any]:
    return [(it.stream, it.at, it.action, it.reason, it.verdict, it.explanation.sentence) for it in decided]


def replayed(moments: Any, terms: ReplayTerms) -> tuple[list[Any], Any]:
    replay = Replay(terms)
    decided = list(replay.run(moments))
    return told(decided), [
        (it.stream, it.mails, it.bounces, it.complaints, it.bad_mails, it.status, it.guard) for it in summaries(replay)
    ]


def one_by_one(files: list[str], terms: ReplayTerms) -> tuple[list[Any], Any]:
    return replayed(in_order(Inputs(files, Context(), lambda *_: None).moments()), terms)


def summed(files: list[str], terms: ReplayTerms, complaints: list[Any] | None = None) -> tuple[list[Any], Any]:
    said = complaints if complaints is not None else []
    inputs = SummedInputs(
        files, lambda names: Inputs(names, Context(), lambda *it: said.append(it)), grain_of(terms.latency, terms.every)
    )
    return replayed(inputs.moments(), terms)


def through_athena(files: list[str], terms: ReplayTerms, complaints: list[Any] | None = None) -> tuple[list[Any], Any]:
    """The query for Athena, run by DuckDB over the same files: what the dialects differ in is rewritten here."""
    connection = duckdb.connect()
    connection.execute("create schema lake")
    connection.read_json(files, format="newline_delimited").create("lake.events")
    connection.execute("alter table lake.events add column day varchar default '2026-11-20'")

    def rows(query: str) -> list[list[str]]:
        query = query.replace("array['']", "['']").replace("cardinality(", "len(")
        return [["" if cell is None else str(cell) for cell in row] for row in connection.execute(query).fetchall()]

    said = complaints if complaints is not None else []
    grain, days = grain_of(terms.latency, terms.every), (date(2026, 11, 1), date(2026, 11, 30))
    inputs = AthenaInputs(rows, "lake.events", grain, *days, lambda *it: said.append(it))
    return replayed(inputs.moments(), terms)


ALONE = Policy(acknowledge_bounce_rate=1.0, acknowledge_complaints=False)
"""Who pauses under it comes back by itself, so that a record has resumes, too."""
TERMS = (ReplayTerms(ALONE), ReplayTerms(ALONE, latency=30.0, every=60.0), ReplayTerms(ALONE, 7.0, 45.0))


@pytest.mark.parametrize("terms", TERMS, ids=["by default", "half a minute", "odd times"])
def test_every_engine_decides_the_same_on_the_lake(tmp_path: Path, terms: ReplayTerms) -> None:
    path = tmp_path / "lake.jsonl.gz"
    path.write_bytes(gzip.compress(lake_lines(traffic(1))))
    decided, summary = one_by_one([str(path)], terms)
    assert {action.value for _, _, action, *_ in decided} >= {"warn", "pause", "resume"}
    assert summed([str(path)], terms) == (decided, summary)
    assert through_athena([str(path)], terms) == (decided, summary)


@pytest.mark.parametrize("seed", [2, 3])
def test_events_as_ses_sends_them_are_summed_to_the_same(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, traffic(seed))))
    assert summed([str(path)], TERMS[0]) == one_by_one([str(path)], TERMS[0])


def test_a_folder_of_everything_loses_only_what_is_broken(tmp_path: Path) -> None:
    """Files of the lake, one of them torn and one with a foreign line; raw events; and what has no business there."""
    parts = [traffic(seed, 300) for seed in range(4)]
    (tmp_path / "1.jsonl.gz").write_bytes(gzip.compress(lake_lines(parts[0])))
    (tmp_path / "2.jsonl.gz").write_bytes(gzip.compress(lake_lines(parts[1]))[:-100])
    (tmp_path / "3.jsonl").write_bytes(lake_lines(parts[2]) + b'{"some": "thing"}\n{torn')
    (tmp_path / "4.jsonl").write_text("\n".join(map(json.dumps, parts[3])))
    (tmp_path / "5.png").write_bytes(b"\x89PNG\0")
    files = sorted(map(str, tmp_path.iterdir()))
    complaints: list[Any] = []
    assert summed(files, TERMS[0], complaints) == one_by_one(files, TERMS[0])
    assert [Path(file).name for file, *_ in complaints] == ["2.jsonl.gz"] * 2 + ["3.jsonl"] * 2 + ["5.png"]


UNUSABLE: list[dict[str, Any]] = [
    {"counts_for": "a later version's"},
    {"counts_for": None},
    {"event": "Sent"},
    {"via": "kinesis"},
    {"sent_at": 1.79e12, "seen_at": 1.79e12},
    {"sent_at": -5.0},
    {"seen_at": START - 9e6},
    {"configuration_set": None},
]
"""What a line of the lake may say that no engine can use: milliseconds, too, and an outcome from before its mail."""


@pytest.mark.parametrize("odd", UNUSABLE, ids=str)
def test_every_engine_leaves_out_the_same_records_and_says_so(tmp_path: Path, odd: dict[str, Any]) -> None:
    lines = lake_lines(traffic(1, 1_200))
    volume = next(line for line in map(json.loads, lines.splitlines()) if line["counts_for"] == "volume")
    path = tmp_path / "lake.jsonl"
    path.write_bytes(lines)
    expected = one_by_one([str(path)], TERMS[0])
    path.write_bytes(lines + json.dumps(volume | odd).encode())
    complaints: list[Any] = []
    assert one_by_one([str(path)], TERMS[0]) == expected
    assert summed([str(path)], TERMS[0], complaints) == expected
    ((file, line, _),) = complaints
    assert (file, line) == (str(path), 1 + lines.count(b"\n"))
    complaints.clear()
    assert through_athena([str(path)], TERMS[0], complaints) == expected
    assert complaints == [("lake.events", 0, "1 records count for something that is not known, or at no time")]


def test_a_record_without_domains_or_with_nulls_counts_alike_in_every_engine(tmp_path: Path) -> None:
    records = [json.loads(line) for line in lake_lines(traffic(1, 1_200)).splitlines()]
    columns = sorted({name for record in records for name in record})
    for number, record in enumerate(records):
        if number % 50 == 0:
            record["domains"] = (None, [])[number % 100 == 0]
    path = tmp_path / "lake.jsonl"
    path.write_text("\n".join(json.dumps({name: it.get(name) for name in columns}) for it in records))
    decided, summary = one_by_one([str(path)], TERMS[0])
    assert decided
    assert summed([str(path)], TERMS[0])[1] == through_athena([str(path)], TERMS[0])[1] == summary


@pytest.mark.parametrize("name", ["a" * 200_000, 'of "all"', "two\nlines", "a,b", "\\N", "\u2028", "\x00"])
def test_whatever_a_domain_is_called_it_counts_alike(tmp_path: Path, name: str) -> None:
    records = [json.loads(line) for line in lake_lines(traffic(1, 1_200)).splitlines()]
    for record in records[::70]:
        record["domains"] = [name] * len(record["domains"])
    path = tmp_path / "lake.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    assert summed([str(path)], TERMS[0])[1] == one_by_one([str(path)], TERMS[0])[1]


def test_a_name_of_a_file_is_no_pattern(tmp_path: Path) -> None:
    """What a browser calls a second download, to DuckDB, is the first one."""
    folder = tmp_path / "2026[11]"
    folder.mkdir()
    first, second = lake_lines(traffic(1, 600)), lake_lines(traffic(2, 1_200))
    (folder / "events1.json").write_bytes(first)
    (folder / "events[1].json").write_bytes(second)
    (folder / "events*.json.gz").write_bytes(gzip.compress(first))
    files = sorted(map(str, folder.iterdir()))
    assert summed(files, TERMS[0]) == one_by_one(files, TERMS[0])


def test_a_database_that_cannot_be_written_is_no_fault_of_ours(tmp_path: Path) -> None:
    """As on a full disk: so large a file is all that this process may write."""
    path = tmp_path / "counts.jsonl"
    path.write_text('{"stream": "acme", "seen_at": 60, "rows": [["send", 0, 1]]}')
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000));"
        f"from sesguard.cli.main import main; sys.exit(main(['backtest', '--engine', 'duckdb', {str(path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "fault" not in done.stderr


def test_lines_of_counts_are_summed_too_but_hold_no_words(tmp_path: Path) -> None:
    path = tmp_path / "counts.jsonl"
    line = {
        "stream": "a",
        "tenant": "acme",
        "seen_at": 90,
        "rows": [["send", 61, 5_000], ["bounce", 61, 900, "x.example"]],
    }
    path.write_text(json.dumps(line))
    assert summed([str(path)], TERMS[0]) == one_by_one([str(path)], TERMS[0])
    path.write_text(json.dumps(line | {"rows": [["resume"]]}))
    with pytest.raises(OtherInputError, match="owner's or operator's word"):
        summed([str(path)], TERMS[0])


def test_the_grain_divides_every_time_of_the_replay() -> None:
    assert (grain_of(60, 60), grain_of(30, 60), grain_of(45, 60), grain_of(7, 60)) == (60, 30, 15, 1)
    with pytest.raises(ValueError, match="whole seconds"):
        grain_of(0.5, 60)


@pytest.mark.parametrize("table", ["events", "lake.events; drop table x", "LAKE.EVENTS", "lake.events.more", ""])
def test_what_can_be_no_table_is_not_put_into_a_query(table: str) -> None:
    with pytest.raises(UnusableError, match=r"expected DATABASE\.TABLE"):
        AthenaInputs(lambda _: [], table, 60)
