"""Whether an alarm says that a rate was over its limit, by how it compares and why it rose. Pure.

Only then it may pause. An alarm on the same metric may as well say that a rate is low again, that no data came, that
data came at all, or that a rate left a band on the lower side.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from sesguard.signals.fields import Fields, fields_of, text_of
from sesguard.signals.metric_math import APART, BAD, RATE, UNCLEAR, VOLUME, Term, rises
from sesguard.text import one_line

MEND: Final = (
    "An alarm that is to pause a tenant compares Reputation.BounceRate or Reputation.ComplaintRate (statistic Average "
    "or Maximum) by GreaterThanThreshold or GreaterThanOrEqualToThreshold with a limit above 0, and does not treat "
    "missing data as breaching. Mend it, or take the guard's topic out of its actions."
)

_OVER: Final = frozenset({"GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "GreaterThanUpperThreshold"})
_BAND: Final = "LessThanLowerOrGreaterThanUpperThreshold"
# Counts and sums of a rate are none; percentile ranks and trimmed counts and sums neither.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
BAD_COUNTS: Final = frozenset({"Bounce", "Bounces", "Complaint", "Complaints"})
_COUNTS: Final = {
    **dict.fromkeys(BAD_COUNTS, BAD),
    **dict.fromkeys(("Send", "Sends", "Delivery", "Deliveries"), VOLUME),
}
_RATES: Final = re.compile(r"average|maximum|minimum|iqm|p\d{1,2}(\.\d+)?|p100|(tm|wm)(\d|\().*", re.IGNORECASE)
_SELECTS: Final = re.compile(r"\s*SELECT\s+(AVG|MAX|MIN)\s*\(", re.IGNORECASE)
_BY_REASON: Final = (
    (re.compile(r"less than the lower thresholds?\b.*\bor greater than the upper", re.IGNORECASE), _BAND),
    (re.compile(r"\bnot (less|greater)\b", re.IGNORECASE), ""),
    (re.compile(r"\b(was|were) greater than\b", re.IGNORECASE), "GreaterThanThreshold"),
    (re.compile(r"\b(was|were) less than\b", re.IGNORECASE), "LessThanThreshold"),
)
_MISSING: Final = re.compile(r"no datapoints were received|treated as \[?breaching", re.IGNORECASE)
_LISTED: Final = re.compile(r"\[([^\]]*)\]")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LEAST: Final = re.compile(r"minimum (\d{1,5}) datapoint")
_DEEPEST: Final = 10


def objection(scope: Fields, reason: object, reason_data: object, rates: frozenset[str]) -> str:
    """Say why the alarm does not say that a rate was over; "" where it does.

    scope: an SNS ``Trigger``, or the ``configuration`` of the other forms. rates: the names of metrics that are rates.
    """
    text = reason if isinstance(reason, str) else ""
    threshold = _number(_of(scope, "Threshold"))
    return (
        _shape(scope, rates, threshold)
        or _operator_objection(scope, text, reason_data)
        or _missing(scope, text)
    )  # fmt: skip


def shape_objection(scope: Fields, rates: frozenset[str]) -> str:
    """The same of what never can say it, whatever the reason: an OK of such an alarm says nothing either."""
    operator = text_of(_of(scope, "ComparisonOperator"))
    wrong = "" if operator in {"", _BAND, *_OVER} else f"it compares by {operator}"
    return wrong or _shape(scope, rates, _number(_of(scope, "Threshold")))


def looks(scope: Fields, reason: object) -> str:
    """Describe the alarm in one line: what it compares, how, with what, and what it said."""
    parts = [
        _what(scope),
        text_of(_of(scope, "ComparisonOperator")),
        f"threshold {threshold:g}" if (threshold := _number(_of(scope, "Threshold"))) is not None else "",
        f"missing data: {missing}" if (missing := _treatment(scope)) else "",
        f'reason: "{said}"' if (said := one_line(reason, 300)) else "",
    ]
    return one_line("; ".join(part for part in parts if part), 800)


def queries(scope: Fields) -> Iterator[Fields]:
    """The metrics and expressions of an alarm of several."""
    found = _of(scope, "Metrics")
    yield from (query for query in (found if isinstance(found, list) else ()) if isinstance(query, dict))


def _what(scope: Fields) -> str:
    if "MetricName" in scope:
        return " ".join(filter(None, (text_of(scope["MetricName"]), _statistic(scope))))
    said = [text_of(_of(it, "Expression")) or " ".join(filter(None, _stat_of(it)[1:])) for it in queries(scope)]
    return ", ".join(filter(None, said))


def _shape(scope: Fields, rates: frozenset[str], threshold: float | None) -> str:
    """What is wrong with what is compared."""
    if "MetricName" in scope:
        return _plain(text_of(scope["MetricName"]), _statistic(scope), rates, threshold)
    by_id = {text_of(_of(query, "Id")): query for query in queries(scope)}
    band = text_of(_of(scope, "ThresholdMetricId"))
    returned = [
        (name, query)
        for name, query in by_id.items()
        if _of(query, "ReturnData") is not False and name != band and not _is_band(query)
    ]
    if len(returned) != 1:
        return f"it compares {len(returned)} metrics or expressions; expected one"
    name, query = returned[0]
    expression = text_of(_of(query, "Expression"))
    if not expression:
        metric, statistic = _stat_of(query)[1:]
        return _plain(metric, statistic, rates, None if band else threshold)
    if expression.lstrip()[:6].upper() == "SELECT":
        return "" if _SELECTS.match(expression) else "its query selects no average, maximum or minimum of a rate"
    if not rises(expression, lambda it: _term(it, by_id, rates, threshold, {name}), threshold):
        return f'"{one_line(expression, 200)}" does not certainly rise with a rate'
    return ""


def _term(
    name: str, by_id: Mapping[str, Fields], rates: frozenset[str], threshold: float | None, seen: set[str]
) -> Term:
    """What an identifier of an expression stands for."""
    query = by_id.get(name)
    if query is None:
        # The words of FILL: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
        return RATE if name.upper() in {"REPEAT", "LINEAR"} else UNCLEAR
    expression = text_of(_of(query, "Expression"))
    if expression:
        if name in seen or len(seen) > _DEEPEST:
            return UNCLEAR
        inner = rises(expression, lambda it: _term(it, by_id, rates, threshold, {*seen, name}), threshold)
        return RATE if inner else UNCLEAR
    metric, statistic = _stat_of(query)[1:]
    if metric not in rates:
        return _COUNTS.get(metric, APART)
    return RATE if _RATES.fullmatch(statistic) else UNCLEAR


def _plain(metric: str, statistic: str, rates: frozenset[str], threshold: float | None) -> str:
    if metric not in rates:
        return f"it compares {one_line(metric, 100) or 'nothing'}, which is no rate"
    if statistic and not _RATES.fullmatch(statistic):
        return f"its statistic is {one_line(statistic, 40)}, which is no rate"
    if threshold is not None and threshold <= 0:
        return f"its threshold is {threshold:g}: any rate is over that"
    return ""


def _operator_objection(scope: Fields, reason: str, reason_data: object) -> str:
    operator = text_of(_of(scope, "ComparisonOperator")) or _by_reason(reason)
    if operator in _OVER:
        return ""
    if operator == _BAND:
        return "" if _is_over_band(scope, reason, reason_data) else "the rate did not leave its band on the upper side"
    return f"it compares by {one_line(operator, 60)}" if operator else "it does not say how it compares"


def _by_reason(reason: str) -> str:
    return next((operator for pattern, operator in _BY_REASON if pattern.search(reason)), "")


def _is_over_band(scope: Fields, reason: str, reason_data: object) -> bool:
    data = _decoded(reason_data)
    points, uppers = _numbers(data.get("recentDatapoints")), _numbers(data.get("recentUpperThresholds"))
    if not points or not uppers:
        listed = [
            [float(it) for it in _NUMBER.findall(re.sub(r"\([^)]*\)", "", part))] for part in _LISTED.findall(reason)
        ]
        points, uppers = (listed[0], listed[-1]) if len(listed) >= 2 else ([], [])
    least = _number(_of(scope, "DatapointsToAlarm")) or (int(it[1]) if (it := _LEAST.search(reason)) else len(points))
    over = sum(point > upper for point, upper in zip(points, uppers, strict=False))
    return over >= max(1, least)


def _missing(scope: Fields, reason: str) -> str:
    if _MISSING.search(reason):
        return "it rose because data was missing, which it treats as breaching"
    if _treatment(scope) == "breaching" and "datapoint" not in reason.lower():
        return "it treats missing data as breaching, and names no datapoint"
    return ""


def _treatment(scope: Fields) -> str:
    """How missing data is treated; SNS once wrote ``- TreatMissingData:  breaching``."""
    return text_of(_of(scope, "TreatMissingData")).rpartition(":")[2].strip()


def _is_band(query: Fields) -> bool:
    return text_of(_of(query, "Expression")).lstrip().upper().startswith("ANOMALY_DETECTION_BAND")


def _statistic(scope: Fields) -> str:
    """The statistic of a single metric; SNS writes it in capitals, and a percentile apart."""
    return text_of(scope.get("ExtendedStatistic")) or text_of(scope.get("Statistic"))


def _stat_of(query: Fields) -> tuple[str, str, str]:
    """Namespace, metric and statistic of a query."""
    stat = fields_of(_of(query, "MetricStat"))
    metric = fields_of(_of(stat, "Metric"))
    name = text_of(metric.get("MetricName")) or text_of(metric.get("name"))
    return text_of(_of(metric, "Namespace")), name, text_of(_of(stat, "Stat"))


def _of(fields: Fields, name: str) -> Any:  # noqa: ANN401  # as somebody wrote it
    """A field by its name in SNS, or with a small letter as in the other forms."""
    return fields.get(name, fields.get(name[0].lower() + name[1:]))


def _decoded(data: object) -> Fields:
    if isinstance(data, str):
        try:
            return fields_of(msgspec.json.decode(data))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
    return fields_of(data)


def _numbers(value: object) -> list[float]:
    found = [_number(it) for it in value] if isinstance(value, list) else []
    return [it for it in found if it is not None]


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:  # JSON's whole numbers have no end
        return None
