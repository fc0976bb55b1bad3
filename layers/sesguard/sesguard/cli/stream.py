"""Shows everything on record about one stream: its state, policy, tenant, alarm, what SES says, counts, the journal.

--json prints one object: stream, standing (as in "sesguard status --json"), sending (on, off, unknown_set), alarm
(name, value, since; null where there is none), tenant (id, name, contacts; null where it is not registered), policy
(all of it, times in seconds), overrides (the names of what is not as the default), counts (hour, day, week, month:
from, volume, bounces, complaints), domains (domain, effect, findings, looked_at: as posture last saw them), journal
(the latest entries, as they were written).

Counts are by the time of sending: the last hour, 24 hours from a full hour, 7 and 31 days from midnight UTC; bounces
without those in clumps at one domain. They hold all mail, also what was sent before a resume and weighs no more.

Exit code: 0; 1 where there is no such stream; 2 for a command line that cannot be used; 3 where AWS or the stack cannot
be reached.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sesguard.cli import status_view
from sesguard.cli.connect import DONE, known_stream, with_guard
from sesguard.cli.domain_line import as_dict as domain_as_dict
from sesguard.cli.options import HERE, Json, StreamName, Where
from sesguard.cli.screen import console, iso, print_json
from sesguard.cli.stream_view import show
from sesguard.fleet.stream_page import StreamPage, read_stream
from sesguard.pausing.status import MailSums
from sesguard.policy import Policy
from sesguard.wiring.fleet import GuardFleet
from sesguard.wiring.operator import Guard


def run(stream: StreamName, /, *, json: Json = False, where: Where = HERE) -> int:
    return with_guard(where, lambda guard, now: _show(guard, now, stream, json=json))


def _show(guard: Guard, now: datetime, stream: str, *, json: bool) -> int:
    found = read_stream(GuardFleet(guard), known_stream(stream, guard), now)
    if json:
        print_json(as_dict(found))
    else:
        show(console(), found, guard.stack)
    return DONE


def as_dict(found: StreamPage) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    record, alarm, tenant = found.status.record, found.alarm, found.tenant
    return {
        "stream": str(record.stream),
        "standing": status_view.as_dict(found.status),
        "sending": found.sending.value,
        "alarm": {"name": found.alarm_name, "value": alarm.value.value, "since": iso(alarm.since)} if alarm else None,
        "tenant": {"id": tenant.id, "name": tenant.name, "contacts": list(tenant.contacts)} if tenant else None,
        "policy": {field.name: _plain(getattr(record.policy, field.name)) for field in fields(Policy)},
        "overrides": sorted(found.overrides),
        "counts": {name: _sums(each) for name, each in found.counts.items()},
        "domains": [domain_as_dict(each) for each in found.domains],
        "journal": [entry.as_dict() for entry in found.journal],
    }


def _sums(each: MailSums) -> dict[str, Any]:
    return {
        "from": iso(each.since),
        "volume": each.volume,
        "bounces": each.bounces,
        "complaints": each.complaints,
    }


def _plain(value: object) -> object:
    return value.total_seconds() if isinstance(value, timedelta) else value
