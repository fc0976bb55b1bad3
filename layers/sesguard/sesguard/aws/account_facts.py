"""What SES, CloudWatch and the guard's own sums know of the account: the port ``AccountSource``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sesguard.account.contributors import total
from sesguard.account.sums import Sums
from sesguard.aws import metric_data
from sesguard.aws.clients import Clients, calling
from sesguard.aws.counts.account_sums import NAMES, SUMS
from sesguard.aws.counts.cohort_items import hour_in
from sesguard.aws.counts.cohorts import hour_text
from sesguard.aws.metric_data import Metric
from sesguard.aws.query import between, query_all
from sesguard.aws.ses import provider_metrics
from sesguard.aws.ses.calls import APART, CallRate, every
from sesguard.aws.ses.identities import shown
from sesguard.aws.tables.posture import DynamoPostureStore
from sesguard.detection.columns import BOUNCED, COMPLAINED, volume_of
from sesguard.fleet.account_page import DAYS, DaySums, Identity, IpPool, SesRates, Standing
from sesguard.fleet.provider_rates import ProvidersRead
from sesguard.stream import StreamId
from sesguard.tenants.model import RESERVED_POOLS

ACTIONS: Final = (
    metric_data.ACTIONS
    | provider_metrics.ACTIONS
    | {
        "ses:GetAccount",
        "ses:ListEmailIdentities",
        "ses:ListDedicatedIpPools",
        "ses:GetDedicatedIpPool",
        "ses:GetDedicatedIps",
    }
)
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListEmailIdentities.html
_A_PAGE: Final = 1_000
_PERIOD_SECONDS: Final = 6 * 3_600


class AwsAccountFacts:
    """The port ``AccountSource`` over AWS. posture_table: "" of a stack that has none."""

    def __init__(self, clients: Clients, home: StreamId, cohorts_table: str, posture_table: str = "") -> None:
        self._clients = clients
        self._home = home
        self._cohorts = cohorts_table
        self._posture = posture_table

    def standing(self) -> Standing:
        with calling("GetAccount"):
            found: dict[str, Any] = dict(self._clients.sesv2.get_account())
        quota, pricing = found.get("SendQuota", {}), found.get("PricingAttributes", {})
        return Standing(
            found.get("EnforcementStatus", ""),
            bool(found.get("ProductionAccessEnabled")),
            bool(found.get("SendingEnabled", True)),
            float(quota.get("Max24HourSend", 0)),
            float(quota.get("MaxSendRate", 0)),
            float(quota.get("SentLast24Hours", 0)),
            found.get("VdmAttributes", {}).get("VdmEnabled") == "ENABLED",
            pricing.get("CurrentPlan", ""),
            pricing.get("NextPlan", ""),
        )

    def providers(self, now: datetime) -> ProvidersRead:
        return provider_metrics.read_providers(self._clients.sesv2, now)

    def ses_rates(self, now: datetime) -> Sequence[SesRates]:
        wanted = [Metric("AWS/SES", f"Reputation.{kind}Rate", "Average") for kind in ("Bounce", "Complaint")]
        start = now - timedelta(days=DAYS)
        bounces, complaints = (
            dict(points)
            for points in metric_data.metric_data(self._clients.cloudwatch, wanted, start, now, _PERIOD_SECONDS)
        )
        return [SesRates(at, bounces.get(at), complaints.get(at)) for at in sorted({*bounces, *complaints})]

    def days(self, now: datetime) -> Sequence[DaySums]:
        hour = int(now.timestamp()) // 3600
        days: dict[int, list[Sums]] = {}
        request = between(self._cohorts, self._home, f"{SUMS}{hour_text(hour - DAYS * 24)}", f"{SUMS}{hour_text(hour)}")
        for item in query_all(self._clients.dynamodb, request):
            bucket = [int(item[name]["N"]) if name in item else 0 for name in NAMES]
            days.setdefault(hour_in(item) // 24, []).append(
                Sums(volume_of(bucket), bucket[BOUNCED], bucket[COMPLAINED])
            )
        return [DaySums(datetime.fromtimestamp(day * 86_400, UTC), total(sums)) for day, sums in sorted(days.items())]

    def identities(self) -> Sequence[Identity]:
        with calling("ListEmailIdentities"):
            list_some = self._clients.sesv2.list_email_identities
            listed = list(every(list_some, "EmailIdentities", CallRate(APART), PageSize=_A_PAGE))
        verified = {it["IdentityName"]: it.get("VerificationStatus", "SUCCESS") == "SUCCESS" for it in listed}
        known = (
            DynamoPostureStore(self._clients.dynamodb, self._posture).load(sorted(verified)) if self._posture else {}
        )
        return [Identity(shown(name), verified[name], known.get(name)) for name in sorted(verified)]

    def pools(self) -> Sequence[IpPool]:
        ses, pace = self._clients.sesv2, CallRate(APART)
        with calling("ListDedicatedIpPools"):
            listed = every(ses.list_dedicated_ip_pools, "DedicatedIpPools", pace)
            names = [name for name in listed if name not in RESERVED_POOLS]  # of which SES says no more
        found = []
        for name in names:
            pace.wait("")
            with calling("GetDedicatedIps"):
                pool = ses.get_dedicated_ip_pool(PoolName=name)["DedicatedIpPool"]
                addresses = list(every(ses.get_dedicated_ips, "DedicatedIps", pace, PoolName=name))
            warmup = tuple(int(it.get("WarmupPercentage", 0)) for it in addresses)
            found.append(IpPool(name, pool.get("ScalingMode") == "MANAGED", warmup))
        return found
