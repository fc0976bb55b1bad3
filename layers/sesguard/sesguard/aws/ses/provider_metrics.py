"""What SES's Virtual Deliverability Manager has counted for each mailbox provider.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BatchGetMetricDataQuery.html
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import calling
from sesguard.errors import AwsError
from sesguard.fleet.provider_rates import ALL, ProviderMail, ProvidersRead, arrange_providers

ACTIONS: Final = frozenset({"ses:BatchGetMetricData"})
PROVIDERS: Final = ("Gmail", "Yahoo", "Hotmail", "AOL", "iCloud", "Comcast")
"""Providers that are asked for by name: an answer has sums without names, so one cannot ask who there is. AWS lists no
names but the first two; one that it does not know has no mail, or is refused, and the others are shown all the same."""
DAYS: Final = 28
"""The dashboard of VDM takes at most 30 days, or 4 weeks, that end at midnight UTC:
https://docs.aws.amazon.com/ses/latest/dg/vdm-dashboard.html"""
_METRICS: Final = ("SEND", "DELIVERY", "PERMANENT_BOUNCE", "TRANSIENT_BOUNCE", "COMPLAINT", "DELIVERY_COMPLAINT")
"""In the order of ProviderMail. A call takes ten, so one provider is one call: what is wrong with one is its own."""


def read_providers(client: SESV2Client, now: datetime) -> ProvidersRead:
    """Read the last DAYS full days of each of PROVIDERS. VDM has to be on.

    Raises AwsError where not even the sums of all can be read. Seven calls one after the other are well below the 16 a
    second that SES takes.
    """
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    whole, problems = _read(client, "", end)
    named = []
    for provider in PROVIDERS:
        try:
            mail, failed = _read(client, provider, end)
        except AwsError as error:
            problems.append(f"{provider}: {error}")
        else:
            named.append(mail)
            problems += failed
    return arrange_providers(whole, named, DAYS, problems)


def _read(client: SESV2Client, provider: str, end: datetime) -> tuple[ProviderMail, list[str]]:
    """Read the mail to a provider, "" for all, and what SES could not say of it."""
    name = provider or ALL
    only: dict[str, Any] = {"Dimensions": {"ISP": provider}} if provider else {}
    queries: list[Any] = [
        {
            "Id": metric.lower(),
            "Namespace": "VDM",
            "Metric": metric,
            "StartDate": end - timedelta(days=DAYS),
            "EndDate": end,
            **only,
        }
        for metric in _METRICS
    ]
    with calling("BatchGetMetricData"):
        answer = client.batch_get_metric_data(Queries=queries)
    sums = {it["Id"]: sum(it.get("Values", ())) for it in answer.get("Results", ())}
    failed = {it["Id"]: it.get("Code", "no reason given") for it in answer.get("Errors", ())}
    counts = [sums.get(metric.lower()) for metric in _METRICS]
    missing = [metric.lower() for metric, count in zip(_METRICS, counts, strict=True) if count is None]
    said = [f"{name}, {metric.replace('_', ' ')}: {failed.get(metric, 'no answer')}" for metric in missing]
    return ProviderMail(name, *counts), said
