"""Entries of the journal: what one version writes, every other reads, and nobody loses what a newer one wrote."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import get_args

import msgspec
import pytest

from sesguard.pausing.incidents import incidents
from sesguard.pausing.journal import (
    JSON_FIELDS,
    AccountEntry,
    AnnouncedEntry,
    BacklogEntry,
    DecisionEntry,
    DoneEntry,
    DriftEntry,
    Entry,
    FindingEntry,
    JournalEntry,
    NotifiedEntry,
    OffboardedEntry,
    ReturnedEntry,
    StandingEntry,
    UndeliveredEntry,
    UnknownEntry,
    read_entry,
    write_entry,
)
from sesguard.pausing.status import latest_decision
from tests.fakes.clock import NOW
from tests.fakes.schemas import check_entry
from tests.fakes.world import ACME

AT = "2026-11-21T18:00:00.000000Z#00000003"
EVIDENCE = {"risk": 1.25, "weighed": 330, "domains": [["a.example", 3]], "chance": 1e-200, "sentence": "over it"}


def texts(kind: str, **fields: str) -> dict[str, str]:
    return {"stream": str(ACME), "at": f"{AT}#{kind}", "kind": kind, "incident": "1", **fields}


WRITTEN = [
    (
        DecisionEntry,
        texts(
            "decided", action="hold", reason="operator", to="held", mode="enforce", outcome="asked",
            evidence=json.dumps(EVIDENCE), command="hold", who="arn:aws:iam::1234:user/alice", why='{"risk": 1}',
        ),
    ),
    (DoneEntry, texts("done", outcome="failed", error="AccessDenied")),
    (AnnouncedEntry, texts("announced", events='["1", "2"]')),
    (
        AccountEntry,
        texts(
            "account", outcome="at_risk", reason="bounces", to="watched", mode="observe", evidence='{"sentence": "x"}'
        ),
    ),
    (StandingEntry, texts("enforcement", status="PROBATION", before="HEALTHY")),
    (BacklogEntry, texts("backlog", outcome="dropped", command="dismiss", who="alice", why="a drill")),
    (DriftEntry, texts("drift", outcome="found_off", to="paused", origin="operator", switch_due="")),
    (FindingEntry, texts("finding", tenant_arn="arn", finding="x", impact="HIGH", type="BOUNCE", text="[1]")),
    (ReturnedEntry, texts("returned", **{"from": "healthy", "to": "paused", "tenant": "x", "inherits": '["other"]'})),
    (OffboardedEntry, texts("offboarded", **{"from": "paused", "to": "paused", "tenant": "acme"})),
    (NotifiedEntry, texts("notified", event="1", type="Tenant Paused", channel="mail/0123")),
    (UndeliveredEntry, texts("undelivered", event="1", type="Tenant Paused", channel="mail/0123", reason="HTTP 404")),
]  # fmt: skip
"""Of every kind an entry as it stands in the table, which must never change."""
KINDS = [written[1]["kind"] for written in WRITTEN]


def test_there_is_one_of_every_kind():
    assert [struct for struct, _ in WRITTEN] == list(get_args(Entry))


@pytest.mark.parametrize(("struct", "stored"), WRITTEN, ids=KINDS)
def test_an_entry_is_read_as_what_it_is_written_from_and_written_as_it_was_read(struct: type[JournalEntry], stored):
    entry = read_entry(stored)
    assert type(entry) is struct
    assert write_entry(entry) == stored
    check_entry(entry)


@pytest.mark.parametrize(("struct", "stored"), WRITTEN, ids=KINDS)
def test_an_older_version_wrote_fewer_fields_and_a_newer_one_writes_more(struct: type[JournalEntry], stored):
    older = read_entry(texts(stored["kind"]))
    newer = read_entry(stored | {"weather": "fair"})
    assert type(older) is type(newer) is struct
    assert (older.at, older.time, older.kind, older.incident) == (stored["at"], NOW, stored["kind"], "1")
    assert newer == read_entry(stored)


def test_what_is_json_in_the_table_is_all_that_is_no_text():
    schemas = [msgspec.json.schema_components([struct])[1][struct.__name__]["properties"] for struct in get_args(Entry)]
    fields = {name: field for schema in schemas for name, field in schema.items()}
    nested = {name for name, field in fields.items() if re.search(r'"type": "(?!string|null)', json.dumps(field))}
    assert nested == JSON_FIELDS


NEWER = texts("weighed together", to="paused", outcome="asked", reason="tenant", evidence='{"sentence": "all of it"}')


def test_a_kind_of_a_newer_version_is_kept_whole_and_says_what_it_can():
    entry = read_entry(NEWER)
    assert isinstance(entry, UnknownEntry)
    assert (entry.kind, entry.to, entry.outcome, entry.who) == ("weighed together", "paused", "asked", None)
    assert entry.as_dict() == NEWER
    (incident,) = incidents([entry])
    assert (incident.status, incident.sentence) == ("paused", "")
    assert latest_decision([entry]) is entry


@pytest.mark.parametrize("evidence", ["{", "[1]", "null", "1"])
def test_an_entry_that_cannot_be_read_stops_no_other(evidence: str):
    broken = WRITTEN[0][1] | {"evidence": evidence}
    entry = read_entry(broken)
    assert isinstance(entry, UnknownEntry)
    assert (entry.kind, entry.action, entry.to, entry.who) == ("decided", "hold", "held", broken["who"])
    assert entry.as_dict() == broken


def test_the_time_of_an_entry_begins_its_key_whatever_follows():
    assert read_entry(texts("done")).time == NOW
    named = NotifiedEntry(str(ACME), "2026-11-21T18:00:00.000000Z#notified#1#mail/01", event="1", type="x", channel="y")
    assert named.time == datetime.fromisoformat("2026-11-21T18:00:00+00:00")
