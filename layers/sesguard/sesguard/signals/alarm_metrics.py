"""Which streams an alarm's metrics name: SES's reputation of a configuration set, or the guard's own metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.signals.alarm_condition import BAD_COUNTS, queries
from sesguard.signals.fields import Fields, fields_of, text_of
from sesguard.stream import StreamId

OWN_NAMESPACE: Final = "Sesguard"
OWN_METRICS: Final = frozenset({"Risk", "BounceRate", "ComplaintRate"})
OWN_DIMENSIONS: Final = ("Account", "Region", "ConfigurationSet")
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
SES_NAMESPACE: Final = "AWS/SES"
SES_METRICS: Final = frozenset({"Reputation.BounceRate", "Reputation.ComplaintRate"})
SES_DIMENSION: Final = "ses:configuration-set"
TENANT_DIMENSION: Final = "TenantName"  # https://docs.aws.amazon.com/ses/latest/dg/tenants.html
_KINDS: Final = {"Reputation.BounceRate": BOUNCES, "Reputation.ComplaintRate": COMPLAINTS}
_QUERIED = re.compile(r"Reputation\.(?:Bounce|Complaint)Rate", re.IGNORECASE)
_QUERIED_OWN = re.compile(r"\bSesguard\b")

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z]{1,16}){1,3}-\d{1,2}", re.ASCII)
_SET = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Named(NamedTuple):
    """A stream that a metric names. own: by the guard's own metric."""

    stream: StreamId
    own: bool

    @property
    def well_formed(self) -> bool:
        """Whether account, region and configuration set are all of the form that AWS gives them."""
        return bool(is_home(self.stream) and _SET.fullmatch(self.stream.configuration_set))


def is_home(stream: StreamId) -> bool:
    """Whether account and region are of the form that AWS gives them."""
    return bool(_ACCOUNT.fullmatch(stream.account) and _REGION.fullmatch(stream.region))


class _Metric(NamedTuple):
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    account: object


def names(scope: Fields, contributor: Fields, account: object, region: object) -> Iterator[Named]:
    """Yield what the metrics of ``scope`` name: an SNS ``Trigger``, or the ``configuration`` of the other forms.

    Nothing at all where no metric is a reputation rate, so that an alarm on, say, a set's volume pauses nobody.
    ``contributor``: the attributes of the time series that a Metrics Insights alarm is about.
    """
    metrics = list(_metrics(scope))
    asked = _asked(scope) if contributor else ""
    if contributor:
        metrics += [_Metric(m.namespace, m.name, _texts(contributor), m.account) for m in metrics]
        if _QUERIED.search(asked):
            metrics.append(_Metric(SES_NAMESPACE, min(SES_METRICS), _texts(contributor), None))
        if _QUERIED_OWN.search(asked):
            metrics.append(_Metric(OWN_NAMESPACE, min(OWN_METRICS), _texts(contributor), None))
    if any(m.namespace == SES_NAMESPACE and m.name in SES_METRICS for m in metrics):
        for metric in metrics:
            if metric.namespace == SES_NAMESPACE and SES_DIMENSION in metric.dimensions:
                home = metric.account or account
                yield Named(StreamId(text_of(home), text_of(region), metric.dimensions[SES_DIMENSION]), own=False)
    for metric in metrics:
        named = [metric.dimensions.get(key) for key in OWN_DIMENSIONS]
        if metric.namespace == OWN_NAMESPACE and metric.name in OWN_METRICS and None not in named:
            yield Named(StreamId(*map(text_of, named)), own=True)


def tenant_names(scope: Fields) -> frozenset[str]:
    """The SES tenants by whose names the bounces, complaints or their rates among the metrics are."""
    return frozenset(
        metric.dimensions[TENANT_DIMENSION]
        for metric in _metrics(scope)
        if metric.namespace == SES_NAMESPACE and metric.name in SES_METRICS | BAD_COUNTS
        if TENANT_DIMENSION in metric.dimensions and SES_DIMENSION not in metric.dimensions
    )


def account_kinds(scope: Fields) -> frozenset[str]:
    """The kinds of rate of a whole account that the metrics are: SES's reputation metrics without any dimension."""
    return frozenset(
        _KINDS[metric.name]
        for metric in _metrics(scope)
        if metric.namespace == SES_NAMESPACE and metric.name in _KINDS
        if not metric.dimensions
    )


def _metrics(scope: Fields) -> Iterator[_Metric]:
    if "MetricName" in scope:
        yield _Metric(
            text_of(scope.get("Namespace")), text_of(scope["MetricName"]), _dimensions(scope.get("Dimensions")), None
        )
    for query in queries(scope):
        stat = fields_of(query.get("MetricStat", query.get("metricStat")))
        metric = fields_of(stat.get("Metric", stat.get("metric")))
        if metric:
            yield _Metric(
                text_of(metric.get("Namespace", metric.get("namespace"))),
                text_of(metric.get("MetricName", metric.get("name"))),
                _dimensions(metric.get("Dimensions", metric.get("dimensions"))),
                query.get("AccountId", query.get("accountId")),
            )


def _asked(scope: Fields) -> str:
    """The queries and expressions of a Metrics Insights alarm."""
    return " ".join(text_of(query.get("Expression", query.get("expression"))) for query in queries(scope))


def _dimensions(value: object) -> dict[str, str]:
    """Read dimensions: SNS has a list of names and values, the other forms have a map."""
    if isinstance(value, dict):
        return _texts(value)
    found: dict[str, str] = {}
    for item in value if isinstance(value, list) else ():
        pair = fields_of(item)
        name, text = pair.get("name", pair.get("Name")), pair.get("value", pair.get("Value"))
        if isinstance(name, str) and isinstance(text, str):
            found[name] = text
    return found


def _texts(value: Fields) -> dict[str, str]:
    return {key: text for key, text in value.items() if isinstance(key, str) and isinstance(text, str)}
