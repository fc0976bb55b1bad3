"""How the evidence behind a verdict reads: the run that it rests on, with every number, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sesguard.detection.evidence import COMPLAINTS
from sesguard.detection.figures import odds, percent
from sesguard.text import one_line

_LONGEST: Final = 100


def sentences(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Put into words what :meth:`sesguard.detection.explain.Explanation.as_dict` made, now or when it was journaled."""
    alarm = evidence.get("alarm")
    if isinstance(alarm, dict) and not (alarm.get("own") and "kind" in evidence):  # which says the same
        whose = "The stream's own alarm" if alarm.get("own") else "An alarm of somebody else's"
        yield f'{whose}, "{one_line(alarm.get("name"), _LONGEST)}": {one_line(alarm.get("reason"), 300)}.'
    if "risk" not in evidence:
        return
    if "kind" not in evidence:
        weighed = f"{evidence['weighed']:,} mails weighed"
        yield f"Risk {evidence['risk']:.2f}: no run of its mail is over a limit ({weighed})."
        yield from _beside(evidence)
        return
    yield from _run(evidence)
    own = evidence.get("together")
    if isinstance(own, dict):
        yield (
            f"These are {own['streams']:,} streams of its tenant together; {own['bad']:,} of {own['volume']:,} mails "
            "are this stream's own."
        )
    yield from _named("receiving domains", evidence.get("domains", ()))
    yield from _named("status codes", evidence.get("codes", ()))
    if evidence.get("forgiven"):
        yield f"{evidence['forgiven']:,} more bounces lie in clumps at one domain and are not counted."
    if evidence.get("volume_by") == "deliveries":
        yield "Send events are missing, so the volume is deliveries and bounces."
    yield from _beside(evidence)


def _beside(evidence: Mapping[str, Any]) -> Iterator[str]:
    """What does not weigh, and against what complaints are held."""
    if evidence.get("aside"):
        yield (
            f"{evidence['aside']:,} outcomes are counted and do not weigh: at domains verified in the account, or of "
            "mail sent from another tenant's identity."
        )
    if 0 < evidence.get("reporting_share", 1) < 1:
        share = percent(evidence["reporting_share"])
        yield f"Complaints are held against the mail to providers that send them back, about {share} of all its mail."
    unknown = evidence.get("unknown_volume")
    if isinstance(unknown, dict):
        outcomes = f"{unknown['bounces']:,} bounces and {unknown['complaints']:,} complaints"
        how = (
            f"{unknown['left_out']:,} of them do not weigh, the others by what it sent before"
            if unknown["publishes"]
            else "they do not weigh: it publishes neither Send nor Delivery events"
        )
        yield f"Of {outcomes} no volume is known: {how}."


def _run(run: Mapping[str, Any]) -> Iterator[str]:
    what = "complaints" if run["kind"] == COMPLAINTS else "hard bounces"
    rate, limit = percent(run["rate"]), percent(run["limit"])
    if "rate_of_reporting" in run and run["rate_of_reporting"] > run["rate"]:
        rate = f"{percent(run['rate_of_reporting'])} of the mail to providers that send complaints back, {rate} of all"
    yield (
        f"Worst run: of {run['volume']:,} mails sent from {run['from']} to {run['to']}, {run['bad']:,} were {what}: "
        f"{rate}, limit {limit}."
    )
    yield (
        f"If its true rate were {limit}, this would happen {odds(run['chance'])}, with {run['credit']:,.0f} mails of "
        "credit added to the run."
    )
    yield (
        f"Evidence {run['evidence']:.2f}, risk {run['risk']:.2f}, of which 1 is enough to pause. "
        f"{run['weighed']:,} mails weighed in all."
    )


def _named(what: str, counts: Sequence[Sequence[Any]]) -> Iterator[str]:
    if counts:
        named = ", ".join(f"{one_line(name, _LONGEST)} {count:,}" for name, count in counts)
        yield f"Worst {what}: {named}."
