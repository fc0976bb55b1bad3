"""How the evidence behind a verdict reads: the run that it rests on, with every number, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sesguard.detection.explain import odds, percent
from sesguard.detection.weigh import COMPLAINTS
from sesguard.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
        return
    yield from _run(evidence)
    yield from _named("receiving domains", evidence.get("domains", ()))
    yield from _named("status codes", evidence.get("codes", ()))
    if evidence.get("forgiven"):
        yield f"{evidence['forgiven']:,} more bounces lie in clumps at one domain and are not counted."
    if evidence.get("volume_by") == "deliveries":
        yield "Send events are missing, so the volume is deliveries and bounces."


def _run(run: Mapping[str, Any]) -> Iterator[str]:
    what = "complaints" if run["kind"] == COMPLAINTS else "hard bounces"
    rate, limit = percent(run["rate"]), percent(run["limit"])
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
