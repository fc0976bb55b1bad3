"""Say what a verdict rests on: one sentence for people, and the same as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sesguard.detection.causes import Cause, causes_of
from sesguard.detection.drift import Drift
from sesguard.detection.evidence import COMPLAINTS
from sesguard.detection.figures import odds, percent, span
from sesguard.detection.history import History
from sesguard.detection.volume import Unknown
from sesguard.detection.weigh import RunRule, Verdict, WeighedRun

_NAMED = 5  # domains and codes that are named, the worst first


class OwnPart(NamedTuple):
    """What one stream has of a run that is of all streams of its tenant, or of the small ones: mails, bad outcomes."""

    streams: int
    volume: float = 0.0
    bad: float = 0.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a verdict rests on. Names no person: domains and status codes only, as counts.

    domains, codes: the worst receiving domains and enhanced status codes of the run, with their counts.
    causes: the run's bounces by what their status codes say, the most frequent first; codes that say nothing left out.
    forgiven: bounces in the run that the clump rule left out; by_deliveries: the volume is deliveries, not sends.
    reporting_share: of the stream's mail to providers that send complaints back. aside: outcomes that are counted and
    held against nobody: at domains verified in the account, or of mail from another tenant's identity.
    set_aside: bounces in the run that are a failing mailbox provider's. together: where the run is of several streams
    of the tenant's, what this one has of it.
    """

    verdict: Verdict
    domains: tuple[tuple[str, int], ...]
    codes: tuple[tuple[str, int], ...]
    causes: tuple[tuple[Cause, int], ...]
    forgiven: int
    by_deliveries: bool
    reporting_share: float = 1.0
    aside: int = 0
    set_aside: int = 0
    together: OwnPart | None = None

    @property
    def sentence(self) -> str:
        """The run in one sentence: rate, limit, how long, how many, and how likely by chance."""
        own = self.together
        if own is None:
            return self._sentence
        all_of_them = f"{own.streams:,} streams of its tenant together: {self._sentence}"
        if not own.volume:
            return all_of_them
        return f"{all_of_them}; {own.bad:,.0f} of {own.volume:,.0f} mails are this stream's own"

    @property
    def _sentence(self) -> str:
        run, drift = self.verdict.worst, self.verdict.drift
        if run is None:
            if drift is not None:
                return _drifted(drift)
            return f"no run of its mail is over a limit ({self.verdict.volume:,.0f} mails weighed)"
        what = "complaint" if run.kind == COMPLAINTS else "hard bounce"
        limit = percent(run.limit)
        over = f"> {limit} over {span(max(1, run.end - run.start))}"
        if run.share < 1:
            of = f"of about {run.volume * run.share:,.0f} mails to providers that send complaints back"
            parts = [f"{what} rate {percent(run.rate_of_reporting)} {over}: {run.bad:,.0f} {of}"]
            parts.append(f"{percent(run.rate)} of all its {run.volume:,.0f} mails")
        else:
            parts = [f"{what} rate {percent(run.rate)} {over}: {run.bad:,.0f} of {run.volume:,.0f} mails"]
        if run.rule is RunRule.LASTING:
            parts.append("clumps at one domain that last are not forgiven")
        parts.append(f"at a true rate of {limit} this would happen {odds(run.chance)}")
        if self.domains:
            name, count = self.domains[0]
            parts.append(f"{count:,} at {name or 'an unknown domain'}")
        if self.cause not in {None, Cause.OTHER}:
            parts.append(f"most are refused for {self.cause}")
        if self.forgiven:
            parts.append(f"{self.forgiven:,} more in clumps at one domain not counted")
        if self.set_aside:
            parts.append(f"{self.set_aside:,} more at a failing mailbox provider set aside")
        if drift is not None:
            parts.append(_drifted(drift))
        return "; ".join(parts)

    @property
    def cause(self) -> Cause | None:
        """What most of the run's bounces with a status code have in common; None where they have nothing."""
        if not self.causes:
            return None
        cause, count = self.causes[0]
        return cause if 2 * count > sum(count for _, count in self.causes) else None

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-ready data; rates and limits as fractions, times in ISO 8601."""
        data: dict[str, Any] = {"risk": round(self.verdict.risk, 4), "weighed": self.verdict.volume}
        run = self.verdict.worst
        if run is not None:
            data |= _run_data(run)
        drift = self.verdict.drift
        return data | {
            "cause": self.cause,
            "causes": [list(item) for item in self.causes],
            "drift": drift._asdict() if drift is not None else None,
            "domains": [list(item) for item in self.domains],
            "codes": [list(item) for item in self.codes],
            "forgiven": self.forgiven,
            "volume_by": "deliveries" if self.by_deliveries else "sends",
            "reporting_share": round(self.reporting_share, 4),
            "aside": self.aside,
            "set_aside": self.set_aside,
            "together": _own_data(self.together),
            "unknown_volume": _unknown_data(self.verdict.unknown),
            "sentence": self.sentence,
        }


def explain(verdict: Verdict, history: History, together: OwnPart | None = None) -> Explanation:
    """Explain ``verdict``, which was weighed from ``history``; of several streams ``together``."""
    run = verdict.worst
    if run is None:
        beside = history.by_deliveries(), history.reporting_share(), history.aside(), history.set_aside_from(0)
        return Explanation(verdict, (), (), (), 0, *beside, together)
    complaints = run.kind == COMPLAINTS
    domains = (history.complaint_domains if complaints else history.bounce_domains).totals(run.start)
    codes = {} if complaints else history.codes.totals(run.start)
    return Explanation(
        verdict,
        tuple((name, count) for name, count in domains.items() if name)[:_NAMED],
        tuple((code, count) for code, count in codes.items() if code)[:_NAMED],
        causes_of(codes),
        0 if complaints or run.rule is RunRule.LASTING else history.forgiven_from(run.start),
        history.by_deliveries(),
        history.reporting_share(),
        history.aside(),
        0 if complaints else history.set_aside_from(run.start),
        together,
    )


def _own_data(own: OwnPart | None) -> dict[str, Any] | None:
    if own is None:
        return None
    return {"streams": own.streams, "volume": round(own.volume), "bad": round(own.bad)}


def _unknown_data(unknown: Unknown | None) -> dict[str, Any] | None:
    """Outcomes of mail whose volume was never published, as data."""
    if unknown is None:
        return None
    data = unknown._asdict() | {"from": _iso(unknown.first), "to": _iso(unknown.last), "lasting": unknown.lasting}
    del data["first"], data["last"], data["in_gaps"]
    return data


def _drifted(drift: Drift) -> str:
    now, before = percent(drift.rate), percent(drift.normal)
    return f"its hard bounce rate has left its own normal: {now} in {drift.days} days, {before} in the weeks before"


def _run_data(run: WeighedRun) -> dict[str, Any]:
    return {
        "kind": run.kind,
        "rule": run.rule.value,
        "from": _iso(run.start),
        "to": _iso(run.end),
        "volume": round(run.volume),
        "bad": round(run.bad),
        "rate": round(run.rate, 6),
        "rate_of_reporting": round(run.rate_of_reporting, 6),
        "limit": run.limit,
        "credit": round(run.credit, 1),
        "evidence": round(run.evidence, 4),
        "bound": round(run.bound, 4),
        "chance": run.chance,
    } | ({"mature": round(run.mature)} if run.mature is not None else {})


def _iso(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%MZ")
