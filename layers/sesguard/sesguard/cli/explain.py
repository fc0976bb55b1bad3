"""Explains a stream: the run of mail behind the last decision, as it is on record, and the verdict now.

A run is the most recent mail from some time on; of all runs the worst counts. Its evidence says how unlikely such a run
is for a sender whose true rate is just at the limit, and risk is that evidence as a share of what pauses.

--json prints one object: stream, state, last (the last decision: at, action, reason, to, outcome, who, why, incident,
evidence; null where none is on record), weighed (the same of the last decision that rested on evidence), now (the
evidence now), domains (of its identities, as posture last saw them: domain, effect, findings, looked_at) and together
(how all streams of its tenant stood when they were weighed as one: at, streams, weighed, risk, sentence; null where it
has but one). Evidence has risk, weighed (mails), where a run is over its limit kind, from, to, volume, bad, rate and
limit (fractions), credit, evidence and chance, then domains, codes, forgiven, volume_by and sentence.

Exit code: 0; 1 where there is no such stream; 2 for a command line that cannot be used; 3 where AWS or the stack cannot
be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from sesguard.cli.connect import DONE, known_stream, with_guard
from sesguard.cli.domain_line import as_dict as domain_as_dict
from sesguard.cli.domain_line import domain_line
from sesguard.cli.evidence_view import sentences
from sesguard.cli.options import HERE, Json, StreamName, Where
from sesguard.cli.screen import age, clock, console, name, plain, print_json, status, wrapped
from sesguard.fleet.stream_page import EvidencePage, read_evidence
from sesguard.pausing.journal import JournalEntry
from sesguard.pausing.tenant_standing import TenantStanding
from sesguard.wiring.fleet import GuardFleet
from sesguard.wiring.operator import Guard, Stack

_SHOWN: Final = ("at", "action", "reason", "to", "outcome", "who", "why", "incident", "evidence")


def run(stream: StreamName, /, *, json: Json = False, where: Where = HERE) -> int:
    return with_guard(where, lambda guard, now: _explain(guard, now, stream, json=json))


def _explain(guard: Guard, now: datetime, stream: str, *, json: bool) -> int:
    explained = read_evidence(GuardFleet(guard), known_stream(stream, guard), now)
    if json:
        print_json(as_dict(explained))
    else:
        show(console(), explained, guard.stack, now)
    return DONE


def as_dict(explained: EvidencePage) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "stream": str(explained.record.stream),
        "state": explained.record.state.status.value,
        "last": _entry(explained.last),
        "weighed": _entry(explained.weighed),
        "now": dict(explained.now),
        "domains": [domain_as_dict(each) for each in explained.domains],
        "together": _together(explained.together),
    }


def _entry(entry: JournalEntry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    written = entry.as_dict()
    return {key: written.get(key) for key in _SHOWN} | {"at": entry.time.isoformat()}


def show(screen: Console, explained: EvidencePage, stack: Stack, now: datetime) -> None:
    state = explained.record.state
    ago = f", for {age(state.since, now)}" if state.since else ""
    screen.print(Text.assemble(name(explained.record.stream, stack), ": ", status(state.status), ago))
    _section(screen, "Last decision", explained.last, now)
    if explained.weighed is not None and explained.weighed != explained.last:
        _section(screen, "Last decision on evidence", explained.weighed, now)
    screen.print(Text(f"\nNow ({clock(now)})", style="bold"))
    _print(screen, explained.now)
    if explained.together is not None:
        _show_together(screen, explained.together, now)
    if explained.domains:
        screen.print(Text("\nDomains, as last looked at", style="bold"))
        for each in explained.domains:
            screen.print(Text("  ").append_text(domain_line(each)))


def _together(standing: TenantStanding | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {
        "at": standing.at.isoformat(),
        "streams": standing.streams,
        "weighed": standing.volume,
        "risk": standing.risk,
        "sentence": standing.sentence,
    }


def _show_together(screen: Console, standing: TenantStanding, now: datetime) -> None:
    screen.print(Text("\nAll streams of its tenant together", style="bold"))
    lead = f"Risk {standing.risk:.2f} when they were weighed last, {age(standing.at, now)} ago"
    screen.print(wrapped(f"{lead}: {standing.sentence}.", screen.width, indent=2))


def _section(screen: Console, title: str, entry: JournalEntry | None, now: datetime) -> None:
    screen.print(Text(f"\n{title}", style="bold"))
    if entry is None:
        screen.print("  None is on record.")
        return
    did = entry.action or entry.kind
    screen.print(
        Text.assemble(
            f"  {clock(entry.time)}, {age(entry.time, now)} ago: ",
            plain(did, 20), " (", plain(entry.reason or "", 30), ") → ",
            status(entry.to or ""), ", ", plain(entry.outcome or "", 20),
        )
    )  # fmt: skip
    if entry.who:
        screen.print(Text.assemble("  by ", plain(entry.who, 200), ": ", plain(entry.why or "", 500)))
    _print(screen, entry.evidence or {})


def _print(screen: Console, evidence: Mapping[str, Any]) -> None:
    for sentence in sentences(evidence):
        screen.print(wrapped(sentence, screen.width, indent=2))
