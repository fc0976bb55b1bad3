"""A tenant's month as one HTML page, for the screen and for paper. All text from outside is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Final

from sesguard.costs.charge import SesPlan
from sesguard.costs.month import Month
from sesguard.costs.usage import MailCounts, total
from sesguard.pausing.incidents import Incident
from sesguard.policy import Policy
from sesguard.stream import StreamId
from sesguard.text import one_line

_LONGEST_NAME: Final = 200
_PLANS: Final = {SesPlan.A_LA_CARTE: "à la carte"}
_STYLE: Final = """
@page { size: A4; margin: 18mm }
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 46em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em; margin: 0 } h2 { font-size: 1.15em; margin: 2em 0 .4em; break-after: avoid }
p.when { color: #5a6672; margin-top: .2em }
table { border-collapse: collapse; width: 100% } th, td { padding: .35em .6em; text-align: right }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere }
thead th { border-bottom: 2px solid #1d2733 } tbody td { border-bottom: 1px solid #d5dbe1 }
tfoot td { font-weight: 600 } tr { break-inside: avoid } .over { color: #b3261e; font-weight: 600 }
.days td { font-size: .85em; padding: .15em .6em } .days { break-before: auto } thead { display: table-header-group }
.days td:first-child { width: 30% } .bar { display: block; height: 3px; background: #3b6ea5; print-color-adjust: exact }
li { margin: .3em 0; break-inside: avoid } footer { color: #5a6672; font-size: .85em; margin-top: 2.5em }
@media print { body { margin: 0; max-width: none } }
"""


@dataclass(frozen=True, slots=True)
class TenantReport:
    """A tenant's month.

    streams: what each sent and what became of it; days: the same of all, None for a day of which nothing is known.
    ses, guard: dollars.
    """

    tenant: str
    name: str
    month: Month
    until: datetime
    complete: bool
    streams: dict[StreamId, MailCounts]
    days: dict[date, MailCounts | None]
    incidents: tuple[Incident, ...]
    ses: float
    guard: float
    plan: SesPlan
    region: str
    read: str

    @property
    def total(self) -> MailCounts:
        return total(self.streams.values())

    @property
    def unknown(self) -> tuple[date, ...]:
        return tuple(day for day, counts in self.days.items() if counts is None)


def page(made: TenantReport) -> str:
    """Write the page."""
    name = _safe(made.name)
    when = f"{made.month}" + ("" if made.complete else f", up to {made.until:%Y-%m-%d %H:%M} UTC")
    rows = "".join(_row(stream.configuration_set, counts) for stream, counts in made.streams.items())
    total = _row("all", made.total) if len(made.streams) > 1 else ""
    foot = f"<tfoot>{total}</tfoot>" if total else ""
    happened = "".join(
        f"<li>{it.began:%Y-%m-%d %H:%M} UTC to {f'{it.ended:%Y-%m-%d %H:%M} UTC' if it.ended else 'now'}, "
        f"{_safe(it.stream.rpartition('/')[2])}: {_safe(it.sentence, 600)}</li>"
        for it in made.incidents
    )
    limits = Policy()
    unknown = f"<p>Nothing is known of {len(made.unknown)} days of this month.</p>" if made.unknown else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{name}: mail in {made.month}</title><style>{_STYLE}</style></head><body>
<h1>{name}</h1><p class="when">Mail in {when}</p>
<h2>Mail</h2>
<table>{_head("stream")}<tbody>{rows or '<tr><td colspan="6">No mail was sent.</td></tr>'}</tbody>{foot}</table>
<p>Amazon SES reviews an account at {limits.bounce_limit:.0%} hard bounces or {limits.complaint_limit:.1%} complaints;
what is over that is marked.</p>{unknown}
<h2>Incidents</h2>
{f"<ul>{happened}</ul>" if happened else "<p>None.</p>"}
<h2>Cost</h2>
<p>${made.ses:,.2f} for Amazon SES by recipients ({_PLANS.get(made.plan, made.plan.value.title())},
list prices of {_safe(made.region)} as of {_safe(made.read)}), and ${made.guard:,.2f} for watching over it.</p>
<h2>Day by day</h2>
<table class="days">{_head("day")}<tbody>{_days(made)}</tbody></table>
<footer>Recipients, bounces and complaints by the day (UTC) on which mail was sent; a bounce or complaint that comes
later joins it.</footer>
</body></html>
"""


def _head(first: str) -> str:
    names = (first, "recipients", "hard bounces", "rate", "complaints", "rate")
    return f"<thead><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr></thead>"


def _days(made: TenantReport) -> str:
    """A row a day; what is sent is a bar beneath the day, too, of the day with the most."""
    most = max((counts.volume for counts in made.days.values() if counts is not None), default=0) or 1
    rows = []
    for day, counts in made.days.items():
        if counts is None:
            rows.append(f'<tr><td>{day}</td><td colspan="5">not known</td></tr>')
        else:
            rows.append(_row(f"{day}", counts, bar=counts.volume / most))
    return "".join(rows)


def _row(name: str, counts: MailCounts, bar: float = 0.0) -> str:
    limits = Policy()
    drawn = f'<span class="bar" style="width:{bar:.1%}"></span>' if bar else ""
    cells = [f"<td>{_safe(name)}{drawn}</td><td>{counts.volume:,.0f}</td>"]
    for bad, limit, digits in (
        (counts.bounces, limits.bounce_limit, 2),
        (counts.complaints, limits.complaint_limit, 3),
    ):
        rate = f"{bad / counts.volume * 100:.{digits}f}&nbsp;%" if counts.volume else "–"
        over = ' class="over"' if counts.volume and bad / counts.volume >= limit else ""
        cells.append(f"<td>{bad:,.0f}</td><td{over}>{rate}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _safe(text: object, longest: int = _LONGEST_NAME) -> str:
    return escape(one_line(text, longest))
