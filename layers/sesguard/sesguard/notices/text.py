"""What owners and the operator read: what happened, the numbers, what happens next, what to do. Plain text.

Every value from outside is cut to one printable line before it goes in, so that no name can add a line or a header.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from sesguard.announcing import DetailType, Outcome
from sesguard.notices.news import Evidence, Transition
from sesguard.plain import ascii_line, one_line
from sesguard.ports.telling import Tenant
from sesguard.weighing.explain import odds, percent
from sesguard.weighing.weigh import BOUNCES, COMPLAINTS

_NAME, _DOMAIN, _SUBJECT = 64, 100, 100
_OBSERVED: Final = "The guard is set to observe: it has changed nothing, and tells you what it would have done."


class Notice(NamedTuple):
    """A message: one line of subject, and the text."""

    subject: str
    text: str


def for_owner(news: Transition, tenant: Tenant) -> Notice:
    """Write to the owner of the stream."""
    name = _name(news)
    would = _would(news)
    subject, happened = _happened(news, name, would=would)
    parts = [
        f"Hello {one_line(tenant.name or tenant.id, _NAME)},",
        f"{happened} Time: {_time(news.at)}.",
        _section("Why", _why(news)),
        _section("What happens next", [_OBSERVED] if would else _next(news)),
        _section("What to do", [] if would else _advice(news)),
        f"Incident {one_line(news.incident, _NAME)} of {one_line(str(news.stream), 160)}. Sent by sesguard.",
    ]
    return Notice(one_line(subject, _SUBJECT), "\n\n".join(part for part in parts if part) + "\n")


def for_operator(news: Transition, told: str) -> Notice:
    """Write to the operator. ``told`` says who of the tenant is told."""
    name, would = _name(news), _would(news)
    subject, _ = _happened(news, name, would=would)
    lines = [
        f"Stream:   {one_line(str(news.stream), 160)}",
        f"Tenant:   {one_line(news.tenant, _NAME) or 'none registered'}",
        f"Event:    {news.kind} at {_time(news.at)}",
        f"Reason:   {one_line(news.reason, _NAME)}",
        f"Outcome:  {_OUTCOMES.get(news.outcome, news.outcome.value)}",
        f"Mode:     {one_line(news.mode, _NAME)}",
        f"Strikes:  {news.strikes}",
        f"Incident: {one_line(news.incident, _NAME)}",
        f"Owner:    {told}",
    ]
    parts = ["\n".join(lines), _section("Why", _why(news)), _section("What happens next", [] if would else _next(news))]
    return Notice(ascii_line(f"[sesguard] {subject}", _SUBJECT), "\n\n".join(part for part in parts if part) + "\n")


def plain_notice(subject: str, text: str) -> Notice:
    """Make a message to the operator of a text that the guard wrote."""
    lines = (one_line(line, 1_000) for line in text.splitlines())
    return Notice(ascii_line(f"[sesguard] {subject}", _SUBJECT), "\n".join(lines) + "\n")


def _happened(news: Transition, name: str, *, would: bool) -> tuple[str, str]:
    """The subject, and the first sentence."""
    match news.kind:
        case DetailType.WARNED:
            return f"{name} is at risk", f"Mail sent through {name} is close to the point at which it is paused."
        case DetailType.CALM:
            return f"{name} is no longer at risk", f"Mail sent through {name} has kept well within its limits."
        case DetailType.RECOVERED:
            return f"{name} has passed its probation", f"Mail sent through {name} is back to normal limits."
    what = {DetailType.HELD: "stopped", DetailType.RESUMED: "turned on again, on probation"}.get(news.kind, "paused")
    happened = f"Sending through {name} {'would have been' if would else 'is'} {what}"
    return happened, f"{happened}."


def _why(news: Transition) -> list[str]:
    if news.kind in _ALL_CLEAR:
        return []
    run = _run(news.evidence) if news.evidence.kind else []
    return run if news.reason in _BY_EVIDENCE else [*_other_reason(news), *run]


def _run(evidence: Evidence) -> list[str]:
    what = "complaint" if evidence.kind == COMPLAINTS else "hard bounce"
    limit = percent(evidence.limit)
    counted = (
        f"{evidence.bad:,} of {evidence.volume:,} mails sent from {_minute(evidence.start)} to {_minute(evidence.end)}"
    )
    chance = f"this would happen {odds(evidence.chance)}"
    lines = [
        f"{what.capitalize()} rate {percent(evidence.rate)}, limit {limit}: {counted}.",
        f"If your true {what.removeprefix('hard ')} rate were {limit}, {chance}.",
        _list("Worst receiving domains", evidence.domains),
        _list("Status codes", evidence.codes),
        f"{evidence.forgiven:,} more bounces at single domains were not counted." if evidence.forgiven else "",
    ]
    return [line for line in lines if line]


def _other_reason(news: Transition) -> list[str]:
    return _alarm(news.evidence) or [_REASONS.get(news.reason, f"Reason: {one_line(news.reason, _NAME)}.")]


def _alarm(evidence: Evidence) -> list[str]:
    name, reason = (one_line(evidence.alarm.get(key), 300) for key in ("name", "reason"))
    return [f'CloudWatch alarm "{name}": {reason}'] if name and evidence.alarm.get("own") is not True else []


def _next(news: Transition) -> list[str]:
    match news.kind:
        case DetailType.WARNED:
            return ["Nothing is stopped yet. If the next mails are as bad, sending is paused by itself."]
        case DetailType.HELD:
            return ["Mail through this stream is refused until the operator of the platform turns it on."]
        case DetailType.RESUMED:
            return ["Only mail sent from now on counts. For a while limits are stricter, and a relapse lasts longer."]
        case DetailType.PAUSED if news.outcome is Outcome.OFF_BY_AWS:
            return [
                "Amazon SES itself has stopped it. The guard leaves that to SES, and tells you when it may send again."
            ]
        case DetailType.PAUSED if news.outcome in {Outcome.ALREADY_OFF, Outcome.FOUND_OFF}:
            return ["Somebody else had turned sending off. The guard leaves it off; whoever did it may turn it on."]
        case DetailType.PAUSED:
            return _until(news)
    return []


def _advice(news: Transition) -> list[str]:
    if news.kind not in {DetailType.WARNED, DetailType.PAUSED, DetailType.HELD}:
        return []
    advice = _AFTER_COMPLAINTS if news.evidence.kind == COMPLAINTS else _AFTER_BOUNCES
    return [*advice, _WRITE] if news.kind is DetailType.HELD or news.acknowledge else advice


def _until(news: Transition) -> list[str]:
    when = f"not before {_time(news.resumes_after)}" if news.resumes_after else "when the operator turns it on"
    lines = [
        "Mail through this stream is refused from now on; other streams are not touched.",
        f"It comes back on probation, {when}.",
    ]
    if news.acknowledge:
        lines.append("Before that, somebody has to tell the operator of the platform what was fixed.")
    return lines


def _would(news: Transition) -> bool:
    return news.mode == "observe" and news.outcome in {Outcome.OBSERVED, Outcome.LEFT}


def _name(news: Transition) -> str:
    return one_line(news.stream.configuration_set, _NAME)


def _time(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _minute(text: str) -> str:
    return one_line(text, _NAME).replace("T", " ").replace("Z", " UTC")


def _list(title: str, counts: Iterable[tuple[str, int]]) -> str:
    named = ", ".join(f"{one_line(name, _DOMAIN)} {count:,}" for name, count in counts)
    return f"{title}: {named}." if named else ""


def _section(title: str, lines: Iterable[str]) -> str:
    text = "\n".join(f"  {line}" for line in lines)
    return f"{title}\n{text}" if text else ""


_BY_EVIDENCE: Final = frozenset({COMPLAINTS, BOUNCES})
_ALL_CLEAR: Final = frozenset({DetailType.CALM, DetailType.RECOVERED, DetailType.RESUMED})
_REASONS: Final = {
    "alarm": "A CloudWatch alarm on the stream went off.",
    "strikes": "It is one pause too many within a month.",
    "found": "Somebody has turned it so outside the guard.",
    "enforced": "It was to be paused before; by now its policy says to do so in earnest.",
    "operator": "The operator of the platform has decided so.",
    "aws": "Amazon SES has decided so by its own findings.",
    "account_shield": "The whole platform nears the rates at which Amazon SES stops it, and this stream weighs most.",
}
_OUTCOMES: Final = {
    Outcome.OBSERVED: "nothing was changed (observe)",
    Outcome.LEFT: "left as it is: the guard had not turned it off",
    Outcome.ALREADY_OFF: "sending was off already, by somebody else; the guard will not turn it on",
    Outcome.UNKNOWN_SET: "SES has no such configuration set",
    Outcome.NOTED: "noted",
    Outcome.FOUND_ON: "somebody turned sending on outside the guard; it is taken over as it is",
    Outcome.OFF_BY_AWS: "Amazon SES has stopped it; the guard will not turn it on",
    Outcome.ON_BY_AWS: "Amazon SES lets it send again; on probation",
    Outcome.FOUND_OFF: "somebody turned sending off outside the guard, which will not turn it on",
}
_WRITE: Final = "Then write to the operator of the platform what you have fixed."
_NOT_YOURS: Final = "If this mail is not yours, change your credentials: somebody may be sending in your name."
_AFTER_BOUNCES: Final = [
    "Remove the addresses that bounced, and send only to people who asked for your mail.",
    "If you imported a list, do not send to it again before it has been checked.",
    _NOT_YOURS,
]
_AFTER_COMPLAINTS: Final = [
    "Send only to people who asked for your mail, and make it easy to unsubscribe.",
    "Remove everybody who complained.",
    _NOT_YOURS,
]
