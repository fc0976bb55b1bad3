"""Charts: options for ECharts, of numbers, times and words of ours. Text from outside is in none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil, floor, log10
from typing import Any, Final

from sesguard.fleet.account_page import PAUSE
from sesguard.fleet.series import MailBucket, RiskPoint
from sesguard.policy import Policy

_MAIL, _BOUNCE, _COMPLAINT, _LIMIT, _PAUSE = "#4a86c5", "#d1495b", "#a05bb5", "#c98a00", "#c0392b"
_INK: Final = "#7b8794"  # readable on both grounds
_STATES: Final = {
    "watched": "rgba(240, 180, 40, .16)",
    "paused": "rgba(220, 60, 50, .18)",
    "held": "rgba(160, 60, 170, .18)",
    "probation": "rgba(20, 150, 160, .14)",
}
Span = tuple["datetime", "datetime", str]
"""From, to, and the state of a stream meanwhile."""


def _base(title: str, *, per_cent: bool) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "axisLabel": {"color": _INK},
        "axisLine": {"lineStyle": {"color": _INK}},
    }
    grid = {"left": 56, "right": 16, "top": 34, "bottom": 24}
    value = {"type": "value", "min": 0, "splitLine": {"lineStyle": {"color": _INK, "opacity": 0.2}}, **axis}
    if per_cent:
        value["axisLabel"] = {"color": _INK, "formatter": "{value} %"}
    return {
        "animation": False,
        "aria": {"enabled": True, "decal": {"show": False}},
        "title": {
            "text": title,
            "textStyle": {"fontSize": 12.5, "fontWeight": 600, "color": _INK},
            "left": 0,
            "top": 4,
        },
        "grid": grid,
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "xAxis": {"type": "time", "splitLine": {"show": False}, **axis},
        "yAxis": value,
        "series": [],
    }


def _line(
    name: str, points: list[tuple[int, float | None]], colour: str, limits: Mapping[str, float]
) -> dict[str, Any]:
    highest = max(limits.values(), default=0.0)  # its label at the end and lower ones' at the start: lines may be near
    marks = [{"yAxis": value, "name": what, "label": {"formatter": what, "color": _INK,
              "position": "insideEndTop" if value == highest else "insideStartTop"}}
             for what, value in limits.items()]  # fmt: skip
    few = sum(value is not None for _, value in points) < 3
    return {
        "name": name, "type": "line", "data": points, "showSymbol": few, "color": colour,
        "connectNulls": False, "lineStyle": {"width": 1.8},
        "markLine": {"silent": True, "symbol": "none", "lineStyle": {"color": _LIMIT, "type": "dashed"}, "data": marks},
    }  # fmt: skip


def _bands(spans: Sequence[Span]) -> dict[str, Any]:
    areas = [
        [{"xAxis": _ms(start), "name": state, "itemStyle": {"color": _STATES[state]}}, {"xAxis": _ms(end)}]
        for start, end, state in spans
        if state in _STATES
    ]
    return {"silent": True, "label": {"color": _INK, "fontSize": 10}, "data": areas}


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def mail_chart(buckets: Sequence[MailBucket], spans: Sequence[Span]) -> dict[str, Any]:
    """Mails by the time of sending, with the stream's states behind them."""
    made = _base("mails", per_cent=False)
    data = [(_ms(each.at), each.mails) for each in buckets]
    made["series"] = [
        {"name": "mails", "type": "bar", "data": data, "color": _MAIL, "barMaxWidth": 14, "markArea": _bands(spans)}
    ]
    return made


def rate_chart(buckets: Sequence[MailBucket], spans: Sequence[Span], policy: Policy, kind: str) -> dict[str, Any]:
    """The rate of bounces or complaints, with the policy's limit."""
    bounces = kind == "bounces"
    limit = policy.bounce_limit if bounces else policy.complaint_limit
    made = _base(f"{kind}, % of the mail sent then", per_cent=True)
    points = [
        (_ms(each.at), _per_cent((each.bounces if bounces else each.complaints) / each.mails) if each.mails else None)
        for each in buckets
    ]
    line = _line(kind, points, _BOUNCE if bounces else _COMPLAINT, {"limit": _per_cent(limit)})
    made["series"] = [{**line, "markArea": _bands(spans)}]
    return made


def risk_chart(points: Sequence[RiskPoint], spans: Sequence[Span], policy: Policy) -> dict[str, Any]:
    """The risk, with the marks at which an owner is warned and a stream is paused."""
    made = _base("risk, as of each moment", per_cent=False)
    made["yAxis"]["max"] = _round_up([1.2, *(each.risk * 1.05 for each in points)])
    data: list[tuple[int, float | None]] = [(_ms(each.at), round(each.risk, 3)) for each in points]
    line = _line("risk", data, _PAUSE, {"warned": policy.warn_at, "paused": 1.0})
    made["series"] = [{**line, "markArea": _bands(spans)}]
    return made


def account_chart(
    own: Sequence[tuple[datetime, float]], ses: Sequence[tuple[datetime, float | None]], kind: str, review: float
) -> dict[str, Any]:
    """The account's rate by the guard's counts and by SES's own metric, with the lines of SES."""
    made = _base(f"{kind}, %", per_cent=True)
    made["legend"] = {"top": 22, "left": 0, "textStyle": {"color": _INK}, "itemWidth": 14, "itemHeight": 8}
    made["grid"]["top"] = 52
    limits = {"SES reviews": _per_cent(review), "SES may pause": _per_cent(PAUSE[kind])}
    colour = _BOUNCE if kind == "bounces" else _COMPLAINT
    made["yAxis"]["max"] = _round_up(
        [_per_cent(review) * 1.15, *(_per_cent(rate or 0) * 1.05 for _, rate in (*own, *ses))]
    )
    made["series"] = [
        _line("by the guard, a day", [(_ms(at), _per_cent(rate)) for at, rate in own], colour, limits),
        _line("by SES", [(_ms(at), _per_cent(rate) if rate is not None else None) for at, rate in ses], _MAIL, {}),
    ]
    return made


def _round_up(values: list[float]) -> float:
    """The largest, as a number with two digits, so that an axis ends at a round one."""
    largest = max(values)
    step = 10.0 ** (floor(log10(largest)) - 1)
    return round(ceil(largest / step) * step, 6)


def _per_cent(rate: float) -> float:
    return round(rate * 100, 4)
